//! `xinzheng export`: records and reports of whoever asks, for spreadsheets and programs.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Value, json};
use xinzheng_api::Page;
use xinzheng_api::page::ListQuery;
use xinzheng_api::record::{OWN, OwnRecord, OwnRecords, OwnRecordsQuery};
use xinzheng_api::report::{LIST, ListedReport};
use xinzheng_api::timeliness::{RECORDS, TimelyRecord, TimelyRecordsQuery};
use xinzheng_domain::month::Month;
use xinzheng_domain::{SubjectId, UnitCode, china_time};
use xinzheng_sample::{SampleSubject, subjects};

use crate::exported::Table;
use crate::progress_bar::progress_bar;
use crate::service_arguments::ServiceArguments;
use crate::service_client::{ServiceClient, ServiceError};
use crate::{made_up_people, sent_table, shown, state_file};

/// What is exported, and whose it is.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// What: records of the registry, or reports.
    #[arg(value_enum)]
    what: What,

    /// The subject whose records or reports they are, by its 统一社会信用代码: the one of the token.
    #[arg(long, value_name = "CODE", value_parser = subject, conflicts_with = "unit", required_unless_present = "unit")]
    subject: Option<SubjectId>,

    /// The unit whose records they are: the one of the token, or any for the platform.
    #[arg(long, value_name = "CODE", value_parser = sent_table::unit)]
    unit: Option<UnitCode>,

    /// Decided on this day or later; from the scheme's beginning when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<Date>,

    /// Decided on this day or before; today when left out.
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<Date>,

    /// How it is written.
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
    format: ExportFormat,

    /// The file; standard output when left out.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write one JSON document: what is exported, or with --out what was written.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    service: ServiceArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    Records,
    Reports,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    Csv,
    Xlsx,
    Json,
}

fn subject(code: &str) -> Result<SubjectId, String> {
    SubjectId::parse(code).ok_or_else(|| "not a 统一社会信用代码".to_owned())
}

type Anything = Box<dyn std::error::Error>;

/// Writes what is asked for. Exit code 0 when it is written, 2 when it could not be had or written.
pub(crate) async fn run(arguments: &ExportArguments) -> ExitCode {
    match export(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xinzheng: {}", shown::text(&why.to_string()));
            ExitCode::from(2)
        }
    }
}

async fn export(arguments: &ExportArguments) -> Result<(), Anything> {
    let (document, table) = match (arguments.what, arguments.subject, arguments.unit) {
        (What::Records, Some(subject), _) => records(arguments, subject).await?,
        (What::Reports, Some(subject), _) => reports(arguments, subject).await?,
        (What::Records, None, Some(unit)) => records_of_unit(arguments, unit).await?,
        (What::Reports, ..) => return Err("reports are a subject's: name it with --subject".into()),
        (What::Records, None, None) => return Err("name a subject or a unit".into()),
    };
    let rows = table.rows.len();
    // What goes to standard output as one JSON document is what is exported.
    let format = if arguments.json && arguments.out.is_none() { ExportFormat::Json } else { arguments.format };
    let bytes = match format {
        ExportFormat::Csv => table.csv()?,
        ExportFormat::Xlsx => table.workbook()?,
        ExportFormat::Json => format!("{document:#}\n").into_bytes(),
    };
    match &arguments.out {
        Some(file) => {
            if let Some(folder) = file.parent() {
                fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            }
            state_file::replace(file, &bytes).map_err(|error| format!("{}: {error}", file.display()))?;
            if arguments.json {
                println!("{}", json!({ "file": file, "rows": rows }));
            } else {
                eprintln!("{rows} rows in {}", file.display());
            }
        }
        None if format == ExportFormat::Xlsx => return Err("name the workbook's file with --out".into()),
        None => io::stdout().lock().write_all(&bytes)?,
    }
    Ok(())
}

/// The service, asked by a subject.
async fn as_subject(arguments: &ExportArguments, subject: SubjectId) -> Result<ServiceClient, ServiceError> {
    let known = subjects().into_iter().find(|known| SubjectId::Organisation(known.uscc) == subject);
    let mut claims = known.as_ref().map(|known: &SampleSubject| made_up_people::subject(known)).unwrap_or_default();
    for (name, value) in [("role", json!("subject")), ("subject", json!(subject)), ("sub", json!(subject))] {
        claims.insert(name.to_owned(), value);
    }
    arguments.service.connect(&claims).await
}

