//! `/portal/unit/uploads/{id}`: one upload, how far it is and what its rows came to.

use jiff::SignedDuration;
use maud::{Markup, html};
use serde::Serialize;
use xinzheng_api::log::{LogStanding, UPLOAD_PROOF};
use xinzheng_api::upload::{EFFECTS, READ, Upload, UploadPath, UploadState};
use xinzheng_domain::file_name::disposition;
use xinzheng_domain::record::effect::{DoubtKind, EffectKind, ReceiptEffects};
use xinzheng_domain::record::upload_key::announced_name;
use xinzheng_domain::{RowCount, UploadId, china_time};
use xinzheng_intake::{Counts, Receipt};
use xinzheng_runtime::{HttpResponse, Problem};

use super::desk::Desk;
use super::rejections;
use crate::elements::badge;
use crate::form::{parse_segment, query};
use crate::frame::{self, View};
use crate::{PageRequest, no_page, page_words};

/// How far an upload is, for the page's script.
#[derive(Serialize)]
struct Progress<'u> {
    percent: u8,
    /// Which of the two steps is under way, checking and taking in, and how far that one is; 0 before and after them.
    step: u8,
    of_step: u8,
    text: &'u str,
    over: bool,
}

/// How long the address lasts that a file is sent to: what has not come by then does not come.
const ARRIVES: SignedDuration = SignedDuration::from_hours(1);

/// Where an upload's page is.
pub(crate) fn address(desk: &Desk, id: &UploadId) -> String {
    desk.address(&format!("uploads/{id}"))
}

pub(crate) fn table_title(upload: &Upload) -> &'static str {
    upload.table.map_or("", |table| table.standard().title.as_str())
}

/// The file's name as the clerk knows it.
pub(crate) fn file_name(upload: &Upload) -> &str {
    announced_name(upload.file.as_deref().unwrap_or_default())
}

pub(crate) fn state_of(upload: &Upload) -> Markup {
    match upload.state {
        UploadState::Announced => badge("soft", "等待文件"),
        UploadState::Processing => badge("warn", "校验中"),
        UploadState::Refused => badge("bad", "✗ 整个文件被退回"),
        UploadState::Indexing => badge("warn", "入库中"),
        UploadState::Indexed if rejected(upload) > 0 => badge("warn", "已入库，有行退回"),
        UploadState::Indexed if without_force(upload) > 0 => badge("warn", "已入库，有行未生效"),
        UploadState::Indexed if is_empty(upload) => badge("warn", "没有数据行"),
        UploadState::Indexed => badge("good", "✓ 已入库"),
    }
}

fn rejected(upload: &Upload) -> u64 {
    upload.counts.map_or(0, |counts| counts.rejected)
}

/// True of a file that was read to its end and had a header alone.
fn is_empty(upload: &Upload) -> bool {
    upload.counts.is_some_and(|counts| counts.rows == 0)
}

/// Which step of taking it in is under way, and how far that one is: half of the whole each.
fn step(upload: &Upload) -> (u8, u8) {
    let percent = upload.progress_percent;
    match upload.state {
        UploadState::Processing => (1, percent.min(50) * 2),
        UploadState::Indexing => (2, percent.clamp(50, 100) * 2 - 100),
        UploadState::Announced | UploadState::Refused | UploadState::Indexed => (0, 0),
    }
}

/// How many accepted rows are not in force, or not yet.
fn without_force(upload: &Upload) -> u64 {
    let kinds = EffectKind::ALL.into_iter().filter(|kind| kind.is_without_force());
    kinds.map(|kind| rows(upload, RowCount::Effect(kind))).sum()
}

/// How many rows are counted by this.
fn rows(upload: &Upload, of: RowCount) -> u64 {
    upload.effects.get(&of).copied().unwrap_or_default()
}

/// How far an upload is, in words.
fn progress(upload: &Upload) -> String {
    match upload.state {
        UploadState::Announced => "正在等待文件。".to_owned(),
        UploadState::Processing => match step(upload).1 {
            0 => "第一步，共两步：正在校验。".to_owned(),
            percent => format!("第一步，共两步：正在校验（{percent}%）。"),
        },
        UploadState::Indexing => format!("第二步，共两步：校验完成，正在入库（{}%）。", step(upload).1),
        UploadState::Refused => "整个文件被退回。".to_owned(),
        UploadState::Indexed if rejected(upload) > 0 => {
            format!("处理完毕，{} 行退回，见“退回的行”。", rejected(upload))
        }
        UploadState::Indexed if is_empty(upload) => "文件只有表头，没有数据行，没有报送任何记录。".to_owned(),
        UploadState::Indexed => match without_force(upload) {
            0 => "全部入库，已生效。".to_owned(),
            rows => format!("处理完毕，其中 {rows} 行没有生效，见“接收的行”。"),
        },
    }
}

