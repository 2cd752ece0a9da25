//! Small files that ask for much: what they cost is bounded by the bytes that came, in memory and in work.

#![allow(clippy::unwrap_used, reason = "tests")]

mod taken_in;

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;

use xinzheng_domain::TableId;
use xinzheng_intake::{Intake, Limits, OpenError, RowOutcome};

use taken_in::sender;

const HEADER: [&str; 8] =
    ["名称", "统一社会信用代码", "主体类型", "法定代表人", "登记机关", "行政区划代码", "成立日期", "登记状态"];

/// What taking a file in came to, and what it cost.
#[derive(Debug)]
struct Cost {
    outcome: Result<u64, &'static str>,
    /// The most bytes that were held at once, beside the file.
    peak: u64,
    /// The bytes that were ever asked for: what is worked on is held somewhere.
    total: u64,
    /// How often something was asked for.
    steps: u64,
}

fn cost(bytes: &[u8], file: &str) -> Cost {
    let sender = sender("market-supervision", TableId::Subject);
    let limits = Limits { workbook_unpacked_bytes: 256 << 20, ..Limits::default() };
    let mut outcome = Err("");
    let measured = allocation_counter::measure(|| {
        let taken = Intake::open(bytes, file, &sender, &limits).and_then(|intake| {
            intake.read(&mut |outcome| {
                // Rejected rows are let go, as they are once they are written.
                drop::<RowOutcome<'_>>(outcome);
                ControlFlow::Continue(())
            })
        });
        outcome = match taken {
            Ok(reading) => Ok(reading.counts.rows),
            Err(OpenError::Refused(refusal)) => Err(refusal.code()),
            Err(OpenError::Source(_)) => Err("source"),
        };
    });
    Cost { outcome, peak: measured.bytes_max, total: measured.bytes_total, steps: measured.count_total }
}

/// A workbook of these parts, with sheets that each name a part.
fn package(parts: &[(&str, &str)], sheets: &[&str]) -> Vec<u8> {
    let relationships = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let (mut listed, mut related) = (String::new(), String::new());
    for (number, part) in sheets.iter().enumerate() {
        write!(listed, "<sheet name=\"s{number}\" r:id=\"r{number}\"/>").unwrap();
        write!(related, "<Relationship Id=\"r{number}\" Type=\"{relationships}/worksheet\" Target=\"{part}\"/>")
            .unwrap();
    }
    write!(related, "<Relationship Id=\"t\" Type=\"{relationships}/sharedStrings\" Target=\"sharedStrings.xml\"/>")
        .unwrap();
    let workbook = format!("<workbook xmlns:r=\"{relationships}\"><sheets>{listed}</sheets></workbook>");
    let related = format!("<Relationships>{related}</Relationships>");
    let mut to = zip::ZipWriter::new(Cursor::new(vec![]));
    let all = [("xl/workbook.xml", workbook.as_str()), ("xl/_rels/workbook.xml.rels", &related)];
    for (name, content) in all.iter().chain(parts) {
        to.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(content.as_bytes()).unwrap();
    }
    to.finish().unwrap().into_inner()
}

/// A worksheet whose first row is the header, with these rows below.
fn sheet(rows: &str) -> String {
    let header: String = HEADER.iter().map(|name| format!("<c t=\"inlineStr\"><is><t>{name}</t></is></c>")).collect();
    format!("<worksheet><sheetData><row r=\"1\">{header}</row>{rows}</sheetData></worksheet>")
}

fn workbook(rows: &str) -> Vec<u8> {
    package(&[("xl/worksheets/sheet1.xml", &sheet(rows))], &["worksheets/sheet1.xml"])
}

const MIB: u64 = 1 << 20;

