//! `/portal/unit`: sending files, following them, and what was rejected of them.

use maud::{Markup, html};
use serde_json::{Value, json};
use xinzheng_api::problem::INTERNAL;
use xinzheng_domain::upload_key::announced_name;
use xinzheng_domain::{TableId, UnitCode};
use xinzheng_intake::{Normalisation, Notice};
use xinzheng_runtime::{HttpResponse, Problem};

use super::own;
use crate::Asked;
use crate::elements::{Fields, FormFault, badge, hidden, pager};
use crate::form::{Form, query, segment};
use crate::frame::{self, View};
use crate::problems::FILE_MISSING;
use crate::said::Said;

/// What a clerk may say of a file that was refused because it looks otherwise.
const CONFIRMED: [(&str, &str); 2] = [
    ("columns", "与标准相近而不相同的列是另外的内容，不报送"),
    ("origin", "单位和数据表无误，虽然看起来是别的单位或数据表的文件"),
];

/// The most rejected rows shown in a page; the file has them all.
const SHOWN: usize = 200;

/// `GET`: the form and the latest uploads.
pub(crate) async fn page(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    form(asked, &Form::default(), None).await
}

/// The tables that a unit may send, by code and title.
pub(crate) fn tables(row: &xinzheng_domain::catalogue::Unit) -> Vec<(&'static str, &'static str)> {
    let tables = TableId::ALL.into_iter().filter(|table| row.may_send(*table));
    tables.map(|table| (table.code(), table.standard().title.as_str())).collect()
}

async fn form(asked: &Asked<'_>, filled: &Form, fault: Option<&FormFault>) -> Result<HttpResponse, Problem> {
    let (unit, row) = own(asked)?;
    let cursor = query([("cursor", asked.query.text("cursor"))]);
    let answer = asked.api().get(&format!("/uploads?{cursor}")).await?;
    let uploads = answer.list("uploads");
    let fields = Fields { form: filled, fault };
    let content = html! {
        h1 { "报送数据" }
        (fields.summary())
        form #upload action="/portal/unit/uploads" method="post" enctype="multipart/form-data" {
            (hidden(asked))
            (fields.select("table", "数据表", "", tables(row)))
            @if unit.office().is_none() {
                (fields.input("text", "unit", "县区机构代码（选填）", "代县区机构报送时填写，如 market-supervision-140403。", false))
            } @else {
                input type="hidden" name="unit" value="";
            }
            div.drop {
                label for="file" { "文件，可以拖放到此处" }
                input #file type="file" name="file" required accept=".csv,.tsv,.txt,.xlsx,.xls,.json,.jsonl,.ndjson"
                    aria-describedby="file-hint";
                p.hint #file-hint { "Excel、CSV 或 JSON。不必先整理格式：编码、日期、全角字符等由系统识别，有误的行会逐行退回并说明原因。" }
            }
            details open[filled.filled("confirmed").is_some()] {
                summary { "文件曾因列名或单位被退回？" }
                p { "确认无误后勾选，再次上传同一文件。声明会写入回执。" }
                @for (word, said) in CONFIRMED {
                    label {
                        input type="checkbox" name="confirmed" value=(word) checked[filled.has("confirmed", word)];
                        (said)
                    }
                }
            }
            progress max="100" value="0" hidden aria-label="上传进度" {}
            p role="status" {}
            button type="submit" { "上传" }
            noscript { p.hint { "浏览器停用了脚本时，文件不能超过 4 MB。" } }
        }
        h2 { "最近的报送" }
        @if uploads.is_empty() { p { "还没有。" } } @else { (table(uploads)) }
        (pager("/portal/unit", answer.filled("next")))
        p { a href="/portal/unit/waiting" { "等待其记录的修复、撤销和移出" } }
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

fn table(uploads: &[Value]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="最近的报送" {
            table {
                thead { tr { th scope="col" { "时间" } th scope="col" { "文件" } th scope="col" { "数据表" } th scope="col" { "状态" } } }
                tbody {
                    @for upload in uploads {
                        tr {
                            td { (upload.time("listed_at")) }
                            td { a href={ "/portal/unit/uploads/" (segment(upload.text("id"))) } { (file_name(upload)) } }
                            td { (table_title(upload)) }
                            td { (state(upload)) }
                        }
                    }
                }
            }
        }
    }
}

fn table_title(upload: &Value) -> &'static str {
    TableId::parse(upload.text("table")).map_or("", |table| table.standard().title.as_str())
}

/// The file's name as the clerk knows it.
fn file_name(upload: &Value) -> &str {
    announced_name(upload.text("file"))
}

