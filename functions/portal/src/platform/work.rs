//! `/portal/platform/work`: all that waits for the platform, in one list, what is due first in front.

use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use xinzheng_api::backfill::{MATRIX, MatrixRow};
use xinzheng_api::objection::ESCALATIONS;
use xinzheng_api::page::ListQuery;
use xinzheng_api::publication::{KEY_SET, KeySet};
use xinzheng_api::{calendar, feedback};
use xinzheng_domain::china_time;
use xinzheng_domain::month::Month;
use xinzheng_domain::report::completeness::MonthState;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::PageRequest;
use crate::elements::{badge, state_badge};
use crate::frame::{self, View};
use crate::unit::address_of;

/// How many of the last months a unit may be behind with before it is listed, and how many of the newest are not due yet.
const LOOKED_AT: usize = 12;
const NOT_DUE: usize = 2;

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let api = asked.api();
    let first = ListQuery { cursor: None };
    let (late, questions, days, reported, keys) = tokio::try_join!(
        api.ask(&ESCALATIONS, &(), &first),
        api.ask(&feedback::OPEN, &(), &first),
        api.ask(&calendar::READ, &(), &()),
        api.ask(&MATRIX, &(), &()),
        api.ask(&KEY_SET, &(), &()),
    )?;
    let ending = ending(&keys, asked.app.clock.now());
    let waiting: Vec<&MatrixRow> = reported.rows.iter().filter(|row| row.waiting > 0).collect();
    let unbalanced: Vec<&MatrixRow> = reported.rows.iter().filter(|row| row.manifests.overdue > 0).collect();
    let behind: Vec<(&MatrixRow, Vec<Month>)> =
        reported.rows.iter().map(|row| (row, months_behind(row))).filter(|(_, months)| !months.is_empty()).collect();
    let at_least = |count: usize, more: bool| if more { format!("{count}+") } else { count.to_string() };
    let content = html! {
        h1 { "待办" }
        (part("逾期的异议", &at_least(late.items.len(), late.next.is_some()), "/portal/platform/escalations", html! {
            @for one in late.items.iter().take(SHOWN) {
                @let objection = &one.case.objection;
                li {
                    a href={ (address_of(objection.unit)) "/work/objections/" (objection.id) } { (objection.document) }
                    " " (one.case.unit_name) "，期限 " (objection.due) "，逾期 " (one.days_late) " 天 "
                    (state_badge(objection.state, &one.case.state_title))
                }
            }
        }))
        (part("待答复的反馈", &at_least(questions.items.len(), questions.next.is_some()), "/portal/platform/feedback", html! {
            @for one in questions.items.iter().take(SHOWN) {
                li { a href={ "/portal/platform/feedback#" (one.code) } { (one.kind.title()) " " (china_time::display(one.at)) } " " (shortened(&one.text)) }
            }
        }))
        (part("工作日历", if days.warning.is_some() { "1" } else { "0" }, "/portal/platform/calendar", html! {
            @if let Some(warning) = &days.warning { li { (badge("bad", "需更新")) " " (warning) } }
        }))
        (part("即将到期的签名证书", if ending.is_some() { "1" } else { "0" }, "/.well-known/certificates.pem", html! {
            @if let Some(until) = ending {
                li {
                    (badge("bad", "请更换")) " 有效期至 " (china_time::display(until))
                    "，请按运行手册更换签名密钥和证书；已出具的报告不受影响"
                }
            }
        }))
        (part("对账逾期未平的单位", &unbalanced.len().to_string(), "/portal/platform/units", html! {
            @for row in &unbalanced { li { a href={ (address_of(row.unit)) "/reconciliation" } { (row.unit_name) } "：" (row.manifests.overdue) " 份清单" } }
        }))
        (part("没有申报清单，或没有报送的单位", &behind.len().to_string(), "/portal/platform/units", html! {
            @for (row, months) in &behind { li { a href=(address_of(row.unit)) { (row.unit_name) } "：" (months.iter().map(Month::to_string).collect::<Vec<_>>().join("、")) " 没有申报或未平" } }
            @if !behind.is_empty() { li.hint { "只看最近到期的 " (LOOKED_AT) " 个月；最近 " (NOT_DUE) " 个月尚未到期。" } }
        }))
        (part("等待其记录的修复、撤销和移出", &waiting.iter().map(|row| row.waiting).sum::<u64>().to_string(), "/portal/platform/units", html! {
            @for row in &waiting { li { a href={ (address_of(row.unit)) "/waiting" } { (row.unit_name) } "：" (row.waiting) " 条" } }
        }))
        @if let Some(row) = reported.rows.first() { p.hint { "各单位的情况按 " (china_time::display(row.worked_out_at)) " 的统计。" } }
    };
    Ok(frame::page(asked, &View { title: "待办", path: "/portal/platform/work", ..View::default() }, content))
}

/// How long before its end a certificate is to be seen to.
const CERTIFICATE: SignedDuration = SignedDuration::from_hours(24 * 60);

/// When the certificate of the key that signs reports now ends, where that is soon or past.
fn ending(keys: &KeySet, now: Timestamp) -> Option<Timestamp> {
    let signs = keys.keys.iter().filter(|key| key.retired_at.is_none());
    let ends = signs.filter_map(|key| Timestamp::from_second(key.exp?).ok()).max();
    ends.filter(|until| *until < now + CERTIFICATE)
}

/// How many lines of a part are shown; the page that it leads to has them all.
const SHOWN: usize = 10;

/// The months of the last year that are due and neither complete nor declared zero.
fn months_behind(row: &MatrixRow) -> Vec<Month> {
    let due = row.cells.iter().rev().skip(NOT_DUE).take(LOOKED_AT);
    let behind = due.filter(|cell| matches!(cell.state, MonthState::Partial | MonthState::Missing));
    behind.map(|cell| cell.month).collect()
}

/// A part of the list; what has nothing in it says so.
fn part(title: &str, count: &str, address: &str, lines: Markup) -> Markup {
    html! {
        section.record {
            h2 { a href=(address) { (title) } " " @if count == "0" { (badge("good", "✓ 没有")) } @else { (badge("warn", count)) } }
            @if count != "0" { ul { (lines) } }
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}……", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_certificate_is_told_of_two_months_before_its_end() {
        let keys = |exp: &[(i64, bool)]| -> KeySet {
            let key = |(exp, retired): &(i64, bool)| {
                let retired_at = retired.then_some(1);
                json!({ "kty": "EC", "alg": "ES256", "use": "sig", "kid": "a", "exp": exp, "retired_at": retired_at })
            };
            serde_json::from_value(json!({ "keys": exp.iter().map(key).collect::<Vec<_>>() })).unwrap()
        };
        let (now, day) = (Timestamp::from_second(1_000 * 86_400).unwrap(), 86_400);
        for (expiries, expected) in [
            (vec![(1_061 * day, false)], None),
            (vec![(1_059 * day, false)], Some(1_059 * day)),
            (vec![(999 * day, false)], Some(999 * day)),
            // One that signs no more does not count.
            (vec![(1_500 * day, false), (999 * day, true)], None),
            (vec![], None),
        ] {
            assert_eq!(ending(&keys(&expiries), now).map(Timestamp::as_second), expected, "{expiries:?}");
        }
    }
}
