//! What every fuzz target does with its bytes.

#[cfg(feature = "service")]
pub mod service;

use std::ops::ControlFlow;

use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::{TableId, UnitCode};
use xinzheng_intake::{Confirmed, Intake, Limits, RowOutcome, Sender};

/// Takes the bytes in as a file of this name. The first byte chooses the table, and from 128 on the clerk says that the file is
/// right; the rest is the file. Panics when a row is not accounted for, or accounted for twice.
pub fn take_in(bytes: &[u8], file: &str) {
    let Some((&choice, bytes)) = bytes.split_first() else { return };
    let table = TableId::ALL[usize::from(choice & 127) % TableId::ALL.len()];
    let right = choice > 127;
    let unit = if table == TableId::Judgment { "intermediate-court" } else { "market-supervision" };
    let sender = Sender {
        unit: UnitCode::parse(unit).expect("a unit of annex 2"),
        table,
        today: jiff::civil::date(2025, 11, 3),
        person_key: PersonKey::new("fuzz"),
        confirmed: Confirmed { columns: right, origin: right },
    };
    // Small limits, so that what lies beyond them is tried too.
    let limits = Limits { text_bytes: 1 << 20, held_bytes: 1 << 20, workbook_unpacked_bytes: 4 << 20, row_bytes: 512 };
    let Ok(intake) = Intake::open(bytes, file, &sender, &limits) else { return };
    let (mut accepted, mut rejected) = (0, 0);
    let reading = intake.read(&mut |outcome| {
        match outcome {
            RowOutcome::Accepted(_) => accepted += 1,
            RowOutcome::Rejected(row) => {
                assert!(!row.faults.is_empty(), "a rejection has a reason");
                rejected += 1;
            }
            RowOutcome::Blank => {}
        }
        ControlFlow::Continue(())
    });
    let counts = reading.expect("memory can be read").counts;
    assert_eq!((counts.accepted, counts.rejected), (accepted, rejected));
    assert_eq!(counts.accepted + counts.rejected + counts.blank, counts.rows);
}
