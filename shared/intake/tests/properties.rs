//! What holds of every file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod taken_in;

use std::ops::ControlFlow;

use proptest::prelude::*;
use taken_in::{TakenRow, collect, sender, take_in, take_in_within};
use xinzheng_domain::record::table::{Column, Requirement, SharingStandard, ValueType};
use xinzheng_domain::{Catalogue, CitizenId, Division, RecordKind, TableId, UnitCode, Uscc};
use xinzheng_intake::{Intake, Limits, OpenError, RowOutcome};

/// A unit that may send the table.
fn unit(table: TableId) -> &'static str {
    match table {
        TableId::Judgment => "intermediate-court",
        _ => "market-supervision",
    }
}

fn uscc() -> impl Strategy<Value = String> {
    "[0-9A-HJ-NPQRTUWXY]{8}".prop_map(|body| Uscc::compose("91140403", &body).unwrap().to_string())
}

fn text(most: usize) -> impl Strategy<Value = String> {
    // Everything that text may hold: quotes, delimiters, line breaks, rare characters; not blank at its ends.
    let inner = prop_oneof![
        Just("，".to_owned()),
        Just("\"".to_owned()),
        Just(",".to_owned()),
        Just("\n".to_owned()),
        Just("𬭎".to_owned()),
        "[一-龥A-Za-z0-9（）《》·]{1,6}",
    ];
    prop::collection::vec(inner, 0..4).prop_map(move |parts| {
        let text = format!("字{}尾", parts.concat());
        if text.chars().count() > most { "字".to_owned() } else { text }
    })
}

fn date(from: i16) -> impl Strategy<Value = String> {
    (from..=2024_i16, 1..=12_i8, 1..=28_i8).prop_map(|(year, month, day)| format!("{year}-{month:02}-{day:02}"))
}

/// A value that the column takes; blank where the row is about an organisation.
fn value(table: TableId, column: &'static Column) -> BoxedStrategy<String> {
    let row = Catalogue::get().unit(UnitCode::parse(unit(table)).unwrap().row()).unwrap();
    let codes = || SharingStandard::get().codes(column.codes.as_deref().unwrap()).to_vec();
    let name = column.field.name();
    let filled = match column.value {
        ValueType::Uscc => uscc().boxed(),
        ValueType::IdNumber => Just(String::new()).boxed(),
        // Later than any decision, so that the order of dates is right.
        ValueType::Date if matches!(name, "decided" | "period_from") => date(2023).boxed(),
        ValueType::Date => Just("2025-10-31".to_owned()).boxed(),
        ValueType::Amount => (0..1_000_000_u32, 0..=999_999_u32).prop_map(|(a, b)| format!("{a}.{b:06}")).boxed(),
        ValueType::Flag => prop::sample::select(vec!["是", "否"]).prop_map(str::to_owned).boxed(),
        ValueType::Domain => {
            prop::sample::select(row.domains.clone()).prop_map(|domain| domain.name().to_owned()).boxed()
        }
        ValueType::Division => {
            prop::sample::select(Division::all().collect::<Vec<_>>()).prop_map(|d| d.code().to_owned()).boxed()
        }
        ValueType::Document => "晋虚罚〔20[12][0-9]〕[1-9][0-9]{0,4}号".boxed(),
        ValueType::List => prop::sample::select(row.lists.clone()).boxed(),
        ValueType::Count => Just("2".to_owned()).boxed(),
        ValueType::Documents => Just("晋虚〔2024〕1号、晋虚〔2024〕2号".to_owned()).boxed(),
        ValueType::Codes => prop::sample::subsequence(codes(), 1..=codes().len()).prop_map(|c| c.join("、")).boxed(),
        ValueType::Code if name == "kind" => {
            let kinds: Vec<RecordKind> = if table == TableId::Removal {
                vec![RecordKind::SeriousDishonesty, RecordKind::AbnormalOperation]
            } else {
                row.kinds.clone()
            };
            prop::sample::select(kinds).prop_map(|kind| kind.title().to_owned()).boxed()
        }
        ValueType::Code if name == "subject_type" => {
            prop::sample::select(vec!["法人及非法人组织", "个体工商户"]).prop_map(str::to_owned).boxed()
        }
        ValueType::Code if name == "id_type" => Just(String::new()).boxed(),
        ValueType::Code => prop::sample::select(codes()).boxed(),
        ValueType::Text => text(column.max).boxed(),
    };
    if column.required == Requirement::Optional && column.value != ValueType::List {
        prop_oneof![filled, Just(String::new())].boxed()
    } else {
        filled
    }
}

