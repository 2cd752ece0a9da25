//! What is handed out is what intake takes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::ControlFlow;

use calamine::{Data, Reader, Xlsx};
use jiff::civil::date;
use rust_xlsxwriter::Workbook;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::record::effect::{EFFECTS_SHEET, ReceiptEffect};
use xinzheng_domain::record::table::ValueType;
use xinzheng_domain::{RecordKind, TableId, UnitCode, Uscc};
use xinzheng_forms::{MarkedTable, empty_table};
use xinzheng_intake::{
    Intake, Limits, Reading, ReceiptHeader, RejectedRow, Rejection, RejectionCode, RowOutcome, Sender,
};

const MARKET: &str = "market-supervision";

fn take_in(bytes: &[u8], table: TableId, unit: &str) -> (Reading, Vec<RejectedRow>, Vec<ReceiptHeader>) {
    let sender = Sender {
        unit: UnitCode::parse(unit).unwrap(),
        table,
        today: date(2025, 11, 3),
        person_key: PersonKey::new("test"),
        confirmed: xinzheng_intake::Confirmed::default(),
    };
    let intake = Intake::open(bytes, "表.xlsx", &sender, &Limits::default()).unwrap();
    let mut rejected = vec![];
    let reading = intake.read(&mut |outcome| {
        if let RowOutcome::Rejected(row) = outcome {
            rejected.push(row);
        }
        ControlFlow::Continue(())
    });
    let reading = reading.unwrap();
    let headers = reading.headers.clone();
    (reading, rejected, headers)
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
    let value = |column: &xinzheng_domain::record::table::Column| match column.value {
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
            xinzheng_domain::record::table::SharingStandard::get().codes(column.codes.as_deref().unwrap())[0].clone()
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
            let bytes = empty_table(table, given).unwrap();
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
        assert_eq!(empty_table(table, None).unwrap(), empty_table(table, None).unwrap(), "{table}");
    }
}

#[test]
fn an_empty_table_holds_its_drop_downs_and_formats() {
    let bytes = empty_table(TableId::Penalty, UnitCode::parse(MARKET)).unwrap();
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
    let marked = marked.finish(&[], 0).unwrap();
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
    let again = cells(&MarkedTable::new("行政处罚", &header).finish(&[], 0).unwrap());
    assert_eq!(again[0].len(), headers.len() + 2);
}

#[test]
fn a_marked_workbook_that_tells_of_other_rows_goes_in_as_it_is() {
    let row = ReceiptEffect {
        row: 7,
        sheet: None,
        document: "晋虚市监罚〔2024〕7号".to_owned(),
        effect: "conflict".to_owned(),
        title: "属其他单位".to_owned(),
        reason: "该记录由其他单位报送".to_owned(),
        hint: "请与该单位核对".to_owned(),
    };
    for table in [TableId::Penalty, TableId::AbnormalOperation, TableId::Repair, TableId::Manifest, TableId::Subject] {
        let unit = UnitCode::parse(MARKET).unwrap();
        let headers: Vec<String> = table.standard().columns.iter().map(|c| c.header.clone()).collect();
        let (_, rejected, header) =
            take_in(&written("表", &[headers, vec!["不全".to_owned()], filled(table, unit)]), table, MARKET);
        assert_eq!(rejected.len(), 1, "{table}");
        let mut marked = MarkedTable::new("表", &header);
        rejected.iter().for_each(|row| marked.push(row).unwrap());
        let marked = marked.finish(&vec![row.clone(); 40], 50).unwrap();
        let (reading, rejected, _) = take_in(&marked, table, MARKET);
        assert_eq!((reading.counts.rows, rejected.len()), (1, 1), "{table}: only the returned row is read");
        assert!(reading.notices.is_empty(), "{table}: {:?}", reading.notices);
    }
    // Another worksheet of that name is read, or given back, as any other.
    let headers: Vec<String> = TableId::Penalty.standard().columns.iter().map(|c| c.header.clone()).collect();
    let good = filled(TableId::Penalty, UnitCode::parse(MARKET).unwrap());
    let (reading, ..) = take_in(&written(EFFECTS_SHEET, &[headers, good]), TableId::Penalty, MARKET);
    assert_eq!(reading.counts.accepted, 1);
}

#[test]
fn hostile_cells_stay_text() {
    let long = "长".repeat(40_000);
    let hostile = ["=cmd|'/c calc'!A0", "+1", "-1", "@x", "<script>alert(1)</script>", "a\u{0}\u{b}b", &long];
    let cells_of_header = (1..=hostile.len()).map(|n| format!("列{n}")).collect();
    let header = [ReceiptHeader { sheet: None, row: 1, cells: cells_of_header }];
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
    marked.push(&RejectedRow { row: 2, sheet: None, header: 1, cells: cells_written, faults }).unwrap();
    let bytes = marked.finish(&[], 0).unwrap();
    let rows = cells(&bytes);
    assert_eq!(rows[1][..5], hostile[..5]);
    assert_eq!(rows[1][5], "ab");
    assert!(rows[1][6].ends_with("……") && rows[1][6].chars().count() <= 32_767);
    let mut archive = zip_of(&bytes);
    let mut sheet = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut sheet).unwrap();
    assert!(!sheet.contains("<f>"), "nothing is a formula");
}

/// A workbook of several sheets, each with its rows.
fn workbook_of(sheets: &[(&str, Vec<Vec<String>>)]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, rows) in sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (number, row) in (0..).zip(rows) {
            for (index, cell) in (0..).zip(row) {
                sheet.write_string(number, index, cell).unwrap();
            }
        }
    }
    workbook.save_to_buffer().unwrap()
}

