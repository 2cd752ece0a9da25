//! The API for programmers: `GET /docs`, the description in a viewer, with samples, example programs and all problems.

use maud::{Markup, html as markup};
use xinzheng_api::openapi::{VERSION, endpoints};
use xinzheng_api::publication::{PROBLEM, PROBLEMS, ProblemKind, ProblemPath, Problems};
use xinzheng_api::verification::{BY_CODE, CodePath};
use xinzheng_domain::ReportStatus;
use xinzheng_domain::report::sample::Sample;
use xinzheng_runtime::problem::PROBLEM_UNKNOWN;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::asset::VIEWER;
use crate::frame::{Page, html};

/// Programs that do what a client does first, each run by a test.
const CLIENTS: [(&str, &str); 3] = [
    ("curl（sh）", include_str!("../../../docs/clients/client.sh")),
    ("Python", include_str!("../../../docs/clients/client.py")),
    ("TypeScript", include_str!("../../../docs/clients/client.ts")),
];

/// Answers with the page.
pub fn docs(issuer: &str) -> HttpResponse {
    let discovery = format!("{issuer}/.well-known/openid-configuration");
    let content = markup! {
        h1 { "接口说明" }
        p {
            "接口按 OpenAPI 3.1 描述（" a href="/openapi.json" { "openapi.json" } "），可据以生成客户端；本页供编写程序的人查阅，说明为英文。"
            "现为第 " (VERSION) " 版：只增不改，核验地址、公钥和公开日志不停用；详见下方各接口之前的说明。"
        }
        p { a href="#samples" { "样例核验码" } " · " a href="#tokens" { "登录凭证" } " · " a href="#clients" { "示例程序" } " · "
            a href="#problems" { "问题代码" } " · " a href="#operations" { "全部接口" } }
        (samples())
        h2 #tokens { "登录凭证" }
        p {
            "需要身份的接口使用身份提供方签发的访问令牌（OpenID Connect）：" code { "authorization: Bearer …" } "。发现文件："
            a href=(discovery) { (discovery) } "。核验、公钥、公开日志和本说明不需要。"
        }
        h2 #clients { "示例程序" }
        p { "取得令牌、申请报告、下载、核验，再核验整个文件夹的 PDF；遇到样例（" code { "sample" } "）一律不认。" }
        @for (name, text) in CLIENTS {
            details { summary { (name) } div.scroll tabindex="0" role="region" aria-label=(name) { pre { code { (text) } } } }
        }
        (problem_list())
        h2 #operations { "全部接口" }
        div.scroll { rapi-doc spec-url="/openapi.json" render-style="view" show-header="false" load-fonts="false" update-route="false"
            allow-spec-url-load="false" allow-spec-file-load="false" allow-server-selection="false" schema-style="table"
            regular-font="system-ui, sans-serif" mono-font="ui-monospace, monospace" {} }
        noscript { (operations()) }
    };
    let scripts = [VIEWER];
    let page =
        Page { title: "接口说明", scripts: &scripts, path: "/docs", wide: true, viewer: true, ..Page::default() };
    html(200, &Page { content: Some(content), ..page }).header("cache-control", "public, max-age=300")
}

fn samples() -> Markup {
    markup! {
        h2 #samples { "样例核验码" }
        p {
            "以下核验码在任何部署上都有答复，供编写和测试程序；答复中 " code { "sample" } " 为 " code { "true" } "，主体为虚构，签名答复的类型为 "
            code { "xinzheng-sample+jwt" } "。以 " code { "EXAMP1E" } " 开头的核验码从不用于报告；核验他人报告的程序见到 "
            code { "sample" } " 应当拒绝。样例没有报告原件、数据和日志证明。"
        }
        div.scroll tabindex="0" role="region" aria-label="样例核验码" {
            table {
                thead { tr { th scope="col" { "核验码" } th scope="col" { "status" } th scope="col" { "含义" } } }
                tbody {
                    @for status in ReportStatus::ALL.into_iter().rev() {
                        @let code = Sample::code(status);
                        tr {
                            td { a href=(BY_CODE.address(&CodePath::of(&code), &())) { code { (code) } } }
                            td { code { (status.code()) } }
                            td { (status.title()) }
                        }
                    }
                }
            }
        }
    }
}

fn problem_list() -> Markup {
    markup! {
        h2 #problems { "问题代码" }
        p {
            "出错的答复为 " code { "application/problem+json" } "（RFC 9457），其 " code { "type" } " 为下列地址，供程序判断，不会改变；"
            "文字供人阅读。程序可读 " a href=(PROBLEMS.address(&(), &())) { "/problems" } "。"
        }
        div.scroll tabindex="0" role="region" aria-label="问题代码" {
            table {
                thead { tr { th scope="col" { "type" } th scope="col" { "状态" } th scope="col" { "文字" } th scope="col" { "Meaning" } } }
                tbody { @for kind in Problems::all().problems { (row(&kind)) } }
            }
        }
    }
}

fn row(kind: &ProblemKind) -> Markup {
    markup! {
        tr id=(anchor(&kind.code)) {
            td { code { (kind.kind) } }
            td { @for answer in &kind.answers { p { (answer.status) } } }
            td {
                @for answer in &kind.answers {
                    p { (answer.title) @if let Some(hint) = &answer.hint { "。" (hint) } }
                }
            }
            td lang="en" { (kind.description) }
        }
    }
}

/// Every operation in a line, for whoever has no scripts.
fn operations() -> Markup {
    markup! {
        div.scroll {
            table {
                tbody {
                    @for endpoint in endpoints() {
                        tr {
                            th scope="row" { code { (endpoint.method.code()) " " (endpoint.path) } }
                            td lang="en" { (endpoint.summary) }
                        }
                    }
                }
            }
        }
    }
}

fn anchor(code: &str) -> String {
    format!("problem-{code}")
}

/// Answers with every kind of problem.
pub fn problems() -> HttpResponse {
    HttpResponse::of(&PROBLEMS, &Problems::all()).header("cache-control", "public, max-age=3600")
}

/// Answers with a kind of problem.
///
/// # Errors
///
/// `problem-unknown` when no problem has this code.
pub fn problem(code: &str) -> Result<HttpResponse, Problem> {
    let kind = Problems::one(code).ok_or(PROBLEM_UNKNOWN)?;
    Ok(HttpResponse::of(&PROBLEM, &kind).header("cache-control", "public, max-age=3600"))
}

/// Leads a browser to what the page says of a problem.
pub fn to_problem(path: &ProblemPath) -> HttpResponse {
    HttpResponse::see_other(&format!("/docs#{}", anchor(&path.code)))
}
