//! `/portal/platform`: how the service does, in numbers and charts (R18).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::ToSpan;
use maud::{Markup, html};
use xinzheng_api::backfill::MATRIX;
use xinzheng_api::evaluation::{EvaluatedMonth, Evaluation, EvaluationFormat, EvaluationQuery, READ, RankedUnit};
use xinzheng_domain::china_time;
use xinzheng_domain::evaluation::Measure;
use xinzheng_domain::month::Month;
use xinzheng_runtime::{HttpResponse, Problem};

use super::measure;
use crate::PageRequest;
use crate::chart::{Bar, Scale, bars, line, matrix};
use crate::elements::{Fields, FormFault};
use crate::form::{Form, query};
use crate::frame::{self, View};
use crate::unit::{address_of, workbook_of};

/// How many months are shown unless others are chosen.
const MONTHS: i32 = 12;
/// What is told above the charts, by its measure.
const FIGURES: [(Measure, &str); 4] = [
    (Measure::Reports, "份报告"),
    (Measure::CertificatesReplaced, "份证明被替代（按所选领域）"),
    (Measure::Verifications, "次核验"),
    (Measure::AuthorisedQueries, "次授权查询"),
];

/// The months that are asked for, as they were typed.
pub(super) fn chosen(asked: &PageRequest<'_>) -> Form {
    let today = china_time::date(asked.app.clock.now());
    let first = Month::of(today.saturating_sub((MONTHS - 1).months())).or_else(Month::first);
    let month = |name: &str, otherwise: Option<Month>| match asked.query.filled(name) {
        Some(typed) => typed.to_owned(),
        None => otherwise.map(|month| month.to_string()).unwrap_or_default(),
    };
    Form::with([("from", month("from", first)), ("to", month("to", Month::of(today)))])
}

fn months_of(chosen: &Form, format: Option<EvaluationFormat>) -> Result<EvaluationQuery, Problem> {
    Ok(EvaluationQuery { unit: None, from: chosen.parameter("from")?, to: chosen.parameter("to")?, format })
}

pub(super) async fn evaluation(asked: &PageRequest<'_>, chosen: &Form) -> Result<Evaluation, Problem> {
    asked.api().ask(&READ, &(), &months_of(chosen, None)?).await
}

/// The count of a measure in a month.
pub(super) fn total(month: &EvaluatedMonth, measure: Measure) -> u64 {
    month.totals.iter().filter(|total| total.measure == measure).map(|total| total.count).sum()
}

/// The count of a measure in all months.
fn all(months: &[EvaluatedMonth], measure: Measure) -> u64 {
    months.iter().map(|month| total(month, measure)).sum()
}

fn trend(months: &[EvaluatedMonth], measure: Measure) -> Vec<(String, u64)> {
    months.iter().map(|month| (month.month.to_string(), total(month, measure))).collect()
}

/// Reports by what they are for, the most first.
fn by_purpose(months: &[EvaluatedMonth]) -> Vec<Bar> {
    let mut purposes: BTreeMap<&str, u64> = BTreeMap::new();
    for detail in months.iter().flat_map(|month| &month.details) {
        if let (Measure::Reports, Some(purpose)) = (detail.measure, &detail.purpose_title) {
            *purposes.entry(purpose).or_default() += detail.count;
        }
    }
    let mut purposes: Vec<(&str, u64)> = purposes.into_iter().collect();
    purposes.sort_by_key(|(_, count)| Reverse(*count));
    let bar = |(purpose, count): (&str, u64)| Bar {
        name: purpose.to_owned(),
        value: count as f64,
        text: format!("{count} 份"),
        address: String::new(),
    };
    purposes.into_iter().map(bar).collect()
}

/// Units by the share of their records that came in time.
fn ranking(units: &[RankedUnit], chosen: &Form) -> Vec<Bar> {
    let span = query([("from", chosen.text("from")), ("to", chosen.text("to"))]);
    let bar = |unit: &RankedUnit| {
        let share = unit.in_time?;
        Some(Bar {
            name: format!("{} {}", unit.rank, unit.unit_name),
            value: share,
            text: format!("{:.1}%（{} 条迟报）", share * 100.0, unit.late),
            address: format!("{}?{span}", address_of(unit.unit)),
        })
    };
    units.iter().filter_map(bar).collect()
}

