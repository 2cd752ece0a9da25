//! `/portal/platform/measures/{measure}`: what a number of the dashboard is made of (R18).

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unfit;
use xinzheng_api::evaluation::{Evaluation, MeasuredDetail};
use xinzheng_domain::audit::Action;
use xinzheng_domain::evaluation::Measure;
use xinzheng_domain::month::Month;
use xinzheng_domain::{Purpose, TableId, UnitCode};
use xinzheng_intake::ReturnReason;
use xinzheng_runtime::{HttpResponse, Problem};

use super::dashboard::{chosen, evaluation, total};
use super::reports::ISSUED_PAGE;
use crate::form::{query, segment};
use crate::frame::{self, View};
use crate::unit::address_of;
use crate::{PageRequest, no_page};

/// Where the page of a measure is, for these months.
pub(super) fn address(measure: Measure, from: &str, to: &str) -> String {
    let word = serde_json::to_value(measure).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
    format!("/portal/platform/measures/{}?{}", segment(&word), query([("from", from), ("to", to)]))
}

fn read(word: &str) -> Result<Measure, Problem> {
    Measure::deserialize(word.into_deserializer()).map_err(|_: Unfit| no_page())
}

/// What is counted together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    unit: Option<UnitCode>,
    purpose: Option<Purpose>,
    domain: Option<String>,
    table: Option<TableId>,
    reason: Option<String>,
}

fn part(detail: &MeasuredDetail) -> Part {
    Part {
        unit: detail.unit,
        purpose: detail.purpose,
        domain: detail.domain_name.clone(),
        table: detail.table,
        reason: detail.reason.clone(),
    }
}

/// A reason in words.
fn reason(code: &str) -> &str {
    ReturnReason::parse(code).map_or(code, |known| known.title())
}

/// Where what a part is made of stands. Of the platform, of one month: reports, and what its own audit has. Of a unit: its files,
/// chosen by table, reason and month, its cases, or its page.
fn made_in(measure: Measure, part: &Part, month: Option<Month>) -> Option<String> {
    let Some(unit) = part.unit else { return of_platform(measure, part.purpose, month?) };
    let unit = address_of(unit);
    Some(match measure {
        Measure::Uploads | Measure::RefusedUploads | Measure::AcceptedRows | Measure::Rejections => {
            let month = month.map(|month| month.to_string()).unwrap_or_default();
            let reason = part.reason.as_deref().unwrap_or_default();
            let table = part.table.map(TableId::code).unwrap_or_default();
            format!("{unit}/uploads?{}", query([("table", table), ("reason", reason), ("month", &month)]))
        }
        Measure::Objections | Measure::RepairApplications | Measure::Commitments => format!("{unit}/work"),
        Measure::AnsweredObjections
        | Measure::ObjectionsInTime
        | Measure::UpheldObjections
        | Measure::GrantedRepairs
        | Measure::FalseCommitments => format!("{unit}/work/done"),
        _ => unit,
    })
}

/// The reports of a month, or the entries of the platform's audit.
fn of_platform(measure: Measure, purpose: Option<Purpose>, month: Month) -> Option<String> {
    let shown = month.to_string();
    let reports = |name: &str, value: &str| {
        let purpose = purpose.map(Purpose::code).unwrap_or_default();
        format!("{ISSUED_PAGE}?{}", query([("month", &*shown), ("purpose", purpose), (name, value)]))
    };
    let audited = |action: Action| {
        let (from, to) = (month.first_day().to_string(), month.last_day().to_string());
        let sought = [("action", action.code()), ("from", &*from), ("to", &*to)];
        format!("/portal/platform/audit?{}", query(sought))
    };
    match measure {
        Measure::Reports => Some(reports("all_domains", "")),
        Measure::CertificatesReplaced => Some(reports("all_domains", "false")),
        Measure::ReportsOfAllDomains => Some(reports("all_domains", "true")),
        Measure::AuthorisedQueries => Some(reports("authorised", "true")),
        Measure::WithdrawnReports => Some(audited(Action::ReportWithdrawn)),
        Measure::Feedback | Measure::AnsweredFeedback => Some("/portal/platform/feedback".to_owned()),
        _ => None,
    }
}

