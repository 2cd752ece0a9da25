//! `/portal/platform/template`: versions of the report template, an editor with a specimen (R11).

use maud::html;
use serde_json::Value;
use xinzheng_api::Cursor;
use xinzheng_api::page::ListQuery;
use xinzheng_api::problem::INTERNAL;
use xinzheng_api::report_template::{ACTIVATE, FILE, FiledTemplate, LIST, PREVIEW, READ, TemplateVersion, VersionPath};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use super::template_form;
use crate::PageRequest;
use crate::elements::{Fields, FormFault, act_once, badge, hidden, pager};
use crate::form::{Form, query, segment};
use crate::frame::{self, View};
use crate::subject::pdf;

/// The versions, and one of them in the editor.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    editor(asked, None, None).await
}

/// A version as it is kept.
async fn version(asked: &PageRequest<'_>, version: &str) -> Result<Value, Problem> {
    let text = asked.api().file_of(&READ, &VersionPath { version: version.to_owned() }, &()).await?;
    serde_json::from_slice(&text).map_err(|error| {
        tracing::error!(line = error.line(), "a kept template is no JSON");
        INTERNAL.into()
    })
}

async fn editor(
    asked: &PageRequest<'_>,
    sent: Option<&Form>,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let cursor = ListQuery { cursor: asked.query.parameter("cursor")? };
    let read = asked.api().ask_versioned(&LIST, &(), &cursor).await?;
    let (active, page) = (read.answer.active.as_str(), &read.answer.page);
    let base = sent.and_then(|sent| sent.filled("base")).or(asked.query.filled("version")).unwrap_or(active);
    let in_use = version(asked, active).await?;
    let loaded;
    let filled = match sent {
        Some(sent) => sent,
        None => {
            let edited = if base == active { in_use.clone() } else { version(asked, base).await? };
            loaded = template_form::filled(&edited);
            &loaded
        }
    };
    let fields = Fields { form: filled, fault };
    let differing = template_form::differences(filled, &in_use);
    let content = html! {
        h1 { "报告模板" }
        p { "正在使用 " strong { (active) } "。版本一经保存不再改变；修改后换一个版本号保存，看过样张再启用。已出具的报告不受影响。" }
        div.scroll tabindex="0" role="region" aria-label="版本" {
            table {
                thead { tr { th scope="col" { "版本" } th scope="col" { "保存时间" } th scope="col" { "操作" } } }
                tbody { @for version in &page.items { (line(asked, version, active, &read.etag)) } }
            }
        }
        (pager("/portal/platform/template", page.next.as_ref().map(Cursor::as_str)))
        @if let Some(saved) = asked.query.filled("saved") { div.notice.done role="status" { p { "版本 " (saved) " 已保存。" } } }
        h2 { "编辑（以 " (base) " 为底稿）" }
        p { @if differing == 0 { "与现用版本没有不同。" } @else { "有 " (differing) " 处与现用版本不同，均已标出。" } }
        (fields.summary())
        div.editor {
            form #template action="/portal/platform/template" method="post" enctype="multipart/form-data" {
                (hidden(asked))
                input type="hidden" name="base" value=(base);
                (template_form::fields(&fields, &in_use))
                div.buttons {
                    button.quiet type="submit" name="action" value="preview" formtarget="specimen" { "预览样张" }
                    button.quiet type="submit" name="action" value="compare" { "标出不同" }
                    button type="submit" name="action" value="save" { "保存为新版本" }
                }
                p.hint { "程序可以直接提交 JSON，格式见" a href="/schemas/report-template.schema.json" { "模板说明" } "。" }
            }
            iframe.document name="specimen" title="样张" {}
        }
    };
    let view = View {
        title: "报告模板",
        path: "/portal/platform/template",
        scripts: &["template.js"],
        wide: true,
        framing: true,
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

fn line(asked: &PageRequest<'_>, version: &TemplateVersion, active: &str, etag: &str) -> maud::Markup {
    let name = version.version.as_str();
    html! {
        tr {
            td { a href={ "/portal/platform/template?" (query([("version", name)])) } { (name) } @if name == active { " " (badge("good", "使用中")) } }
            td { @if version.builtin { "内置" } @else if let Some(at) = version.at { (china_time::display(at)) } }
            td {
                @if name != active {
                    (act_once(asked, &format!("/portal/platform/template/{}/activation", segment(name)), "启用", "此后出具的报告都用这一版本。", &[("version", etag)]))
                }
            }
        }
    }
}

/// Shows a specimen, marks what differs, or saves the version.
pub(crate) async fn send(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let action = sent.text("action");
    if action == "compare" {
        return editor(asked, Some(sent), None).await;
    }
    let base = version(asked, sent.text("base")).await?;
    let text = template_form::template(sent, &base).to_string();
    let api = asked.api();
    if action == "preview" {
        return match api.post_text_for_file(&PREVIEW, &text).await {
            Ok(specimen) => Ok(pdf(&specimen, "专项信用报告-样张.pdf")),
            Err(problem) if problem.status() == 401 => Err(problem),
            Err(problem) => Ok(without_specimen(&named(problem))),
        };
    }
    match api.put_text(&FILE, &text).await {
        Ok(FiledTemplate { version }) => {
            let shown = query([("version", version.as_str()), ("saved", &version)]);
            Ok(HttpResponse::see_other(&format!("/portal/platform/template?{shown}")))
        }
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => {
            let fault = FormFault::of(named(problem), &[("template-version", "version")]);
            let field = fault.pointer().and_then(template_form::field_of).map(str::to_owned);
            let fault = match field {
                Some(field) => fault.at(field),
                None => fault,
            };
            editor(asked, Some(sent), Some(&fault)).await
        }
    }
}

/// The problem with the field called as the page calls it.
fn named(problem: Problem) -> Problem {
    match problem.field().and_then(template_form::label) {
        Some(label) => {
            // The API begins with the name of the field where it says what is wrong with it.
            let said = problem.detail_text().filter(|said| said.starts_with('“')).and_then(|said| said.split_once('”'));
            let said = said.map_or("没有填写、过长，或者不符合要求", |(_, said)| said);
            let said = format!("“{label}”{said}");
            problem.detail(said)
        }
        None => problem,
    }
}

/// Why there is no specimen, where it would stand.
fn without_specimen(problem: &Problem) -> HttpResponse {
    let page = html! {
        (maud::DOCTYPE)
        html lang="zh-CN" {
            head { meta charset="utf-8"; title { "样张" } link rel="stylesheet" href="/assets/site.css"; }
            body { main { div.notice.fault role="alert" {
                strong { (problem.title()) }
                @if let Some(detail) = problem.detail_text() { p { (detail) } }
            } } }
        }
    };
    HttpResponse::text(200, "text/html; charset=utf-8", page.into_string())
        .header("content-security-policy", "default-src 'none'; style-src 'self'; frame-ancestors 'self'")
        .header("cache-control", "private, no-store")
}

/// Makes a version the one of new reports.
pub(crate) async fn activate(asked: &PageRequest<'_>, version: &str) -> Result<HttpResponse, Problem> {
    let (path, sent) = (VersionPath { version: version.to_owned() }, &asked.form);
    asked.api().change(&ACTIVATE, &path, &(), sent.text("once"), sent.text("version")).await?;
    Ok(HttpResponse::see_other("/portal/platform/template"))
}
