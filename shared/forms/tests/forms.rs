//! What is handed out is what intake takes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::ControlFlow;

use calamine::{Data, Reader, Xlsx};
use jiff::civil::date;
use rust_xlsxwriter::Workbook;
use xinzheng_domain::subject::PersonKey;
use xinzheng_domain::table::ValueType;
use xinzheng_domain::{RecordKind, TableId, UnitCode, Uscc};
use xinzheng_forms::{MarkedTable, blank_table};
use xinzheng_intake::{Intake, Limits, Reading, RejectedRow, Rejection, RejectionCode, RowOutcome, Sender};

const MARKET: &str = "market-supervision";

fn take_in(bytes: &[u8], table: TableId, unit: &str) -> (Reading, Vec<RejectedRow>, Vec<String>) {
    let sender = Sender {
        unit: UnitCode::parse(unit).unwrap(),
        table,
        today: date(2025, 11, 3),
        person_key: PersonKey::new("test"),
    };
    let intake = Intake::open(bytes, "表.xlsx", &sender, &Limits::default()).unwrap();
    let header = intake.header().to_vec();
    let mut rejected = vec![];
    let reading = intake.read(&mut |outcome| {
        if let RowOutcome::Rejected(row) = outcome {
            rejected.push(row);
        }
        ControlFlow::Continue(())
    });
    (reading.unwrap(), rejected, header)
}

/// The cells of the first sheet.
fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut workbook = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    let range = workbook.worksheet_range_at(0).unwrap().unwrap();
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        other => panic!("every cell is text: {other:?}"),
    };
    range.rows().map(|row| row.iter().map(text).collect()).collect()
}

