//! The command, as a person uses it: what it prints and how it ends, offline and with a service on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

#[path = "../../../shared/proof/tests/maker/mod.rs"]
mod maker;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use maker::{Form, Otherwise, Person, certified, unsigned};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with a genuine report, an altered one in a folder of its own, the certificate to trust, and what is no
/// report.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Person::root("虚构根");
    let signer = Person::signer("虚构签署者", &root);
    let seal = |bytes: &[u8]| maker::signature(&signer, bytes, None);
    let report = certified(&unsigned(Form::Table), Form::Table, &seal, &Otherwise::default());
    fs::create_dir(folder.path().join("inner")).unwrap();
    fs::write(folder.path().join("report.pdf"), &report).unwrap();
    fs::write(folder.path().join("inner/=1.PDF"), [report.as_slice(), b"\n"].concat()).unwrap();
    fs::write(folder.path().join("root.pem"), &root.pem).unwrap();
    fs::write(folder.path().join("notes.txt"), "x").unwrap();
    folder
}

fn verify(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xinzheng-verify"));
    let Output { status, stdout, stderr } = command.args(arguments).current_dir(folder).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn one_json_document_has_all_files() {
    let folder = folder();
    let (ended, printed, _) = verify(folder.path(), &[".", "--trust", "root.pem", "--json"]);
    assert_eq!(ended, Some(1));
    let document: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&document["all"], &document["good"]), (&json!(2), &json!(1)));
    let paths: Vec<&str> =
        document["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["./inner/=1.PDF", "./report.pdf"]);
}

#[test]
fn exit_codes_and_words_say_what_is_wrong() {
    let folder = folder();
    for (arguments, code, said) in [
        (vec!["report.pdf", "--trust", "root.pem"], 0, "真实　report.pdf　签名有效，签署后没有任何改动"),
        (vec![".", "--trust", "root.pem"], 1, "已被改动　./inner/=1.PDF　签署之后被附加了不允许的改动"),
        (vec!["report.pdf"], 1, "没有给出可信的根证书"),
        (vec!["notes.txt", "--trust", "root.pem"], 2, "无法判断　notes.txt　不是 PDF 文件"),
        (vec!["absent.pdf", "--trust", "root.pem"], 2, "无法读取　absent.pdf"),
        (vec!["report.pdf", "--trust", "root.pem", "--at", "2060-01-01"], 1, "不在有效期内"),
    ] {
        let (ended, printed, told) = verify(folder.path(), &arguments);
        assert_eq!(ended, Some(code), "{arguments:?}: {printed} {told}");
        assert!(printed.contains(said), "{arguments:?}: {printed}");
    }
    for arguments in [
        vec!["report.pdf", "--trust", "absent.pem"],
        vec!["report.pdf", "--trust", "notes.txt"],
        vec!["report.pdf", "--online", "http://example.org"],
        vec!["report.pdf", "--at", "yesterday"],
        vec![],
    ] {
        let (ended, printed, told) = verify(folder.path(), &arguments);
        assert_eq!((ended, printed.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!told.is_empty(), "{arguments:?}");
    }
}

#[test]
fn programs_and_spreadsheets_get_what_they_read() {
    let folder = folder();
    let (_, printed, _) = verify(folder.path(), &["inner", "report.pdf", "--trust", "root.pem", "--format", "json"]);
    let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["verdict"], "altered");
    assert_eq!(lines[0]["additions"]["changes"][0]["what"], "bytes");
    assert_eq!((&lines[1]["verdict"], &lines[1]["level"]), (&json!("genuine"), &json!("B-B")));

    let inner = folder.path().join("inner");
    let (_, printed, _) = verify(&inner, &["=1.PDF", "--trust", "../root.pem", "--format", "csv"]);
    let mut rows = csv::Reader::from_reader(printed.strip_prefix('\u{feff}').unwrap().as_bytes());
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    assert_eq!((&rows[0][0], &rows[0][2]), ("'=1.PDF", "altered"));
}

/// A service that publishes a certificate, and knows one digest.
fn service(pem: String, known: String, pages: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &pem, &known, pages);
        }
    });
    address
}

fn answer(mut stream: TcpStream, pem: &str, known: &str, pages: usize) {
    let mut request = vec![];
    let mut piece = [0; 4096];
    let body = loop {
        let read = stream.read(&mut piece).unwrap();
        request.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0_usize) || read == 0 {
            break body.to_owned();
        }
    };
    let answer = if request.starts_with(b"GET /.well-known/certificates.pem ") {
        pem.to_owned()
    } else {
        assert!(request.starts_with(b"POST /verify "));
        let asked: Value = serde_json::from_str(&body).unwrap();
        let results = asked["sha256"].as_array().unwrap().iter().map(|digest| {
            if digest != known {
                return json!({ "query": digest, "status": "unknown", "problem": { "title": "x" } });
            }
            let file = json!({ "sha256": known, "pages": pages, "bytes": 1 });
            json!({ "query": digest, "status": "valid", "title": "报告真实", "number": "CZXY-20251103-AAAAAAAA",
                    "content": { "sha256": "0247ad2e7d0cbfe5b8121c13b961381fe2dcfc38e5d74898254d97feaa11f365" }, "file": file,
                    "versions": [{ "sha256": known, "title": "出具时的文件" }] })
        });
        json!({ "results": results.collect::<Vec<_>>() }).to_string()
    };
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len()).unwrap();
}

#[test]
fn the_service_is_asked_by_digest_and_compared() {
    let folder = folder();
    let pem = fs::read_to_string(folder.path().join("root.pem")).unwrap();
    let (_, printed, _) = verify(folder.path(), &["report.pdf", "--format", "json"]);
    let digest = serde_json::from_str::<Value>(&printed).unwrap()["document"]["sha256"].as_str().unwrap().to_owned();

    let address = service(pem.clone(), digest.clone(), 1);
    let (ended, printed, told) = verify(folder.path(), &["report.pdf", "--online", &address]);
    assert_eq!(ended, Some(0), "{printed} {told}");
    assert!(printed.contains("平台：报告真实（出具时的文件）"), "{printed}");
    // The altered one is known by what was signed.
    let (_, printed, _) = verify(folder.path(), &["inner", "--online", &address, "--format", "json"]);
    let line: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&line["verdict"], &line["service"]["status"]), (&json!("altered"), &json!("valid")));
    assert_eq!(line["service"].get("version"), None, "as a whole it is no version");

    let (ended, printed, _) = verify(folder.path(), &["report.pdf", "--online", &service(pem.clone(), digest, 2)]);
    assert_eq!(ended, Some(1));
    assert!(printed.contains("页数与签发时不一致"), "{printed}");
    let (ended, printed, _) = verify(folder.path(), &["report.pdf", "--online", &service(pem, "0".repeat(64), 1)]);
    assert_eq!(ended, Some(1));
    assert!(printed.contains("平台没有签发过这个文件"), "{printed}");
}
