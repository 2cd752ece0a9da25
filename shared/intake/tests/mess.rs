//! The mess that real files bring, case by case: what becomes of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod taken_in;

use std::io::Write;

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use taken_in::{TakenIn, take_in, take_in_within};
use xinzheng_domain::{Entry, TableId};
use xinzheng_intake::{Limits, TextEncoding};

const MARKET: &str = "market-supervision";
const USCC: &str = "91140403MA0TE1T15Q";
const HEADER: [&str; 8] =
    ["名称", "统一社会信用代码", "主体类型", "法定代表人", "登记机关", "行政区划代码", "成立日期", "登记状态"];
const ROW: [&str; 8] = ["长治市虚构商贸有限公司", USCC, "企业", "甲某", "长治市虚构局", "140403", "2020-05-06", "存续"];

fn csv(rows: &[&[&str]]) -> String {
    rows.iter().map(|row| row.join(",") + "\n").collect()
}

fn register(bytes: &[u8], file: &str) -> TakenIn {
    take_in(bytes, file, MARKET, TableId::Subject).unwrap_or_else(|refusal| panic!("{file}: {refusal}"))
}

fn refused(bytes: &[u8], file: &str) -> &'static str {
    take_in(bytes, file, MARKET, TableId::Subject).map_or_else(|refusal| refusal.code(), |taken| panic!("{taken:?}"))
}

/// The row as it reads when nothing is wrong with it.
fn plain() -> Entry<'static> {
    register(csv(&[&HEADER, &ROW]).as_bytes(), "表.csv").entries()[0].clone()
}

fn sheet(name: &str, rows: &[&[&str]]) -> Worksheet {
    let mut sheet = Worksheet::new();
    sheet.set_name(name).unwrap();
    for (number, row) in (0..).zip(rows) {
        for (index, cell) in (0..).zip(row.iter()) {
            sheet.write_string(number, index, *cell).unwrap();
        }
    }
    sheet
}

fn xlsx(sheets: Vec<Worksheet>) -> Vec<u8> {
    let mut workbook = Workbook::new();
    sheets.into_iter().for_each(|sheet| {
        workbook.push_worksheet(sheet);
    });
    workbook.save_to_buffer().unwrap()
}

#[test]
fn every_encoding_and_text_format_reads_the_same() {
    let text = csv(&[&HEADER, &ROW]);
    let utf16 = |mark: [u8; 2], unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(unit)).collect()
    };
    let gb = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    let object = {
        let fields: Vec<String> =
            HEADER.iter().zip(ROW).map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        format!("{{{}}}", fields.join(","))
    };
    for (bytes, file, encoding) in [
        (text.clone().into_bytes(), "a.csv", TextEncoding::Utf8),
        ([b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat(), "a.csv", TextEncoding::Utf8),
        (gb(&text), "a.csv", TextEncoding::Gb18030),
        (utf16([0xff, 0xfe], u16::to_le_bytes), "a.csv", TextEncoding::Utf16),
        (utf16([0xfe, 0xff], u16::to_be_bytes), "a.txt", TextEncoding::Utf16),
        (text.replace(',', "\t").into_bytes(), "a.tsv", TextEncoding::Utf8),
        (text.replace(',', ";").into_bytes(), "a.csv", TextEncoding::Utf8),
        (text.replace('\n', "\r\n").into_bytes(), "a.csv", TextEncoding::Utf8),
        (format!("[{object}]").into_bytes(), "a.json", TextEncoding::Utf8),
        (gb(&format!("[{object}]")), "a.json", TextEncoding::Gb18030),
        (format!("{{\"total\":1,\"data\":[{object}]}}").into_bytes(), "a.json", TextEncoding::Utf8),
        (format!("{object}\n").into_bytes(), "a.jsonl", TextEncoding::Utf8),
        (gb(&format!("{object}\r\n\r\n")), "a.jsonl", TextEncoding::Gb18030),
    ] {
        let taken = register(&bytes, file);
        assert_eq!(taken.entries(), [&plain()], "{file} {encoding:?}");
        assert_eq!(taken.reading.encoding, Some(encoding), "{file}");
    }
}

