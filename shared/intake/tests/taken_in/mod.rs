//! A whole file taken in, its outcomes kept.
#![allow(dead_code, reason = "not every test file looks at everything")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::ops::ControlFlow;

use jiff::civil::date;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::{ChunkLine, Entry, TableId, UnitCode};
use xinzheng_intake::{Confirmed, FileRefusal, Intake, Limits, OpenError, Reading, RejectedRow, RowOutcome, Sender};

/// What became of a row, kept.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TakenRow {
    Accepted(Box<ChunkLine<'static>>),
    Rejected(RejectedRow),
    Blank,
}

/// A file taken in.
#[derive(Clone, Debug)]
pub(crate) struct TakenIn {
    pub outcomes: Vec<TakenRow>,
    pub reading: Reading,
}

impl TakenIn {
    /// The entries of the accepted rows.
    pub(crate) fn entries(&self) -> Vec<&Entry<'static>> {
        self.outcomes
            .iter()
            .filter_map(|o| if let TakenRow::Accepted(line) = o { Some(&line.entry) } else { None })
            .collect()
    }

    /// The rejected rows.
    pub(crate) fn rejected(&self) -> Vec<&RejectedRow> {
        self.outcomes.iter().filter_map(|o| if let TakenRow::Rejected(row) = o { Some(row) } else { None }).collect()
    }
}

pub(crate) fn sender(unit: &str, table: TableId) -> Sender {
    Sender {
        unit: UnitCode::parse(unit).unwrap(),
        table,
        today: date(2025, 11, 3),
        person_key: PersonKey::new("test"),
        confirmed: Confirmed::default(),
    }
}

/// Takes a file in under the default limits.
pub(crate) fn take_in(bytes: &[u8], file: &str, unit: &str, table: TableId) -> Result<TakenIn, FileRefusal> {
    take_in_within(bytes, file, unit, table, &Limits::default())
}

/// Takes a file in. Every accepted line goes through the JSON of chunks, as it does between ingest and index.
pub(crate) fn take_in_within(
    bytes: &[u8],
    file: &str,
    unit: &str,
    table: TableId,
    limits: &Limits,
) -> Result<TakenIn, FileRefusal> {
    let sender = sender(unit, table);
    let refused = |error| match error {
        OpenError::Refused(refusal) => refusal,
        OpenError::Source(error) => panic!("memory cannot fail: {error}"),
    };
    let intake = Intake::open(bytes, file, &sender, limits).map_err(refused)?;
    collect(intake).map_err(refused)
}

/// Reads every row.
pub(crate) fn collect(intake: Intake<'_>) -> Result<TakenIn, OpenError> {
    let mut outcomes = vec![];
    let reading = intake.read(&mut |outcome| {
        outcomes.push(match outcome {
            RowOutcome::Accepted(line) => {
                let json = serde_json::to_string(&line).unwrap();
                let read: ChunkLine<'static> = serde_json::from_str(&json).unwrap();
                assert_eq!(serde_json::to_string(&read).unwrap(), json, "a chunk's line reads back as it was written");
                TakenRow::Accepted(Box::new(read))
            }
            RowOutcome::Rejected(row) => TakenRow::Rejected(row),
            RowOutcome::Blank => TakenRow::Blank,
        });
        ControlFlow::Continue(())
    })?;
    Ok(TakenIn { outcomes, reading })
}
