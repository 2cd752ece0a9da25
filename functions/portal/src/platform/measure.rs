//! `/portal/platform/measures/{measure}`: what a number of the dashboard is made of (R18).

use std::collections::BTreeMap;

use maud::{Markup, html};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as Unfit;
use xinzheng_api::evaluation::{Evaluation, MeasuredDetail};
use xinzheng_domain::UnitCode;
use xinzheng_domain::evaluation::Measure;
use xinzheng_domain::month::Month;
use xinzheng_intake::RejectionCode;
use xinzheng_runtime::{HttpResponse, Problem};

use super::dashboard::{chosen, evaluation, total};
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

/// What is counted together: by unit, purpose, domain, table and reason.
type Part<'d> = (Option<UnitCode>, Option<&'d str>, Option<&'d str>, Option<&'d str>, Option<&'d str>);

fn part(detail: &MeasuredDetail) -> Part<'_> {
    (
        detail.unit,
        detail.purpose_title.as_deref(),
        detail.domain_name.as_deref(),
        detail.table_title.as_deref(),
        detail.reason.as_deref(),
    )
}

/// A reason in words.
fn reason(code: &str) -> &str {
    let known: Result<RejectionCode, Unfit> = RejectionCode::deserialize(code.to_owned().into_deserializer());
    known.map_or(code, |known| known.title())
}

pub(crate) async fn page(asked: &PageRequest<'_>, word: &str) -> Result<HttpResponse, Problem> {
    let measure = read(word)?;
    let chosen = chosen(asked);
    let Evaluation { months, .. } = evaluation(asked, &chosen).await?;
    let (from, to) = (chosen.text("from"), chosen.text("to"));
    let mut parts: BTreeMap<Part<'_>, BTreeMap<Month, u64>> = BTreeMap::new();
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
                            td.number { (total(month, measure)) }
                            td.number { @match change { Some(change) => (format!("{change:+}")), None => "—" } }
                        }
                    }
                }
            }
        }
        h2 { "构成" }
        @if parts.is_empty() { p { "没有更细的构成。" } } @else { (made_of(&parts)) }
        p { a href={ "/portal/platform?" (query([("from", from), ("to", to)])) } { "返回总览" } }
    };
    let view = View { title: measure.title(), path: "/portal/platform", wide: true, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// The parts, the largest first; a unit leads to its page, where its uploads, records and cases are.
fn made_of(parts: &[(Part<'_>, BTreeMap<Month, u64>)]) -> Markup {
    let has = |of: fn(&Part<'_>) -> bool| parts.iter().any(|(part, _)| of(part));
    let (units, purposes) = (has(|part| part.0.is_some()), has(|part| part.1.is_some()));
    let (domains, tables, reasons) =
        (has(|part| part.2.is_some()), has(|part| part.3.is_some()), has(|part| part.4.is_some()));
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
                    @for ((unit, purpose, domain, table, why), counts) in parts {
                        tr {
                            @if units { td { @if let Some(unit) = unit { a href={ (address_of(*unit)) "#uploads" } { (unit.name()) } } @else { "—" } } }
                            @if purposes { td { (purpose.unwrap_or("—")) } }
                            @if domains { td { (domain.unwrap_or("—")) } }
                            @if tables { td { (table.unwrap_or("—")) } }
                            @if reasons { td { (why.map_or("—", reason)) } }
                            td.number { (counts.values().sum::<u64>()) }
                            td { @for (place, (month, count)) in counts.iter().rev().enumerate() { @if place > 0 { "，" } (month) " " (count) } }
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
