//! `/portal/platform/template`: versions of the report template, an editor with a specimen (R11).

use maud::html;
use xinzheng_api::Cursor;
use xinzheng_api::page::ListQuery;
use xinzheng_api::report_template::{ACTIVATE, FILE, FiledTemplate, LIST, PREVIEW, READ, TemplateVersion, VersionPath};
use xinzheng_domain::china_time;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{Fields, FormFault, act_once, badge, hidden, pager};
use crate::form::{Form, query, segment};
use crate::frame::{self, View};
use crate::subject::pdf;

/// The versions, and one of them in the editor.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    editor(asked, None, None).await
}

async fn editor(
    asked: &PageRequest<'_>,
    filled: Option<&Form>,
    fault: Option<&FormFault>,
) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let cursor = ListQuery { cursor: asked.query.parameter("cursor")? };
    let read = api.ask_versioned(&LIST, &(), &cursor).await?;
    let (active, page) = (read.answer.active.as_str(), &read.answer.page);
    let shown = asked.query.filled("version").unwrap_or(active);
    let loaded;
    let filled = match filled {
        Some(filled) => filled,
        None => {
            let text = api.file_of(&READ, &VersionPath { version: shown.to_owned() }, &()).await?;
            loaded = Form::with([("template", String::from_utf8(text).unwrap_or_default())]);
            &loaded
        }
    };
    let fields = Fields { form: filled, fault };
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
        h2 { "编辑" }
        (fields.summary())
        form action="/portal/platform/template" method="post" {
            (hidden(asked))
            div.field {
                label for="template" { "模板（JSON）" }
                textarea.code-area #template name="template" rows="24" required spellcheck="false" aria-describedby="template-hint" {
                    "\n" (filled.text("template"))
                }
                p.hint #template-hint { "格式见 " a href="/schemas/report-template.schema.json" { "模板说明" } "。{count} 等占位符会换成数字。" }
            }
            div.buttons {
                button.quiet type="submit" name="action" value="preview" formtarget="_blank" { "预览样张" }
                button type="submit" name="action" value="save" { "保存为新版本" }
            }
        }
    };
    let view = View {
        title: "报告模板",
        path: "/portal/platform/template",
        wide: true,
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

/// Shows a specimen or saves the version.
pub(crate) async fn send(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let text = sent.text("template");
    let api = asked.api();
    let done = if sent.text("action") == "preview" {
        let specimen = api.post_text_for_file(&PREVIEW, text).await;
        specimen.map(|file| pdf(&file, "specimen.pdf"))
    } else {
        api.put_text(&FILE, text).await.map(|FiledTemplate { version }| {
            let shown = query([("version", version.as_str()), ("saved", &version)]);
            HttpResponse::see_other(&format!("/portal/platform/template?{shown}"))
        })
    };
    match done {
        Ok(done) => Ok(done),
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => editor(asked, Some(sent), Some(&FormFault::of(problem, &[("", "template")]))).await,
    }
}

/// Makes a version the one of new reports.
pub(crate) async fn activate(asked: &PageRequest<'_>, version: &str) -> Result<HttpResponse, Problem> {
    let (path, sent) = (VersionPath { version: version.to_owned() }, &asked.form);
    asked.api().change(&ACTIVATE, &path, &(), sent.text("once"), sent.text("version")).await?;
    Ok(HttpResponse::see_other("/portal/platform/template"))
}
