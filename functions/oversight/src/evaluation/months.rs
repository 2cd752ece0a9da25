//! `GET /evaluation`: what was done, month by month.

use std::collections::BTreeMap;

use xinzheng_api::SPREADSHEET;
use xinzheng_api::evaluation::{
    EvaluatedMonth, Evaluation, EvaluationFormat, EvaluationQuery, MeasuredDetail, MeasuredTotal, READ,
};
use xinzheng_domain::UnitCode;
use xinzheng_domain::audit::Action;
use xinzheng_domain::china_time;
use xinzheng_domain::evaluation::{Count, Measure};
use xinzheng_domain::month::Month;
use xinzheng_runtime::problem::{INTERNAL, MONTHS_TOO_MANY};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};

use super::counts::{ByMonth, total};
use super::ranking::ranked;
use super::workbook::workbook;
use crate::App;

/// The most months.
const MOST_MONTHS: usize = 60;

fn months(app: &App, asked: &EvaluationQuery) -> Result<Vec<Month>, Problem> {
    let this = Month::of(china_time::date(app.clock.now())).ok_or(INTERNAL)?;
    let last = asked.to.unwrap_or(this);
    let months: Vec<Month> = asked.from.unwrap_or(last).up_to(last).collect();
    if months.is_empty() || months.len() > MOST_MONTHS {
        return Err(MONTHS_TOO_MANY.titled(format!("一次可查询 1 至 {MOST_MONTHS} 个月")));
    }
    Ok(months)
}

async fn counted(app: &App, asked: &EvaluationQuery) -> Result<ByMonth, Problem> {
    let months = months(app, asked)?;
    let mut by_month: ByMonth = months.iter().map(|month| (*month, BTreeMap::new())).collect();
    let (Some(first), Some(last)) = (months.first(), months.last()) else { return Ok(by_month) };
    for day in app.registry.days(first.first_day(), last.last_day()).await? {
        let of_day = Month::of(day.day);
        let Some((_, counts)) = by_month.iter_mut().find(|(month, _)| Some(*month) == of_day) else { continue };
        for (count, times) in day.counts {
            // Of a unit, what it answers for; its offices are told with it.
            if asked.unit.is_none_or(|unit| count.unit.is_some_and(|of| unit.may_change(of))) {
                *counts.entry(count).or_default() += times;
            }
        }
    }
    Ok(by_month)
}

/// `GET /evaluation`: for each month what was done, with the change against the month before, by unit, purpose, domain, table
/// and reason; and units by how timely they were. With `?format=xlsx` as a spreadsheet with charts. Two Query.
pub(crate) async fn read(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&READ)?;
    let (actor, object) =
        (request.actor(&app.address_key), asked.unit.map_or_else(|| "all".to_owned(), |unit| unit.to_string()));
    app.registry.note_platform(&actor, app.clock.now(), Action::EvaluationRead, &object).await?;
    let by_month = counted(app, &asked).await?;
    let months: Vec<Month> = by_month.iter().map(|(month, _)| *month).collect();
    let standings = ranked(app, &months, asked.unit).await?;
    if asked.format == Some(EvaluationFormat::Xlsx) {
        let bytes = workbook(&by_month, &standings).map_err(|error| {
            tracing::error!(%error, "a workbook cannot be written");
            INTERNAL
        })?;
        let name = "attachment; filename=\"evaluation.xlsx\"";
        return Ok(HttpResponse::bytes(200, SPREADSHEET, &bytes).header("content-disposition", name));
    }
    let before = std::iter::once(None).chain(by_month.iter().map(|(_, counts)| Some(counts)));
    let months =
        by_month.iter().zip(before).map(|((month, counts), before)| evaluated(*month, counts, before)).collect();
    let units = standings.iter().zip(1..).map(|(standing, rank)| standing.ranked(rank)).collect();
    Ok(HttpResponse::of(&READ, &Evaluation { months, units }))
}

/// A month, against the one before it.
fn evaluated(month: Month, counts: &BTreeMap<Count, u64>, before: Option<&BTreeMap<Count, u64>>) -> EvaluatedMonth {
    let totals = Measure::ALL
        .into_iter()
        .map(|measure| {
            let count = total(counts, measure);
            let change = before.map(|before| count as i64 - total(before, measure) as i64);
            MeasuredTotal { measure, title: measure.title().to_owned(), count, change }
        })
        .collect();
    let detail = |(count, times): (&Count, &u64)| MeasuredDetail {
        measure: count.measure,
        unit: count.unit,
        unit_name: count.unit.map(UnitCode::name),
        purpose: count.purpose,
        purpose_title: count.purpose.map(|purpose| purpose.title().to_owned()),
        domain: count.domain,
        domain_name: count.domain.map(|domain| domain.name().to_owned()),
        table: count.table,
        table_title: count.table.map(|table| table.standard().title.clone()),
        reason: count.reason.clone(),
        count: *times,
    };
    let details = counts.iter().filter(|(count, _)| **count != Count::of(count.measure)).map(detail).collect();
    EvaluatedMonth { month, totals, details }
}