fn state(upload: &Value) -> Markup {
    match upload.text("state") {
        "announced" => badge("soft", "等待文件"),
        "processing" => badge("warn", "校验中"),
        "refused" => badge("bad", "✗ 整个文件被退回"),
        "indexing" => badge("warn", "入库中"),
        _ if without_force(upload) > 0 => badge("warn", "已入库，有行未生效"),
        _ => badge("good", "✓ 已入库"),
    }
}

/// `POST`: announces a file for the page's script; a file that was sent without one is put where it belongs.
pub(crate) async fn announce(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let sent = &asked.form;
    let whole = sent.file("file");
    let (name, bytes, sha256) = match whole {
        Some(bytes) => {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
            let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            (sent.file_name("file").to_owned(), bytes.len() as u64, hex)
        }
        None => (
            sent.text("file").to_owned(),
            sent.text("bytes").parse().unwrap_or_default(),
            sent.text("sha256").to_owned(),
        ),
    };
    let mut body = json!({ "table": sent.text("table"), "file": name, "bytes": bytes, "sha256": sha256 });
    if let Some(fields) = body.as_object_mut() {
        if let Some(unit) = sent.filled("unit") {
            fields.insert("unit".to_owned(), json!(unit));
        }
        let confirmed: Vec<&str> = sent.all("confirmed").collect();
        if !confirmed.is_empty() {
            fields.insert("confirmed".to_owned(), json!(confirmed));
        }
    }
    let announced = asked.api().post("/uploads", &body, "", "").await;
    let faulty = |problem| {
        let fields =
            [("unit-", "unit"), ("table-", "table"), ("file-", "file"), ("size-", "file"), ("digest-", "file")];
        FormFault::of(problem, &fields)
    };
    match (announced, whole) {
        (Err(problem), _) if asked.wants_json() || problem.status() == 401 => Err(problem),
        (Err(problem), _) => form(asked, sent, Some(&faulty(problem))).await,
        (Ok(announced), _) if asked.wants_json() => Ok(HttpResponse::json(201, &announced)),
        (Ok(announced), Some(bytes)) => {
            let to = serde_json::from_value(announced.at("upload").clone()).map_err(|_| INTERNAL)?;
            asked.app.api.put_file(&to, bytes.to_vec()).await?;
            Ok(HttpResponse::see_other(&format!("/portal/unit/uploads/{}", segment(announced.text("id")))))
        }
        (Ok(_), None) => {
            let problem = Problem::from(FILE_MISSING);
            form(asked, sent, Some(&faulty(problem))).await
        }
    }
}

