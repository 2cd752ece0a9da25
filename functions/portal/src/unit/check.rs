//! What would become of a file, before it is sent: nothing of it is stored.

use maud::{Markup, html};
use xinzheng_api::upload::{CHECK, CheckQuery, CheckedFile, RefusedFile};
use xinzheng_domain::TableId;
use xinzheng_intake::{Reading, Rejection};
use xinzheng_runtime::Problem;

use super::uploads::confirmed;
use crate::form::parse_segment;
use crate::{PageRequest, page_words};

/// The most faults that a page shows.
const SHOWN: usize = 50;

/// Tries the file that came with the form.
pub(crate) async fn tried(asked: &PageRequest<'_>, bytes: &[u8]) -> Result<CheckedFile, Problem> {
    let sent = &asked.form;
    let query = CheckQuery {
        table: parse_segment(sent.text("table"))?,
        file: sent.file_name("file").to_owned(),
        confirmed: confirmed(sent)?,
    };
    asked.api().send_file(&CHECK, &query, bytes.to_vec()).await
}

/// What the page says of a file that was tried.
pub(crate) fn section(checked: Option<&CheckedFile>, unit_may_send: &[TableId]) -> Markup {
    html! {
        div #checked role="status" {
            @match checked {
                None => {}
                Some(CheckedFile::Refused { refusal }) => (refused(refusal, unit_may_send)),
                Some(CheckedFile::Read { reading, rejections, rejections_not_shown }) => (read(reading, rejections, *rejections_not_shown)),
            }
        }
    }
}

fn refused(refusal: &RefusedFile, unit_may_send: &[TableId]) -> Markup {
    let other = refusal.looks_like.filter(|table| unit_may_send.contains(table));
    html! {
        div.notice.fault {
            strong { "试检：整个文件会被退回" }
            p { (refusal.reason) }
            p { (page_words::of_hint(&refusal.hint)) }
            @if let Some(table) = other {
                // The page's script does it; without one the table is chosen by hand.
                button.quiet type="button" data-table=(table) hidden { "改按“" (table.standard().title) "”报送" }
                noscript { p { "请在上面把数据表改选为“" (table.standard().title) "”。" } }
            }
        }
    }
}

fn read(reading: &Reading, rejections: &[Rejection], not_shown: usize) -> Markup {
    let counts = &reading.counts;
    let is_good = counts.rejected == 0 && counts.rows > 0;
    html! {
        div class={ "notice" @if is_good { " done" } @else { " fault" } } {
            @if counts.rows == 0 { strong { "试检：没有数据行" } p { "文件只有表头，或数据在另一张工作表；报送它不会产生任何记录。" } }
            @else { strong { "试检：读到 " (counts.rows) " 行，可接收 " (counts.accepted) " 行，会退回 " (counts.rejected) " 行" } }
            p { "尚未报送。" @if counts.rejected > 0 { "可以改好再报送，也可以先报送可接收的行。" } }
            @if !reading.notices.is_empty() { ul { @for notice in &reading.notices { li { (notice.text()) } } } }
        }
        @if !rejections.is_empty() {
            div.scroll tabindex="0" role="region" aria-label="会退回的内容" {
                table {
                    thead { tr { th scope="col" { "行" } th scope="col" { "列" } th scope="col" { "原值" } th scope="col" { "原因" } th scope="col" { "怎样改正" } } }
                    tbody {
                        @for one in rejections.iter().take(SHOWN) {
                            tr { td { (one.place()) } td { (one.column) } td { (one.value) } td { (one.reason) } td { (one.hint) } }
                        }
                    }
                }
            }
            @let more = rejections.len().saturating_sub(SHOWN) + not_shown;
            @if more > 0 { p { "另有 " (more) " 处，报送后可以下载标注好的文件。" } }
        }
    }
}
