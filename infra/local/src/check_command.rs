//! `xinzheng check`: what would become of a file, offline, by the very rules that the platform reads it by.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use xinzheng_api::upload::{CheckedFile, RefusedFile};
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::{TableId, UnitCode, china_time};
use xinzheng_intake::{Confirmed, Intake, Limits, OpenError, RowOutcome, Sender};

use crate::{sent_table, shown};

/// The most faults of a JSON document.
const TOLD: usize = 10_000;
/// What the platform unpacks of a workbook unless its template says otherwise.
const UNPACKED: u64 = 512 << 20;

/// The file, and what it is said to be.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// The file.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The table that it holds, such as penalty; else what the file or its folders are called.
    #[arg(long, value_name = "TABLE", value_parser = sent_table::table)]
    table: Option<TableId>,

    /// The unit that sends it, such as market-supervision; else what a folder is called. What it may send depends on it.
    #[arg(long, value_name = "CODE", value_parser = sent_table::unit)]
    unit: Option<UnitCode>,

    /// What is right although it looks otherwise: columns, origin, or both with a comma.
    #[arg(long, value_name = "WORDS", default_value = "")]
    confirmed: String,

    /// Write one JSON document.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Checked {
    file: String,
    unit: UnitCode,
    table: TableId,
    #[serde(flatten)]
    outcome: CheckedFile,
}

/// Reads the file and says what it comes to. Exit code 0 when all rows would be accepted, 1 when one would come back, or the file has none or
/// would be refused, 2 when it could not be read.
pub(crate) fn run(arguments: &CheckArguments) -> ExitCode {
    match check(arguments, &mut BufWriter::new(io::stdout().lock())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(why) => {
            eprintln!("xinzheng: {}", shown::text(&why));
            ExitCode::from(2)
        }
    }
}

fn check(arguments: &CheckArguments, to: &mut impl Write) -> Result<bool, String> {
    let CheckArguments { file, json, .. } = arguments;
    let table = arguments.table.or_else(|| sent_table::table_of(file)).ok_or("say with --table which table it is")?;
    let unit = arguments.unit.or_else(|| sent_table::unit_of(file)).ok_or("say with --unit whose file it is")?;
    let sender = Sender {
        unit,
        table,
        today: china_time::date(Timestamp::now()),
        // Nothing of what it makes leaves this process.
        person_key: PersonKey::new("nothing is stored"),
        confirmed: Confirmed::parse(&arguments.confirmed),
    };
    let outcome = read(file, &sender, (*json, to)).map_err(|why| format!("{}: {why}", file.display()))?;
    let is_good = matches!(&outcome, CheckedFile::Read { reading, .. } if reading.counts.rejected == 0 && reading.counts.rows > 0);
    if *json {
        let checked = Checked { file: shown::path(file), unit, table, outcome };
        serde_json::to_writer(&mut *to, &checked).map_err(|error| error.to_string())?;
        to.write_all(b"\n").map_err(|error| error.to_string())?;
    } else {
        tell(file, &outcome, to).map_err(|error| error.to_string())?;
    }
    to.flush().map_err(|error| error.to_string())?;
    Ok(is_good)
}

/// Reads the file; for people, faults are written as they are found.
fn read(file: &Path, sender: &Sender, (json, to): (bool, &mut impl Write)) -> Result<CheckedFile, String> {
    let opened = File::open(file).map_err(|error| error.to_string())?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let limits = Limits { workbook_unpacked_bytes: UNPACKED, ..Limits::default() };
    let (mut rejections, mut rejections_not_shown, mut written) = (vec![], 0_usize, Ok(()));
    let reading = Intake::open(BufReader::new(opened), &name, sender, &limits).and_then(|intake| {
        intake.read(&mut |outcome| {
            let RowOutcome::Rejected(row) = outcome else { return ControlFlow::Continue(()) };
            if json {
                let room = TOLD.saturating_sub(rejections.len());
                rejections_not_shown += row.faults.len().saturating_sub(room);
                rejections.extend(row.faults.into_iter().take(room));
            } else {
                let mut lines = row.faults.iter().map(|fault| writeln!(to, "{}", shown::rejection(fault)));
                written = lines.find(Result::is_err).unwrap_or(Ok(()));
            }
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })
    });
    written.map_err(|error| error.to_string())?;
    match reading {
        Ok(reading) => Ok(CheckedFile::Read { reading, rejections, rejections_not_shown }),
        Err(OpenError::Refused(refusal)) => Ok(CheckedFile::Refused {
            refusal: RefusedFile {
                code: refusal.code().to_owned(),
                reason: refusal.to_string(),
                hint: refusal.hint().to_string(),
                looks_like: refusal.looks_like(),
            },
        }),
        Err(OpenError::Source(error)) => Err(error.to_string()),
    }
}

fn tell(file: &Path, outcome: &CheckedFile, to: &mut impl Write) -> io::Result<()> {
    let file = shown::path(file);
    match outcome {
        CheckedFile::Read { reading, .. } => {
            for notice in &reading.notices {
                writeln!(to, "  {}", shown::text(&notice.text()))?;
            }
            for column in &reading.unknown_columns {
                writeln!(to, "  列“{}”不在归集标准内，不会读取", shown::text(column))?;
            }
            let counts = reading.counts;
            if counts.rows == 0 {
                return writeln!(to, "{file}：没有数据行，只有表头（试检，未报送）");
            }
            writeln!(
                to,
                "{file}：{} 行，接收 {}，退回 {}，空行或说明 {}（试检，未报送）",
                counts.rows, counts.accepted, counts.rejected, counts.blank
            )
        }
        CheckedFile::Refused { refusal } => {
            let RefusedFile { code, reason, hint, looks_like } = refusal;
            writeln!(to, "{file}：整份退回：{}；{}（{code}）", shown::text(reason), shown::text(hint))?;
            match looks_like {
                Some(table) => writeln!(to, "  看起来是“{}”：--table {table}", table.standard().title),
                None => Ok(()),
            }
        }
    }
}