/// One upload, as a page or, for its script, as how far it is.
pub(crate) async fn one(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let upload = asked.api().get(&format!("/uploads/{}", segment(id))).await?;
    let counts = upload.at("counts");
    let over = matches!(upload.text("state"), "refused" | "indexed");
    let text = match upload.text("state") {
        "announced" => "正在等待文件。".to_owned(),
        "processing" => "正在校验。".to_owned(),
        "indexing" => format!("校验完成，正在入库（{}%）。", upload.count("progress_percent")),
        "refused" => "整个文件被退回。".to_owned(),
        _ => match without_force(&upload) {
            0 => "全部入库，已生效。".to_owned(),
            rows => format!("处理完毕，其中 {rows} 行没有生效，见“接收的行”。"),
        },
    };
    if asked.wants_json() {
        let body = json!({ "percent": upload.count("progress_percent"), "text": text, "over": over });
        return Ok(HttpResponse::json(200, &body));
    }
    let receipt = upload.at("receipt");
    let refusal = receipt.at("refusal");
    let rejected = counts.count("rejected");
    let rows = if rejected > 0 { rejections_of(asked, id).await? } else { Rejections::default() };
    let address = format!("/portal/unit/uploads/{}", segment(id));
    let notes = receipt.list("normalisations");
    let notices = receipt.list("notices");
    let content = html! {
        h1 { (file_name(&upload)) }
        p { (table_title(&upload)) " · " (upload.time("listed_at")) " " (state(&upload)) }
        @if !over {
            div #follow data-address=(address) {
                progress max="100" value=(upload.count("progress_percent")) aria-label="处理进度" {}
                p role="status" { (text) }
                noscript { p { a href=(address) { "刷新" } } }
            }
        }
        @if !refusal.is_null() {
            div.notice.fault role="alert" { strong { (refusal.text("reason")) } p { (refusal.text("hint")) } }
            div.buttons { a.button href="/portal/unit" { "重新上传" } }
        }
        @if !notices.is_empty() {
            div.notice { ul { @for notice in notices { li { (notice_text(notice)) } } } }
        }
        @if !counts.is_null() {
            ul.cards {
                li.card { h2 { "读到" } span.figure { (counts.count("rows")) } p { "行" } }
                li.card { h2 { "接收" } span.figure { (counts.count("accepted")) } p { "行" } }
                li.card { h2 { "退回" } span.figure { (rejected) } p { "行" } }
            }
        }
        (effects(&upload, &address))
        @if rejected > 0 {
            h2 { "退回的行" }
            p { "请按“怎样改正”修改后重新上传。已接收的行不必删除，重复报送不会产生重复记录。" }
            div.buttons {
                a.button href={ (address) "/rejections/xlsx" } { "下载标注好的 Excel" }
                a.button.quiet href={ (address) "/rejections/csv" } { "下载 CSV" }
            }
            (rows.table())
        }
        @if !notes.is_empty() {
            details {
                summary { "自动规范的内容" }
                ul { @for note in notes { li { (note.text("column")) "：" (normalised(note.at("normalisation"))) " " (note.count("cells")) " 处" } } }
            }
        }
    };
    let view =
        View { title: "报送结果", path: "/portal/unit", scripts: &["upload.js"], wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// How many accepted rows are not in force, or not yet.
fn without_force(upload: &Value) -> u64 {
    let codes = ["superseded", "waiting", "conflict", "contradicts", "before-decision"];
    codes.iter().map(|code| upload.at("effects").count(code)).sum()
}

/// What accepted rows came to: how many, and those that the clerk is to see.
fn effects(upload: &Value, address: &str) -> Markup {
    const NAMES: [(&str, &str); 13] = [
        ("new", "新增"),
        ("changed", "变更"),
        ("unchanged", "与已有内容相同"),
        ("superseded", "已有更晚的内容"),
        ("waiting", "等待其记录"),
        ("conflict", "属其他单位，未入库"),
        ("contradicts", "与已作出的决定不符，未采用"),
        ("before-decision", "日期早于原决定，未采用"),
        ("nothing-cancelled", "没有可取消的事项"),
        ("twice-in-file", "同一文件另有一行"),
        ("name-differs", "名称与登记的不同"),
        ("name-of-another", "名称属另一主体"),
        ("two-registers", "另一登记机关也报送"),
    ];
    let counts = upload.at("effects");
    let told = upload.at("receipt").at("effects");
    let rows = told.list("rows");
    html! {
        @if NAMES.iter().any(|(code, _)| counts.count(code) > 0) {
            h2 { "接收的行" }
            ul { @for (code, name) in NAMES { @if counts.count(code) > 0 { li { (name) "：" (counts.count(code)) " 行" } } } }
        }
        @if !rows.is_empty() {
            div.buttons { a.button.quiet href={ (address) "/effects" } { "下载处理结果 CSV" } }
            div.scroll tabindex="0" role="region" aria-label="接收的行的处理结果" {
                table {
                    thead { tr { th scope="col" { "行" } th scope="col" { "文号" } th scope="col" { "结果" } th scope="col" { "怎样处理" } } }
                    tbody {
                        @for row in rows {
                            tr {
                                td { @if let Some(sheet) = row.filled("sheet") { (sheet) " " } (row.count("row")) }
                                td { (row.text("document")) }
                                td { (row.text("reason")) }
                                td { (row.text("hint")) }
                            }
                        }
                    }
                }
            }
            @if told.count("listed") > rows.len() as u64 {
                p { "共 " (told.count("listed")) " 行，只显示 " (rows.len()) " 行（没有生效的在前），其余见下载的文件。" }
            }
        }
    }
}

/// What accepted rows came to as a file, at the object store.
pub(crate) async fn effects_file(asked: &Asked<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let told = asked.api().get(&format!("/uploads/{}/effects", segment(id))).await?;
    Ok(HttpResponse::see_other(told.at("download").text("url")))
}

/// The marks of a unit that wait for their records.
pub(crate) async fn waiting(asked: &Asked<'_>) -> Result<HttpResponse, Problem> {
    let (mut marks, mut doubts, mut cursor) = (vec![], vec![], String::new());
    loop {
        let page = asked.api().get(&format!("/waiting-marks?{}", query([("cursor", cursor.as_str())]))).await?;
        marks.extend_from_slice(page.list("marks"));
        doubts.extend_from_slice(page.list("doubts"));
        match page.filled("next").filter(|_| marks.len() < SHOWN) {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let name = |mark: &Value| match mark.text("mark") {
        "repair" => "信用修复",
        "withdrawal" => "撤销",
        _ => "移出名单",
    };
    let content = html! {
        h1 { "等待其记录的修复、撤销和移出" }
        p { "这些行的文号没有相符的记录，记录报送后自动生效；文号有误的，请改正后重新报送。" }
        @if marks.is_empty() {
            p { "没有。" }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="等待其记录的行" {
                table {
                    thead { tr { th scope="col" { "报送时间" } th scope="col" { "类别" } th scope="col" { "原决定书文号" } th scope="col" { "该行的文号、日期" } th scope="col" { "相近的文号，或不生效的原因" } } }
                    tbody {
                        @for mark in &marks {
                            tr {
                                td { (mark.time("since")) }
                                td { (name(mark)) }
                                td { (mark.text("document")) }
                                td { (mark.text("by")) " " (mark.text("date")) }
                                td {
                                    @if let Some(why) = mark.filled("without_force") { strong { (why) } }
                                    @for meant in mark.list("meant") { div { (meant.as_str().unwrap_or_default()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    let content = html! { (content) (doubtful(&doubts)) };
    let view = View { title: "等待其记录的行", path: "/portal/unit", wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// The rows that two units should look at together.
fn doubtful(doubts: &[Value]) -> Markup {
    let why = |doubt: &Value| match doubt.text("doubt") {
        "two-registers" => {
            "两个登记机关均报送了该代码，以报送较晚的为准；请核对由谁登记，由不登记的一方停止报送".to_owned()
        }
        _ => format!("名称是另一主体（{}）的登记名称；请核对主体代码和名称，改正后重新报送", doubt.text("other")),
    };
    let units = |doubt: &Value| -> String {
        let name = |unit: &Value| {
            let code = unit.as_str().unwrap_or_default();
            UnitCode::parse(code).map_or_else(|| code.to_owned(), |unit| unit.name())
        };
        doubt.list("units").iter().map(name).collect::<Vec<_>>().join("、")
    };
    html! {
        h2 { "需要两个单位核对的行" }
        p { "这些行已入库，但主体可能有误；自最近一次报送起在此列示 90 日。" }
        @if doubts.is_empty() {
            p { "没有。" }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="需要两个单位核对的行" {
                table {
                    thead { tr { th scope="col" { "报送时间" } th scope="col" { "主体代码" } th scope="col" { "名称" } th scope="col" { "文号" } th scope="col" { "疑问" } th scope="col" { "单位" } } }
                    tbody {
                        @for doubt in doubts {
                            tr {
                                td { (doubt.time("since")) }
                                td { (doubt.text("subject")) }
                                td { (doubt.text("name")) }
                                td { (doubt.text("document")) }
                                td { (why(doubt)) }
                                td { (units(doubt)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a receipt says beside its counts, for people.
fn notice_text(notice: &Value) -> String {
    serde_json::from_value::<Notice>(notice.clone()).map_or_else(|_| String::new(), |notice| notice.text())
}

/// A normalisation, for people.
fn normalised(note: &Value) -> &'static str {
    serde_json::from_value::<Normalisation>(note.clone()).map_or("", Normalisation::title)
}

/// The first of the rejected rows.
#[derive(Default)]
struct Rejections {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    more: bool,
}

impl Rejections {
    fn table(&self) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-label="退回的行" {
                table {
                    thead { tr { @for cell in &self.header { th scope="col" { (cell) } } } }
                    tbody { @for row in &self.rows { tr { @for cell in row { td { (cell) } } } } }
                }
            }
            @if self.more { p { "只显示前 " (SHOWN) " 行，其余见下载的文件。" } }
        }
    }
}

async fn rejections_of(asked: &Asked<'_>, id: &str) -> Result<Rejections, Problem> {
    let told = asked.api().get(&format!("/uploads/{}/rejections", segment(id))).await?;
    let bytes = match asked.app.api.file(told.at("download").text("url")).await {
        Ok(bytes) => bytes,
        // Too many to be shown: the download has them.
        Err(problem) if problem.status() == 413 => return Ok(Rejections { more: true, ..Rejections::default() }),
        Err(problem) => return Err(problem),
    };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let damaged = |error: csv::Error| {
        tracing::error!(%error, "a rejections file is damaged");
        Problem::from(INTERNAL)
    };
    let header = reader.headers().map_err(damaged)?.iter().map(str::to_owned).collect();
    let mut rows: Vec<Vec<String>> = vec![];
    for row in reader.records().take(SHOWN + 1) {
        rows.push(row.map_err(damaged)?.iter().map(str::to_owned).collect());
    }
    let more = rows.len() > SHOWN;
    rows.truncate(SHOWN);
    Ok(Rejections { header, rows, more })
}

/// The rejected rows as a file, at the object store.
pub(crate) async fn rejections(asked: &Asked<'_>, id: &str, format: &str) -> Result<HttpResponse, Problem> {
    let path = format!("/uploads/{}/rejections?{}", segment(id), query([("format", format)]));
    let told = asked.api().get(&path).await?;
    Ok(HttpResponse::see_other(told.at("download").text("url")))
}