#[test]
fn workbooks_read_like_text() {
    let taken = register(&xlsx(vec![sheet("主体", &[&HEADER, &ROW])]), "a.xlsx");
    assert_eq!(taken.entries(), [&plain()]);
    let old = register(include_bytes!("fixtures/register.xls"), "a.xls");
    let Entry::Subject(profile) = old.entries()[0] else { panic!("{old:?}") };
    assert_eq!((profile.name.as_ref(), profile.uscc.as_str()), (ROW[0], USCC));
    assert_eq!(profile.established.to_string(), "2020-05-06", "a date cell");
    assert_eq!(old.reading.header_row, Some(2), "below the title");
}

#[test]
fn what_is_around_the_table_is_passed_over_and_counted() {
    let title: &[&str] = &["长治市主体登记信息报送表"];
    let note: &[&str] = &["填报人：甲某", "", "填报日期：2025-07-01"];
    let blank: &[&str] = &["", "", "", "", "", "", "", ""];
    let text = csv(&[title, &[], &HEADER, &ROW, blank, &[" ", "\u{3000}"], note]);
    let taken = register(text.as_bytes(), "a.csv");
    let counts = taken.reading.counts;
    assert_eq!((counts.rows, counts.accepted, counts.rejected, counts.blank), (4, 1, 0, 3));
    assert_eq!(taken.reading.header_row, Some(3));

    let mut merged = sheet("主体", &[&[], &HEADER, &ROW]);
    merged.merge_range(0, 0, 0, 7, "报送表", &Format::new()).unwrap();
    merged.write_string(9, 0, "填报人：甲某").unwrap();
    let taken = register(&xlsx(vec![merged]), "a.xlsx");
    let counts = taken.reading.counts;
    assert_eq!((counts.rows, counts.accepted, counts.blank), (8, 1, 7), "rows that are not in the file count too");
}

#[test]
fn blank_and_unknown_columns_are_listed_and_left_out() {
    let header: Vec<&str> = ["序号", ""].into_iter().chain(HEADER).chain(["", "内部编号"]).collect();
    let row: Vec<&str> = ["1", ""].into_iter().chain(ROW).chain(["", "x"]).collect();
    let taken = register(csv(&[&header, &row]).as_bytes(), "a.csv");
    assert_eq!(taken.entries(), [&plain()]);
    assert_eq!(taken.reading.unknown_columns, ["序号", "内部编号"]);
}

#[test]
fn headers_may_be_decorated() {
    let decorated = [
        "*名称",
        "2. 统一社会信用代码",
        "主体类型（必填）",
        "法定代表人 ",
        "登记\n机关",
        "行政区划代码：",
        "★成立日期",
        "（必填）登记状态",
    ];
    let quoted: Vec<String> = decorated.iter().map(|cell| format!("\"{cell}\"")).collect();
    let text = format!("{}\n{}\n", quoted.join(","), ROW.join(","));
    assert_eq!(register(text.as_bytes(), "a.csv").entries(), [&plain()]);
}