/// One upload, as a page or, for its script, as how far it is.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk, id: &str) -> Result<HttpResponse, Problem> {
    let path = UploadPath { id: parse_segment(id)? };
    let upload = asked.api().ask(&READ, &path, &()).await?;
    desk.has(upload.unit)?;
    let over = matches!(upload.state, UploadState::Refused | UploadState::Indexed);
    let (percent, text) = (upload.progress_percent, progress(&upload));
    let (step, of_step) = step(&upload);
    let broken_off = upload.state == UploadState::Announced && asked.app.clock.now() > upload.listed_at + ARRIVES;
    if asked.wants_json() {
        return Ok(HttpResponse::json(200, &Progress { percent, step, of_step, text: &text, over }));
    }
    let rejections = if rejected(&upload) > 0 { Some(rejections::of(asked, &path).await?) } else { None };
    let address = address(desk, &path.id);
    let receipt = upload.receipt.as_ref();
    let content = html! {
        h1 { (file_name(&upload)) }
        p { (table_title(&upload)) " · " (china_time::display(upload.listed_at)) " " (state_of(&upload)) }
        @if broken_off {
            div.notice.fault role="alert" {
                strong { "文件没有送达" }
                p { "上传中断，或者没有开始。请重新上传；已经报送过的内容重复报送不会产生重复记录。" }
                @if desk.acts() { p { a.button href="/portal/unit" { "重新上传" } } }
            }
        } @else if !over {
            div #follow data-address=(address) {
                progress max="100" value=(percent) aria-label="处理进度" {}
                p role="status" { (text) }
                noscript { p { a href=(address) { "刷新" } } }
            }
        }
        @if let Some(receipt) = receipt { (heard(receipt, desk)) }
        @if over && is_empty(&upload) {
            div.notice.fault role="alert" {
                strong { "没有数据行" }
                p { "文件只有表头，没有报送任何记录。请检查是否选错了文件，或数据在另一张工作表；确实没有应报记录的，请在“对账”中申报为零。" }
            }
        }
        @if let Some(counts) = &upload.counts { (counted(counts)) }
        (effects(&upload))
        @if let Some(told) = receipt.and_then(|receipt| receipt.effects.as_ref()) { (effect_rows(told, &address)) }
        @if let Some(rejections) = rejections { (rejections.section(&address)) }
        @if let Some(receipt) = receipt { (normalised(receipt)) }
        @if let Some(log) = &upload.log { (in_the_log(log, &address)) }
        (desk.back_to_unit("报送"))
    };
    let view = View {
        title: "报送结果",
        path: desk.tab("/portal/unit"),
        scripts: &["upload.js"],
        wide: true,
        ..View::default()
    };
    Ok(frame::page(asked, &view, content))
}

/// Where in the public log the receipt is, and what proves it.
fn in_the_log(log: &LogStanding, address: &str) -> Markup {
    html! {
        h2 { "公开日志" }
        @match log {
            LogStanding::Pending => p { "收到此文件的条目正在写入公开日志，通常只需几秒。" },
            LogStanding::Logged { index, cosigned_by, .. } => {
                p {
                    "收到此文件的时间、行数和回执已写入公开日志，是第 " (index + 1) " 条"
                    @if !cosigned_by.is_empty() { "（见证方：" (cosigned_by.join("、")) "）" }
                    "，平台不能改写。日后有争议的，可凭以下两个文件证明何时报送、处理结果如何。"
                }
                ul {
                    li { a href={ (address) "/proof" } { "下载证明（.tlog-proof）" } }
                    li { a href={ (address) "/statement" } { "下载回执声明（.json）" } }
                }
            },
        }
    }
}

/// The proof that the public log has an upload, to be saved.
pub(crate) async fn proof(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let path = UploadPath { id: parse_segment(id)? };
    let bytes = asked.api().file_of(&UPLOAD_PROOF, &path, &()).await?;
    Ok(saved(&bytes, "text/plain; charset=utf-8", &format!("{}.tlog-proof", path.id)))
}

/// What the platform states of an upload, to be saved byte for byte.
pub(crate) async fn statement(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let path = UploadPath { id: parse_segment(id)? };
    let upload = asked.api().ask(&READ, &path, &()).await?;
    let statement = upload.statement.ok_or_else(no_page)?;
    Ok(saved(statement.as_bytes(), "application/json", &format!("{}-statement.json", path.id)))
}