/// The cells written as a clerk would, into the same first sheet.
fn written(name: &str, rows: &[Vec<String>]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(name).unwrap();
    for (number, row) in (0..).zip(rows) {
        for (index, cell) in (0..).zip(row) {
            sheet.write_string(number, index, cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// A value for each column that intake accepts.
fn filled(table: TableId, unit: UnitCode) -> Vec<String> {
    let uscc = Uscc::compose("91140403", "MA0TE1T1").unwrap().to_string();
    let row = xinzheng_domain::Catalogue::get().unit(unit.row()).unwrap();
    let kind = match table {
        TableId::Removal => RecordKind::SeriousDishonesty,
        _ => row.kinds[0],
    };
    let value = |column: &xinzheng_domain::table::Column| match column.value {
        ValueType::Uscc => uscc.clone(),
        ValueType::IdNumber => String::new(),
        ValueType::Date if column.header.contains('止') => "2025-10-31".to_owned(),
        ValueType::Date if column.header.contains('起') => "2025-10-01".to_owned(),
        ValueType::Date => "2025-03-05".to_owned(),
        ValueType::Amount => "1.25".to_owned(),
        ValueType::Flag => "是".to_owned(),
        ValueType::Domain => row.domains[0].name().to_owned(),
        ValueType::Division => "140403".to_owned(),
        ValueType::Document => "晋虚〔2025〕1号".to_owned(),
        ValueType::List => row.lists.first().cloned().unwrap_or_default(),
        ValueType::Count => "2".to_owned(),
        ValueType::Documents => "晋虚〔2025〕1号、晋虚〔2025〕2号".to_owned(),
        ValueType::Code if column.field.name() == "kind" => kind.title().to_owned(),
        ValueType::Code if column.field.name() == "id_type" => String::new(),
        ValueType::Code | ValueType::Codes => {
            xinzheng_domain::table::SharingStandard::get().codes(column.codes.as_deref().unwrap())[0].clone()
        }
        ValueType::Text => "虚构的内容".to_owned(),
    };
    table.standard().columns.iter().map(value).collect()
}

#[test]
fn an_empty_table_filled_in_is_accepted() {
    for table in TableId::ALL {
        let unit = if table == TableId::Judgment { "intermediate-court" } else { MARKET };
        for given in [None, UnitCode::parse(unit)] {
            let bytes = blank_table(table, given).unwrap();
            let mut rows = cells(&bytes);
            let headers: Vec<&str> = table.standard().columns.iter().map(|column| column.header.as_str()).collect();
            assert_eq!(rows, [headers], "{table}: the standard's headers and nothing else");
            rows.push(filled(table, UnitCode::parse(unit).unwrap()));
            let (reading, rejected, _) = take_in(&written(&table.standard().title, &rows), table, unit);
            assert_eq!((reading.counts.accepted, reading.counts.rows), (1, 1), "{table}: {rejected:#?}");
            assert!(reading.unknown_columns.is_empty());
        }
    }
}

#[test]
fn the_same_table_has_the_same_bytes() {
    for table in TableId::ALL {
        assert_eq!(blank_table(table, None).unwrap(), blank_table(table, None).unwrap(), "{table}");
    }
}

#[test]
fn an_empty_table_holds_its_drop_downs_and_formats() {
    let bytes = blank_table(TableId::Penalty, UnitCode::parse(MARKET)).unwrap();
    let mut package = BTreeMap::new();
    let mut archive = zip_of(&bytes);
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut part, &mut text).unwrap();
        package.insert(part.name().unwrap().into_owned(), text);
    }
    let sheet = &package["xl/worksheets/sheet1.xml"];
    for part in [
        "<dataValidation type=\"list\"",
        "法人及非法人组织,个体工商户,自然人",
        "type=\"date\"",
        "type=\"decimal\"",
        "食品",
    ] {
        assert!(sheet.contains(part), "{part}");
    }
    assert!(package["xl/styles.xml"].contains("formatCode=\"@\""), "text format");
    assert!(package.keys().any(|name| name.starts_with("xl/comments")), "notes");
    assert!(package["xl/workbook.xml"].contains("填报说明"));
}

fn zip_of(bytes: &[u8]) -> zip::ZipArchive<Cursor<&[u8]>> {
    zip::ZipArchive::new(Cursor::new(bytes)).unwrap()
}

#[test]
fn rejected_rows_come_back_marked_and_go_in_mended() {
    let unit = UnitCode::parse(MARKET).unwrap();
    let headers: Vec<String> = TableId::Penalty.standard().columns.iter().map(|c| c.header.clone()).collect();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let good = filled(TableId::Penalty, unit);
    let with = |name: &str, value: &str| {
        let mut row = good.clone();
        row[column(name)] = value.to_owned();
        row
    };
    let rows =
        [headers.clone(), good.clone(), with("处罚决定日期", "去年"), with("处罚类别", "罚钱"), with("违法事实", "")];
    let (reading, rejected, header) = take_in(&written("行政处罚", &rows), TableId::Penalty, MARKET);
    assert_eq!((reading.counts.accepted, rejected.len()), (1, 3));

    let mut marked = MarkedTable::new("行政处罚", &header);
    rejected.iter().for_each(|row| marked.push(row).unwrap());
    let marked = marked.finish().unwrap();
    let mut rows = cells(&marked);
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0][..headers.len()], headers);
    assert_eq!(rows[0][headers.len()..], ["原行号", "错误说明"]);
    assert_eq!(rows[1][headers.len()], "行政处罚!3");
    assert!(
        rows[1][headers.len() + 1].contains("处罚决定日期：不是能够识别的日期（请写作 2025-07-01"),
        "{:?}",
        rows[1]
    );

    for (row, name) in [(1, "处罚决定日期"), (2, "处罚类别"), (3, "违法事实")] {
        rows[row][column(name)] = good[column(name)].clone();
    }
    let (reading, rejected, header) = take_in(&written("行政处罚", &rows), TableId::Penalty, MARKET);
    assert_eq!((reading.counts.accepted, reading.counts.rejected), (3, 0), "{rejected:#?}");
    assert!(reading.unknown_columns.is_empty(), "our own columns are not unknown");

    // Marked once more, it does not grow further columns.
    let again = cells(&MarkedTable::new("行政处罚", &header).finish().unwrap());
    assert_eq!(again[0].len(), headers.len() + 2);
}

#[test]
fn hostile_cells_stay_text() {
    let long = "长".repeat(40_000);
    let hostile = ["=cmd|'/c calc'!A0", "+1", "-1", "@x", "<script>alert(1)</script>", "a\u{0}\u{b}b", &long];
    let header: Vec<String> = (1..=hostile.len()).map(|n| format!("列{n}")).collect();
    let mut marked = MarkedTable::new("行政处罚[]:*?/\\'", &header);
    let fault = |cell| Rejection {
        row: 2,
        sheet: None,
        cell,
        column: "列1".to_owned(),
        value: String::new(),
        code: RejectionCode::ValueUnreadable,
        reason: "=1+1".to_owned(),
        hint: "改".to_owned(),
    };
    let faults = vec![fault(Some(0)), fault(None), fault(Some(99))];
    let cells_written = hostile.iter().map(|&cell| cell.to_owned()).collect();
    marked.push(&RejectedRow { row: 2, sheet: None, cells: cells_written, faults }).unwrap();
    let bytes = marked.finish().unwrap();
    let rows = cells(&bytes);
    assert_eq!(rows[1][..5], hostile[..5]);
    assert_eq!(rows[1][5], "ab");
    assert!(rows[1][6].ends_with("……") && rows[1][6].chars().count() <= 32_767);
    let mut archive = zip_of(&bytes);
    let mut sheet = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut sheet).unwrap();
    assert!(!sheet.contains("<f>"), "nothing is a formula");
}
