//! What intake says to the sample: every fault that was put in on purpose is found, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what these functions unwrap is a test's own material"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::LazyLock;

use jiff::Span;
use jiff::civil::{Date, date};
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::record::publicity::{self, Severity};
use xinzheng_domain::{
    ChunkLine, DocumentNumber, Entry, Record, RecordId, RecordKind, SubjectId, UnitCode, UploadKey, WorkCalendar,
    reconciliation, timeliness,
};
use xinzheng_intake::{Counts, FileRefusal, Intake, Limits, OpenError, Rejection, RowOutcome, Sender};
use xinzheng_sample::{
    REFERENCE_DAY, SampleFile, SampleSet, sample_set, subject_moved_out, subject_with_every_kind,
    subject_without_records, subjects,
};

/// Days on which somebody may start for the first time: the ends of years, months and the known calendar, and a leap day.
const DAYS: [Date; 8] = [
    REFERENCE_DAY,
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 5, 31),
    date(2026, 10, 8),
    date(2026, 11, 29),
    date(2028, 2, 29),
    date(2031, 7, 6),
];

struct Outcome {
    /// As it is on the reference day, without the folder of all uploads.
    key: String,
    counts: Counts,
    entries: Vec<Entry<'static>>,
    rejections: Vec<Rejection>,
}

/// A key as it is on the reference day.
fn at_reference(key: &UploadKey, day: Date) -> String {
    let days = day.until(REFERENCE_DAY).unwrap().get_days();
    let key = UploadKey { date: key.date.saturating_add(Span::new().days(days)), ..key.clone() };
    key.to_string().strip_prefix("uploads/").unwrap().to_owned()
}

fn taken(file: &SampleFile, day: Date) -> Result<Outcome, FileRefusal> {
    let sender = Sender {
        unit: file.key.unit,
        table: file.key.table,
        today: day,
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
    Ok(Outcome { key: at_reference(&file.key, day), counts: reading.counts, entries, rejections })
}

/// What is sent on a day, and what intake says to it.
struct Sent {
    day: Date,
    set: SampleSet,
    outcomes: Vec<Outcome>,
    /// Files that are refused as a whole, and why.
    refused: Vec<(String, String)>,
}

static SENT: LazyLock<Vec<Sent>> = LazyLock::new(|| {
    let sent = |day| {
        let set = sample_set(day).unwrap();
        let (mut outcomes, mut refused) = (vec![], vec![]);
        for file in &set.files {
            match taken(file, day) {
                Ok(outcome) => outcomes.push(outcome),
                Err(refusal) => refused.push((at_reference(&file.key, day), refusal.to_string())),
            }
        }
        Sent { day, set, outcomes, refused }
    };
    DAYS.into_iter().map(sent).collect()
});

/// The records that are held when all is taken in, each once.
fn held(outcomes: &[Outcome]) -> Vec<&Record<'static>> {
    let mut held = BTreeMap::new();
    for entry in outcomes.iter().flat_map(|outcome| &outcome.entries) {
        if let Entry::Record(record) = entry {
            held.insert(record.id, record);
        }
    }
    held.into_values().collect()
}

#[test]
fn every_fault_on_purpose_is_rejected_and_nothing_else() {
    let expected = [
        ("ecology-environment/penalty/2025-08-01/行政处罚.csv", 6, "14.*处罚决定日期", "date-unreadable"),
        ("ecology-environment/penalty/2025-08-01/行政处罚.csv", 12, "11.罚款金额（万元）", "amount-invalid"),
        ("emergency-management/penalty/2025-06-20/安全生产处罚.xlsx", 9, "涉及领域", "domain-unknown"),
        ("emergency-management/penalty/2025-11-03/安全生产处罚.xlsx", 4, "是否简易程序", "flag-unknown"),
        ("intermediate-court/judgment/2025-09-10/刑事裁判.xlsx", 5, "证件号码", "digits-destroyed"),
        ("intermediate-court/judgment/2025-09-10/刑事裁判.xlsx", 9, "证件号码", "id-number-invalid"),
        ("intermediate-court/serious-dishonesty/2025-09-10/失信被执行人名单.csv", 10, "11.*列入日期", "date-in-future"),
        ("market-supervision-140403/penalty/2025-08-05/潞州区 处罚.xlsx", 6, "主体名称", "value-too-long"),
        ("market-supervision-140403/penalty/2025-08-05/潞州区 处罚.xlsx", 11, "处罚种类", "code-unknown"),
        ("market-supervision/abnormal-operation/2025-09-01/经营异常名录.csv", 7, "移出日期", "date-order"),
        ("market-supervision/abnormal-operation/2025-09-01/经营异常名录.csv", 14, "列入决定书文号", "document-invalid"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 8, "统一社会信用代码", "uscc-invalid"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 13, "统一社会信用代码", "uscc-invalid"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 16, "罚款金额（万元）", "value-missing"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 20, "涉及领域", "domain-not-covered"),
        ("market-supervision/penalty/2025-07-01/行政处罚.csv", 24, "处罚决定日期", "date-before-scope"),
        ("market-supervision/penalty/2025-11-03/行政处罚.csv", 6, "统一社会信用代码", "uscc-invalid"),
        ("market-supervision/repair/2025-10-20/信用修复.csv", 6, "记录类别", "kind-not-permitted"),
        ("market-supervision/serious-dishonesty/2025-09-01/严重违法失信名单.xlsx", 5, "名单名称", "list-not-named"),
        ("market-supervision/subject/2025-07-01/主体登记信息.xlsx", 37, "行政区划代码", "division-unknown"),
        ("market-supervision/subject/2025-07-01/主体登记信息.xlsx", 38, "登记状态", "code-unknown"),
        ("transport/penalty/2025-07-08/处罚.csv", 11, "是否简易程序", "flag-unknown"),
    ];
    for Sent { day, outcomes, .. } in &*SENT {
        let mut found: Vec<(&str, u64, &str, &str)> = outcomes
            .iter()
            .flat_map(|outcome| outcome.rejections.iter().map(|rejection| (outcome.key.as_str(), rejection)))
            .map(|(key, rejection)| (key, rejection.row, rejection.column.as_str(), rejection.code.code()))
            .collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{day}");
        let codes: BTreeSet<&str> = found.iter().map(|(.., code)| *code).collect();
        assert_eq!(codes.len(), 18, "{codes:?}");
    }
}

