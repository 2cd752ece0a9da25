//! What clerks and programs do by the command line: try a file, send a folder, export.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use calamine::{Reader, Xlsx};
use serde_json::Value;

const UPLOADS: &str = "events/uploads";
const SUBJECT: &str = "91140403XN10000145";

fn xinzheng(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xinzheng"));
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    command.args(arguments).current_dir(root).env_remove("XINZHENG_TOKEN");
    command
}

/// The exit code, and what was printed.
fn done(arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(xinzheng(arguments).output().unwrap())
}

fn ended(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn document(printed: &str) -> Value {
    serde_json::from_str(printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
}

#[test]
fn a_file_is_tried_out_without_a_service() {
    let penalties = format!("{UPLOADS}/market-supervision/penalty/2025-07-01/行政处罚.csv");
    let (code, printed, _) = done(&["check", &penalties]);
    assert_eq!(code, Some(1), "{printed}");
    for words in
        ["第 8 行　统一社会信用代码　“", "（uscc-invalid）", "第 24 行　处罚决定日期　“2022-07-15”", "接收 31，退回 5"]
    {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    let (code, printed, _) = done(&["check", &penalties, "--json"]);
    let told = document(&printed);
    assert_eq!((code, &told["reading"]["counts"]["accepted"]), (Some(1), &31.into()), "{told}");
    let first = &told["rejections"][0];
    assert_eq!((&first["row"], &first["code"]), (&8.into(), &"uscc-invalid".into()), "{first}");
    assert!(first["hint"].as_str().is_some_and(|hint| !hint.is_empty()));

    // Whoever copies a file out of its folder says whose it is.
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("行政处罚.csv");
    fs::copy(format!("{}/../../{UPLOADS}/agriculture/penalty/2025-11-03/处罚.csv", env!("CARGO_MANIFEST_DIR")), &good)
        .unwrap();
    let good = good.to_str().unwrap();
    assert_eq!(done(&["check", good, "--unit", "agriculture"]).0, Some(0));
    assert_eq!(done(&["check", good, "--unit", "agriculture", "--table", "coercion"]).0, Some(1), "another table's");
    let (code, _, error) = done(&["check", good]);
    assert_eq!((code, error.lines().count()), (Some(2), 1), "{error}");
    assert!(error.contains("--unit"), "{error}");
    assert_eq!(done(&["check", "absent.csv", "--unit", "tax", "--table", "coercion"]).0, Some(2));
    let (code, printed, _) = done(&["check", &format!("{UPLOADS}/transport/coercion/2025-07-08/强制.csv"), "--json"]);
    assert_eq!((code, &document(&printed)["refusal"]["code"]), (Some(1), &"columns-missing".into()));

    // A header alone is nothing that was taken.
    let text = fs::read(good).unwrap();
    let header = text.split_inclusive(|byte| *byte == b'\n').next().unwrap();
    fs::write(good, header).unwrap();
    let (code, printed, _) = done(&["check", good, "--unit", "agriculture"]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("没有数据行"), "{printed}");

    // An identity number goes in, and does not come out.
    let (code, printed, _) =
        done(&["check", &format!("{UPLOADS}/intermediate-court/judgment/2025-09-10/刑事裁判.xlsx")]);
    assert_eq!(code, Some(1));
    assert!(printed.contains("id-number-invalid") && printed.contains("140403********"), "{printed}");
    assert!(!printed.contains("1900010"), "{printed}");
}

/// A stack that serves, told by one JSON document.
struct Served {
    child: Child,
    address: String,
    _data: tempfile::TempDir,
}

impl Served {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let arguments = ["--data", data.path().to_str().unwrap(), "--port", "0", "--json"];
        let mut child = xinzheng(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = document(&line);
        assert_eq!((&told["first_start"]["files_taken"], &told["first_start"]["records"]), (&37.into(), &11.into()));
        Self { child, address: told["address"].as_str().unwrap().to_owned(), _data: data }
    }

    fn ask(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        done(&[arguments, &["--url", &self.address]].concat())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

fn send(folder: &Path, name: &str, from: &str) {
    let to = folder.join(name);
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::copy(format!("{}/../../{UPLOADS}/{from}", env!("CARGO_MANIFEST_DIR")), to).unwrap();
}

#[test]
fn a_folder_is_sent_and_what_is_held_is_exported() {
    let served = Served::start();
    let work = tempfile::tempdir().unwrap();
    let (messy, clean) = (work.path().join("messy"), work.path().join("clean"));
    let back = work.path().join("back");
    let back = back.to_str().unwrap();
    send(&clean, "行政强制（七月）.csv", "market-supervision/coercion/2025-07-01/行政强制.csv");
    send(&clean, "penalty/一.csv", "market-supervision/penalty/2025-09-02/限制从业.csv");
    send(&clean, ".隐藏.csv", "market-supervision/penalty/2025-09-02/限制从业.csv");
    let (code, printed, error) =
        served.ask(&["upload", clean.to_str().unwrap(), "--unit", "market-supervision", "--out", back]);
    assert_eq!(code, Some(0), "{printed}{error}");
    assert!(printed.contains("已入库　penalty/一.csv　行政处罚　1 行，接收 1，退回 0"), "{printed}");
    assert!(printed.contains("共 2 个文件：2 个全部接收"), "{printed}");

    // A header alone is nothing that was taken.
    let bare = work.path().join("bare");
    send(&bare, "penalty/一.csv", "market-supervision/penalty/2025-09-02/限制从业.csv");
    let text = fs::read(bare.join("penalty/一.csv")).unwrap();
    fs::write(bare.join("penalty/一.csv"), text.split_inclusive(|byte| *byte == b'\n').next().unwrap()).unwrap();
    let (code, printed, _) =
        served.ask(&["upload", bare.to_str().unwrap(), "--unit", "market-supervision", "--out", back]);
    assert_eq!(code, Some(1), "{printed}");
    assert!(printed.contains("没有数据行　penalty/一.csv　行政处罚　文件只有表头"), "{printed}");
    assert!(printed.contains("0 个全部接收，0 个有退回，1 个没有数据行"), "{printed}");

    send(&messy, "行政处罚.csv", "market-supervision/penalty/2025-07-01/行政处罚.csv");
    let messy_folder = messy.to_str().unwrap();
    let upload = ["upload", messy_folder, "--unit", "market-supervision", "--out", back, "--json"];
    let (code, printed, _) = served.ask(&upload);
    let told = document(&printed);
    let file = &told["files"][0];
    assert_eq!((code, &file["state"], &file["rows"]["rejected"]), (Some(1), &"indexed".into(), &5.into()), "{told}");
    let kept = fs::read_to_string(file["rejections"].as_str().unwrap()).unwrap();
    assert_eq!(kept.lines().count(), 6, "{kept}");
    assert!(kept.contains("uscc-invalid"));

    // The deployment is tried, and what was tried is taken back: twice, as after each change.
    for _ in 0..2 {
        let pdf = work.path().join("smoke.pdf");
        let (code, printed, error) = served.ask(&["smoke", "--json", "--out", pdf.to_str().unwrap()]);
        let told = document(&printed);
        assert_eq!(
            (code, &told["failed"], told["steps"].as_array().unwrap().len()),
            (Some(0), &0.into(), 7),
            "{told}{error}"
        );
        assert!(fs::read(pdf).unwrap().starts_with(b"%PDF"));
    }
    // Nobody sends penalties as this unit: what goes wrong is said, and what it leaves is still taken back.
    let (code, printed, _) = served.ask(&["smoke", "--unit", "tax", "--patience", "20"]);
    assert!(code == Some(1) && printed.contains("FAILED"), "{printed}");

    // What cannot be told is not sent, and is said.
    send(&messy, "七月.csv", "market-supervision/penalty/2025-09-02/限制从业.csv");
    let (code, printed, _) = served.ask(&upload);
    assert_eq!((code, &document(&printed)["files"][0]["state"]), (Some(2), &"failed".into()), "{printed}");
    let elsewhere =
        served.ask(&["upload", messy_folder, "--unit", "meteorology", "--table", "coercion", "--out", back]);
    assert!(elsewhere.0 == Some(2) && elsewhere.1.contains("table-not-permitted"), "{elsewhere:?}");

    // Of a subject, of a unit; for spreadsheets and programs.
    let (code, printed, _) = served.ask(&["export", "records", "--subject", SUBJECT, "--json"]);
    let own = document(&printed);
    let count = own["records"].as_array().unwrap().len();
    assert_eq!((code, count), (Some(0), 11));
    let (code, printed, _) = served.ask(&["export", "records", "--subject", SUBJECT]);
    let mut read = csv::Reader::from_reader(printed.strip_prefix('\u{feff}').unwrap().as_bytes());
    let documents: Vec<String> = read.records().map(|row| row.unwrap()[4].to_owned()).collect();
    let expected: Vec<&str> =
        own["records"].as_array().unwrap().iter().map(|record| record["document"].as_str().unwrap()).collect();
    assert_eq!((code, documents), (Some(0), expected.into_iter().map(str::to_owned).collect()));
    let (code, printed, _) = served.ask(&["export", "reports", "--subject", SUBJECT]);
    assert_eq!((code, printed.lines().count()), (Some(0), 3), "two reports: {printed}");
    assert!(printed.contains(",affected,"), "the bank's was corrected afterwards: {printed}");

    let book = work.path().join("税务.xlsx");
    let book_path = book.to_str().unwrap();
    let (code, printed, _) =
        served.ask(&["export", "records", "--unit", "tax", "--format", "xlsx", "--out", book_path, "--json"]);
    assert_eq!((code, &document(&printed)["rows"]), (Some(0), &13.into()));
    let mut book: Xlsx<_> = calamine::open_workbook(&book).unwrap();
    assert_eq!(book.worksheet_range("记录").unwrap().height(), 14);
    let (_, printed, _) = served.ask(&["export", "records", "--unit", "agriculture"]);
    assert_eq!(printed.matches(",及时,").count(), 4, "what was decided lately came in time: {printed}");

    // Who asks as somebody else is told so in one line.
    let mut strange = xinzheng(&["export", "records", "--unit", "tax", "--url", &served.address]);
    let (code, _, error) = ended(strange.env("XINZHENG_TOKEN", "nobody").output().unwrap());
    assert_eq!((code, error.lines().count()), (Some(2), 1), "{error}");
    assert!(error.contains("token"), "{error}");
    let (code, _, error) = done(&["export", "records", "--unit", "tax", "--url", "https://127.0.0.1:1"]);
    assert!(code == Some(2) && error.contains("XINZHENG_TOKEN"), "{error}");
    let (code, _, error) = done(&["export", "records", "--unit", "tax", "--url", "http://example.invalid"]);
    assert!(code == Some(2) && error.contains("over HTTPS or on this machine"), "{error}");
}