fn rows(table: TableId) -> impl Strategy<Value = Vec<Vec<String>>> {
    let row: Vec<_> = table.standard().columns.iter().map(|column| value(table, column)).collect();
    prop::collection::vec(row, 1..6)
}

fn any_table() -> impl Strategy<Value = (TableId, Vec<Vec<String>>)> {
    prop::sample::select(TableId::ALL.to_vec()).prop_flat_map(|table| (Just(table), rows(table)))
}

fn written(table: TableId, rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(vec![]);
    writer.write_record(table.standard().columns.iter().map(|column| &column.header)).unwrap();
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    writer.into_inner().unwrap()
}

fn objects(table: TableId, rows: &[Vec<String>], separator: &str) -> String {
    let object = |row: &Vec<String>| {
        let pairs = table.standard().columns.iter().zip(row).filter(|(_, value)| !value.is_empty());
        let map: serde_json::Map<_, _> =
            pairs.map(|(column, value)| (column.header.clone(), value.clone().into())).collect();
        serde_json::to_string(&map).unwrap()
    };
    rows.iter().map(object).collect::<Vec<_>>().join(separator)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// What is rendered into a table reads back as the same records, in every format, and every row is accounted for.
    #[test]
    fn rendered_rows_read_back((table, rows) in any_table()) {
        let csv = take_in(&written(table, &rows), "a.csv", unit(table), table).unwrap();
        prop_assert!(csv.rejected().is_empty(), "{:#?}", csv.rejected());
        prop_assert_eq!(csv.reading.counts.accepted, rows.len() as u64);
        let gb = encoding_rs::GB18030.encode(std::str::from_utf8(&written(table, &rows)).unwrap()).0.into_owned();
        let gb = take_in(&gb, "a.csv", unit(table), table).unwrap();
        prop_assert_eq!(gb.entries(), csv.entries());
        // A record written once more, from what was read: the same record.
        for (entry, again) in csv.entries().iter().zip(take_in(&written(table, &rows), "b.csv", unit(table), table).unwrap().entries()) {
            prop_assert_eq!(serde_json::to_string(entry).unwrap(), serde_json::to_string(again).unwrap());
        }
        // Keys that no object has are missing columns: the first row has them all or JSON is not compared.
        let json = format!("[{}]", objects(table, &rows, ","));
        if let Ok(json) = take_in(json.as_bytes(), "a.json", unit(table), table) {
            prop_assert_eq!(json.entries(), csv.entries());
            let lines = take_in(objects(table, &rows, "\n").as_bytes(), "a.jsonl", unit(table), table).unwrap();
            prop_assert_eq!(lines.entries(), csv.entries());
        }
    }

    /// Where a text is parted does not matter.
    #[test]
    fn parts_read_like_the_whole(
        rows in rows(TableId::Subject),
        bytes in 1_u64..600,
        broken in any::<bool>(),
        again in any::<bool>(),
    ) {
        let mut file = written(TableId::Subject, &rows);
        if again {
            // A second table below, its columns the other way round.
            let mut reversed = csv::Writer::from_writer(vec![]);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(file.as_slice());
            for record in reader.records() {
                reversed.write_record(record.unwrap().iter().rev()).unwrap();
            }
            file.extend(reversed.into_inner().unwrap());
        }
        if broken {
            file.extend_from_slice("\"从不闭合,x\n一行\n".as_bytes());
        }
        let whole = take_in(&file, "a.csv", unit(TableId::Subject), TableId::Subject).unwrap();
        let sender = sender(unit(TableId::Subject), TableId::Subject);
        let open = || Intake::open(file.as_slice(), "a.csv", &sender, &Limits::default()).unwrap();
        let (layout, parts) = open().parts(bytes).unwrap().unwrap();
        let mut outcomes = vec![];
        let mut place = parts.first().map_or(file.len() as u64, |part| part.start);
        for part in parts {
            prop_assert_eq!(part.start, place, "no byte is left out");
            place = part.end;
            let source = &file[usize::try_from(part.start).unwrap()..usize::try_from(part.end).unwrap()];
            let intake = Intake::resume(source, layout.clone(), part, &sender, &Limits::default());
            outcomes.extend(collect(intake).unwrap().outcomes);
        }
        prop_assert_eq!(place, file.len() as u64);
        prop_assert_eq!(outcomes, whole.outcomes);
    }

    /// Cells are cut as the crate csv cuts them, when every quote is closed.
    #[test]
    fn rows_are_cut_as_rfc_4180_says(cells in prop::collection::vec(prop::collection::vec(text(100), 9), 1..5)) {
        let mut writer = csv::Writer::from_writer(vec![]);
        writer.write_record(TableId::Subject.standard().columns.iter().map(|column| &column.header)).unwrap();
        cells.iter().for_each(|row| writer.write_record(row).unwrap());
        let file = writer.into_inner().unwrap();
        let taken = take_in(&file, "a.csv", unit(TableId::Subject), TableId::Subject).unwrap();
        // None of these rows is valid, so that each comes back as it was cut.
        let cut: Vec<Vec<String>> = taken.rejected().iter().map(|row| row.cells.clone()).collect();
        let trimmed = |row: &Vec<String>| {
            let filled = row.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
            row[..filled].to_vec()
        };
        prop_assert_eq!(cut, cells.iter().map(trimmed).collect::<Vec<_>>());
    }

    /// Whatever bytes come: no panic, and each row is accounted for exactly once.
    #[test]
    fn no_bytes_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        file in prop::sample::select(vec!["a.csv", "a.tsv", "a.xlsx", "a.xls", "a.json", "a.jsonl", "a"]),
        with_header in any::<bool>(),
        table in prop::sample::select(TableId::ALL.to_vec()),
    ) {
        let header = written(table, &[]);
        let begin: &[u8] = match (file, with_header) {
            (_, false) => b"",
            ("a.xlsx", _) => b"PK\x03\x04",
            ("a.xls", _) => b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            ("a.json", _) => b"[{",
            _ => &header,
        };
        let limits = Limits { row_bytes: 100, held_bytes: 350, ..Limits::default() };
        if let Ok(taken) = take_in_within(&[begin, &bytes].concat(), file, unit(table), table, &limits) {
            let counts = taken.reading.counts;
            prop_assert_eq!(counts.accepted + counts.rejected + counts.blank, counts.rows);
            let of = |wanted: fn(&TakenRow) -> bool| taken.outcomes.iter().filter(|o| wanted(o)).count() as u64;
            prop_assert_eq!(of(|o| matches!(o, TakenRow::Accepted(_))), counts.accepted);
            prop_assert_eq!(of(|o| matches!(o, TakenRow::Rejected(_))), counts.rejected);
        }
    }
}