#[test]
fn the_counts_add_up() {
    for Sent { day, outcomes, .. } in &*SENT {
        let sum = outcomes.iter().fold(Counts::default(), |sum, outcome| Counts {
            rows: sum.rows + outcome.counts.rows,
            accepted: sum.accepted + outcome.counts.accepted,
            rejected: sum.rejected + outcome.counts.rejected,
            blank: sum.blank + outcome.counts.blank,
        });
        assert_eq!(sum, Counts { rows: 337, accepted: 312, rejected: 22, blank: 3 }, "{day}");
    }
}

#[test]
fn one_file_is_refused_for_a_missing_column() {
    for Sent { day, refused, .. } in &*SENT {
        let expected = [("transport/coercion/2025-07-08/强制.csv".to_owned(), "缺少必填列：强制依据".to_owned())];
        assert_eq!(refused[..], expected, "{day}");
    }
}

#[test]
fn some_units_are_in_time_some_are_late() {
    for Sent { day, outcomes, .. } in &*SENT {
        let year_ago = day.saturating_sub(Span::new().months(11)).first_of_month();
        let mut in_time: BTreeMap<UnitCode, (usize, usize)> = BTreeMap::new();
        for record in held(outcomes).into_iter().filter(|record| record.decided >= year_ago) {
            let judged = timeliness::judge(record.decided, *day, WorkCalendar::state_council());
            let of_unit = in_time.entry(record.unit).or_default();
            if judged.late { of_unit.1 += 1 } else { of_unit.0 += 1 }
        }
        let of = |is: fn(usize, usize) -> bool| -> Vec<String> {
            in_time.iter().filter(|(_, (good, late))| is(*good, *late)).map(|(unit, _)| unit.to_string()).collect()
        };
        let has = |units: Vec<String>, unit: &str| units.iter().any(|known| known == unit);
        for unit in ["agriculture", "civil-affairs", "culture-tourism", "public-security"] {
            assert!(has(of(|_, late| late == 0), unit), "{day}: {unit} is late: {in_time:?}");
        }
        for unit in ["market-supervision", "market-supervision-140403"] {
            assert!(has(of(|good, late| good > 0 && late > 0), unit), "{day}: {unit} is not both: {in_time:?}");
        }
        assert!(of(|good, _| good == 0).len() >= 3, "{day}: nobody is late: {in_time:?}");
    }
}

#[test]
fn manifests_balance_but_for_what_came_back() {
    for Sent { day, outcomes, set, .. } in &*SENT {
        let held = held(outcomes);
        let mut open = vec![];
        for manifest in &set.manifests {
            let forms =
                xinzheng_domain::Catalogue::get().unit(manifest.unit.row()).unwrap().kinds.contains(&manifest.kind);
            assert_eq!(reconciliation::check(manifest, forms, *day), Ok(()), "{day}");
            let documents: Vec<DocumentNumber<'_>> = held
                .iter()
                .filter(|record| record.unit == manifest.unit && record.kind() == manifest.kind)
                .filter(|record| (manifest.from..=manifest.to).contains(&record.decided))
                .map(|record| record.document.clone())
                .collect();
            let found = reconciliation::compare(manifest, &documents);
            if !found.is_balanced() {
                open.push((manifest.unit.to_string(), found.missing.len(), found.unknown.len()));
            }
        }
        let expected = [("market-supervision".to_owned(), 1, 0), ("emergency-management".to_owned(), 1, 0)];
        assert_eq!(open, expected, "{day}");
    }
}

#[test]
fn one_penalty_can_be_repaired_from_the_day_on() {
    for Sent { day, outcomes, .. } in &*SENT {
        let every = SubjectId::Organisation(subject_with_every_kind().uscc);
        let of_ecology =
            |record: &&Record<'_>| record.subject.id == every && record.unit.to_string() == "ecology-environment";
        let record = held(outcomes).into_iter().find(of_ecology).unwrap();
        let public = publicity::of(record, None, *day);
        assert_eq!(public.severity, Severity::General, "{day}");
        let days = public.earliest.until(*day).unwrap().get_days();
        // The 31st of May has no day three months before it.
        assert!((0..=3).contains(&days), "{day}: {}", public.earliest);
    }
}

#[test]
fn the_special_subjects_are_what_they_say() {
    SENT.iter().for_each(special_subjects);
}

fn special_subjects(Sent { outcomes, .. }: &Sent) {
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
    assert_eq!(repaired.len(), 6);
    assert_eq!(repaired.difference(&all).count(), 1, "one repair waits for its record");

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
    SENT.iter().for_each(twice_and_corrected);
}

fn twice_and_corrected(Sent { outcomes, .. }: &Sent) {
    let mut seen: BTreeMap<RecordId, Vec<&Record<'_>>> = BTreeMap::new();
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