pub(crate) async fn page(asked: &PageRequest<'_>, word: &str) -> Result<HttpResponse, Problem> {
    let measure = read(word)?;
    let chosen = chosen(asked);
    let Evaluation { months, .. } = evaluation(asked, &chosen).await?;
    let (from, to) = (chosen.text("from"), chosen.text("to"));
    let mut parts: BTreeMap<Part, BTreeMap<Month, u64>> = BTreeMap::new();
    for month in &months {
        for detail in month.details.iter().filter(|detail| detail.measure == measure) {
            *parts.entry(part(detail)).or_default().entry(month.month).or_default() += detail.count;
        }
    }
    let all: u64 = months.iter().map(|month| total(month, measure)).sum();
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.values().sum::<u64>()));
    let content = html! {
        h1 { (measure.title()) "：" (all) }
        p { (from) " 至 " (to) "。" }
        h2 { "按月" }
        div.scroll tabindex="0" role="region" aria-label="按月" {
            table {
                thead { tr { th scope="col" { "月份" } th.number scope="col" { "数量" } th.number scope="col" { "比上月" } } }
                tbody {
                    @for month in months.iter().rev() {
                        @let change = month.totals.iter().find(|total| total.measure == measure).and_then(|total| total.change);
                        tr {
                            th scope="row" { (month.month) }
                            td.number { (linked(of_platform(measure, None, month.month), &total(month, measure).to_string())) }
                            td.number { @match change { Some(change) => (format!("{change:+}")), None => "—" } }
                        }
                    }
                }
            }
        }
        h2 { "构成" }
        @if parts.is_empty() { p { "没有更细的构成。" } } @else { (made_of(measure, &parts)) }
        p { a href={ "/portal/platform?" (query([("from", from), ("to", to)])) } { "返回总览" } }
    };
    let view = View { title: measure.title(), path: "/portal/platform", wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// A text that leads somewhere, where there is somewhere to go.
fn linked(address: Option<String>, text: &str) -> Markup {
    html! { @match address { Some(address) => { a href=(address) { (text) } } None => { (text) } } }
}

/// The parts, the largest first; what a unit answers for leads to its files, cases or page, for each month too.
fn made_of(measure: Measure, parts: &[(Part, BTreeMap<Month, u64>)]) -> Markup {
    let has = |of: fn(&Part) -> bool| parts.iter().any(|(part, _)| of(part));
    let (units, purposes) = (has(|part| part.unit.is_some()), has(|part| part.purpose.is_some()));
    let (domains, tables, reasons) =
        (has(|part| part.domain.is_some()), has(|part| part.table.is_some()), has(|part| part.reason.is_some()));
    html! {
        div.scroll tabindex="0" role="region" aria-label="构成" {
            table {
                thead { tr {
                    @if units { th scope="col" { "单位" } }
                    @if purposes { th scope="col" { "用途" } }
                    @if domains { th scope="col" { "领域" } }
                    @if tables { th scope="col" { "数据表" } }
                    @if reasons { th scope="col" { "原因" } }
                    th.number scope="col" { "数量" } th scope="col" { "各月" }
                } }
                tbody {
                    @for (part, counts) in parts {
                        tr {
                            @if units { td { (linked(part.unit.map(address_of), &part.unit.map_or_else(|| "—".to_owned(), UnitCode::name))) } }
                            @if purposes { td { (part.purpose.map_or("—", Purpose::title)) } }
                            @if domains { td { (part.domain.as_deref().unwrap_or("—")) } }
                            @if tables { td { (part.table.map_or("—", |table| &table.standard().title)) } }
                            @if reasons { td { (part.reason.as_deref().map_or("—", reason)) } }
                            td.number { (linked(made_in(measure, part, None), &counts.values().sum::<u64>().to_string())) }
                            td {
                                @for (place, (month, count)) in counts.iter().rev().enumerate() {
                                    @if place > 0 { "，" }
                                    (month) " " (linked(made_in(measure, part, Some(*month)), &count.to_string()))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_read_as_its_address_has_it() {
        for measure in Measure::ALL {
            let address = address(measure, "2026-01", "2026-02");
            let word = address.strip_prefix("/portal/platform/measures/").unwrap().split('?').next().unwrap();
            assert_eq!(read(word).ok(), Some(measure), "{address}");
        }
        assert!(read("nothing").is_err());
    }

    #[test]
    fn a_reason_is_said_in_words() {
        assert_eq!(reason("uscc-invalid"), "统一社会信用代码有误");
        assert_eq!(reason("of-a-later-version"), "of-a-later-version");
    }
}