/// The figures above the charts; each leads to what it is made of.
fn figures(months: &[EvaluatedMonth], chosen: &Form) -> Markup {
    let all = |measure| all(months, measure);
    let made_of = |of: Measure| measure::address(of, chosen.text("from"), chosen.text("to"));
    html! {
        ul.cards {
            @for (measure, text) in FIGURES { li.card { a.figure href=(made_of(measure)) { (all(measure)) } p { (text) } } }
            li.card {
                span.figure {
                    a href=(made_of(Measure::ObjectionsInTime)) { (all(Measure::ObjectionsInTime)) } " / "
                    a href=(made_of(Measure::AnsweredObjections)) { (all(Measure::AnsweredObjections)) }
                }
                p { "件异议按期反馈，" a href=(made_of(Measure::UpheldObjections)) { (all(Measure::UpheldObjections)) " 件成立" } }
            }
            li.card { a.figure href=(made_of(Measure::FailedVerifications)) { (all(Measure::FailedVerifications)) } p { "次核验未通过" } }
        }
    }
}

/// Every measure in every month, the newest first.
fn table(months: &[EvaluatedMonth], chosen: &Form) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="全部指标" {
            table {
                thead { tr { th scope="col" { "指标" } @for month in months.iter().rev() { th.number scope="col" { (month.month) } } } }
                tbody {
                    @for first in months.iter().take(1).flat_map(|month| &month.totals) {
                        tr {
                            th scope="row" { a href=(measure::address(first.measure, chosen.text("from"), chosen.text("to"))) { (first.title) } }
                            @for month in months.iter().rev() { td.number {
                                @match total(month, first.measure) {
                                    0 => "0",
                                    count => a href=(measure::address(first.measure, &month.month.to_string(), &month.month.to_string())) { (count) },
                                }
                            } }
                        }
                    }
                }
            }
        }
    }
}

pub(crate) async fn page(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let chosen = chosen(asked);
    let api = asked.api();
    let (evaluation, reported) = tokio::join!(evaluation(asked, &chosen), api.ask(&MATRIX, &(), &()));
    let reported = reported?;
    let (Evaluation { months, units }, fault) = match evaluation {
        Ok(evaluation) => (evaluation, None),
        Err(problem) if problem.status() == 422 => {
            (Evaluation { months: vec![], units: vec![] }, Some(FormFault::of(problem, &[("month", "from")])))
        }
        Err(problem) => return Err(problem),
    };
    let fields = Fields { form: &chosen, fault: fault.as_ref() };
    let span = format!("{} 至 {}", chosen.text("from"), chosen.text("to"));
    let download = query([("from", chosen.text("from")), ("to", chosen.text("to"))]);
    let content = html! {
        h1 { "总览" }
        (fields.summary())
        form action="/portal/platform" method="get" {
            div.row {
                (fields.input("month", "from", "自", "如 2026-01。", true))
                (fields.input("month", "to", "至", "如 2026-12。", true))
            }
            div.buttons {
                button.quiet type="submit" { "查看" }
                a.button.quiet href={ "/portal/platform/evaluation.xlsx?" (download) } { "下载 Excel" }
            }
        }
        @if fault.is_none() { (shown(&months, &units, &chosen)) }
        p { a href="/portal/platform/units" { "全部单位" } }
        h2 { "各单位各月报送情况" }
        (matrix(&reported.rows, None))
        @if fault.is_none() {
            h2 { "全部指标（" (span) "）" }
            (table(&months, &chosen))
        }
    };
    let status = fault.as_ref().map_or(200, FormFault::status);
    let view = View { title: "总览", path: "/portal/platform", wide: true, status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// Figures and charts of the months.
fn shown(months: &[EvaluatedMonth], units: &[RankedUnit], chosen: &Form) -> Markup {
    let span = format!("{} 至 {}", chosen.text("from"), chosen.text("to"));
    html! {
        (figures(months, chosen))
        div.charts {
            (line(&format!("每月出具报告（份，{span}）"), &trend(months, Measure::Reports)))
            (line(&format!("每月核验（次，{span}）"), &trend(months, Measure::Verifications)))
            (bars(&format!("报告用途（{span}）"), Scale::Largest, &by_purpose(months)))
            (bars(&format!("报送及时率排名（{span}）"), Scale::Whole, &ranking(units, chosen)))
        }
    }
}

/// The same numbers as a spreadsheet.
pub(crate) async fn workbook(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let chosen = chosen(asked);
    let query = months_of(&chosen, Some(EvaluationFormat::Xlsx))?;
    let name = format!("运行评价-{}至{}.xlsx", chosen.text("from"), chosen.text("to"));
    Ok(workbook_of(&asked.api().file_of(&READ, &(), &query).await?, &name))
}
