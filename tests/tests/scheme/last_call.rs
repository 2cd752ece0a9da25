//! Ended at every call of the store in turn, or killed at any moment, and asked again, a request is done once, a file is taken in
//! once: items, history, audit, its locked copy and events are those of an undisturbed run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use regex::Regex;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use xinzheng::main_job::UploadFile;
use xinzheng::{Options, Stack};
use xinzheng_api::{Endpoint, commitment, feedback, grant, living_code, objection, report};
use xinzheng_domain::TableId;
use xinzheng_tests::{
    UploadBuilder, penalties, penalty_row, public_log, register, registry_of, repair_row, uscc, with,
};

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

impl Ran {
    /// What an endpoint answered to the request at this place.
    fn answer<P, Q, B, A: DeserializeOwned>(&self, place: usize, endpoint: &Endpoint<P, Q, B, A>) -> A {
        let (status, body) = &self.answered[place];
        assert_eq!(*status, endpoint.status().to_string(), "{body}");
        serde_json::from_value(body.clone()).unwrap_or_else(|fault| panic!("{fault}: {body}"))
    }
}

/// How a process ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// When it is idle.
    Idle,
    /// By itself, at this call of the store.
    Call(usize),
    /// Killed, so long after its start.
    Killed(Duration),
}

fn run(data: &Path, files: &[UploadFile], requests: &[Value], later: u32, end: End) -> Ran {
    run_of(data, files, requests, later, (end, false))
}

