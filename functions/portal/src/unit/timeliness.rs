//! `/portal/unit/timeliness`: how timely the unit's records came, down to each of them (R6).

use jiff::ToSpan;
use maud::{Markup, html};
use xinzheng_api::Cursor;
use xinzheng_api::log::LogStanding;
use xinzheng_api::timeliness::{RECORDS, TABLE, TimelinessQuery, TimelinessRow, TimelyRecord, TimelyRecordsQuery};
use xinzheng_domain::month::Month;
use xinzheng_domain::{RecordKind, china_time};
use xinzheng_runtime::{HttpResponse, Problem};

use super::desk::Desk;
use crate::PageRequest;
use crate::elements::{Fields, FormFault, badge, pager};
use crate::form::{Form, query};
use crate::frame::{self, View};

/// How many months are shown unless others are chosen.
const MONTHS: i32 = 12;

/// The months that are asked for.
fn asked_for(asked: &PageRequest<'_>, desk: &Desk) -> Result<TimelinessQuery, Problem> {
    let today = china_time::date(asked.app.clock.now());
    let from = Month::of(today.saturating_sub((MONTHS - 1).months())).or_else(Month::first);
    let (sent_from, sent_to) = (asked.query.parameter("from")?, asked.query.parameter("to")?);
    Ok(TimelinessQuery { unit: desk.unit(), from: sent_from.or(from), to: sent_to.or_else(|| Month::of(today)) })
}

/// Numbers by month and kind.
pub(crate) async fn page(asked: &PageRequest<'_>, desk: &Desk) -> Result<HttpResponse, Problem> {
    let wanted = asked_for(asked, desk);
    let filled = match &wanted {
        Ok(wanted) => Form::with(
            [("from", wanted.from), ("to", wanted.to)]
                .map(|(name, month)| (name, month.map(|month| month.to_string()).unwrap_or_default())),
        ),
        Err(_) => Form::with(["from", "to"].map(|name| (name, asked.query.text(name).to_owned()))),
    };
    let answered = match wanted {
        Ok(wanted) => asked.api().ask(&TABLE, &(), &wanted).await,
        Err(problem) => Err(problem),
    };
    let (rows, fault) = match answered {
        Ok(answer) => (answer.rows, None),
        Err(problem) if problem.status() == 422 => (vec![], Some(FormFault::of(problem, &[("month", "from")]))),
        Err(problem) => return Err(problem),
    };
    let (records, late) = rows.iter().fold((0, 0), |(all, late), row| (all + row.records, late + row.late));
    let fields = Fields { form: &filled, fault: fault.as_ref() };
    let content = html! {
        (desk.heading("时效"))
        p { "决定作出后 7 个工作日内报送。迟报的记录点击数字可以逐条查看；更正和重复报送不另计。" }
        (fields.summary())
        form action=(desk.address("timeliness")) method="get" {
            div.row {
                (fields.input("month", "from", "自", "如 2026-01。", true))
                (fields.input("month", "to", "至", "如 2026-12。", true))
            }
            button.quiet type="submit" { "查询" }
        }
        p { "共 " strong { (records) } " 条，迟报 " strong { (late) } " 条。" }
        @if !rows.is_empty() { (table(&rows, desk)) }
        @if !desk.acts() { (desk.back_to_unit("")) }
    };
    let status = fault.as_ref().map_or(200, FormFault::status);
    let view =
        View { title: "时效", path: desk.tab("/portal/unit/timeliness"), wide: true, status, ..View::default() };
    Ok(frame::page(asked, &view, content))
}

/// Numbers, the newest first.
pub(crate) fn table(rows: &[TimelinessRow], desk: &Desk) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="时效" {
            table {
                thead { tr {
                    th scope="col" { "月份" } th scope="col" { "单位" } th scope="col" { "类别" }
                    th.number scope="col" { "记录" } th.number scope="col" { "迟报" }
                    th.number scope="col" { "平均工作日" } th.number scope="col" { "最长" }
                } }
                tbody { @for row in rows.iter().rev() { (line(row, desk)) } }
            }
        }
    }
}

fn line(row: &TimelinessRow, desk: &Desk) -> Markup {
    let records = desk.address("timeliness/records");
    let (month, unit) = (row.month.to_string(), row.unit.to_string());
    let place =
        query([("month", month.as_str()), ("unit", unit.as_str()), ("kind", row.kind.code()), ("alone", "true")]);
    html! {
        tr {
            td { (month) }
            td { (row.unit_name) }
            td { (row.kind_title) }
            td.number { a href={ (records) "?" (place) } { (row.records) } }
            td.number {
                @if row.late > 0 {
                    a href={ (records) "?" (place) "&late=true" } { (row.late) }
                } @else { "0" }
            }
            td.number { @if let Some(mean) = row.mean_workdays { (format!("{mean:.1}")) } @else { "—" } }
            td.number { (row.longest_workdays) }
        }
    }
}

/// The records behind a number.
pub(crate) async fn records(asked: &PageRequest<'_>, desk: &Desk) -> Result<HttpResponse, Problem> {
    let given = &asked.query;
    let wanted = TimelyRecordsQuery {
        cursor: given.parameter("cursor")?,
        unit: given.parameter("unit")?.or_else(|| desk.unit()),
        month: given.parameter("month")?,
        kind: given.parameter("kind")?,
        late: given.parameter("late")?,
        alone: given.parameter("alone")?,
    };
    let answer = asked.api().ask(&RECORDS, &(), &wanted).await?;
    let place = query(["month", "unit", "kind", "late", "alone"].map(|name| (name, given.text(name))));
    let next = answer.page.next.as_ref().map(Cursor::as_str);
    let content = html! {
        h1 { (answer.month) " " (wanted.kind.map_or("记录", RecordKind::title)) @if wanted.late == Some(true) { "：迟报" } }
        div.scroll tabindex="0" role="region" aria-label="记录" {
            table {
                thead { tr {
                    th scope="col" { "文号" } th scope="col" { "决定日期" } th scope="col" { "首次报送" } th scope="col" { "期限" }
                    th.number scope="col" { "工作日" } th scope="col" { "判断" } th scope="col" { "公开日志" }
                } }
                tbody { @for record in &answer.page.items { (judged(record, desk)) } }
            }
        }
        p { "首次报送的时间以公开日志中收到该文件的条目为据，报送方和平台都不能改动。" }
        (pager(&format!("{}?{place}", desk.address("timeliness/records")), next))
        (desk.back("timeliness", "时效"))
    };
    Ok(frame::page(
        asked,
        &View { title: "时效明细", path: desk.tab("/portal/unit/timeliness"), wide: true, ..View::default() },
        content,
    ))
}

fn judged(record: &TimelyRecord, desk: &Desk) -> Markup {
    let judged = &record.timeliness;
    html! {
        tr {
            td { a href=(desk.address(&format!("records/{}", record.record))) { (record.document) } }
            td { (record.decided) }
            td { (record.arrived) }
            td { (judged.due) }
            td.number { (judged.workdays) }
            td {
                @if judged.late { (badge("bad", "迟报")) } @else { (badge("good", "✓ 及时")) }
                @if judged.provisional { " " (badge("soft", "暂算，待日历")) }
                @if judged.back_report { " 补录" }
            }
            td {
                @match record.receipt.as_ref().map(|receipt| &receipt.log) {
                    Some(LogStanding::Logged { index, .. }) => { "第 " (index + 1) " 条" }
                    Some(LogStanding::Pending) => { "正在写入" }
                    None => { "—" }
                }
            }
        }
    }
}
