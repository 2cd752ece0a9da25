//! The sample of a day is made the same every time, and `events/uploads` holds that of the reference day.

#![allow(clippy::unwrap_used, reason = "what these functions unwrap is a test's own material")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::{TableId, UploadKey};
use xinzheng_intake::{Intake, Limits, RowOutcome, Sender};
use xinzheng_sample::{REFERENCE_DAY, sample_set, subjects, write_rows};

#[test]
fn the_sample_is_the_same_twice() {
    let of = |day| sample_set(day).unwrap();
    assert_eq!(of(REFERENCE_DAY), of(REFERENCE_DAY));
    assert_ne!(of(REFERENCE_DAY), of(date(2025, 11, 4)), "another day, another sample");
    assert!(sample_set(date(2024, 12, 31)).is_err() && sample_set(date(2099, 1, 1)).is_err());
}

#[test]
fn the_sample_is_broad_enough() {
    let files = sample_set(REFERENCE_DAY).unwrap().files;
    let keys: Vec<String> = files.iter().map(|file| file.key.to_string()).collect();
    assert!(keys.is_sorted());
    for (file, key) in files.iter().zip(&keys) {
        assert_eq!(UploadKey::parse(key).as_ref(), Ok(&file.key));
    }
    let units: BTreeSet<_> = files.iter().map(|file| file.key.unit.responsible()).collect();
    assert!(units.len() >= 8, "{units:?}");
    let tables: BTreeSet<_> = files.iter().map(|file| file.key.table).collect();
    let left_out = [TableId::Withdrawal, TableId::Removal, TableId::Manifest, TableId::Cancellation];
    let expected: BTreeSet<_> = TableId::ALL.into_iter().filter(|table| !left_out.contains(table)).collect();
    assert_eq!(tables, expected);
    assert!(files.iter().any(|file| file.key.unit.office().is_some()), "a county office sends too");
    assert_eq!(subjects().len(), 40);
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

/// After a change to the sample: `cargo run -p xinzheng-sample --example write`.
#[test]
fn the_files_in_events_are_the_sample() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/uploads");
    let mut found = vec![];
    files_below(&root, &mut found);
    let files = sample_set(REFERENCE_DAY).unwrap().files;
    assert_eq!(found.len(), files.len(), "no file more than the sample has");
    for file in files {
        let path = root.join(file.key.to_string().strip_prefix("uploads/").unwrap());
        assert!(fs::read(&path).unwrap() == file.bytes, "{} is out of date", path.display());
    }
}

#[test]
fn big_files_are_seeded_and_as_faulty_as_asked() {
    let out = tempfile::tempdir().unwrap();
    let write = |name: &str, seed, faults| {
        let mut done = vec![];
        let path = write_rows(&out.path().join(name), 12_000, seed, faults, &mut |rows| done.push(rows)).unwrap();
        assert_eq!(done, [10_000, 12_000]);
        (fs::read(&path).unwrap(), fs::read(path.with_file_name("../../subject/2025-07-01/subject.csv")).unwrap())
    };
    let (one, other) = (write("one", 1, 0), write("other", 1, 0));
    assert!(one == other, "the same seed gives the same bytes");
    assert!(one.0 != write("seed", 2, 0).0);

    let count = |bytes: &[u8], table| {
        let unit = xinzheng_domain::UnitCode::parse("market-supervision").unwrap();
        let sender = Sender {
            unit,
            table,
            today: jiff::civil::date(2025, 11, 3),
            person_key: PersonKey::new("sample"),
            confirmed: xinzheng_intake::Confirmed::default(),
        };
        let intake = Intake::open(bytes, "rows.csv", &sender, &Limits::default()).unwrap();
        let (mut accepted, mut faults) = (0, vec![]);
        let read = intake.read(&mut |outcome| {
            match outcome {
                RowOutcome::Accepted(_) => accepted += 1,
                RowOutcome::Rejected(row) => faults.push(row.faults.len()),
                RowOutcome::Blank => panic!("no blank rows"),
            }
            std::ops::ControlFlow::Continue(())
        });
        assert!(read.is_ok());
        assert!(faults.iter().all(|&faults| faults == 1), "one fault in a faulty row");
        (accepted, faults.len())
    };
    assert_eq!(count(&one.0, TableId::Penalty), (12_000, 0));
    assert_eq!(count(&one.1, TableId::Subject), (600, 0));
    let (accepted, rejected) = count(&write("faulty", 3, 50).0, TableId::Penalty);
    assert_eq!(accepted + rejected, 12_000);
    assert!((500..700).contains(&rejected), "{rejected} of about 600");
}