/// The same; the calls of the function `log` are counted, or those of all others.
fn run_of(data: &Path, files: &[UploadFile], requests: &[Value], later: u32, (end, of_log): (End, bool)) -> Ran {
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
        .args([later.to_string(), if let End::Call(call) = end { call } else { 0 }.to_string()])
        .args(of_log.then_some("log"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the stack starts");
    let mut ran = Ran::default();
    if let End::Killed(after) = end {
        // What it printed until then can still be read.
        std::thread::sleep(after);
        child.kill().unwrap();
    }
    for line in BufReader::new(child.stdout.take().expect("its output is read")).lines() {
        let line = line.expect("text");
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("answered", answer) => {
                // A line may be cut off.
                let Some((status, body)) = answer.split_once(' ') else { continue };
                let Ok(body) = serde_json::from_str(body) else { continue };
                ran.answered.push((status.to_owned(), body));
            }
            ("Event", event) => {
                let Some((kind, detail)) = event.split_once(' ') else { continue };
                let Ok(parsed) = serde_json::from_str::<Value>(detail) else { continue };
                ran.events.insert((kind.to_owned(), parsed["id"].to_string()), detail.to_owned());
            }
            ("stored", _) => ran.stored += 1,
            ("calls", number) => ran.calls = Some(number.parse().unwrap()),
            ("idle", _) => break,
            _ => {}
        }
    }
    let _ended_before = child.kill();
    child.wait().unwrap();
    ran
}

/// The same without ids, which are drawn for what is made.
fn without_ids(text: &str) -> String {
    static ID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[0-9a-f]{32}|\b(FJ|YY|XF|CN)-[0-9A-Za-z-]+|…\w{4}").unwrap());
    ID.replace_all(text, "<id>").into_owned()
}

/// Without what another run has otherwise: times, drawn numbers and codes, and digests and sizes of what holds them.
fn timeless(text: &str) -> String {
    static OTHERWISE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        [
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
            (r"\d{8}T\d{6}(\.\d+)?Z", "<time>"),
            (r"PROOF-DUE#\d\d", "PROOF-DUE#<shard>"),
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
    /// Entries of the public log, each of which stands once.
    log: Vec<String>,
}

async fn held(data: &Path, events: &BTreeMap<(String, String), String>) -> Held {
    let stack = Stack::start(Options { deliver: false, ..Options::new(data) }).await.unwrap();
    let mut items = vec![];
    for (key, item) in registry_of(&stack).await {
        // The answer holds an address that is signed for a time; that there is one tells that the request is answered.
        // How often it was tried, and compared: also when that was broken off.
        let tries = ["claimed_at", "compared"].into_iter().chain(key.starts_with("THROTTLE#").then_some("sent"));
        let tries: Vec<&str> = tries.collect();
        let compared = item.into_iter().filter(|(name, _)| !tries.contains(&name.as_str()));
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
    assert_eq!(public_log::left_to_do(&stack).await, Vec::<String>::new(), "nothing waits for the log");
    let mut log: Vec<String> = public_log::entries(&stack).await;
    // Of each start it is told of the keys that name its address.
    log.retain(|entry| !entry.contains(r#""fact":"key-"#));
    let mut log: Vec<String> = log.iter().map(|entry| timeless(entry)).collect();
    log.sort();
    Held { items, copies, events, log }
}

impl Held {
    /// The same without ids.
    fn without_ids(self) -> Self {
        let [items, copies, events, log] = [self.items, self.copies, self.events, self.log].map(|lines| {
            let mut lines: Vec<String> = lines.iter().map(|line| without_ids(line)).collect();
            lines.sort();
            lines
        });
        Self { items, copies, events, log }
    }

    /// Tells what is there, or not there, that is otherwise with the other.
    fn assert_is(&self, other: &Self, when: &str) {
        let lines = |held: &Self| [&held.items[..], &held.copies, &held.events, &held.log].concat();
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

/// Copies a folder of a stack that has ended. The database may be putting its journal away: then all is copied again.
fn copy(from: &Path, to: &Path) {
    for _ in 0..20 {
        match try_copy(from, to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                std::fs::remove_dir_all(to).unwrap();
                std::thread::sleep(Duration::from_millis(100));
            }
            copied => return copied.unwrap(),
        }
    }
    panic!("{} does not come to rest", from.display());
}

fn try_copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            try_copy(&entry.path(), &to.join(entry.file_name()))?;
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Later than a request that left no answer counts as broken off.
const LATER: u32 = 600;

/// What is done in a folder, and done again after it was broken off.
struct Work {
    before: tempfile::TempDir,
    files: Vec<UploadFile>,
    requests: Vec<Value>,
    /// True when it draws ids for what it makes.
    draws: bool,
    /// True when it ends at the calls of the function `log`, which works beside the others.
    of_log: bool,
}

impl Work {
    /// Does it, breaks it off, and does it again; what is held then.
    fn broken_off(&self, end: End) -> (Held, Ran, Ran) {
        let data = tempfile::tempdir().unwrap();
        copy(self.before.path(), data.path());
        let mut first = run_of(data.path(), &self.files, &self.requests, LATER, (end, self.of_log));
        let mut again =
            run_of(data.path(), &self.files[first.stored..], &self.requests, 2 * LATER, (End::Idle, self.of_log));
        let mut events = std::mem::take(&mut first.events);
        events.append(&mut again.events);
        let held = tokio::runtime::Handle::current().block_on(held(data.path(), &events));
        (if self.draws { held.without_ids() } else { held }, first, again)
    }

    async fn at_every_call(self) {
        let work = std::sync::Arc::new(self);
        let at = |end: End| {
            let work = std::sync::Arc::clone(&work);
            tokio::task::spawn_blocking(move || work.broken_off(end))
        };
        let (calm, undisturbed, _) = at(End::Idle).await.unwrap();
        let calls = undisturbed.calls.expect("it came to its end");
        assert!(calls > 2, "it does something");
        let mut left = (1..=calls).rev().collect::<Vec<_>>();
        // Two at a time.
        while let Some(one) = left.pop() {
            let other = left.pop();
            let (first, second) = (at(End::Call(one)), other.map(|other| at(End::Call(other))));
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

/// How often a process is killed in [`killed_at_any_moment_nothing_is_lost_or_doubled`], unless this variable says how often.
const KILLS: (&str, u64) = ("XINZHENG_KILLS", 6);

impl Work {
    /// Kills it at moments that are spread over the time that it takes.
    async fn at_any_moment(self) {
        let kills = std::env::var(KILLS.0).map_or(KILLS.1, |kills| kills.parse().unwrap());
        let calm = tokio::task::block_in_place(|| self.broken_off(End::Idle)).0;
        let data = tempfile::tempdir().unwrap();
        copy(self.before.path(), data.path());
        let begun = Instant::now();
        run_of(data.path(), &self.files, &self.requests, LATER, (End::Idle, self.of_log));
        let takes = begun.elapsed();
        let (mut unfinished, mut moment) = (0, 0x9e37_79b9_7f4a_7c15_u64);
        for kill in 1..=kills {
            // A generator of the field's smallest kind (xorshift) spreads them without a pattern.
            moment ^= moment << 13;
            moment ^= moment >> 7;
            moment ^= moment << 17;
            let after = takes.mul_f64((moment >> 11) as f64 / (1_u64 << 53) as f64);
            let (held, first, again) = tokio::task::block_in_place(|| self.broken_off(End::Killed(after)));
            unfinished += u64::from(first.calls.is_none());
            for (status, answer) in &again.answered {
                assert!(status.starts_with('2'), "asked again after kill {kill} ({after:?}): {status} {answer}");
            }
            assert_eq!(again.answered.len(), self.requests.len());
            held.assert_is(&calm, &format!("killed after {after:?}"));
        }
        println!("{kills} kills, {unfinished} before it was done; it takes {takes:?}");
        assert!(unfinished * 2 > kills, "most kills are in the middle: {unfinished} of {kills}");
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

/// A report that supersedes an earlier one.
fn second_report(of_log: bool) -> Work {
    let before = tempfile::tempdir().unwrap();
    let files = [register(1), penalties().row(&penalty_row(1, 1)).build()];
    // The one that the new report is to supersede.
    let earlier = request("/reports", &subject(), None, &json!({ "purpose": "other" }));
    assert_eq!(run(before.path(), &files, &[earlier], 0, End::Idle).answered[0].0, "201");
    let wanted = keyed("another", "/reports", &subject(), None, &json!({ "purpose": "financial" }));
    Work { before, files: vec![], requests: vec![wanted], draws: false, of_log }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_issued_once() {
    second_report(false).at_every_call().await;
}

/// Sooner than a request that left no answer counts as broken off: the next start knows that nobody carries it out any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_was_broken_off_can_be_sent_again_at_once() {
    let data = tempfile::tempdir().unwrap();
    run(data.path(), &[register(1)], &[], 0, End::Idle);
    let wanted = [request("/reports", &subject(), None, &json!({ "purpose": "other" }))];
    // The first call claims the request.
    let first = run(data.path(), &[], &wanted, LATER, End::Call(2));
    assert!(first.calls.is_none() && first.answered.is_empty(), "it was broken off");
    let again = run(data.path(), &[], &wanted, LATER + 1, End::Idle);
    assert_eq!(again.answered[0].0, "201", "{}", again.answered[0].1);
    let once_more = run(data.path(), &[], &wanted, LATER + 2, End::Idle);
    let number = |ran: &Ran| ran.answer(0, &report::ISSUE).opened.report.number;
    assert_eq!(number(&once_more), number(&again), "what is answered stays answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_made_once() {
    let before = tempfile::tempdir().unwrap();
    let files = [register(1), penalties().row(&penalty_row(1, 1)).build()];
    run(before.path(), &files, &[], 0, End::Idle);
    let stack = Stack::start(Options { deliver: false, ..Options::new(before.path()) }).await.unwrap();
    let keys = registry_of(&stack).await.into_keys();
    let record = keys.filter_map(|key| Some(key.split_once(" | RECORD#")?.1.to_owned())).next().unwrap();
    let data = tempfile::tempdir().unwrap();
    copy(before.path(), data.path());
    let submission = json!({ "record": record, "contested": "record", "reasons": "罚款金额与决定书不一致。" });
    let submitted = run(data.path(), &[], &[request("/objections", &subject(), None, &submission)], 0, End::Idle);
    let id = submitted.answer(0, &objection::SUBMIT).objection.id;
    let decision = json!({
        "outcome": "upheld", "reason": "经核实，决定书载明罚款500元。", "correction": { "details": { "fine": "0.05" } },
    });
    let unit = json!({ "role": "unit", "unit": "market-supervision", "sub": "clerk" });
    let wanted = request(&format!("/objections/{id}/decision"), &unit, Some(1), &decision);
    Work { before: data, files: vec![], requests: vec![wanted], draws: false, of_log: false }.at_every_call().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_taken_in_once() {
    let before = tempfile::tempdir().unwrap();
    let files = [register(1), penalties().file("一.csv").row(&penalty_row(1, 1)).row(&penalty_row(1, 2)).build()];
    // A report that the new rows affect.
    let report = request("/reports", &subject(), None, &json!({ "purpose": "other" }));
    assert_eq!(run(before.path(), &files, &[report], 0, End::Idle).answered[0].0, "201");
    let changed = with(&penalty_row(1, 1), &json!({ "处罚内容": "警告，并罚款12500元，没收违法所得。" }));
    let rows = penalties()
        .file("二.csv")
        .row(&changed)
        .row(&penalty_row(1, 3))
        .row(&with(&penalty_row(1, 4), &json!({ "罚款金额（万元）": "一万" })));
    let marks =
        UploadBuilder::new("market-supervision", TableId::Repair).row(&repair_row(1, 2)).row(&repair_row(1, 777_777));
    Work { before, files: vec![rows.build(), marks.build()], requests: vec![], draws: false, of_log: false }
        .at_every_call()
        .await;
}

/// Whatever call of `log` is its last, each entry is in the log once, and all that a report and an upload say of it is said.
#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_each_entry_once() {
    second_report(true).at_every_call().await;
}

/// A request with a key of its own.
fn keyed(key: &str, path: &str, claims: &Value, version: Option<u32>, body: &Value) -> Value {
    let mut request = request(path, claims, version, body);
    request["headers"][0][1] = json!(key);
    request
}

fn unit() -> Value {
    json!({ "role": "unit", "unit": "market-supervision", "sub": "clerk" })
}

fn platform() -> Value {
    json!({ "role": "operator", "sub": "operator-1" })
}

fn bank() -> Value {
    json!({ "role": "third-party", "sub": "bank-1", "name": "虚构银行" })
}

/// A subject with two penalties and a report; the ids of its records.
async fn subject_with_records(data: &Path) -> Vec<String> {
    let files = [register(1), penalties().row(&penalty_row(1, 1)).row(&penalty_row(1, 2)).build()];
    run(data, &files, &[], 0, End::Idle);
    let stack = Stack::start(Options { deliver: false, ..Options::new(data) }).await.unwrap();
    let keys = registry_of(&stack).await.into_keys();
    let records = keys.filter_map(|key| Some(key.split_once(" | RECORD#")?.1.to_owned())).collect();
    assert!(stack.end(Duration::from_secs(10)).await);
    records
}

fn objects(record: &str) -> Value {
    json!({ "record": record, "contested": "record", "reasons": "罚款金额与决定书不一致。" })
}

fn grants() -> Value {
    json!({ "grantee": { "name": "虚构银行" }, "purpose": "financial", "until": "2025-12-01T00:00:00Z", "uses": 2 })
}

fn shows() -> Value {
    json!({ "until": "2025-11-10T00:00:00Z", "purpose": "commercial" })
}

fn commits() -> Value {
    json!({ "domain": "烟草专卖", "text": "本单位承诺无违法违规情况。", "until": "2026-11-03" })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_submit_is_made_once() {
    let before = tempfile::tempdir().unwrap();
    let records = subject_with_records(before.path()).await;
    let data = tempfile::tempdir().unwrap();
    copy(before.path(), data.path());
    let asks = json!({ "kind": "enquiry", "text": "怎样开具报告？", "contact": "00000000000" });
    let announces = json!({ "table": "penalty", "file": "三.csv", "bytes": 4, "sha256": "0".repeat(64) });
    let attaches = json!({ "name": "凭证.pdf", "bytes": 5, "sha256": "0".repeat(64) });
    let declares = json!({ "kind": "penalty", "from": "2025-10-01", "to": "2025-10-31", "count": 0 });
    let requests = [
        ("/grants", subject(), grants()),
        ("/living-codes", subject(), shows()),
        ("/objections", subject(), objects(&records[0])),
        ("/repairs", subject(), json!({ "record": records[1], "proof": "已缴清罚款，附缴款凭证编号虚构123。" })),
        ("/commitments", subject(), commits()),
        ("/attachments", subject(), attaches),
        ("/feedback", json!({ "role": "anyone" }), asks),
        ("/manifests", unit(), declares),
        ("/uploads", unit(), announces),
        ("/webhooks", bank(), json!({ "address": "http://127.0.0.1:9/" })),
    ];
    let keyed = |(place, (path, claims, body)): (usize, &(&str, Value, Value))| {
        keyed(&format!("k{place}"), path, claims, None, body)
    };
    let requests = requests.iter().enumerate().map(keyed).collect();
    Work { before: data, files: vec![], requests, draws: true, of_log: false }.at_every_call().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_what_was_submitted_is_taken_once() {
    let before = tempfile::tempdir().unwrap();
    let records = subject_with_records(before.path()).await;
    let asks = json!({ "kind": "enquiry", "text": "怎样开具报告？" });
    let made = [
        keyed("m0", "/grants", &subject(), None, &grants()),
        keyed("m1", "/grants", &subject(), None, &grants()),
        keyed("m2", "/objections", &subject(), None, &objects(&records[0])),
        keyed("m3", "/objections", &subject(), None, &objects(&records[1])),
        keyed("m4", "/commitments", &subject(), None, &commits()),
        keyed("m5", "/feedback", &subject(), None, &asks),
        keyed("m6", "/reports", &subject(), None, &json!({ "purpose": "other" })),
        keyed("m7", "/living-codes", &subject(), None, &shows()),
    ];
    let data = tempfile::tempdir().unwrap();
    copy(before.path(), data.path());
    let ran = run(data.path(), &[], &made, 0, End::Idle);
    let grant = |place| ran.answer(place, &grant::GIVE).standing.grant.code;
    let objection = |place| ran.answer(place, &objection::SUBMIT).objection.id;
    let commitment = ran.answer(4, &commitment::MAKE).commitment.id;
    let feedback = ran.answer(5, &feedback::SEND).code;
    let number = ran.answer(6, &report::ISSUE).opened.report.number;
    let shown = ran.answer(7, &living_code::MAKE).standing.report.code;
    let step = |key: &str, path: String, claims: &Value, version: Option<u32>, body: Value| {
        keyed(key, &path, claims, version, &body)
    };
    let reason = json!({ "reason": "经复核，认定有误。" });
    let requests = vec![
        step("s0", format!("/grants/{}/reports", grant(0)), &bank(), None, json!({})),
        step("s1", format!("/grants/{}/revocation", grant(1)), &subject(), Some(1), json!({})),
        step("s2", format!("/objections/{}/acceptance", objection(2)), &unit(), Some(1), json!({})),
        step("s3", format!("/objections/{}/retraction", objection(3)), &subject(), Some(1), json!({})),
        step(
            "s4",
            format!("/commitments/{commitment}/steps"),
            &unit(),
            Some(1),
            json!({ "outcome": "false", "evidence": "查获未申报的经营行为。" }),
        ),
        step("s5", format!("/commitments/{commitment}/lifting"), &platform(), Some(2), reason.clone()),
        step(
            "s6",
            format!("/feedback/{feedback}/answer"),
            &platform(),
            Some(1),
            json!({ "text": "在本站登录后开具。", "publish": true }),
        ),
        step("s7", format!("/reports/{number}/withdrawal"), &platform(), Some(1), reason),
        step(
            "s8",
            format!("/records/{}/severity", records[0]),
            &unit(),
            None,
            json!({ "severity": "general", "cause": "未造成危害。" }),
        ),
        step("s9", format!("/living-codes/{shown}/end"), &subject(), None, json!({})),
    ];
    Work { before: data, files: vec![], requests, draws: true, of_log: false }.at_every_call().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_nothing_is_lost_or_doubled() {
    let before = tempfile::tempdir().unwrap();
    let records = subject_with_records(before.path()).await;
    let rows = (3..60).fold(penalties().file("二.csv"), |rows, n| rows.row(&penalty_row(1, n)));
    let rows = rows.row(&with(&penalty_row(1, 60), &json!({ "罚款金额（万元）": "一万" })));
    let marks = UploadBuilder::new("market-supervision", TableId::Repair).row(&repair_row(1, 2));
    let requests = vec![
        keyed("k0", "/reports", &subject(), None, &json!({ "purpose": "other" })),
        keyed("k1", "/grants", &subject(), None, &grants()),
        keyed("k2", "/objections", &subject(), None, &objects(&records[0])),
        keyed("k3", "/commitments", &subject(), None, &commits()),
    ];
    let data = tempfile::tempdir().unwrap();
    copy(before.path(), data.path());
    Work { before: data, files: vec![rows.build(), marks.build()], requests, draws: true, of_log: false }
        .at_any_moment()
        .await;
}