#[test]
fn each_sheet_comes_back_under_its_own_header() {
    let unit = UnitCode::parse(MARKET).unwrap();
    let headers: Vec<String> = TableId::Penalty.standard().columns.iter().map(|c| c.header.clone()).collect();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let mut row = filled(TableId::Penalty, unit);
    row[column("处罚类别")] = "罚款、错".to_owned();
    row[column("罚款金额（万元）")] = "0.5".to_owned();
    row[column("处罚内容")] = "罚款5000元".to_owned();
    // The second sheet states its amounts in 元, and has its columns the other way round.
    let (mut other, mut yuan) = (row.clone(), headers.clone());
    other[column("罚款金额（万元）")] = "5000".to_owned();
    other[column("行政处罚决定书文号")] = "晋虚市监罚〔2025〕二号".to_owned();
    yuan[column("罚款金额（万元）")] = "罚款金额（元）".to_owned();
    other.reverse();
    yuan.reverse();
    let file = workbook_of(&[("一月", vec![headers.clone(), row]), ("二月", vec![yuan.clone(), other])]);
    let (reading, rejected, marked_headers) = take_in(&file, TableId::Penalty, MARKET);
    assert_eq!((reading.counts.accepted, rejected.len(), marked_headers.len()), (0, 2, 2));

    let mut marked = MarkedTable::new("行政处罚", &marked_headers);
    rejected.iter().for_each(|row| marked.push(row).unwrap());
    let mut workbook = Xlsx::new(Cursor::new(marked.finish(&[], 0).unwrap())).unwrap();
    assert_eq!(workbook.sheet_names(), ["一月", "二月"]);
    let mut mended = vec![];
    for (name, header) in [("一月", &headers), ("二月", &yuan)] {
        let range = workbook.worksheet_range(name).unwrap();
        let mut rows: Vec<Vec<String>> =
            range.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(&rows[0][..header.len()], header, "{name}");
        let category = header.iter().position(|header| header == "处罚类别").unwrap();
        assert_eq!(rows[1][category], "罚款、错");
        rows[1][category] = "罚款".to_owned();
        mended.push((name, rows));
    }
    let (reading, rejected, _) = take_in(&workbook_of(&mended), TableId::Penalty, MARKET);
    assert_eq!((reading.counts.accepted, reading.counts.rejected), (2, 0), "{rejected:#?}");
}

#[test]
fn what_stood_beyond_the_header_is_a_fault_until_it_is_moved() {
    let unit = UnitCode::parse(MARKET).unwrap();
    let headers: Vec<String> = TableId::Penalty.standard().columns.iter().map(|c| c.header.clone()).collect();
    let mut row = filled(TableId::Penalty, unit);
    row.push("还有一句".to_owned());
    let (_, rejected, marked_headers) =
        take_in(&written("行政处罚", &[headers.clone(), row]), TableId::Penalty, MARKET);
    let mut marked = MarkedTable::new("行政处罚", &marked_headers);
    rejected.iter().for_each(|row| marked.push(row).unwrap());
    let mut rows = cells(&marked.finish(&[], 0).unwrap());
    assert_eq!(rows[1].last().unwrap(), "还有一句");

    let (unmended, ..) = take_in(&written("行政处罚", &rows), TableId::Penalty, MARKET);
    assert_eq!((unmended.counts.rejected, unmended.faults.get("row-shape")), (1, Some(&1)));
    rows[1].pop();
    let (mended, rejected, _) = take_in(&written("行政处罚", &rows), TableId::Penalty, MARKET);
    assert_eq!(mended.counts.accepted, 1, "{rejected:#?}");
}

#[test]
fn numbers_and_dates_come_back_as_they_were_shown() {
    let unit = UnitCode::parse(MARKET).unwrap();
    let headers: Vec<String> = TableId::Penalty.standard().columns.iter().map(|c| c.header.clone()).collect();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    let mut row = filled(TableId::Penalty, unit);
    row[column("处罚类别")] = "罚款、错".to_owned();
    for later in ["处罚有效期", "公示截止期"] {
        row[column(later)] = "2028-07-01".to_owned();
    }
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (index, header) in (0..).zip(&headers) {
        sheet.write_string(0, index, header).unwrap();
    }
    for (index, cell) in (0..).zip(&row) {
        sheet.write_string(1, index, cell).unwrap();
    }
    let at = |name: &str| u16::try_from(column(name)).unwrap();
    let date_form = rust_xlsxwriter::Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
    sheet.write_number(1, at("罚款金额（万元）"), 0.1 + 0.2).unwrap();
    sheet.write_number_with_format(1, at("处罚决定日期"), 45839.0, &date_form).unwrap();
    sheet.write_number(1, at("工商注册号"), 140_403_000_012_345_f64).unwrap();
    let (_, rejected, marked_headers) = take_in(&workbook.save_to_buffer().unwrap(), TableId::Penalty, MARKET);
    let mut marked = MarkedTable::new("行政处罚", &marked_headers);
    rejected.iter().for_each(|row| marked.push(row).unwrap());
    let mut rows = cells(&marked.finish(&[], 0).unwrap());
    let shown = ["罚款金额（万元）", "处罚决定日期", "工商注册号"].map(|name| rows[1][column(name)].clone());
    assert_eq!(shown, ["0.3", "2025-07-01", "140403000012345"]);
    rows[1][column("处罚类别")] = "罚款".to_owned();
    let (reading, rejected, _) = take_in(&written("行政处罚", &rows), TableId::Penalty, MARKET);
    assert_eq!((reading.counts.accepted, reading.normalisations.len()), (1, 0), "{rejected:#?} {reading:#?}");
}