async fn records(arguments: &ExportArguments, subject: SubjectId) -> Result<(Value, Table), Anything> {
    let service = as_subject(arguments, subject).await?;
    let query = OwnRecordsQuery { from: arguments.from, to: arguments.to, domains: vec![] };
    let own: OwnRecords = service.ask(&OWN, &(), &query).await?;
    let parts = [("期间内", &own.records), ("期前作出、仍有效", &own.in_force), ("已撤销", &own.withdrawn)];
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let row = |part: &str, record: &OwnRecord| {
        let fields: Vec<String> =
            record.fields.iter().map(|field| format!("{}：{}", field.label, field.value)).collect();
        vec![
            part.to_owned(),
            record.kind_title.clone(),
            record.domain_name.clone(),
            record.unit_name.clone(),
            record.document.clone(),
            record.decided.to_string(),
            record.authority.clone(),
            record.marks.clone(),
            day(record.repaired_on),
            day(record.withdrawn_on),
            record.repairable_from.to_string(),
            day(record.published_until),
            fields.join("；"),
            record.id.to_string(),
        ]
    };
    let rows = parts.iter().flat_map(|(part, records)| records.iter().map(move |record| row(part, record)));
    let table = Table {
        name: "记录",
        header: &[
            "范围",
            "类别",
            "领域",
            "单位",
            "文号",
            "决定日期",
            "机关",
            "标注",
            "修复日期",
            "撤销日期",
            "最早可修复",
            "公示至",
            "内容",
            "记录编号",
        ],
        rows: rows.collect(),
    };
    Ok((json!(own), table))
}

async fn reports(arguments: &ExportArguments, subject: SubjectId) -> Result<(Value, Table), Anything> {
    let service = as_subject(arguments, subject).await?;
    let mut reports: Vec<ListedReport> = vec![];
    let mut query = ListQuery { cursor: None };
    loop {
        let Page { items, next } = service.ask(&LIST, &(), &query).await?;
        reports.extend(items);
        if next.is_none() {
            break;
        }
        query.cursor = next;
    }
    let issued = |report: &ListedReport| china_time::date(report.report.issued_at);
    reports.retain(|report| within(arguments, issued(report)));
    let row = |listed: &ListedReport| {
        let report = &listed.report;
        vec![
            report.number.to_string(),
            report.code.to_string(),
            report.issued_at.to_string(),
            report.purpose.title().to_owned(),
            report.period.from().to_string(),
            report.period.to().to_string(),
            report.summary.records.to_string(),
            listed.status.code().to_owned(),
            listed.meaning.clone(),
            report.file.sha256.to_string(),
        ]
    };
    let rows = reports.iter().map(row).collect();
    let header = &["编号", "核验码", "出具时间", "用途", "期间起", "期间止", "记录数", "状态", "说明", "文件 SHA-256"];
    Ok((json!({ "reports": reports }), Table { name: "报告", header, rows }))
}

/// A unit's records, month by month, as its timeliness is judged by them.
async fn records_of_unit(arguments: &ExportArguments, unit: UnitCode) -> Result<(Value, Table), Anything> {
    #[derive(Serialize)]
    struct Held {
        unit: UnitCode,
        records: Vec<TimelyRecord>,
    }
    let service = arguments.service.connect(&made_up_people::clerk(unit)).await?;
    let today = china_time::date(Timestamp::now());
    let beginning = Month::first().ok_or("the scheme's first month is none")?;
    let first = arguments.from.and_then(Month::of).unwrap_or(beginning);
    let last = Month::of(arguments.to.unwrap_or(today)).ok_or("no such month")?;
    let months: Vec<Month> = first.up_to(last).collect();
    let bar = progress_bar(months.len() as u64);
    bar.set_message("months");
    let mut records = vec![];
    for month in months {
        let mut query = TimelyRecordsQuery {
            cursor: None,
            unit: Some(unit),
            month: Some(month),
            kind: None,
            late: None,
            alone: None,
        };
        loop {
            let found = service.ask(&RECORDS, &(), &query).await?;
            records.extend(found.page.items.into_iter().filter(|record| within(arguments, record.decided)));
            if found.page.next.is_none() {
                break;
            }
            query.cursor = found.page.next;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let row = |record: &TimelyRecord| {
        vec![
            record.unit.to_string(),
            record.kind.title().to_owned(),
            record.subject.to_string(),
            record.document.clone(),
            record.decided.to_string(),
            record.arrived.to_string(),
            record.timeliness.due.to_string(),
            if record.timeliness.late { "迟报" } else { "及时" }.to_owned(),
            record.record.to_string(),
        ]
    };
    let rows = records.iter().map(row).collect();
    let header = &["单位", "类别", "主体", "文号", "决定日期", "到达日期", "期限", "时效", "记录编号"];
    Ok((json!(Held { unit, records }), Table { name: "记录", header, rows }))
}

/// True of a day within the arguments' period.
fn within(arguments: &ExportArguments, day: Date) -> bool {
    arguments.from.is_none_or(|from| from <= day) && arguments.to.is_none_or(|to| day <= to)
}
