//! Takes in one file on one thread and says how long it took, as one line of JSON.
//!
//! `cargo run --release -p xinzheng-intake --example intake_speed -- FILE --table penalty --unit market-supervision`
//!
//! With `--chunks FILE` the accepted rows are written as the chunks that intake hands on. With `--baseline` the crate csv
//! alone reads the same file, nothing checked: into `raw` byte records, into `text` records (valid UTF-8), or into
//! `borrowed` records (a struct of `&str`, as its tutorial shows for speed).

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use serde::Deserialize;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::{TableId, UnitCode};
use xinzheng_intake::{Counts, Intake, Limits, RowOutcome, Sender};

#[derive(Parser)]
struct Arguments {
    /// The file.
    file: PathBuf,
    /// The table that it holds.
    #[arg(long, default_value = "penalty")]
    table: String,
    /// The unit that sends it.
    #[arg(long, default_value = "market-supervision")]
    unit: String,
    /// Where accepted rows are written, as JSON lines.
    #[arg(long)]
    chunks: Option<PathBuf>,
    /// Only read, with the crate csv.
    #[arg(long)]
    baseline: Option<Baseline>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let started = Instant::now();
    let counts = match arguments.baseline {
        Some(kind) => baseline(&arguments, kind)?,
        None => intake(&arguments)?,
    };
    let seconds = started.elapsed().as_secs_f64();
    let Counts { rows, accepted, rejected, .. } = counts;
    let megabytes_per_second = File::open(&arguments.file)?.metadata()?.len() as f64 / 1e6 / seconds;
    println!(
        "{{\"rows\":{rows},\"accepted\":{accepted},\"rejected\":{rejected},\"seconds\":{seconds:.3},\
         \"megabytes_per_second\":{megabytes_per_second:.1},\"peak_resident_kib\":{}}}",
        peak_resident()
    );
    Ok(())
}

fn intake(arguments: &Arguments) -> Result<Counts, Box<dyn Error>> {
    let sender = Sender {
        unit: UnitCode::parse(&arguments.unit).ok_or("no such unit")?,
        table: TableId::parse(&arguments.table).ok_or("no such table")?,
        today: xinzheng_domain::china_time::date(jiff::Timestamp::now()),
        person_key: PersonKey::new("only for measuring"),
        confirmed: xinzheng_intake::Confirmed::default(),
    };
    let name = arguments.file.to_string_lossy();
    let mut chunks = arguments.chunks.as_ref().map(File::create).transpose()?.map(BufWriter::new);
    let intake = Intake::open(File::open(&arguments.file)?, &name, &sender, &Limits::default())?;
    let mut line = vec![];
    let mut failed = None;
    let reading = intake.read(&mut |outcome| {
        if let (RowOutcome::Accepted(accepted), Some(chunks)) = (&outcome, &mut chunks) {
            line.clear();
            let written = serde_json::to_writer(&mut line, accepted).map_err(std::io::Error::from);
            line.push(b'\n');
            if let Err(error) = written.and_then(|()| chunks.write_all(&line)) {
                failed = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let Some(mut chunks) = chunks {
        chunks.flush()?;
    }
    Ok(reading.counts)
}

fn baseline(arguments: &Arguments, kind: Baseline) -> Result<Counts, Box<dyn Error>> {
    let mut reader = csv::ReaderBuilder::new().from_path(&arguments.file)?;
    let mut counts = Counts::default();
    match kind {
        Baseline::Raw => {
            let mut record = csv::ByteRecord::new();
            while reader.read_byte_record(&mut record)? {
                counts.rows += 1;
            }
        }
        Baseline::Text => {
            let mut record = csv::StringRecord::new();
            while reader.read_record(&mut record)? {
                counts.rows += 1;
            }
        }
        Baseline::Borrowed => {
            let headers = reader.headers()?.clone();
            let mut record = csv::StringRecord::new();
            while reader.read_record(&mut record)? {
                let row: BorrowedPenalty<'_> = record.deserialize(Some(&headers))?;
                std::hint::black_box(&row);
                counts.rows += 1;
            }
        }
    }
    Ok(counts)
}

#[derive(Clone, Copy, ValueEnum)]
enum Baseline {
    Raw,
    Text,
    Borrowed,
}

/// A row of table penalty as the crate csv reads it fastest into names.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only read")]
struct BorrowedPenalty<'r> {
    #[serde(rename = "行政相对人名称", borrow)]
    name: &'r str,
    #[serde(rename = "行政相对人类别", borrow)]
    subject_type: &'r str,
    #[serde(rename = "统一社会信用代码", borrow)]
    uscc: &'r str,
    #[serde(rename = "工商注册号", borrow)]
    business_registration: &'r str,
    #[serde(rename = "组织机构代码", borrow)]
    organisation_code: &'r str,
    #[serde(rename = "税务登记号", borrow)]
    tax_registration: &'r str,
    #[serde(rename = "事业单位证书号", borrow)]
    institution_certificate: &'r str,
    #[serde(rename = "社会组织登记证号", borrow)]
    social_organisation_certificate: &'r str,
    #[serde(rename = "法定代表人", borrow)]
    legal_representative: &'r str,
    #[serde(rename = "证件类型", borrow)]
    id_type: &'r str,
    #[serde(rename = "证件号码", borrow)]
    id_number: &'r str,
    #[serde(rename = "行政处罚决定书文号", borrow)]
    document: &'r str,
    #[serde(rename = "违法行为类型", borrow)]
    violation: &'r str,
    #[serde(rename = "违法事实", borrow)]
    facts: &'r str,
    #[serde(rename = "处罚依据", borrow)]
    basis: &'r str,
    #[serde(rename = "处罚类别", borrow)]
    categories: &'r str,
    #[serde(rename = "处罚内容", borrow)]
    content: &'r str,
    #[serde(rename = "罚款金额（万元）", borrow)]
    fine: &'r str,
    #[serde(rename = "没收违法所得、没收非法财物的金额（万元）", borrow)]
    confiscated: &'r str,
    #[serde(rename = "暂扣或吊销证照名称及编号", borrow)]
    licence: &'r str,
    #[serde(rename = "处罚决定日期", borrow)]
    decided: &'r str,
    #[serde(rename = "处罚有效期", borrow)]
    valid_until: &'r str,
    #[serde(rename = "公示截止期", borrow)]
    published_until: &'r str,
    #[serde(rename = "处罚机关", borrow)]
    authority: &'r str,
    #[serde(rename = "处罚机关统一社会信用代码", borrow)]
    authority_uscc: &'r str,
    #[serde(rename = "数据来源单位", borrow)]
    source_unit: &'r str,
    #[serde(rename = "数据来源单位统一社会信用代码", borrow)]
    source_unit_uscc: &'r str,
    #[serde(rename = "是否简易程序", borrow)]
    simplified: &'r str,
    #[serde(rename = "涉及领域", borrow)]
    domain: &'r str,
    #[serde(rename = "备注", borrow)]
    remarks: &'r str,
}

/// The most memory that the process held at once, in KiB; 0 where the system does not tell.
fn peak_resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
