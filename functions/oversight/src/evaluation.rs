//! Evaluation (R18): counted day by day from the locked copy of the audit, so that every number can be counted again.

use std::collections::{BTreeMap, BTreeSet};

use rust_xlsxwriter::{Chart, ChartType, Format, Workbook, XlsxError};
use xinzheng_api::SPREADSHEET;
use xinzheng_api::evaluation::{
    EvaluatedMonth, Evaluation, EvaluationFormat, EvaluationQuery, MeasuredDetail, MeasuredTotal, READ, RECOUNT,
    RankedUnit, Recount, RecountDifference,
};
use xinzheng_domain::UnitCode;
use xinzheng_domain::audit::Action;
use xinzheng_domain::china_time;
use xinzheng_domain::evaluation::{Count, Measure};
use xinzheng_domain::month::Month;
use xinzheng_runtime::problem::{DAYS_TOO_MANY, INTERNAL, MONTHS_TOO_MANY};
use xinzheng_runtime::{HttpRequest, HttpResponse, Operator, Problem};
use xinzheng_store::StoreError;
use xinzheng_store::evaluation::DayCounts;
use xinzheng_store::matrix::ManifestCounts;

use crate::App;

/// Days behind that a run counts again: copies may come late.
const BEHIND: i32 = 3;
/// The most months, and the most days of a recount.
const MOST_MONTHS: usize = 60;
const MOST_DAYS: i32 = 400;

/// Counts the last days. For each the objects of its audit, and a PutItem.
pub(crate) async fn work_out(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut day = china_time::date(now);
    for _ in 0..=BEHIND {
        let counts = app.audit.count_audit(day).await?.into_iter().collect();
        app.registry.keep_day(&DayCounts { day, counted_at: now, counts }).await?;
        let Ok(before) = day.yesterday() else { break };
        day = before;
    }
    Ok(())
}

fn months(app: &App, asked: &EvaluationQuery) -> Result<Vec<Month>, Problem> {
    let this = Month::of(china_time::date(app.clock.now())).ok_or(INTERNAL)?;
    let last = asked.to.unwrap_or(this);
    let months: Vec<Month> = asked.from.unwrap_or(last).up_to(last).collect();
    if months.is_empty() || months.len() > MOST_MONTHS {
        return Err(MONTHS_TOO_MANY.titled(format!("一次可查询 1 至 {MOST_MONTHS} 个月")));
    }
    Ok(months)
}

/// What each month counts up to.
type ByMonth = Vec<(Month, BTreeMap<Count, u64>)>;

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

fn total(counts: &BTreeMap<Count, u64>, measure: Measure) -> u64 {
    counts.iter().filter(|(count, _)| count.measure == measure).map(|(_, times)| times).sum()
}

/// What a unit's records and manifests of some months came to.
struct Standing {
    unit: UnitCode,
    records: u64,
    late: u64,
    manifests: ManifestCounts,
}

impl Standing {
    /// The share of records that came in time; `None` without records.
    fn in_time(&self) -> Option<f64> {
        (self.records > 0).then(|| (self.records - self.late) as f64 / self.records as f64)
    }

    fn ranked(&self, rank: u64) -> RankedUnit {
        RankedUnit {
            rank,
            unit: self.unit,
            unit_name: self.unit.name(),
            records: self.records,
            late: self.late,
            in_time: self.in_time(),
            manifests: self.manifests.into(),
        }
    }
}

/// Units and offices by the share of their records that came in time, the best first; those without records last. Of `unit`
/// and its offices alone when it is given. As the matrix was worked out last. One Query.
async fn ranked(app: &App, months: &[Month], unit: Option<UnitCode>) -> Result<Vec<Standing>, StoreError> {
    let wanted: BTreeSet<Month> = months.iter().copied().collect();
    let mut standings: Vec<Standing> = app
        .registry
        .matrix()
        .await?
        .into_iter()
        .filter(|row| unit.is_none_or(|unit| unit.may_change(row.unit)))
        .map(|row| {
            let cells = row.cells.iter().filter(|cell| wanted.contains(&cell.month));
            let (records, late) = cells.fold((0, 0), |(all, late), cell| (all + cell.records, late + cell.late));
            Standing { unit: row.unit, records, late, manifests: row.manifests }
        })
        .collect();
    standings.sort_by(|a, b| {
        let share = |standing: &Standing| standing.in_time().unwrap_or(-1.0);
        share(b).total_cmp(&share(a)).then(b.records.cmp(&a.records)).then(a.unit.cmp(&b.unit))
    });
    Ok(standings)
}

/// `GET /evaluation`: for each month what was done, with the change against the month before, by unit, purpose, domain, table
/// and reason; and units by how timely they were. With `?format=xlsx` as a spreadsheet with charts. Two Query.
pub(crate) async fn read(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&READ)?;
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