#[test]
fn several_sheets_are_all_read_and_hidden_ones_are_named() {
    let mut hidden = sheet("旧数据", &[&HEADER, &ROW]);
    hidden.set_hidden(true);
    let mut other = ROW;
    other[6] = "昨天";
    let sheets = vec![
        sheet("说明", &[&["请按要求填写"]]),
        sheet("一月", &[&HEADER, &ROW]),
        sheet("空", &[]),
        hidden,
        sheet("二月", &[&["报送表"], &HEADER, &ROW, &other]),
    ];
    let taken = register(&xlsx(sheets), "a.xlsx");
    assert_eq!(taken.reading.sheets, ["一月", "二月"]);
    let unread: Vec<String> = taken.reading.notices.iter().map(xinzheng_intake::Notice::text).collect();
    assert_eq!(unread, ["工作表“说明”没有该数据表的表头，没有读取", "工作表“旧数据”是隐藏的，没有读取"]);
    assert_eq!(taken.entries(), [&plain(), &plain()]);
    let rejected = taken.rejected();
    assert_eq!((rejected[0].sheet.as_deref(), rejected[0].row), (Some("二月"), 4));
    assert_eq!(rejected[0].faults[0].place(), "二月!4");
    // A second table whose header is incomplete would be lost in silence.
    let incomplete = xlsx(vec![sheet("一月", &[&HEADER, &ROW]), sheet("二月", &[&HEADER[..4], &ROW[..4]])]);
    assert_eq!(refused(&incomplete, "a.xlsx"), "columns-missing");
}

