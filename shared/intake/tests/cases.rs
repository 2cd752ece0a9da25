//! Files that other tools made: each is taken in as `cases/manifest.json` says. A case is added as data alone: a file, and
//! what must come out of it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

mod taken_in;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::civil::date;
use serde::Deserialize;
use serde_json::Value;
use xinzheng_domain::{Entry, TableId};
use xinzheng_intake::{FileRefusal, Intake, Limits, OpenError};

use taken_in::{TakenIn, TakenRow, collect, sender};

#[derive(Deserialize)]
struct Case {
    file: String,
    table: String,
    unit: String,
    what: String,
    expected: Expected,
}

/// What must come of a file. Where several ways are right, all are named.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    /// For each row below the header the outcomes that are right.
    Rows(Vec<Vec<RowExpected>>),
    File(FileExpected),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum RowExpected {
    /// Accepted with these values.
    Accept(BTreeMap<String, Value>),
    /// Rejected, with one of these codes where some are named.
    Reject(Codes),
    /// Counted as blank or as a note.
    Blank(bool),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Codes {
    Any(bool),
    Of(Vec<String>),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FileExpected {
    /// The file is refused with one of these codes.
    refuse: Option<Vec<String>>,
    /// The file is refused, or no row is accepted.
    refuse_or_reject: bool,
    /// Whatever comes, as long as every row is counted.
    any: bool,
    /// The file is refused, or its rows come out so.
    any_refuse_or: Option<Vec<Vec<RowExpected>>>,
    /// At least so many rows are counted.
    rows_min: u64,
    /// At least so many rows are accepted or rejected.
    accept_or_reject_min: u64,
}

fn take_in(case: &Case, bytes: &[u8]) -> Result<TakenIn, FileRefusal> {
    let table = TableId::parse(&case.table).unwrap();
    let sender = xinzheng_intake::Sender { today: date(2026, 11, 28), ..sender(&case.unit, table) };
    let refused = |error| match error {
        OpenError::Refused(refusal) => refusal,
        OpenError::Source(error) => panic!("memory cannot fail: {error}"),
    };
    let limits = Limits::default();
    collect(Intake::open(bytes, &case.file, &sender, &limits).map_err(refused)?).map_err(refused)
}

/// A value of an accepted row as the manifest names it.
fn value(entry: &Entry<'_>, name: &str) -> Value {
    let Entry::Record(record) = entry else { panic!("a record") };
    let json = serde_json::to_value(record).unwrap();
    let found = match name {
        "name" => json.pointer("/subject/name"),
        "other" => json.pointer("/subject/other_codes/0/1"),
        "fine" => json.pointer("/details/fine"),
        _ => json.pointer(&format!("/{}", name.replace('.', "/"))),
    };
    found.cloned().unwrap_or(Value::Null)
}

fn is_right(outcome: &TakenRow, expected: &RowExpected) -> bool {
    match (outcome, expected) {
        (TakenRow::Accepted(line), RowExpected::Accept(values)) => values.iter().all(|(name, wanted)| {
            let found = value(&line.entry, name);
            &found == wanted || wanted.as_array().is_some_and(|wanted| wanted.contains(&found))
        }),
        (TakenRow::Rejected(_), RowExpected::Reject(Codes::Any(any))) => *any,
        (TakenRow::Rejected(row), RowExpected::Reject(Codes::Of(codes))) => {
            row.faults.iter().any(|fault| codes.iter().any(|code| code == fault.code.code()))
        }
        (TakenRow::Blank, RowExpected::Blank(blank)) => *blank,
        _ => false,
    }
}

fn shown(taken: &Result<TakenIn, FileRefusal>) -> String {
    match taken {
        Err(refusal) => format!("refused {}: {refusal}", refusal.code()),
        Ok(taken) => {
            let one = |outcome: &TakenRow| match outcome {
                TakenRow::Accepted(line) => format!("accepted {}", serde_json::to_string(&line.entry).unwrap()),
                TakenRow::Rejected(row) => {
                    let faults = row.faults.iter().map(|f| format!("{} {} {}", f.column, f.code.code(), f.reason));
                    format!("rejected {}", faults.collect::<Vec<_>>().join("; "))
                }
                TakenRow::Blank => "blank".to_owned(),
            };
            taken.outcomes.iter().take(8).map(one).collect::<Vec<_>>().join("\n    ")
        }
    }
}

/// What is wrong with an outcome; nothing when it is right.
fn fault(taken: &Result<TakenIn, FileRefusal>, expected: &Expected) -> Option<&'static str> {
    let rows = |taken: &TakenIn, rows: &[Vec<RowExpected>]| {
        // Blank rows below the last that is expected say nothing.
        let extra_is_blank = taken.outcomes.iter().skip(rows.len()).all(|outcome| *outcome == TakenRow::Blank);
        let right = rows.iter().enumerate().all(|(index, ways)| {
            taken.outcomes.get(index).is_some_and(|outcome| ways.iter().any(|way| is_right(outcome, way)))
        });
        extra_is_blank && right
    };
    match (expected, taken) {
        (Expected::Rows(expected), Ok(taken)) => (!rows(taken, expected)).then_some("rows"),
        // A file that is refused has every row back.
        (Expected::Rows(expected), Err(_)) => {
            let rejected = |ways: &Vec<RowExpected>| ways.iter().any(|way| matches!(way, RowExpected::Reject(_)));
            (!expected.iter().all(rejected)).then_some("refused")
        }
        (Expected::File(expected), Ok(taken)) => {
            let counts = taken.reading.counts;
            if let Some(expected) = &expected.any_refuse_or {
                return (!rows(taken, expected)).then_some("rows");
            }
            if expected.refuse.is_some() {
                return Some("not refused");
            }
            if expected.refuse_or_reject && counts.accepted > 0 {
                return Some("accepted");
            }
            let few =
                counts.rows < expected.rows_min || counts.accepted + counts.rejected < expected.accept_or_reject_min;
            few.then_some("rows are lost")
        }
        (Expected::File(expected), Err(refusal)) => {
            let may = expected.any || expected.refuse_or_reject || expected.any_refuse_or.is_some();
            let named = expected.refuse.as_ref().is_some_and(|codes| codes.iter().any(|code| code == refusal.code()));
            (!may && !named).then_some("refused")
        }
    }
}

#[test]
fn files_of_other_tools_come_out_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let cases: Vec<Case> = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut wrong = vec![];
    for case in &cases {
        let bytes = fs::read(folder.join("files").join(&case.file)).unwrap();
        let taken = take_in(case, &bytes);
        if let Ok(taken) = &taken {
            let counts = taken.reading.counts;
            assert_eq!(counts.rows, counts.accepted + counts.rejected + counts.blank, "{}", case.file);
        }
        if let Some(fault) = fault(&taken, &case.expected) {
            wrong.push(format!("{} ({}): {fault}\n    {}", case.file, case.what, shown(&taken)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