fn workbook(by_month: &ByMonth, standings: &[Standing]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = book.add_worksheet().set_name("评估")?;
    sheet.set_column_width(0, 28)?;
    sheet.write_string_with_format(0, 0, "指标", &bold)?;
    let columns = u16::try_from(by_month.len()).unwrap_or(u16::MAX);
    for ((month, _), column) in by_month.iter().zip(1..) {
        sheet.write_string_with_format(0, column, month.to_string(), &bold)?;
    }
    for (measure, row) in Measure::ALL.into_iter().zip(1..) {
        sheet.write_string(row, 0, measure.title())?;
        for ((_, counts), column) in by_month.iter().zip(1..) {
            sheet.write_number(row, column, total(counts, measure) as f64)?;
        }
    }
    let below = u32::try_from(Measure::ALL.len()).unwrap_or(0) + 3;
    for (measures, title, column) in [
        (&[Measure::Reports, Measure::Verifications][..], "报告与核验", 0),
        (&[Measure::Objections, Measure::ObjectionsInTime][..], "异议与按期反馈", 6),
    ] {
        let mut chart = Chart::new(ChartType::Column);
        chart.title().set_name(title);
        for measure in measures {
            let place = Measure::ALL.iter().position(|one| one == measure).unwrap_or(0);
            let row = u32::try_from(place).unwrap_or(0) + 1;
            chart
                .add_series()
                .set_name(("评估", row, 0))
                .set_categories(("评估", 0, 1, 0, columns))
                .set_values(("评估", row, 1, row, columns));
        }
        sheet.insert_chart(below, column, &chart)?;
    }
    let sheet = book.add_worksheet().set_name("单位")?;
    sheet.set_column_width(1, 34)?;
    for (title, column) in
        ["名次", "单位", "记录数", "迟报", "按时率", "对账相符", "有差异", "逾期未处理"].into_iter().zip(0..)
    {
        sheet.write_string_with_format(0, column, title, &bold)?;
    }
    let percent = Format::new().set_num_format("0.0%");
    for (standing, row) in standings.iter().zip(1..) {
        sheet.write_number(row, 0, row)?;
        sheet.write_string(row, 1, standing.unit.name())?;
        let ManifestCounts { balanced, open, overdue } = standing.manifests;
        for (number, column) in [(standing.records, 2), (standing.late, 3), (balanced, 5), (open, 6), (overdue, 7)] {
            sheet.write_number(row, column, number as f64)?;
        }
        if let Some(share) = standing.in_time() {
            sheet.write_number_with_format(row, 4, share, &percent)?;
        }
    }
    let sheet = book.add_worksheet().set_name("明细")?;
    sheet.set_column_width(1, 28)?;
    for (title, column) in ["月份", "指标", "单位", "用途", "领域", "数据表", "原因代码", "数量"].into_iter().zip(0..)
    {
        sheet.write_string_with_format(0, column, title, &bold)?;
    }
    let details = by_month.iter().flat_map(|(month, counts)| counts.iter().map(move |count| (month, count)));
    for ((month, (count, times)), row) in details.zip(1..) {
        let texts = [
            month.to_string(),
            count.measure.title().to_owned(),
            count.unit.map_or_else(String::new, |unit| unit.name().to_string()),
            count.purpose.map_or_else(String::new, |purpose| purpose.title().to_owned()),
            count.domain.map_or_else(String::new, |domain| domain.name().to_owned()),
            count.table.map_or_else(String::new, |table| table.standard().title.clone()),
            count.reason.clone().unwrap_or_default(),
        ];
        for (text, column) in texts.iter().zip(0..) {
            sheet.write_string(row, column, text)?;
        }
        sheet.write_number(row, 7, *times as f64)?;
    }
    book.save_to_buffer()
}

/// `POST /evaluation/recount`: counts days again from the locked copy, tells what differs from what was kept, and keeps what
/// was found. For each day the objects of its audit and a PutItem; one Query.
pub(crate) async fn recount(app: &App, _operator: &Operator, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = request.body_of(&RECOUNT)?;
    let now = app.clock.now();
    let days = (wanted.to - wanted.from).get_days();
    if !(0..MOST_DAYS).contains(&days) {
        return Err(DAYS_TOO_MANY.titled(format!("一次可重新统计 1 至 {MOST_DAYS} 天")));
    }
    app.registry.note_platform(&app.actor(request), now, Action::EvaluationRecounted, &wanted.from.to_string()).await?;
    let kept = app.registry.days(wanted.from, wanted.to).await?;
    let (mut differing, mut counted) = (vec![], 0);
    for day in wanted.from.series(jiff::Span::new().days(1)).take_while(|day| *day <= wanted.to) {
        let found = app.audit.count_audit(day).await?;
        let before: BTreeMap<Count, u64> =
            kept.iter().filter(|kept| kept.day == day).flat_map(|kept| kept.counts.iter().cloned()).collect();
        let every: BTreeSet<&Count> = found.keys().chain(before.keys()).collect();
        for count in every {
            let (now, then) = (found.get(count).copied().unwrap_or(0), before.get(count).copied().unwrap_or(0));
            if now != then {
                differing.push(RecountDifference { day, of: count.clone(), kept: then, counted: now });
            }
        }
        counted += 1;
        app.registry.keep_day(&DayCounts { day, counted_at: now, counts: found.into_iter().collect() }).await?;
    }
    Ok(HttpResponse::of(&RECOUNT, &Recount { days: counted, differences: differing }))
}