#[test]
fn what_a_workbook_costs_is_bounded_by_its_bytes() {
    let styled: String = (2..20_002).map(|row| format!("<row r=\"{row}\"><c r=\"XFD{row}\" s=\"1\"/></row>")).collect();
    let far: String = (2..20_002).map(|row| format!("<row r=\"{row}\"><c r=\"XFD{row}\"><v>1</v></c></row>")).collect();
    let cells = |row: u64| (0..16_384).map(move |_| format!("<c s=\"{row}\" t=\"s\"><v>0</v></c>")).collect::<String>();
    let wide: String = (2..12).map(|row| format!("<row r=\"{row}\">{}</row>", cells(row))).collect();
    let long = "长".repeat(30_000);
    let shared = |texts: &str| format!("<sst uniqueCount=\"99999999999999\">{texts}</sst>");
    let one_sheet = |texts: &str, rows: &str| {
        let parts = [("xl/worksheets/sheet1.xml", sheet(rows)), ("xl/sharedStrings.xml", shared(texts))];
        let parts: Vec<(&str, &str)> = parts.iter().map(|(name, content)| (*name, content.as_str())).collect();
        package(&parts, &["worksheets/sheet1.xml"])
    };
    let same_part = vec!["worksheets/sheet1.xml"; 3_000];
    let padded = sheet(&" ".repeat(1 << 20));
    for (what, file, outcome) in [
        (
            "a cell beyond the sheet",
            workbook("<row r=\"2\"><c r=\"ZZZZZZ2\"><v>1</v></c></row>"),
            Err("file-workbook-damaged"),
        ),
        (
            "a row beyond the sheet",
            workbook("<row r=\"4294967295\"><c><v>1</v></c></row>"),
            Err("file-workbook-damaged"),
        ),
        (
            "a row number that overflows",
            workbook("<row r=\"99999999999999999999\"><c/></row>"),
            Err("file-workbook-damaged"),
        ),
        ("styled cells in the last column", workbook(&styled), Ok(20_000)),
        ("numbers in the last column", workbook(&far), Ok(20_000)),
        ("empty shared texts", one_sheet(&"<si/>".repeat(20_000_000), ""), Err("file-workbook-damaged")),
        (
            "shared texts that are alike",
            one_sheet(&format!("<si><t>{long}</t></si>").repeat(2_000), ""),
            Err("file-workbook-damaged"),
        ),
        (
            "a long shared text in every cell",
            one_sheet(&format!("<si><t>{long}</t></si>"), &wide),
            Err("file-unpacked-too-large"),
        ),
        (
            "sheets that name one part",
            package(&[("xl/worksheets/sheet1.xml", &padded)], &same_part),
            Err("file-unpacked-too-large"),
        ),
    ] {
        let cost = cost(&file, "a.xlsx");
        assert_eq!(cost.outcome, outcome, "{what}: {cost:?}");
        // The unpacked bytes pass through, a buffer at a time; the texts of a file take up to 64 times its size,
        // and up to twice that again while they grow.
        assert!(cost.peak < 24 * MIB + 200 * file.len() as u64, "{what}: {} bytes, {cost:?}", file.len());
        assert!(cost.total < 1_200 * MIB, "{what}: {cost:?}");
        // A row that is rejected has each fault told in texts of its own.
        assert!(cost.steps < 16_000_000 + 700 * cost.outcome.unwrap_or(0), "{what}: {cost:?}");
    }
}

#[test]
fn what_an_old_workbook_costs_is_bounded_by_its_bytes() {
    let file = include_bytes!("cases/files/x63_xls_stray_cell.xls");
    let cost = cost(file, "a.xls");
    assert!(cost.outcome.is_err(), "the table is another: {cost:?}");
    assert!(cost.peak < 2 * MIB, "{cost:?}");
}

#[test]
fn what_a_text_costs_is_bounded_by_its_bytes() {
    let row: Vec<String> = HEADER.iter().map(|name| format!("\"{name}\":\"甲\"")).collect();
    let own_keys: Vec<String> = (0..40_000).map(|n| format!("{{{},\"键{n}\":1,\"k{n}\":2}}", row.join(","))).collect();
    let json = format!("[{}]", own_keys.join(","));
    let lines = own_keys.join("\n");
    let short = format!("{}\n{}", HEADER.join(","), "a\n".repeat(500_000));
    let quotes = format!("{}\n{}", HEADER.join(","), "\"a,b\n".repeat(200_000));
    let commas = format!("{}\n{}", HEADER.join(","), format!("{}x\n", ",".repeat(100_000)).repeat(20));
    for (what, text, file, rows) in [
        ("objects with keys of their own", &json, "a.json", 40_000),
        ("lines with keys of their own", &lines, "a.jsonl", 40_000),
        ("short rows", &short, "a.csv", 500_000),
        ("stray quotes", &quotes, "a.csv", 200_000),
        ("rows of commas", &commas, "a.csv", 20),
    ] {
        let cost = cost(text.as_bytes(), file);
        assert_eq!(cost.outcome, Ok(rows), "{what}: {cost:?}");
        // A file of JSON is held as values, at most some fifteen times its size; a text row by row.
        assert!(cost.peak < 16 * MIB + 15 * text.len() as u64, "{what}: {} bytes, {cost:?}", text.len());
        // Each row comes back with its faults, in some hundred bytes; the shortest has two bytes.
        assert!(cost.total < 64 * MIB + 1_000 * text.len() as u64, "{what}: {} bytes, {cost:?}", text.len());
        assert!(cost.steps < 4_000_000 + 300 * rows, "{what}: {cost:?}");
    }
}
