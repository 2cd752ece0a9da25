//! `/portal/unit`: sending files, and the latest that were sent.

use maud::{Markup, html};
use xinzheng_api::Cursor;
use xinzheng_api::page_problem::{FILE_MISSING, FORM_UNFIT};
use xinzheng_api::parameter::Parameter;
use xinzheng_api::upload::{ANNOUNCE, CheckedFile, Confirmation, LIST, Upload, UploadAnnouncement, UploadListQuery};
use xinzheng_domain::identity::catalogue::Unit;
use xinzheng_domain::month::Month;
use xinzheng_domain::sha256::hexadecimal;
use xinzheng_domain::{TableId, UnitCode, china_time};
use xinzheng_intake::ReturnReason;
use xinzheng_runtime::{HttpResponse, Problem};

use super::check;
use super::desk::Desk;
use super::own;
use super::upload::{address, file_name, state_of, table_title};
use crate::PageRequest;
use crate::elements::{Fields, FormFault, badge, hidden, nothing, pager};
use crate::form::Form;
use crate::frame::{self, View};

/// What a clerk may say of a file that was refused because it looks otherwise.
const CONFIRMED: [(Confirmation, &str); 2] = [
    (Confirmation::Columns, "与标准相近而不相同的列是另外的内容，不报送"),
    (Confirmation::Origin, "单位和数据表无误，虽然看起来是别的单位或数据表的文件"),
];

/// `GET`: the form and the latest uploads.
pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    // Who comes to send a file again as another table finds that table chosen.
    let filled = Form::with([("table", asked.query.text("table").to_owned())]);
    form(asked, &filled, None, None).await
}

fn may_send(row: &Unit) -> Vec<TableId> {
    TableId::ALL.into_iter().filter(|table| row.may_send(*table)).collect()
}

/// The tables that a unit may send, by code and title.
pub(crate) fn tables(row: &Unit) -> Vec<(&'static str, &'static str)> {
    may_send(row).into_iter().map(|table| (table.code(), table.standard().title.as_str())).collect()
}

/// What the clerk says of a file although it looks otherwise.
pub(super) fn confirmed(sent: &Form) -> Result<Vec<Confirmation>, Problem> {
    sent.all("confirmed").map(|word| Confirmation::read(word).ok_or_else(|| FORM_UNFIT.into())).collect()
}