#[test]
fn a_reader_that_fails_is_told_and_a_sink_that_breaks_ends_the_reading() {
    struct Failing;
    impl std::io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the line is dead"))
        }
    }
    let sender = sender("market-supervision", TableId::Subject);
    let opened = Intake::open(Failing, "a.csv", &sender, &Limits::default());
    assert!(matches!(opened, Err(OpenError::Source(_))));
    let file = written(TableId::Subject, &vec![vec!["x".to_owned(); 9]; 10]);
    let mut seen = 0;
    let intake = Intake::open(file.as_slice(), "a.csv", &sender, &Limits::default()).unwrap();
    let reading = intake.read(&mut |outcome| {
        assert!(matches!(outcome, RowOutcome::Rejected(_)));
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((seen, reading.unwrap().counts.rows), (3, 3));
}

#[test]
fn identity_numbers_of_people_survive_no_where_but_in_the_rejected_row() {
    let number = "11010519491231002X";
    assert!(CitizenId::parse(number).is_ok());
    let header = "行政相对人名称,行政相对人类别,证件类型,证件号码,案号,罪名,裁判文书类型,裁判结果,判决日期,生效日期,审理法院,审理法院统一社会信用代码";
    let court = Uscc::compose("11140400", "MA0TE1T1").unwrap();
    let row = |date: &str| {
        format!("虚构人,自然人,身份证,{number},（2024）晋虚刑1号,虚构罪,判决书,有罪,{date},2024-05-06,虚构法院,{court}")
    };
    let file = format!("{header}\n{}\n{}\n", row("2024-04-01"), row("昨天"));
    let taken = take_in(file.as_bytes(), "a.csv", "intermediate-court", TableId::Judgment).unwrap();
    let accepted = format!("{:?}{}", taken.entries(), serde_json::to_string(&taken.entries()).unwrap());
    assert!(!accepted.contains(number) && accepted.contains("1101"), "{accepted}");
    let rejected = taken.rejected()[0];
    assert!(rejected.cells.iter().any(|cell| cell == number), "the clerk mends the row that was sent");
    assert!(!format!("{:?}", rejected.faults).contains(number));
}
