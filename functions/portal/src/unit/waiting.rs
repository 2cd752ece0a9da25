//! `/portal/unit/waiting`: marks that wait for their records, and rows that two units should look at together.

use maud::{Markup, html};
use xinzheng_api::page::UnitListQuery;
use xinzheng_api::upload::WAITING;
use xinzheng_domain::record::effect::DoubtKind;
use xinzheng_domain::record::listed_doubt::ListedDoubt;
use xinzheng_domain::record::waiting_mark::WaitingMark;
use xinzheng_domain::{UnitCode, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::desk::Desk;
use crate::PageRequest;
use crate::frame::{self, View};

/// How many marks are enough for a page.
const SHOWN: usize = 200;

/// The marks of a unit that wait for their records, and its doubtful rows.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk) -> Result<HttpResponse, Problem> {
    let (mut marks, mut doubts, mut cursor) = (vec![], vec![], None);
    loop {
        let waiting = asked.api().ask(&WAITING, &(), &UnitListQuery { cursor, unit: desk.unit() }).await?;
        marks.extend(waiting.page.items);
        doubts.extend(waiting.doubts);
        cursor = waiting.page.next;
        if cursor.is_none() || marks.len() >= SHOWN {
            break;
        }
    }
    let content = html! {
        (desk.heading("等待其记录的修复、撤销和移出"))
        p { "这些行的文号没有相符的记录，记录报送后自动生效；文号有误的，请改正后重新报送。" }
        @if marks.is_empty() { p { "没有。" } } @else { (waiting(&marks)) }
        h2 { "需要两个单位核对的行" }
        p { "这些行已入库，但主体可能有误；自最近一次报送起在此列示 90 日。" }
        @if doubts.is_empty() { p { "没有。" } } @else { (doubtful(&doubts)) }
        (desk.back_to_unit("报送"))
    };
    let view = View { title: "等待其记录的行", path: desk.tab("/portal/unit"), wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

fn waiting(marks: &[WaitingMark]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="等待其记录的行" {
            table {
                thead { tr { th scope="col" { "报送时间" } th scope="col" { "类别" } th scope="col" { "原决定书文号" } th scope="col" { "该行的文号、日期" } th scope="col" { "相近的文号，或不生效的原因" } } }
                tbody {
                    @for mark in marks {
                        tr {
                            td { (china_time::display(mark.since)) }
                            td { (mark.mark.title()) }
                            td { (mark.document) }
                            td { (mark.by.as_deref().unwrap_or_default()) " " (mark.date) }
                            td {
                                @if let Some(why) = &mark.without_force { strong { (why) } }
                                @for meant in &mark.meant { div { (meant) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn doubtful(doubts: &[ListedDoubt]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="需要两个单位核对的行" {
            table {
                thead { tr { th scope="col" { "报送时间" } th scope="col" { "主体代码" } th scope="col" { "名称" } th scope="col" { "文号" } th scope="col" { "疑问" } th scope="col" { "单位" } } }
                tbody {
                    @for doubt in doubts {
                        tr {
                            td { (china_time::display(doubt.since)) }
                            td { (doubt.subject) }
                            td { (doubt.name) }
                            td { (doubt.document.as_deref().unwrap_or_default()) }
                            td { (why(doubt)) }
                            td { (units(&doubt.units)) }
                        }
                    }
                }
            }
        }
    }
}

fn why(doubt: &ListedDoubt) -> String {
    match doubt.doubt {
        DoubtKind::TwoRegisters => {
            "两个登记机关均报送了该代码，以报送较晚的为准；请核对由谁登记，由不登记的一方停止报送".to_owned()
        }
        DoubtKind::NameOfAnother | DoubtKind::NameDiffers => {
            let other = doubt.other.map(|other| other.to_string()).unwrap_or_default();
            format!("名称是另一主体（{other}）的登记名称；请核对主体代码和名称，改正后重新报送")
        }
    }
}

fn units(units: &[UnitCode]) -> String {
    units.iter().map(|unit| unit.name()).collect::<Vec<_>>().join("、")
}