async fn form(
    asked: &PageRequest<'_>,
    filled: &Form,
    fault: Option<&FormFault>,
    checked: Option<&CheckedFile>,
) -> Result<HttpResponse, Problem> {
    let (unit, row) = own(asked)?;
    let query = UploadListQuery {
        cursor: asked.query.parameter("cursor")?,
        unit: None,
        table: None,
        month: None,
        reason: None,
    };
    let uploads = asked.api().ask(&LIST, &(), &query).await?.page;
    let content = html! {
        h1 { "报送数据" }
        (sending(asked, unit, row, &Fields { form: filled, fault }))
        (check::section(checked, &may_send(row)))
        h2 { "最近的报送" }
        @if uploads.items.is_empty() { p { "还没有。" } } @else { (table(&uploads.items, &Desk::own(), None)) }
        (pager("/portal/unit", uploads.next.as_ref().map(Cursor::as_str)))
        p { a href="/portal/unit/uploads" { "按数据表、月份查找报送" } " · " a href="/portal/unit/waiting" { "等待其记录的修复、撤销和移出" } }
    };
    let view = View {
        title: "报送数据",
        path: "/portal/unit",
        scripts: &["upload.js"],
        sending: true,
        status: fault.map_or(200, FormFault::status),
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

fn sending(asked: &PageRequest<'_>, unit: UnitCode, row: &Unit, fields: &Fields<'_>) -> Markup {
    let own = (String::new(), format!("{}（本单位）", unit.name()));
    let offices: Vec<(String, String)> =
        std::iter::once(own).chain(unit.offices().map(|office| (office.to_string(), office.name()))).collect();
    html! {
        (fields.summary())
        form #upload action="/portal/unit/uploads" method="post" enctype="multipart/form-data" {
            (hidden(asked))
            (fields.select("table", "数据表", "", tables(row)))
            @if unit.office().is_none() {
                (fields.select("unit", "报送机构", "代县区机构报送的，选择该机构。", offices.iter().map(|(code, name)| (code.as_str(), name.as_str()))))
            } @else {
                input type="hidden" name="unit" value="";
            }
            div.drop {
                label for="file" { "文件，可以拖放到此处" }
                input #file type="file" name="file" required accept=".csv,.tsv,.txt,.xlsx,.xls,.json,.jsonl,.ndjson"
                    aria-describedby="file-hint";
                p.hint #file-hint { "Excel、CSV 或 JSON。不必先整理格式：编码、日期、全角字符等由系统识别，有误的行会逐行退回并说明原因。" }
            }
            details open[fields.form.filled("confirmed").is_some()] {
                summary { "文件曾因列名或单位被退回？" }
                p { "确认无误后勾选，再次上传同一文件。声明会写入回执。" }
                @for (confirmation, said) in CONFIRMED {
                    @let word = confirmation.write();
                    label {
                        input type="checkbox" name="confirmed" value=(word) checked[fields.form.has("confirmed", &word)];
                        (said)
                    }
                }
            }
            progress max="100" value="0" hidden aria-label="上传进度" {}
            p role="status" {}
            div.buttons {
                button type="submit" { "上传" }
                button.quiet type="submit" name="action" value="check" { "先试检，不报送" }
            }
            noscript { p.hint { "浏览器停用了脚本时，文件不能超过 4 MB。" } }
        }
    }
}

/// `GET …/uploads`: the uploads of a table, of a month, or of which something was returned for a reason.
pub(crate) async fn found(asked: &PageRequest<'_>, desk: &Desk) -> Result<HttpResponse, Problem> {
    let filled = &asked.query;
    let (table_wanted, month, reason) =
        (filled.parameter("table")?, filled.parameter::<Month>("month")?, filled.parameter::<ReturnReason>("reason")?);
    let query =
        UploadListQuery { cursor: filled.parameter("cursor")?, unit: desk.unit(), table: table_wanted, month, reason };
    let uploads = asked.api().ask(&LIST, &(), &query).await?.page;
    let fields = Fields { form: filled, fault: None };
    let every = std::iter::once(("", "全部")).chain(TableId::ALL.map(|table| (table.code(), &*table.standard().title)));
    let here = desk.address("uploads");
    let chosen = query_of(filled);
    let content = html! {
        (desk.heading("报送的文件"))
        @if let Some(reason) = reason {
            p { "有因“" (reason.title()) "”退回的文件。" a href=(here) { "查看全部" } }
        }
        form action=(here) {
            (fields.select("table", "数据表", "", every))
            (fields.input("month", "month", "接收月份", "如 2026-10，不填为全部。", false))
            @if let Some(reason) = reason { input type="hidden" name="reason" value=(reason.code()); }
            button type="submit" { "查找" }
        }
        @if !uploads.items.is_empty() { (table(&uploads.items, desk, reason)) }
        (nothing(&uploads, "没有这样的报送。", "这一段时间没有这样的报送，请查看更早的。"))
        (pager(&format!("{here}?{chosen}"), uploads.next.as_ref().map(Cursor::as_str)))
        (desk.back_to_unit("报送数据"))
    };
    let view = View { title: "报送的文件", path: desk.tab("/portal/unit"), wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// What was chosen, as the address of a page has it.
fn query_of(filled: &Form) -> String {
    crate::form::query(["table", "month", "reason"].map(|name| (name, filled.text(name))))
}

/// Uploads with how many rows of each were taken, and how many faults there were for `reason` where the list is of one.
pub(crate) fn table(uploads: &[Upload], desk: &Desk, reason: Option<ReturnReason>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="最近的报送" {
            table {
                thead { tr { th scope="col" { "时间" } th scope="col" { "文件" } th scope="col" { "数据表" } th scope="col" { "状态" } th.number scope="col" { "接收" } th.number scope="col" { "退回" }
                    @if reason.is_some() { th.number scope="col" { "其中此原因的差错" } } } }
                tbody {
                    @for upload in uploads {
                        tr {
                            td { (china_time::display(upload.listed_at)) }
                            td { a href=(address(desk, &upload.id)) { (file_name(upload)) } }
                            td { (table_title(upload)) }
                            td { (state_of(upload)) }
                            td.number { @if let Some(counts) = upload.counts { (counts.accepted) } @else { "—" } }
                            td.number { @match upload.counts.map(|counts| counts.rejected) {
                                Some(0) => "0",
                                Some(rejected) => (badge("bad", &rejected.to_string())),
                                None => "—",
                            } }
                            @if let Some(reason) = reason { td.number { (upload.returned_for.get(reason.code()).copied().unwrap_or_default()) } }
                        }
                    }
                }
            }
        }
    }
}

/// `POST`: announces a file for the page's script; a file that was sent without one is put where it belongs.
pub(crate) async fn announce(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let whole = sent.file("file");
    if sent.text("action") == "check" {
        return try_out(asked, whole).await;
    }
    let announced = match wanted(sent, whole) {
        Ok(announcement) => asked.api().submit(&ANNOUNCE, &(), &announcement, "").await,
        Err(problem) => Err(problem),
    };
    match (announced, whole) {
        (Err(problem), _) if asked.wants_json() || problem.status() == 401 => Err(problem),
        (Err(problem), _) => form(asked, sent, Some(&faulty(problem)), None).await,
        // The script sends it as the API says.
        (Ok(announced), _) if asked.wants_json() => Ok(HttpResponse::json(201, &announced)),
        (Ok(announced), Some(bytes)) => {
            asked.app.api.put_file(&announced.upload, bytes.to_vec()).await?;
            Ok(HttpResponse::see_other(&address(&Desk::own(), &announced.id)))
        }
        (Ok(_), None) => {
            let problem = Problem::from(FILE_MISSING);
            form(asked, sent, Some(&faulty(problem)), None).await
        }
    }
}

/// Which field a problem is about.
fn faulty(problem: Problem) -> FormFault {
    let fields = [
        ("unit-", "unit"),
        ("table-", "table"),
        ("file-", "file"),
        ("size-", "file"),
        ("digest-", "file"),
        ("body-too-large", "file"),
    ];
    FormFault::of(problem, &fields)
}

/// Says what would become of the file; nothing is sent.
async fn try_out(asked: &PageRequest<'_>, whole: Option<&[u8]>) -> Result<HttpResponse, Problem> {
    let checked = match whole {
        Some(bytes) => check::tried(asked, bytes).await,
        None => Err(FILE_MISSING.into()),
    };
    match checked {
        Ok(checked) => form(asked, &asked.form, None, Some(&checked)).await,
        Err(problem) if problem.status() == 401 => Err(problem),
        Err(problem) => form(asked, &asked.form, Some(&faulty(problem)), None).await,
    }
}

/// The announcement of a file that came with the form, or that a script has looked at.
fn wanted(sent: &Form, whole: Option<&[u8]>) -> Result<UploadAnnouncement, Problem> {
    let (file, bytes, sha256) = match whole {
        Some(bytes) => {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
            (sent.file_name("file"), bytes.len() as u64, hexadecimal(digest.as_ref()))
        }
        None => (sent.text("file"), sent.text("bytes").parse().unwrap_or_default(), sent.text("sha256").to_owned()),
    };
    Ok(UploadAnnouncement {
        table: sent.text("table").to_owned(),
        file: file.to_owned(),
        bytes,
        sha256,
        unit: sent.filled("unit").map(str::to_owned),
        confirmed: confirmed(sent)?,
    })
}
