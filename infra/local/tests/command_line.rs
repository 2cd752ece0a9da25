//! The command line, as a person uses it: what it prints, what it leaves, how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

fn xinzheng(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xinzheng"));
    command.args(arguments).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Starts to serve, and returns the process with everything that it printed up to the line that begins with `until`.
fn started(data: &Path, until: &str) -> (Child, String) {
    started_with(data, until, &[])
}

fn started_with(data: &Path, until: &str, arguments: &[&str]) -> (Child, String) {
    let arguments = [&["--data", text(data), "--port", "0"], arguments].concat();
    let mut child = xinzheng(&arguments).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut printed = String::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        printed.push_str(&line);
        printed.push('\n');
        if line.starts_with(until) {
            break;
        }
    }
    assert!(printed.contains(until), "{printed}");
    (child, printed)
}

/// Serves until the line that begins with `until` was printed, and returns everything printed up to it. Killed then.
fn serve(data: &Path, until: &str) -> String {
    let (mut child, printed) = started(data, until);
    child.kill().unwrap();
    child.wait().unwrap();
    printed
}

/// Tells a process to end.
fn terminate(child: &Child) {
    let told = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(told.success());
}

/// The host and port in `http://127.0.0.1:4000/…`.
fn host(address: &str) -> &str {
    address.strip_prefix("http://").unwrap().split(['/', ' ']).next().unwrap()
}

/// The head and beginning of a request, of whose body `bytes` are still to be sent.
fn half_sent(method: &str, address: &str, headers: &[(String, String)], body: &str, bytes: usize) -> TcpStream {
    let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    let mut head = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let length = body.len() + bytes;
    write!(socket, "{head}content-length: {length}\r\n\r\n{body}").unwrap();
    socket
}