fn saved(bytes: &[u8], content_type: &str, name: &str) -> HttpResponse {
    HttpResponse::bytes(200, content_type, bytes)
        .header("content-disposition", disposition("attachment", name))
        .header("cache-control", "private, no-store")
}

/// Why the file was refused as a whole, and what its sender should know.
fn heard(receipt: &Receipt, desk: &Desk) -> Markup {
    let notices = &receipt.reading.notices;
    html! {
        @if let Some(refusal) = &receipt.refusal {
            div.notice.fault role="alert" { strong { (refusal.reason) } p { (page_words::of_hint(&refusal.hint)) } }
            @if desk.acts() {
                @match refusal.looks_like {
                    Some(table) => div.buttons { a.button href={ "/portal/unit?" (query([("table", table.code())])) } { "改按“" (table.standard().title) "”重新上传" } },
                    None => div.buttons { a.button href="/portal/unit" { "重新上传" } },
                }
            }
        }
        @if !notices.is_empty() {
            div.notice { ul { @for notice in notices { li { (notice.text()) } } } }
        }
    }
}

fn counted(counts: &Counts) -> Markup {
    html! {
        ul.cards {
            li.card { h2 { "读到" } span.figure { (counts.rows) } p { "行" } }
            li.card { h2 { "接收" } span.figure { (counts.accepted) } p { "行" } }
            li.card { h2 { "退回" } span.figure { (counts.rejected) } p { "行" } }
        }
    }
}

fn normalised(receipt: &Receipt) -> Markup {
    let notes = &receipt.reading.normalisations;
    html! {
        @if !notes.is_empty() {
            details {
                summary { "自动规范的内容" }
                ul { @for note in notes { li { (note.column) "：" (note.normalisation.title()) " " (note.cells) " 处" } } }
            }
        }
    }
}

/// What a count of rows is of.
const fn effect_title(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::New => "新增",
        EffectKind::Changed => "变更",
        EffectKind::Unchanged => "与已有内容相同",
        EffectKind::Superseded => "已有更晚的内容",
        EffectKind::Waiting => "等待其记录",
        EffectKind::Conflict => "属其他单位，未入库",
        EffectKind::Contradicts => "与已作出的决定不符，未采用",
        EffectKind::BeforeDecision => "日期早于原决定，未采用",
        EffectKind::NothingCancelled => "没有可取消的事项",
        EffectKind::TwiceInFile => "同一文件另有一行",
    }
}

/// The same of doubts.
const fn doubt_title(kind: DoubtKind) -> &'static str {
    match kind {
        DoubtKind::NameDiffers => "名称与登记的不同",
        DoubtKind::NameOfAnother => "名称属另一主体",
        DoubtKind::TwoRegisters => "另一登记机关也报送",
    }
}

/// What accepted rows came to: how many.
fn effects(upload: &Upload) -> Markup {
    let title = |of| match of {
        RowCount::Effect(kind) => effect_title(kind),
        RowCount::Doubt(kind) => doubt_title(kind),
    };
    let counts = RowCount::all().map(|of| (title(of), rows(upload, of)));
    let counts: Vec<(&str, u64)> = counts.filter(|(_, rows)| *rows > 0).collect();
    html! {
        @if !counts.is_empty() {
            h2 { "接收的行" }
            ul { @for (title, rows) in counts { li { (title) "：" (rows) " 行" } } }
        }
    }
}

/// The rows that the clerk is to see.
fn effect_rows(told: &ReceiptEffects, address: &str) -> Markup {
    let rows = &told.rows;
    html! {
        @if !rows.is_empty() {
            div.buttons { a.button.quiet href={ (address) "/effects" } { "下载处理结果 CSV" } }
            div.scroll tabindex="0" role="region" aria-label="接收的行的处理结果" {
                table {
                    thead { tr { th scope="col" { "行" } th scope="col" { "文号" } th scope="col" { "结果" } th scope="col" { "怎样处理" } } }
                    tbody {
                        @for row in rows {
                            tr {
                                td { @if let Some(sheet) = &row.sheet { (sheet) " " } (row.row) }
                                td { (row.document) }
                                td { (row.reason) }
                                td { (row.hint) }
                            }
                        }
                    }
                }
            }
            @if told.listed > rows.len() as u64 {
                p { "共 " (told.listed) " 行，只显示 " (rows.len()) " 行（没有生效的在前），其余见下载的文件。" }
            }
        }
    }
}

/// What accepted rows came to as a file, at the object store.
pub(crate) async fn effects_file(asked: &PageRequest<'_>, id: &str) -> Result<HttpResponse, Problem> {
    let told = asked.api().ask(&EFFECTS, &UploadPath { id: parse_segment(id)? }, &()).await?;
    Ok(HttpResponse::see_other(&told.download.url))
}