#[test]
fn spreadsheet_values_are_read_by_their_column() {
    let mut cells = sheet("主体", &[&HEADER, &ROW, &ROW, &ROW]);
    let date = Format::new().set_num_format("yyyy/m/d");
    cells.write_datetime_with_format(1, 6, ExcelDateTime::from_ymd(2020, 5, 6).unwrap(), &date).unwrap();
    cells.write_number(1, 5, 140_403.0).unwrap();
    cells.write_number(2, 6, 43_957.0).unwrap();
    cells
        .write_formula(3, 0, Formula::new("=\"长治市虚构\"&\"商贸有限公司\"").set_result("长治市虚构商贸有限公司"))
        .unwrap();
    let taken = register(&xlsx(vec![cells]), "a.xlsx");
    assert_eq!(taken.entries(), [&plain(); 3], "{:?}", taken.rejected());

    let mut destroyed = sheet("主体", &[&HEADER, &ROW, &ROW]);
    destroyed.write_number(1, 1, 9.114_040_3e17).unwrap();
    destroyed.write_formula(2, 0, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    let taken = register(&xlsx(vec![destroyed]), "a.xlsx");
    let codes: Vec<&str> = taken.rejected().iter().map(|row| row.faults[0].code.code()).collect();
    assert_eq!(codes[0], "digits-destroyed");
    assert!(taken.rejected()[0].faults[0].hint.contains("文本"));
}

#[test]
fn cells_are_normalised_openly_or_rejected_with_their_code() {
    for (index, cell, expected) in [
        (0, " 长治市虚构商贸有限公司\u{200b}", "去除不可见字符"),
        (0, "\"长治市虚构商贸有限公司 \"", "去除空格"),
        (1, "91140403ma0te1t15q", "小写转大写"),
        (1, "9114 0403 MA0TE1T15Q", "去除空格"),
        (1, "９１１４０４０３ＭＡ０ＴＥ１Ｔ１５Ｑ", "全角转半角"),
        (1, "91140403MAOTE1T15Q", "uscc-invalid"),
        (1, "9114O4O3MAOTE1T15Q", "uscc-invalid"),
        (1, "1.40402E+17", "digits-destroyed"),
        (2, "公司", "code-unknown"),
        (5, "110101", "division-unknown"),
        (6, "2020/5/6", "统一日期格式"),
        (6, "20200506", "统一日期格式"),
        (6, "2020年5月6日", "统一日期格式"),
        (6, "2020.5.6", "统一日期格式"),
        (6, "43957", "电子表格日期序号转日期"),
        (6, "2020-05-06 10:00:00", "去除日期后的时间"),
        (6, "6/5/2020", "date-unreadable"),
        (6, "2020-02-30", "date-unreadable"),
        (7, "存续（在营、开业、在册）", "统一为标准用语"),
        (7, "歇业", "code-unknown"),
        (3, "甲\u{fffd}", "undecodable"),
        (3, "", "value-missing"),
    ] {
        let mut row = ROW;
        row[index] = cell;
        let taken = register(csv(&[&HEADER, &row]).as_bytes(), "a.csv");
        match taken.rejected().first() {
            Some(rejected) => {
                let fault = &rejected.faults[0];
                assert_eq!((fault.code.code(), fault.column.as_str()), (expected, HEADER[index]), "{cell}");
                assert_eq!(fault.cell, Some(index));
                assert!(!fault.hint.is_empty() && !fault.reason.is_empty());
            }
            None => {
                assert_eq!(taken.entries(), [&plain()], "{cell}");
                let notes = &taken.reading.normalisations;
                let noted: Vec<&str> = notes.iter().map(|note| note.normalisation.title()).collect();
                assert!(noted.contains(&expected), "{cell}: {noted:?}");
                assert!(notes.iter().all(|note| note.column == HEADER[index] && note.cells == 1));
            }
        }
    }
    // One confusable character is suggested, never corrected; two are not guessed at.
    let hint = |cell| {
        let mut row = ROW;
        row[1] = cell;
        register(csv(&[&HEADER, &row]).as_bytes(), "a.csv").rejected()[0].faults[0].hint.clone()
    };
    assert!(hint("91140403MAOTE1T15Q").contains(USCC));
    assert!(!hint("9114O4O3MAOTE1T15Q").contains(USCC));
}

#[test]
fn quotes_hold_line_breaks_and_a_forgotten_one_costs_its_line() {
    let mut row = ROW;
    row[4] = "\"长治市\n虚构局\"";
    let taken = register(csv(&[&HEADER, &row, &ROW]).as_bytes(), "a.csv");
    let Entry::Subject(profile) = taken.entries()[0] else { panic!("{taken:?}") };
    assert_eq!(profile.authority, "长治市虚构局");
    row[4] = "\"长治市虚构局";
    let taken = register(csv(&[&HEADER, &ROW, &row, &ROW]).as_bytes(), "a.csv");
    assert_eq!(taken.entries(), [&plain(), &plain()], "{:?}", taken.rejected());
    let fault = &taken.rejected()[0].faults[0];
    assert_eq!((fault.code.code(), fault.row), ("quote-unclosed", 3));
}

#[test]
fn rows_of_other_shapes_are_told_apart() {
    let short = &ROW[..6];
    let long: Vec<&str> = ROW.into_iter().chain(["多出来的"]).collect();
    let taken = register(csv(&[&HEADER, short, &long, &ROW]).as_bytes(), "a.csv");
    let codes: Vec<Vec<&str>> =
        taken.rejected().iter().map(|row| row.faults.iter().map(|fault| fault.code.code()).collect()).collect();
    assert_eq!(codes, [vec!["value-missing", "value-missing"], vec!["row-shape"]]);
    let lines = format!("{{\"名称\":\"x\",\"统一社会信用代码\":\"{USCC}\"}}\n[1]\n{{\"名称\":\n");
    let refusal = take_in(lines.as_bytes(), "a.jsonl", MARKET, TableId::Subject).unwrap_err();
    assert_eq!(refusal.code(), "columns-missing", "keys that no object has are missing columns");
    let object = |name: &str| {
        let fields: Vec<String> = HEADER.iter().zip(ROW).map(|(key, value)| format!("\"{key}\":\"{value}\"")).collect();
        format!("{{{},\"备用\":\"{name}\"}}", fields.join(","))
    };
    let lines = format!("{}\n[1]\n{{\"名称\":\n\n{}\n", object("a"), object("b"));
    let taken = register(lines.as_bytes(), "a.jsonl");
    let codes: Vec<(u64, &str)> = taken.rejected().iter().map(|row| (row.row, row.faults[0].code.code())).collect();
    assert_eq!(codes, [(2, "row-no-object"), (3, "row-no-object")]);
    assert_eq!((taken.entries().len(), taken.reading.counts.blank), (2, 1));
}

#[test]
fn the_same_row_twice_is_accepted_twice_as_one_record() {
    let taken = register(csv(&[&HEADER, &ROW, &ROW]).as_bytes(), "a.csv");
    assert_eq!(taken.entries(), [&plain(), &plain()], "index makes one of them");
}

#[test]
fn files_that_are_no_table_are_refused_with_their_code() {
    let good = xlsx(vec![sheet("主体", &[&HEADER, &ROW])]);
    let protected = include_bytes!("fixtures/protected.xlsx").as_slice();
    let with_macros = package(&good, Some(("xl/vbaProject.bin", b"not even a macro")));
    for (bytes, file, code) in [
        (&b""[..], "a.csv", "file-empty"),
        (b"", "a.xlsx", "file-empty"),
        (b"[]", "a.json", "file-empty"),
        (b"[{\"a\":", "a.json", "file-json-damaged"),
        (b"{\"a\":1}x\n", "a.jsonl", "file-json-damaged"),
        (protected, "a.xlsx", "file-password-protected"),
        (protected, "a.xls", "file-password-protected"),
        (&good[..good.len() / 2], "a.xlsx", "file-workbook-damaged"),
        (&include_bytes!("fixtures/register.xls")[..3000], "a.xls", "file-workbook-damaged"),
        (&with_macros, "a.xlsx", "file-has-macros"),
        (&good, "a.xlsm", "file-has-macros"),
        (&good, "a.csv", "file-extension-wrong"),
        (&good, "a.xls", "file-extension-wrong"),
        (b"a,b\n", "a.xlsx", "file-extension-wrong"),
        (b"<html><table>", "a.xls", "file-format-unknown"),
        ("只有,一行\n".as_bytes(), "a.csv", "header-not-found"),
    ] {
        assert_eq!(refused(bytes, file), code, "{file}");
    }
}

/// An Office Open XML package written anew, with another part.
fn package(bytes: &[u8], part: Option<(&str, &[u8])>) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(vec![]));
    for index in 0..from.len() {
        let file = from.by_index(index).unwrap();
        if part.is_none_or(|(name, _)| file.name().unwrap() != name) {
            to.raw_copy_file(file).unwrap();
        }
    }
    if let Some((name, content)) = part {
        to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(content).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_unpacked() {
    let good = xlsx(vec![sheet("主体", &[&HEADER, &ROW])]);
    let bomb = package(&good, Some(("xl/worksheets/sheet1.xml", &vec![b' '; 4 << 20])));
    assert!(bomb.len() < good.len() + 16_384, "small as it is stored");
    let beside = package(&good, Some(("xl/media/bomb.bin", &vec![0; 4 << 20])));
    let limits = Limits { workbook_unpacked_bytes: 1 << 20, ..Limits::default() };
    let refusal = take_in_within(&bomb, "a.xlsx", MARKET, TableId::Subject, &limits).unwrap_err();
    assert_eq!(refusal.code(), "file-unpacked-too-large");
    assert!(take_in_within(&good, "a.xlsx", MARKET, TableId::Subject, &limits).is_ok());
    assert!(take_in_within(&beside, "a.xlsx", MARKET, TableId::Subject, &limits).is_ok(), "a picture is not unpacked");
}

#[test]
fn limits_refuse_files_and_reject_rows() {
    let limits = Limits { held_bytes: 100, row_bytes: 400, ..Limits::default() };
    let good = xlsx(vec![sheet("主体", &[&HEADER, &ROW])]);
    let refusal = take_in_within(&good, "a.xlsx", MARKET, TableId::Subject, &limits).unwrap_err();
    assert_eq!(refusal.code(), "file-too-large");
    let long = "长".repeat(300);
    let mut row = ROW;
    row[4] = &long;
    let text = csv(&[&HEADER, &row, &ROW]);
    let taken = take_in_within(text.as_bytes(), "a.csv", MARKET, TableId::Subject, &limits).unwrap();
    assert_eq!(taken.rejected()[0].faults[0].code.code(), "row-too-long");
    assert_eq!(taken.entries(), [&plain()], "reading goes on with the next row");
}