/// The status and the body of an answer; nothing when the connection ended before.
fn read_answer(mut socket: TcpStream) -> Option<(u16, String)> {
    let mut bytes = vec![];
    socket.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

fn post(address: &str, token: Option<&str>, body: &Value) -> TcpStream {
    let bearer = token.map(|token| ("authorization".to_owned(), format!("Bearer {token}")));
    half_sent("POST", address, &bearer.into_iter().collect::<Vec<_>>(), &body.to_string(), 0)
}

fn token(address: &str, claims: &Value) -> String {
    let (status, body) = read_answer(post(&format!("{address}/dev/token"), None, claims)).unwrap();
    assert_eq!(status, 200, "{body}");
    serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
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
    assert!(printed.contains("37 files taken, 1 refused"), "{printed}");
    assert!(printed.contains("337 read: 312 accepted, 22 rejected, 3 blank or notes"), "{printed}");
    assert!(fs::read(out.path().join("report.pdf")).unwrap().starts_with(b"%PDF-1.7"));
    let verification: serde_json::Value =
        serde_json::from_slice(&fs::read(out.path().join("verification.json")).unwrap()).unwrap();
    assert_eq!(verification["status"], "valid");
    assert_eq!(verification["records"], 11);
    assert!(printed.contains(verification["code"].as_str().unwrap()), "{printed}");
    let rejections = fs::read_to_string(out.path().join("rejections.csv")).unwrap();
    assert!(rejections.starts_with("\u{feff}文件,行号,列,列名,原值,错误代码,原因,修改建议\r\n"));
    // Twenty-two rejected rows and one refused file below the header.
    assert_eq!(rejections.lines().count(), 24, "{rejections}");
}

#[test]
fn the_data_survive_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let (mut child, first) = started_with(data.path(), "Serving ", &["--events"]);
    child.kill().unwrap();
    child.wait().unwrap();
    // What happened, then what it came to, then where it is served.
    let [events, summary, serving] = ["Event upload.completed", "Uploads ", "Serving "]
        .map(|words| first.lines().position(|line| line.starts_with(words)).unwrap());
    assert!(events < summary && summary < serving, "{first}");
    assert!(first.lines().skip(summary).all(|line| !line.starts_with("Event ")), "{first}");
    assert!(first.contains("312 accepted"), "{first}");
    let report = fs::read(data.path().join("first-report/report.pdf")).unwrap();
    let second = serve(data.path(), "Serving ");
    assert!(second.contains("earlier runs") && !second.contains("Event "), "{second}");
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
fn what_was_lost_or_damaged_is_not_made_anew() {
    let data = tempfile::tempdir().unwrap();
    let own = data.path().join("kept");
    serve(&own, "Serving ");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in ["", "s3", "queues"] {
        assert_eq!(mode(&own.join(folder)), 0o700, "{folder}");
    }
    for file in ["dynamodb.sqlite", "dynamodb.sqlite-wal", "secrets.json", "issuer.pem", "first-report/report.pdf"] {
        assert_eq!(mode(&own.join(file)), 0o600, "{file}");
    }

    let after = |name: &str, happened: &dyn Fn(&Path)| {
        let copied = data.path().join(name);
        copy(&own, &copied);
        happened(&copied);
        let output = xinzheng(&["--data", text(&copied), "--port", "0"]).output().unwrap();
        (output, copied)
    };
    let lost = |name: &str, is_folder: bool| {
        let (output, copied) = after(&format!("without-{name}"), &|copied| {
            let gone = copied.join(name);
            if is_folder { fs::remove_dir_all(gone).unwrap() } else { fs::remove_file(gone).unwrap() }
        });
        fails_with(&output, &format!("{name} is missing"));
        fails_with(&output, "put it back from a copy, or move the data folder away");
        assert!(!copied.join(name).exists(), "{name} is not made anew");
    };
    lost("secrets.json", false);
    lost("issuer.pem", false);
    lost("dynamodb.sqlite", false);
    lost("s3", true);
    lost("queues", true);

    // The root is in the secrets too.
    let again = data.path().join("without-ca");
    copy(&own, &again);
    fs::remove_file(again.join("ca.pem")).unwrap();
    serve(&again, "Serving ");
    assert_eq!(fs::read(again.join("ca.pem")).unwrap(), fs::read(own.join("ca.pem")).unwrap());

    let emptied = |copied: &Path, name: &str| fs::write(copied.join(name), "").unwrap();
    let (output, _) = after("empty-secrets", &|copied| emptied(copied, "secrets.json"));
    fails_with(&output, "secrets.json is damaged");
    let (output, _) = after("empty-issuer", &|copied| emptied(copied, "issuer.pem"));
    fails_with(&output, "issuer.pem is damaged");
    let (output, _) = after("empty-position", &|copied| emptied(copied, "notify-position"));
    fails_with(&output, "notify-position is damaged");
    let (output, _) = after("empty-database", &|copied| {
        emptied(copied, "dynamodb.sqlite");
        fs::remove_file(copied.join("dynamodb.sqlite-wal")).unwrap();
    });
    fails_with(&output, "dynamodb.sqlite is missing or empty");
    let (output, _) = after("fewer-secrets", &|copied| {
        let file = copied.join("secrets.json");
        let mut secrets: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        secrets.as_object_mut().unwrap().remove("PERSON_KEY_SECRET").unwrap();
        fs::write(file, secrets.to_string()).unwrap();
    });
    fails_with(&output, "lacks PERSON_KEY_SECRET");

    // Some pages of the database's middle; what is in its log is brought into it first.
    let (output, _) = after("damaged-database", &|copied| {
        let file = copied.join("dynamodb.sqlite");
        let database = rusqlite::Connection::open(&file).unwrap();
        database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(database);
        let middle = fs::metadata(&file).unwrap().len() / 2;
        let opened = fs::File::options().write(true).open(&file).unwrap();
        opened.write_all_at(&[0x5a; 40_000], middle).unwrap();
    });
    fails_with(&output, "dynamodb.sqlite is damaged");
}

#[test]
fn a_stack_that_is_told_to_end_finishes_what_it_is_doing() {
    let data = tempfile::tempdir().unwrap();
    let (mut child, printed) = started(data.path(), "Serving ");
    let address = printed.lines().last().unwrap().split(' ').nth(1).unwrap().to_owned();
    let subject = token(&address, &json!({ "role": "subject", "subject": "91140403XN10000145" }));
    let unit = token(&address, &json!({ "role": "unit", "unit": "market-supervision", "sub": "clerk" }));

    // An upload of which one byte is missing.
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"a,b\n");
    let sha256: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let wanted = json!({ "table": "penalty", "file": "a.csv", "bytes": 4, "sha256": sha256 });
    let (status, announced) = read_answer(post(&format!("{address}/uploads"), Some(&unit), &wanted)).unwrap();
    assert_eq!(status, 201, "{announced}");
    let announced: Value = serde_json::from_str(&announced).unwrap();
    let upload = &announced["upload"];
    let headers = upload["headers"].as_object().unwrap().iter();
    let headers: Vec<_> = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    let mut putting = half_sent("PUT", upload["url"].as_str().unwrap(), &headers, "a,b", 1);
    // Somebody who never says what is wanted.
    let mut silent = TcpStream::connect(host(&address)).unwrap();
    silent.write_all(b"GET / HTTP/1.1\r\nhost: ").unwrap();

    // Reports that take a while; one is there, the others are being made.
    let wanted = json!({ "purpose": "other" });
    let mut asked: Vec<_> = (0..6).map(|_| post(&format!("{address}/reports"), Some(&subject), &wanted)).collect();
    assert_eq!(read_answer(asked.remove(0)).unwrap().0, 201);
    terminate(&child);
    let answers: Vec<_> =
        asked.into_iter().map(|socket| read_answer(socket).expect("nobody is left alone").0).collect();
    assert!(answers.iter().all(|status| [201, 503].contains(status)), "{answers:?}");
    // From now on nobody comes in: refused by the stack, or by the system.
    let late = TcpStream::connect(host(&address)).ok().and_then(|mut socket| {
        write!(socket, "GET /questions HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", host(&address)).ok()?;
        read_answer(socket)
    });
    assert!(late.is_none_or(|(status, _)| status == 503));
    putting.write_all(b"\n").unwrap();
    assert_eq!(read_answer(putting).expect("the upload is finished").0, 200);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop(silent);

    // What was put while the stack ended is taken in by the next.
    let (child, printed) = started(data.path(), "Serving ");
    let address = printed.lines().last().unwrap().split(' ').nth(1).unwrap().to_owned();
    let unit = token(&address, &json!({ "role": "unit", "unit": "market-supervision", "sub": "clerk" }));
    let bearer = [("authorization".to_owned(), format!("Bearer {unit}"))];
    let state = format!("{address}/uploads/{}", announced["id"].as_str().unwrap());
    let (status, taken) = read_answer(half_sent("GET", &state, &bearer, "", 0)).unwrap();
    assert_eq!(status, 200, "{taken}");
    assert!(serde_json::from_str::<Value>(&taken).unwrap()["receipt"].is_object(), "{taken}");
    // A client that says nothing is let go.
    let mut silent = TcpStream::connect(host(&address)).unwrap();
    silent.write_all(b"GET / HTTP/1.1\r\nhost: ").unwrap();
    let mut rest = vec![];
    silent.read_to_end(&mut rest).unwrap();
    terminate(&child);
    assert_eq!({ child }.wait().unwrap().code(), Some(0));
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

#[test]
fn the_sample_of_a_day_is_the_one_in_events() {
    let out = tempfile::tempdir().unwrap();
    let output = xinzheng(&["sample", "--day", "2025-11-03", "--out", text(out.path()), "--json"]).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let files = told["files"].as_array().unwrap();
    assert_eq!(files.len(), 38);
    for file in files {
        let file = Path::new(file.as_str().unwrap());
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/uploads");
        let kept = kept.join(file.strip_prefix(out.path()).unwrap());
        assert!(fs::read(file).unwrap() == fs::read(&kept).unwrap(), "{}", kept.display());
    }
    let output = xinzheng(&["sample", "--day", "2024-12-31", "--out", text(out.path())]).output().unwrap();
    fails_with(&output, "there is a sample for each day from 2025-01-01");
}

#[test]
fn a_certificate_is_asked_for_by_a_file_that_its_owner_alone_reads() {
    let folder = tempfile::tempdir().unwrap();
    let [key, request] = ["key.pem", "request.pem"].map(|name| folder.path().join(name));
    fs::write(&key, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let ask = |more: &[&str]| {
        let out = ["certificate-request", "--out", text(&request)];
        xinzheng(&[&out, more].concat()).output().unwrap()
    };
    let key = ["--key", text(&key)];
    fails_with(&ask(&[&key[..], &["--subject", "a city"]].concat()), "no distinguished name");
    fails_with(&ask(&["--key", "none.pem", "--subject", "CN=x"]), "none.pem");
    let nowhere = ask(&["--subject", "CN=x"]);
    assert_eq!(nowhere.status.code(), Some(2), "a key is to be named");
    assert!(!request.exists());
    let asked = ask(&[&key[..], &["--subject", "CN=x,O=y,C=CN", "--json"]].concat());
    let told: Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(told["request"], text(&request));
    assert!(fs::read_to_string(&request).unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
    assert_eq!(fs::metadata(&request).unwrap().permissions().mode() & 0o777, 0o600);
}
