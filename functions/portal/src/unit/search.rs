//! `/portal/unit/records`: looking for a record by its number, by whom it is about, by name.

use maud::html;
use unicode_normalization::UnicodeNormalization;
use xinzheng_api::record::{FoundRecords, RecordSearch, SEARCH};
use xinzheng_domain::audit::LookReason;
use xinzheng_domain::{SubjectId, Uscc};
use xinzheng_runtime::{HttpResponse, Problem};

use super::desk::Desk;
use crate::PageRequest;
use crate::elements::{Fields, FormFault, badge};
use crate::frame::{self, View};

/// What was typed, as what it looks like: a code, a number with a year or digits, else a name.
fn sought(text: &str, desk: &Desk, reason: Option<LookReason>) -> RecordSearch {
    let text = text.trim();
    let search = RecordSearch { unit: desk.unit(), document: None, subject: None, name: None, reason };
    // As a code is copied out of a table or typed: full-width, in small letters.
    let typed: String = text.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    if let Ok(uscc) = Uscc::parse(&typed) {
        return RecordSearch { subject: Some(SubjectId::Organisation(uscc)), ..search };
    }
    if is_number(text) {
        return RecordSearch { document: Some(text.to_owned()), ..search };
    }
    RecordSearch { name: Some(text.to_owned()), ..search }
}

/// True of a document number, or a part of one: it has digits, and what is said of numbers (〔2025〕, 号, 字第), or nothing but
/// them. Names have digits too, and 〇 and 一 are letters of names.
fn is_number(text: &str) -> bool {
    let digits = text.nfkc().filter(char::is_ascii_digit).count();
    let marked = text.contains(['〔', '[', '［', '（', '(', '【', '号', '第', '-', '/']);
    digits > 0 && (marked && !is_company(text) || text.nfkc().all(|c| c.is_ascii_digit() || c.is_whitespace()))
}

/// True of what ends as companies' names do.
fn is_company(text: &str) -> bool {
    ["公司", "厂", "店", "部", "社", "中心", "合伙）", "合伙)", "院", "所", "行"].iter().any(|end| text.ends_with(end))
}

/// The search, and what it found.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk) -> Result<HttpResponse, Problem> {
    let reason = desk.reason(asked)?;
    let (found, fault): (Option<FoundRecords>, _) = match asked.query.filled("q") {
        None => (None, None),
        Some(text) => match asked.api().ask(&SEARCH, &(), &sought(text, desk, reason)).await {
            Ok(found) => (Some(found), None),
            Err(problem) if matches!(problem.status(), 404 | 422) => (None, Some(FormFault::of(problem, &[("", "q")]))),
            Err(problem) => return Err(problem),
        },
    };
    let fields = Fields { form: &asked.query, fault: fault.as_ref() };
    let content = html! {
        (desk.heading("查找记录"))
        (fields.summary())
        form action=(desk.address("records")) method="get" {
            (fields.input("text", "q", "文号、统一社会信用代码或名称", "文号可以只填一部分；写明年份（如〔2025〕）的查该年，没有写明的查最近 12 个月。名称填登记的全称。", true))
            button type="submit" { "查找" }
        }
        @if let Some(found) = &found {
            (desk.told(reason.filter(|_| found.items.iter().any(|record| record.subject_name.is_some()))))
            @if found.items.is_empty() { p role="status" { "没有找到。文号没有写明年份的，只查最近 12 个月作出的决定；写明年份的，只查该年和其后两个月。没有找到不等于没有报送。" } } @else {
                p role="status" { "找到 " (found.items.len()) " 条" @if found.more { "以上，只列出这些，请填写得更完整" } "。" }
                div.scroll tabindex="0" role="region" aria-label="找到的记录" {
                    table {
                        thead { tr { th scope="col" { "文号" } th scope="col" { "种类" } th scope="col" { "主体" } th scope="col" { "决定日期" } th scope="col" { "单位" } } }
                        tbody {
                            @for record in &found.items {
                                tr {
                                    td { a href=(desk.address(&format!("records/{}", record.id))) { (record.document) } @if record.withdrawn { " " (badge("soft", "已撤销")) } }
                                    td { (record.kind_title) }
                                    td { @match &record.subject_name { Some(name) => (name), None => (record.subject) } }
                                    td { (record.decided) }
                                    td { (record.unit_name) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if !desk.acts() { (desk.back_to_unit("")) }
    };
    let status = fault.as_ref().map_or(200, FormFault::status);
    let view =
        View { title: "查找记录", path: desk.tab("/portal/unit/records"), wide: true, status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_told_apart() {
        let uscc = Uscc::compose("91140403", "MA0TE1T1").unwrap().to_string();
        let kinds = |text: &str| {
            let search = sought(text, &Desk::own(), None);
            [search.document.is_some(), search.subject.is_some(), search.name.is_some()]
        };
        assert_eq!(kinds(&uscc), [false, true, false]);
        assert_eq!(kinds("晋市监罚〔2025〕12号"), [true, false, false]);
        for (text, expected) in [
            ("  晋市监罚〔2025〕12号 ", [true, false, false]),
            ("2025", [true, false, false]),
            ("１２号", [true, false, false]),
            ("(2025)晋0402刑初3号", [true, false, false]),
            ("长治市虚构商贸有限公司", [false, false, true]),
            ("长治市虚构〇一商贸有限公司", [false, false, true]),
            ("长治市虚构1号商贸有限公司", [false, false, true]),
            ("长治市（虚构）2号合伙企业（有限合伙）", [false, false, true]),
        ] {
            assert_eq!(kinds(text), expected, "{text}");
        }
        let small = uscc.to_lowercase();
        assert_eq!(kinds(&small), [false, true, false]);
        let wide: String = uscc.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
        assert_eq!(kinds(&wide), [false, true, false]);
    }
}
