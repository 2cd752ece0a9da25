//! Ended at every call of the store in turn and asked again, a request is done once, a file is taken in once: items, history,
//! audit, its locked copy and events are those of an undisturbed run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};
use xinzheng::main_job::UploadFile;
use xinzheng::{Options, Stack};
use xinzheng_domain::TableId;
use xinzheng_tests::{UploadBuilder, penalties, penalty_row, register, registry_of, repair_row, uscc, with};

/// What a process did before it ended.
#[derive(Debug, Default)]
struct Ran {
    /// How many files it stored.
    stored: usize,
    /// Statuses and bodies of its answers.
    answered: Vec<(String, Value)>,
    /// Events by their kind and id.
    events: BTreeMap<(String, String), String>,
    /// How many calls of the store were made, when it came to its end.
    calls: Option<usize>,
}

fn run(data: &Path, files: &[UploadFile], requests: &[Value], later: u32, last_call: usize) -> Ran {
    let inputs = tempfile::tempdir().unwrap();
    let folder = inputs.path().join("files");
    std::fs::create_dir(&folder).unwrap();
    for (place, file) in files.iter().enumerate() {
        std::fs::write(folder.join(format!("{place}@{}", file.key.replace('/', "%"))), &file.bytes).unwrap();
    }
    let wanted = inputs.path().join("requests.json");
    std::fs::write(&wanted, serde_json::to_vec(requests).unwrap()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_stack-under-test"))
        .args([data, &folder, &wanted])
        .args([later.to_string(), last_call.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the stack starts");
    let mut ran = Ran::default();
    for line in BufReader::new(child.stdout.take().expect("its output is read")).lines() {
        let line = line.expect("text");
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("answered", answer) => {
                let (status, body) = answer.split_once(' ').unwrap();
                ran.answered.push((status.to_owned(), serde_json::from_str(body).unwrap()));
            }
            ("Event", event) => {
                let (kind, detail) = event.split_once(' ').unwrap();
                let parsed: Value = serde_json::from_str(detail).unwrap();
                ran.events.insert((kind.to_owned(), parsed["id"].to_string()), detail.to_owned());
            }
            ("stored", _) => ran.stored += 1,
            ("calls", number) => ran.calls = Some(number.parse().unwrap()),
            ("idle", _) => break,
            _ => {}
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    ran
}

/// Without what another run has otherwise: times, drawn numbers and codes, and digests and sizes of what holds them.
fn timeless(text: &str) -> String {
    static OTHERWISE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
            (r"\d{8}T\d{6}(\.\d+)?Z", "<time>"),
            (r"CZXY-\d{8}-\w+", "<number>"),
            (r"\b[0-9A-Z]{7}-?[0-9A-Z]{7}-?[0-9A-Z]{7}\b", "<code>"),
            (r"[0-9a-f]{64}", "<digest>"),
            (r"(file_bytes|unsigned_bytes)\W+\d+", "<size>"),
            (r"127\.0\.0\.1:\d+", "<address>"),
        ]
        .map(|(pattern, name)| (Regex::new(pattern).unwrap(), name))
        .into()
    });
    OTHERWISE.iter().fold(text.to_owned(), |text, (pattern, name)| pattern.replace_all(&text, *name).into_owned())
}

/// All that a folder holds in the end, without what another run has otherwise.
struct Held {
    items: Vec<String>,
    copies: Vec<String>,
    events: Vec<String>,
}

async fn held(data: &Path, events: &BTreeMap<(String, String), String>) -> Held {
    let stack = Stack::start(Options { deliver: false, ..Options::new(data) }).await.unwrap();
    let mut items = vec![];
    for (key, item) in registry_of(&stack).await {
        // The answer holds an address that is signed for a time; that there is one tells that the request is answered.
        let compared = item.into_iter().filter(|(name, _)| name != "claimed_at");
        let compared =
            compared.map(|(name, value)| if name == "answer" { (name, String::new()) } else { (name, value) });
        items.push(timeless(&format!("{key} {:?}", compared.collect::<BTreeMap<_, _>>())));
    }
    items.sort();
    let bucket = stack.resource("AuditBucket");
    let listed = stack.services.s3.list_objects_v2().bucket(&bucket).send().await.unwrap();
    let mut copies = BTreeSet::new();
    for object in listed.contents() {
        let key = object.key().unwrap();
        let copy = stack.services.s3.get_object().bucket(&bucket).key(key).send().await.unwrap();
        let text = String::from_utf8(copy.body.collect().await.unwrap().to_vec()).unwrap();
        // An entry may be copied more than once; each copy is the entry.
        copies.extend(text.lines().map(str::to_owned));
    }
    let mut copies: Vec<String> = copies.iter().map(|copy| timeless(copy)).collect();
    copies.sort();
    let mut events: Vec<String> =
        events.iter().map(|((kind, _), event)| timeless(&format!("{kind} {event}"))).collect();
    events.sort();
    Held { items, copies, events }
}

impl Held {
    /// Tells what is there, or not there, that is otherwise with the other.
    fn assert_is(&self, other: &Self, when: &str) {
        let lines = |held: &Self| [&held.items[..], &held.copies, &held.events].concat();
        let (own, others) = (lines(self), lines(other));
        let only = |these: &[String], those: &[String]| {
            let mut left = those.to_vec();
            let mut missing = |line: &&String| match left.iter().position(|known| known == *line) {
                Some(place) => {
                    left.swap_remove(place);
                    false
                }
                None => true,
            };
            these.iter().filter(|line| missing(line)).cloned().collect::<Vec<_>>().join("\n")
        };
        assert!(own == others, "{when}:\nthere is\n{}\nthere is not\n{}", only(&own, &others), only(&others, &own));
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Later than a request that left no answer counts as broken off.
const LATER: u32 = 600;

/// What is done in a folder, and done again after it was broken off.
struct Work {
    before: tempfile::TempDir,
    files: Vec<UploadFile>,
    requests: Vec<Value>,
}

impl Work {
    /// Does it, breaks it off at a call, and does it again; what is held then.
    fn broken_off(&self, last_call: usize) -> (Held, Ran, Ran) {
        let data = tempfile::tempdir().unwrap();
        copy(self.before.path(), data.path());
        let mut first = run(data.path(), &self.files, &self.requests, LATER, last_call);
        let mut again = run(data.path(), &self.files[first.stored..], &self.requests, 2 * LATER, 0);
        let mut events = std::mem::take(&mut first.events);
        events.append(&mut again.events);
        let held = tokio::runtime::Handle::current().block_on(held(data.path(), &events));
        (held, first, again)
    }

    async fn at_every_call(self) {
        let work = std::sync::Arc::new(self);
        let at = |last_call: usize| {
            let work = std::sync::Arc::clone(&work);
            tokio::task::spawn_blocking(move || work.broken_off(last_call))
        };
        let (calm, undisturbed, _) = at(0).await.unwrap();
        let calls = undisturbed.calls.expect("it came to its end");
        assert!(calls > 2, "it does something");
        let mut left = (1..=calls).rev().collect::<Vec<_>>();
        // Two at a time.
        while let Some(one) = left.pop() {
            let other = left.pop();
            let (first, second) = (at(one), other.map(at));
            let mut done = vec![(one, first.await.unwrap())];
            if let (Some(other), Some(second)) = (other, second) {
                done.push((other, second.await.unwrap()));
            }
            for (call, (held, first, again)) in done {
                // What is done side by side may take a call less.
                assert!(first.calls.is_none_or(|made| made < call), "it ended at call {call} of {calls}");
                for (status, answer) in &again.answered {
                    assert!(status.starts_with('2'), "asked again after call {call} of {calls}: {status} {answer}");
                }
                assert_eq!(again.answered.len(), work.requests.len());
                held.assert_is(&calm, &format!("ended at call {call} of {calls}"));
            }
        }
    }
}

fn request(path: &str, claims: &Value, version: Option<u32>, body: &Value) -> Value {
    let mut headers = vec![("idempotency-key".to_owned(), "once".to_owned())];
    headers.extend(version.map(|version| ("if-match".to_owned(), format!("\"{version}\""))));
    json!({ "method": "POST", "path": path, "claims": claims, "headers": headers, "body": body })
}

fn subject() -> Value {
    json!({ "role": "subject", "subject": uscc(1) })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_issued_once() {
    let before = tempfile::tempdir().unwrap();
    let files = [register(1), penalties().row(&penalty_row(1, 1)).build()];
    // The one that the new report is to supersede.
    let earlier = request("/reports", &subject(), None, &json!({ "purpose": "other" }));
    assert_eq!(run(before.path(), &files, &[earlier], 0, 0).answered[0].0, "201");
    let mut wanted = request("/reports", &subject(), None, &json!({ "purpose": "financial" }));
    wanted["headers"][0][1] = json!("another");
    Work { before, files: vec![], requests: vec![wanted] }.at_every_call().await;
}

/// Sooner than a request that left no answer counts as broken off: the next start knows that nobody carries it out any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_broken_off_can_be_sent_again_at_once() {
    let data = tempfile::tempdir().unwrap();
    run(data.path(), &[register(1)], &[], 0, 0);
    let wanted = [request("/reports", &subject(), None, &json!({ "purpose": "other" }))];
    // The first call claims the request.
    let first = run(data.path(), &[], &wanted, LATER, 2);
    assert!(first.calls.is_none() && first.answered.is_empty(), "it was broken off");
    let again = run(data.path(), &[], &wanted, LATER + 1, 0);
    assert_eq!(again.answered[0].0, "201", "{}", again.answered[0].1);
    let once_more = run(data.path(), &[], &wanted, LATER + 2, 0);
    assert_eq!(once_more.answered[0].1["number"], again.answered[0].1["number"], "what is answered stays answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_made_once() {
    let before = tempfile::tempdir().unwrap();
    let files = [register(1), penalties().row(&penalty_row(1, 1)).build()];
    run(before.path(), &files, &[], 0, 0);
    let stack = Stack::start(Options { deliver: false, ..Options::new(before.path()) }).await.unwrap();
    let keys = registry_of(&stack).await.into_keys();
    let record = keys.filter_map(|key| Some(key.split_once(" | RECORD#")?.1.to_owned())).next().unwrap();
    let data = tempfile::tempdir().unwrap();
    copy(before.path(), data.path());
    let submission = json!({ "record": record, "contested": "record", "reasons": "罚款金额与决定书不一致。" });
    let submitted = run(data.path(), &[], &[request("/objections", &subject(), None, &submission)], 0, 0);
    let id = submitted.answered[0].1["id"].as_str().unwrap().to_owned();
    let decision = json!({
        "outcome": "upheld", "reason": "经核实，决定书载明罚款500元。", "correction": { "details": { "fine": "0.05" } },
    });
    let unit = json!({ "role": "unit", "unit": "market-supervision", "sub": "clerk" });
    let wanted = request(&format!("/objections/{id}/decision"), &unit, Some(1), &decision);
    Work { before: data, files: vec![], requests: vec![wanted] }.at_every_call().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_in_once() {
    let before = tempfile::tempdir().unwrap();
    let files = [register(1), penalties().file("一.csv").row(&penalty_row(1, 1)).row(&penalty_row(1, 2)).build()];
    // A report that the new rows affect.
    let report = request("/reports", &subject(), None, &json!({ "purpose": "other" }));
    assert_eq!(run(before.path(), &files, &[report], 0, 0).answered[0].0, "201");
    let changed = with(&penalty_row(1, 1), &json!({ "处罚内容": "警告，并罚款12500元，没收违法所得。" }));
    let rows = penalties()
        .file("二.csv")
        .row(&changed)
        .row(&penalty_row(1, 3))
        .row(&with(&penalty_row(1, 4), &json!({ "罚款金额（万元）": "一万" })));
    let marks =
        UploadBuilder::new("market-supervision", TableId::Repair).row(&repair_row(1, 2)).row(&repair_row(1, 777_777));
    Work { before, files: vec![rows.build(), marks.build()], requests: vec![] }.at_every_call().await;
}
