//! The command line, as a person uses it: what it prints, what it leaves, how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn xinzheng(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xinzheng"));
    command.args(arguments).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Serves until the line that begins with `until` was printed, and returns everything printed up to it.
fn serve(data: &Path, until: &str) -> String {
    let mut child =
        xinzheng(&["--data", text(data), "--port", "0"]).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut printed = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        printed.push_str(&line);
        printed.push('\n');
        if line.starts_with(until) {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(printed.contains(until), "{printed}");
    printed
}

/// The program failed with exit code 1 and one line on standard error that contains this.
fn fails_with(output: &Output, words: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.lines().count(), 1, "one line: {error}");
    assert!(error.contains(words), "{error}");
}

#[test]
fn demo_writes_a_report_its_verification_and_the_rejections() {
    let out = tempfile::tempdir().unwrap();
    let output = xinzheng(&["demo", "--out", text(out.path())]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(printed.contains("29 files taken, 1 refused"), "{printed}");
    assert!(printed.contains("299 read: 277 accepted, 20 rejected, 2 blank or notes"), "{printed}");
    assert!(fs::read(out.path().join("report.pdf")).unwrap().starts_with(b"%PDF-1.7"));
    let verification: serde_json::Value =
        serde_json::from_slice(&fs::read(out.path().join("verification.json")).unwrap()).unwrap();
    assert_eq!(verification["status"], "valid");
    assert_eq!(verification["records"], 11);
    assert!(printed.contains(verification["code"].as_str().unwrap()), "{printed}");
    let rejections = fs::read_to_string(out.path().join("rejections.csv")).unwrap();
    assert!(rejections.starts_with("\u{feff}文件,行号,列,列名,原值,错误代码,原因,修改建议\r\n"));
    // Twenty rejected rows and one refused file below the header.
    assert_eq!(rejections.lines().count(), 22, "{rejections}");
}

#[test]
fn the_data_survive_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let first = serve(data.path(), "Serving ");
    assert!(first.contains("277 accepted"), "{first}");
    let report = fs::read(data.path().join("first-report/report.pdf")).unwrap();
    let second = serve(data.path(), "Serving ");
    assert!(second.contains("earlier runs"), "{second}");
    assert_eq!(fs::read(data.path().join("first-report/report.pdf")).unwrap(), report);
}

#[test]
fn what_cannot_work_is_said_in_one_line() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = xinzheng(&["--data", text(data.path()), "--port", &port]).output().unwrap();
    fails_with(&output, &format!("port {port} on 127.0.0.1 cannot be used"));

    let file = data.path().join("a-file");
    fs::write(&file, "").unwrap();
    let output = xinzheng(&["--data", text(&file.join("below")), "--port", "0"]).output().unwrap();
    fails_with(&output, "cannot be written");

    for damaged in ["dynamodb.sqlite", "secrets.json", "issuer.pem"] {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join(damaged), "not what a stack wrote ".repeat(500)).unwrap();
        let output = xinzheng(&["--data", text(data.path()), "--port", "0"]).output().unwrap();
        fails_with(&output, "is damaged");
        assert!(String::from_utf8_lossy(&output.stderr).contains(damaged));
    }

    let output = xinzheng(&["demo", "--out", text(&file.join("below"))]).output().unwrap();
    fails_with(&output, "writing the results");
}

#[test]
fn a_large_sample_has_the_same_bytes_for_the_same_seed() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let bytes = folders.each_ref().map(|folder| {
        let output =
            xinzheng(&["sample", "--rows", "500", "--seed", "7", "--out", text(folder.path())]).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        fs::read(String::from_utf8(output.stdout).unwrap().trim()).unwrap()
    });
    assert_eq!(bytes[0], bytes[1]);
    assert_eq!(bytes[0].iter().filter(|&&b| b == b'\n').count(), 501);
}
