//! What intake says to the sample: every fault that was put in on purpose is found, and nothing else.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what these functions unwrap is a test's own material")]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use jiff::civil::date;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::{ChunkLine, Entry, RecordId, RecordKind, SubjectId};
use xinzheng_intake::{Counts, FileRefusal, Intake, Limits, OpenError, Rejection, RowOutcome, Sender};
use xinzheng_sample::{
    SampleFile, sample_set, subject_moved_out, subject_with_every_kind, subject_without_records, subjects,
};

struct Outcome {
    key: String,
    counts: Counts,
    entries: Vec<Entry<'static>>,
    rejections: Vec<Rejection>,
}

fn taken(file: &SampleFile) -> Result<Outcome, FileRefusal> {
    let sender = Sender {
        unit: file.key.unit,
        table: file.key.table,
        today: date(2025, 11, 3),
        person_key: PersonKey::new("sample"),
        confirmed: xinzheng_intake::Confirmed::default(),
    };
    let refused = |error| match error {
        OpenError::Refused(refusal) => refusal,
        OpenError::Source(error) => panic!("memory cannot fail: {error}"),
    };
    let intake = Intake::open(file.bytes.as_slice(), &file.key.file, &sender, &Limits::default()).map_err(refused)?;
    let (mut entries, mut rejections) = (vec![], vec![]);
    let reading = intake.read(&mut |outcome| {
        match outcome {
            RowOutcome::Accepted(line) => {
                let json = serde_json::to_string(&line).unwrap();
                entries.push(serde_json::from_str::<ChunkLine<'static>>(&json).unwrap().entry);
            }
            RowOutcome::Rejected(row) => rejections.extend(row.faults),
            RowOutcome::Blank => {}
        }
        ControlFlow::Continue(())
    });
    let reading = reading.map_err(refused)?;
    assert!(reading.unknown_columns.is_empty(), "{}: {:?}", file.key, reading.unknown_columns);
    let key = file.key.to_string().strip_prefix("uploads/").unwrap().to_owned();
    Ok(Outcome { key, counts: reading.counts, entries, rejections })
}

fn outcomes() -> Vec<Outcome> {
    sample_set().unwrap().iter().filter_map(|file| taken(file).ok()).collect()
}

#[test]
fn every_fault_on_purpose_is_rejected_and_nothing_else() {
    let expected = [
        ("ecology-environment/penalty/2025-08-01/行政处罚.csv", 6, "14.*处罚决定日期", "date-unreadable"),
        ("ecology-environment/penalty/2025-08-01/行政处罚.csv", 12, "11.罚款金额（万元）", "amount-invalid"),
        ("emergency-management/penalty/2025-06-20/安全生产处罚.xlsx", 9, "涉及领域", "domain-unknown"),
        ("intermediate-court/judgment/2025-09-10/刑事裁判.xlsx", 5, "证件号码", "digits-destroyed"),
        ("intermediate-court/judgment/2025-09-10/刑事裁判.xlsx", 9, "证件号码", "id-number-invalid"),
        ("intermediate-court/serious-dishonesty/2025-09-10/失信被执行人名单.csv", 10, "11.*列入日期", "date-in-future"),
        ("market-supervision-140403/penalty/2025-08-05/潞州区 七月处罚.xlsx", 6, "主体名称", "value-too-long"),
        ("market-supervision-140403/penalty/2025-08-05/潞州区 七月处罚.xlsx", 11, "处罚种类", "code-unknown"),
        ("market-supervision/abnormal-operation/2025-09-01/经营异常名录.csv", 7, "移出日期", "date-order"),
        ("market-supervision/abnormal-operation/2025-09-01/经营异常名录.csv", 14, "列入决定书文号", "document-invalid"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 8, "统一社会信用代码", "uscc-invalid"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 13, "统一社会信用代码", "uscc-invalid"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 16, "罚款金额（万元）", "value-missing"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 20, "涉及领域", "domain-not-covered"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 24, "处罚决定日期", "date-before-scope"),
        ("market-supervision/repair/2025-10-20/信用修复.csv", 6, "记录类别", "kind-not-permitted"),
        ("market-supervision/serious-dishonesty/2025-09-01/严重违法失信名单.xlsx", 5, "名单名称", "list-not-named"),
        ("market-supervision/subject/2025-07-01/主体登记信息.xlsx", 37, "行政区划代码", "division-unknown"),
        ("market-supervision/subject/2025-07-01/主体登记信息.xlsx", 38, "登记状态", "code-unknown"),
        ("transport/penalty/2025-07-08/处罚.csv", 11, "是否简易程序", "flag-unknown"),
    ];
    let outcomes = outcomes();
    let found: Vec<(&str, u64, &str, &str)> = outcomes
        .iter()
        .flat_map(|outcome| outcome.rejections.iter().map(|rejection| (outcome.key.as_str(), rejection)))
        .map(|(key, rejection)| (key, rejection.row, rejection.column.as_str(), rejection.code.code()))
        .collect();
    assert_eq!(found, expected);
    let codes: BTreeSet<&str> = found.iter().map(|(.., code)| *code).collect();
    assert_eq!(codes.len(), 18, "{codes:?}");
}

#[test]
fn the_counts_add_up() {
    let sum = outcomes().iter().fold(Counts::default(), |sum, outcome| Counts {
        rows: sum.rows + outcome.counts.rows,
        accepted: sum.accepted + outcome.counts.accepted,
        rejected: sum.rejected + outcome.counts.rejected,
        blank: sum.blank + outcome.counts.blank,
    });
    assert_eq!(sum, Counts { rows: 299, accepted: 277, rejected: 20, blank: 2 });
}

#[test]
fn one_file_is_refused_for_a_missing_column() {
    let refused: Vec<(String, String)> = sample_set()
        .unwrap()
        .iter()
        .filter_map(|file| taken(file).err().map(|refusal| (file.key.to_string(), refusal.to_string())))
        .collect();
    assert_eq!(
        refused,
        [("uploads/transport/coercion/2025-07-08/强制.csv".to_owned(), "缺少必填列：强制依据".to_owned())]
    );
}

#[test]
fn the_special_subjects_are_what_they_say() {
    let outcomes = outcomes();
    let entries = || outcomes.iter().flat_map(|outcome| &outcome.entries);
    let records_of = |id| {
        entries().filter_map(move |entry| match entry {
            Entry::Record(record) if record.subject.id == SubjectId::Organisation(id) => Some(record),
            _ => None,
        })
    };
    let repaired: BTreeSet<RecordId> = entries()
        .filter_map(|entry| match entry {
            Entry::Mark(mark) => Some(mark.id),
            _ => None,
        })
        .collect();

    let every = subject_with_every_kind().uscc;
    let kinds: BTreeSet<RecordKind> = records_of(every).map(|record| record.kind()).collect();
    assert_eq!(kinds.len(), RecordKind::ALL.len());
    let domains: BTreeSet<&str> = records_of(every).map(|record| record.domain.name()).collect();
    assert!(domains.len() >= 5, "{domains:?}");
    let count = |id| records_of(id).map(|record| record.id).collect::<BTreeSet<_>>().len();
    assert_eq!(count(every), 11);
    assert_eq!(records_of(every).filter(|record| repaired.contains(&record.id)).count(), 1);
    assert_eq!(count(subject_without_records().uscc), 0);

    let all: BTreeSet<RecordId> = entries()
        .filter_map(|entry| match entry {
            Entry::Record(record) => Some(record.id),
            _ => None,
        })
        .collect();
    assert_eq!((repaired.len(), repaired.is_subset(&all)), (5, true), "every repair has its record");

    let statuses: BTreeMap<_, _> = entries()
        .filter_map(|entry| match entry {
            Entry::Subject(profile) => Some((profile.uscc, profile.status.title())),
            _ => None,
        })
        .collect();
    let registered: BTreeSet<_> = subjects().iter().map(|subject| subject.uscc).collect();
    assert_eq!(statuses.keys().copied().collect::<BTreeSet<_>>(), registered, "all forty are registered, no one else");
    assert_eq!(statuses[&subject_moved_out().uscc], "迁出");
    assert_eq!(statuses.values().collect::<BTreeSet<_>>().len(), 4, "every status occurs");
}

#[test]
fn one_row_comes_twice_and_one_comes_corrected() {
    let outcomes = outcomes();
    let mut seen: BTreeMap<RecordId, Vec<&xinzheng_domain::Record<'_>>> = BTreeMap::new();
    for entry in outcomes.iter().flat_map(|outcome| &outcome.entries) {
        if let Entry::Record(record) = entry {
            seen.entry(record.id).or_default().push(record);
        }
    }
    let again: Vec<bool> =
        seen.values().filter(|records| records.len() > 1).map(|records| records[0] == records[1]).collect();
    assert_eq!(again.len(), 2);
    assert_eq!(again.iter().filter(|&&same| same).count(), 1, "one the same, one corrected");
}
