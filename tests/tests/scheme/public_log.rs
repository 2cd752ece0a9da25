//! The public log over the whole stack: what is told, what proves it, that nothing in it tells whom it is about; and that it
//! stays one log whatever fails.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use serde_json::{Value, json};
use xinzheng::{Calls, Options, Stack};
use xinzheng_api::log::LogStanding;
use xinzheng_api::upload;
use xinzheng_runtime::{Clock, Services};
use xinzheng_store::Registry;
use xinzheng_tests::log_function::{ORIGIN, counted, log_function, log_function_by, witness};
use xinzheng_tests::{TestStack, penalties, penalty_row, public_log, register, uscc};
use xinzheng_tlog::{Digest, Fact, KeyPurpose, Policy, Proof, Salt};

async fn text(test: &TestStack, path: &str, token: Option<&str>) -> (u16, String) {
    let request = test.get(path);
    let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn policy(test: &TestStack) -> Policy {
    Policy::parse(&text(test, "/log/policy", None).await.1).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_logged_within_seconds_and_its_proof_holds_without_us() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "financial" })).await.report;
    let asked = Instant::now();
    let logged = loop {
        match test.verified(report.code).await.log {
            Some(LogStanding::Logged { index, size, cosigned_by }) if !cosigned_by.is_empty() => {
                break (index, size, cosigned_by);
            }
            // Not yet, or the witness is being asked.
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        assert!(asked.elapsed() < Duration::from_secs(60), "it is not logged");
    };
    println!("logged after {:?}", asked.elapsed());
    assert!(logged.0 < logged.1 && logged.2 == ["witness.example.invalid"], "{logged:?}");
    let (status, proof) = text(&test, &format!("/verify/{}/proof", report.code), None).await;
    assert_eq!(status, 200, "{proof}");
    let proof = Proof::parse(proof.as_bytes()).unwrap();
    let (fact, cosigned) = proof.judge(&policy(&test).await).map(|(fact, by)| (fact, by.len())).unwrap();
    let Fact::ReportIssued { number, content, file, at } = fact else { panic!("{fact:?}") };
    assert_eq!((number, cosigned), (report.number.to_string(), 1));
    assert_eq!(
        (content.to_string(), file.to_string()),
        (report.content.sha256.to_string(), report.file.sha256.to_string())
    );
    assert_eq!(at, report.issued_at);
    // The salt is in the data alone.
    let content = test.content(&report.number).await;
    let entries = public_log::entries(&test.stack).await.concat();
    assert!(!entries.contains(&content.salt.to_string()));

    let size = public_log::published(&test.stack).checkpoint().await.unwrap().unwrap().size();
    let tile = format!("/log/tile/0/000.p/{size}");
    let escaped = format!("/log/tile%2F0%2F000.p%2F{size}");
    for (path, status) in [
        ("/log/checkpoint", 200),
        ("/log/cosigned", 200),
        (tile.as_str(), 200),
        ("/log/tile/0/999", 404),
        ("/log/tile/0/000.p/255", 404),
        ("/log/receipts/x", 404),
        (escaped.as_str(), 200),
        ("/verify/0000000-0000000-0000000/proof", 404),
    ] {
        assert_eq!(text(&test, path, None).await.0, status, "{path}");
    }
    let answer = test.get(&tile).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(
        (header("content-type"), answer.bytes().await.unwrap().len()),
        ("application/octet-stream".to_owned(), 32 * usize::try_from(size).unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_can_prove_what_it_sent_and_when() {
    let test = TestStack::start().await;
    let sent = penalties().row(&penalty_row(1, 1)).row(&penalty_row(1, 2)).build();
    test.take_in(&[register(1), sent.clone()]).await;
    let token = test.unit_token("market-supervision");
    let uploads = test.send(test.get("/uploads").bearer_auth(&token)).await.of(&upload::LIST);
    let id = uploads.page.items.iter().find(|upload| upload.key == sent.key).unwrap().id.clone();
    let upload = test.send(test.get(&format!("/uploads/{id}")).bearer_auth(&token)).await.of(&upload::READ);
    assert!(matches!(upload.log, Some(LogStanding::Logged { .. })), "{:?}", upload.log);
    let statement = upload.statement.unwrap();
    let (status, proof) = text(&test, &format!("/uploads/{id}/proof"), Some(&token)).await;
    assert_eq!(status, 200);
    let (fact, _) =
        Proof::parse(proof.as_bytes()).unwrap().judge(&policy(&test).await).map(|(fact, _)| (fact, ())).unwrap();
    let Fact::UploadReceived { unit, file, receipt, rows, accepted, stored_at, refused, .. } = fact else { panic!() };
    assert_eq!((unit.as_deref(), rows, accepted, refused), (Some("market-supervision"), 2, 2, false));
    assert_eq!(receipt, Digest::of(statement.as_bytes()));
    // The file and when it came, by the statement, which nobody else can guess.
    let said: Value = serde_json::from_str(&statement).unwrap();
    let salt: Salt = said["salt"].as_str().unwrap().parse().unwrap();
    let own = Digest::of(&sent.bytes).to_string();
    assert_eq!(
        (said["sha256"].as_str(), said["stored_at"].as_str()),
        (Some(own.as_str()), Some(&*stored_at.to_string()))
    );
    let bytes: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&own[at..at + 2], 16).unwrap()).collect();
    assert_eq!(file, Some(salt.digest(&bytes)));
    // Another unit is told nothing, and what is not sent has no proof.
    let other = test.unit_token("tax");
    assert_eq!(text(&test, &format!("/uploads/{id}/proof"), Some(&other)).await.0, 404);

    let refused = penalties().file("空.csv").build();
    test.take_in(&[refused]).await;
    let entries = public_log::entries(&test.stack).await;
    assert_eq!(entries.iter().filter(|entry| entry.contains(r#""fact":"upload-received""#)).count(), 3);
    // Taken in again, it is not said again.
    test.take_in(&[sent]).await;
    test.stack.run_schedules().await.unwrap();
    test.stack.idle(|_| {}).await;
    assert_eq!(public_log::entries(&test.stack).await.len(), entries.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_announced_and_retired_once_and_not_by_who_has_old_secrets() {
    let folder = tempfile::tempdir().unwrap();
    // What a stack that is started then says of keys, beside what was said; at the same address: certificates name it.
    let (mut said, mut port) = (BTreeSet::new(), 0);
    let mut news = async |clock: &str| {
        let now: Timestamp = clock.parse().unwrap();
        let clock = Clock::of(move || now);
        let stack = Stack::start(Options { clock, port, ..Options::new(folder.path()) }).await.unwrap();
        port = stack.address.rsplit(':').next().unwrap().parse().unwrap();
        stack.run_schedules().await.unwrap();
        stack.idle(|_| {}).await;
        let entries: BTreeSet<String> = public_log::entries(&stack).await.into_iter().collect();
        let new = entries.difference(&said).map(|entry| Fact::read(entry.as_bytes()).unwrap());
        let new = new.map(|fact| match fact {
            Fact::KeyAnnounced { purpose, certificate, .. } => ("announced", purpose, certificate),
            Fact::KeyRetired { purpose, certificate, .. } => ("retired", purpose, certificate),
            other => panic!("{other:?}"),
        });
        let new: Vec<_> = new.collect();
        said.extend(entries);
        assert!(stack.end(Duration::from_secs(10)).await);
        new
    };
    let first = news("2025-11-03T00:00:00Z").await;
    let signs = |(what, purpose, _): &&(&str, KeyPurpose, Option<Digest>)| {
        (*what, *purpose) == ("announced", KeyPurpose::ReportSignature)
    };
    let before = first.iter().find(signs).unwrap().2;
    assert_eq!((first.len(), before.is_some()), (3, true), "{first:?}");
    assert_eq!(news("2025-11-03T06:00:00Z").await, [], "started again");
    xinzheng::rotate_local(folder.path(), "2025-11-04T00:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(news("2025-11-02T00:00:00Z").await, [], "it read its secrets before those that were told of");
    let after = news("2025-11-05T00:00:00Z").await;
    let new = after.iter().find(signs).unwrap().2;
    assert!(new.is_some() && new != before, "{after:?}");
    assert_eq!(after.iter().filter(|(what, ..)| *what == "announced").count(), 1, "{after:?}");
    assert!(after.contains(&("retired", KeyPurpose::ReportSignature, before)), "{after:?}");
    assert_eq!(news("2025-11-06T00:00:00Z").await, [], "started again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_happens_is_said_and_nothing_tells_whom_it_is_about() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let operator = test.operator_token();
    let unit = test.unit_token("market-supervision");
    let manifest = json!({ "kind": "penalty", "from": "2024-05-01", "to": "2024-05-31", "count": 3 });
    for turn in 0..2 {
        // Declared again, it is not said again.
        let answer = test.send(test.post("/manifests", &manifest).bearer_auth(&unit)).await;
        assert!(answer.status < 300, "{turn}: {answer:?}");
    }
    let version =
        test.get(&format!("/reports/{}?reason=case", report.number)).bearer_auth(&operator).send().await.unwrap();
    let version = version.headers()["etag"].to_str().unwrap().to_owned();
    let back = test.post(&format!("/reports/{}/withdrawal", report.number), &json!({ "reason": "虚构的原因" }));
    let answer = test.send(back.bearer_auth(&operator).header("if-match", version)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    test.stack.idle(|_| {}).await;
    let entries = public_log::entries(&test.stack).await;
    let facts: Vec<Fact> = entries.iter().map(|entry| Fact::read(entry.as_bytes()).unwrap()).collect();
    let codes: BTreeSet<&str> = facts.iter().map(Fact::code).collect();
    let said = ["key-announced", "manifest-declared", "report-issued", "report-withdrawn", "upload-received"];
    assert_eq!(codes, said.into());
    assert_eq!(facts.iter().filter(|fact| fact.code() == "manifest-declared").count(), 1);
    let purposes: BTreeSet<KeyPurpose> = facts
        .iter()
        .filter_map(|fact| if let Fact::KeyAnnounced { purpose, .. } = fact { Some(*purpose) } else { None })
        .collect();
    assert_eq!(purposes.len(), 3, "{purposes:?}");
    // A withdrawn report stays, and its proof with it.
    let (_, proof) = text(&test, &format!("/verify/{}/proof", report.code), None).await;
    assert!(Proof::parse(proof.as_bytes()).unwrap().judge(&policy(&test).await).is_ok());
    // By the published schema, and with nothing of the subject's, the reason or the file's name.
    let schema = test.send(test.get("/schemas/log-entry.schema.json")).await.body;
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let (_, code) = (uscc(1), report.code.to_string());
    for entry in &entries {
        let parsed: Value = serde_json::from_str(entry).unwrap();
        let faults: Vec<String> = schema.iter_errors(&parsed).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{entry}: {faults:?}");
        for told in [uscc(1).to_string().as_str(), "虚构", &code, &code.replace('-', ""), ".csv"] {
            assert!(!entry.contains(told), "{entry} tells {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_does_not_answer_delays_its_cosignature_alone() {
    let folder = tempfile::tempdir().unwrap();
    let witness_fails = xinzheng::Outage::default();
    witness_fails.set(true);
    let options = Options { witness_fails: witness_fails.clone(), ..Options::new(folder.path()) };
    let stack = Stack::start(options).await.unwrap();
    for file in [register(1), penalties().row(&penalty_row(1, 1)).build()] {
        xinzheng::main_job::upload(&stack, &file).await.unwrap();
    }
    stack.idle(|_| {}).await;
    // The entries are in the log, and say that nobody has seen it yet.
    let count = public_log::entries(&stack).await.len();
    assert!(count >= 2);
    let left = public_log::left_to_do(&stack).await;
    assert!(
        left.iter().any(|place| place.starts_with("LOG-UNCOSIGNED"))
            && !left.iter().any(|place| place.contains("PENDING")),
        "{left:?}"
    );
    assert!(public_log::published(&stack).bucket.found("cosigned").await.unwrap().is_none());
    witness_fails.set(false);
    stack.run_schedules().await.unwrap();
    assert_eq!(public_log::left_to_do(&stack).await, Vec::<String>::new());
    assert!(public_log::published(&stack).bucket.found("cosigned").await.unwrap().is_some());
}

/// Calls of the store that fail by chance, before they are done or after.
#[derive(Debug)]
struct Unreliable {
    percent: u64,
    state: AtomicU64,
}

impl Unreliable {
    fn new(percent: u64, seed: u64) -> Self {
        Self { percent, state: AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1) }
    }

    fn chance(&self) -> Result<(), BoxError> {
        let next = |state: u64| {
            let state = state ^ (state << 13);
            let state = state ^ (state >> 7);
            state ^ (state << 17)
        };
        let state = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |state| Some(next(state))).unwrap();
        // Some answers are late, so that what was asked for at once comes in another order.
        if (state >> 20) % 100 < 5 {
            std::thread::sleep(Duration::from_millis(state % 20));
        }
        if (state >> 33) % 100 < self.percent { Err("the store fails on purpose".into()) } else { Ok(()) }
    }
}

#[dyn_dispatch_hint]
impl Intercept for Unreliable {
    fn name(&self) -> &'static str {
        "unreliable"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.chance()
    }

    fn read_after_transmit(
        &self,
        _context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.chance()
    }
}

/// A stack's clients, whose calls fail so often.
fn unreliable(stack: &Stack, percent: u64, seed: u64) -> Services {
    let dynamodb = stack.services.dynamodb.config().to_builder().interceptor(Unreliable::new(percent, seed));
    let s3 = stack.services.s3.config().to_builder().interceptor(Unreliable::new(percent, seed + 99));
    Services {
        dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb.build()),
        s3: aws_sdk_s3::Client::from_conf(s3.build()),
    }
}

/// Puts facts among those that wait, and gives what the log is to have.
async fn put(stack: &Stack, from: u64, to: u64) -> BTreeSet<String> {
    let registry = Registry::new(stack.services.dynamodb.clone(), stack.resource("RegistryTable"));
    let fact = |number: u64| Fact::ReportWithdrawn {
        number: format!("CZXY-20261129-{number:08}"),
        // Of some the time is the same, and of some it lies behind: entries come in any order.
        at: Timestamp::from_second(1_764_000_000 + i64::try_from((number * 7919) % 31).unwrap()).unwrap(),
    };
    let facts: Vec<Fact> = (from..to).map(fact).collect();
    let before = registry.announced_keys().await.unwrap();
    let after = format!("[] {from}");
    assert!(registry.announce_keys(before.as_deref(), &after, &facts, Timestamp::now()).await.unwrap());
    facts.iter().map(|fact| String::from_utf8(fact.entry().unwrap()).unwrap()).collect()
}

/// Two at once, on a store that fails by chance before and after what it does: in the end there is one log, in which each entry
/// stands once, and the witness has seen nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_on_a_store_that_fails_keep_one_log() {
    for seed in 1..=4 {
        let (folder, ledger) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let stack = Stack::start(Options { deliver: false, ..Options::new(folder.path()) }).await.unwrap();
        let witness = witness(ledger.path()).await;
        let one = log_function(&stack, &witness, unreliable(&stack, 1, seed)).await;
        let other = log_function(&stack, &witness, unreliable(&stack, 1, seed + 1000)).await;
        let mut expected = BTreeSet::new();
        let (mut failed, mut sizes) = (0, vec![]);
        for turn in 0..8_u64 {
            expected.extend(put(&stack, turn * 90, turn * 90 + 1 + (turn * 37) % 60).await);
            let (first, second) = tokio::join!(xinzheng_log::tick(&one), xinzheng_log::tick(&other));
            failed += u32::from(first.is_err()) + u32::from(second.is_err());
            // Whatever was published is whole.
            if let Some((checkpoint, entries)) = public_log::read(&public_log::published(&stack)).await {
                assert_eq!(checkpoint.size(), entries.len() as u64);
                sizes.push(checkpoint.size());
            }
        }
        let calm = log_function(&stack, &witness, stack.services.clone()).await;
        xinzheng_log::tick(&calm).await.unwrap();
        assert!(sizes.is_sorted(), "{sizes:?}");
        let log: Vec<String> = public_log::entries(&stack).await;
        let own: BTreeSet<String> = log.into_iter().filter(|entry| !entry.contains(r#""fact":"key-"#)).collect();
        assert_eq!(own, expected, "seed {seed}");
        assert_eq!(public_log::left_to_do(&stack).await, Vec::<String>::new());
        assert!(!ledger.path().join("evidence").exists(), "the witness has seen no fork");
        let cosigned: Value =
            serde_json::from_slice(&std::fs::read(ledger.path().join("cosigned.json")).unwrap()).unwrap();
        let size = public_log::published(&stack).checkpoint().await.unwrap().unwrap().size();
        assert_eq!(cosigned[ORIGIN]["size"], size, "and all of the log");
        println!("seed {seed}: {} entries, {failed} of 16 runs failed, sizes {sizes:?}", own.len());
    }
}

/// Who alters what is published, or sets the registry back, stops the log and is told of; nothing is signed over it.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_altered_does_not_go_on() {
    let (folder, ledger) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let stack = Stack::start(Options { deliver: false, ..Options::new(folder.path()) }).await.unwrap();
    let witness = witness(ledger.path()).await;
    let log = log_function(&stack, &witness, stack.services.clone()).await;
    let bucket = public_log::published(&stack).bucket;
    let registry = Registry::new(stack.services.dynamodb.clone(), stack.resource("RegistryTable"));
    put(&stack, 0, 10).await;
    xinzheng_log::tick(&log).await.unwrap();
    let (early, earlier) = (registry.log_head().await.unwrap().unwrap(), bucket.get("checkpoint").await.unwrap().bytes);
    put(&stack, 10, 20).await;
    xinzheng_log::tick(&log).await.unwrap();
    let (late, later) = (registry.log_head().await.unwrap().unwrap(), bucket.get("checkpoint").await.unwrap().bytes);
    put(&stack, 20, 30).await;

    let exchanged = log_function_by(&"f".repeat(32), &stack, &witness, stack.services.clone()).await;
    let error = xinzheng_log::tick(&exchanged).await.unwrap_err().to_string();
    assert!(error.contains("not signed by this log's key"), "{error}");

    let tile = format!("tile/0/000.p/{}", late.size);
    let kept = bucket.get(&tile).await.unwrap().bytes;
    let mut altered = kept.to_vec();
    altered[3] ^= 1;
    bucket.put(&tile, "application/octet-stream", altered, &[]).await.unwrap();
    let error = xinzheng_log::tick(&log).await.unwrap_err().to_string();
    assert!(error.contains("not what the head commits to"), "{error}");
    bucket.put(&tile, "application/octet-stream", kept, &[]).await.unwrap();

    // A table that was restored to an earlier moment.
    stack
        .services
        .dynamodb
        .delete_item()
        .table_name(stack.resource("RegistryTable"))
        .key("pk", aws_sdk_dynamodb::types::AttributeValue::S("LOG".to_owned()))
        .key("sk", aws_sdk_dynamodb::types::AttributeValue::S("HEAD".to_owned()))
        .send()
        .await
        .unwrap();
    let error = xinzheng_log::tick(&log).await.unwrap_err().to_string();
    assert!(error.contains("the head 0: the head was set back"), "{error}");
    assert!(registry.move_log_head(None, &early).await.unwrap());
    registry.finish_log_head(&early).await.unwrap();
    let error = xinzheng_log::tick(&log).await.unwrap_err().to_string();
    assert!(
        error.contains(&format!("has {} entries, the head {}: the head was set back", late.size, early.size)),
        "{error}"
    );
    // And what was published, too: then the log would show another truth, and the witness refuses it.
    bucket.put("checkpoint", "text/plain", earlier, &[]).await.unwrap();
    xinzheng_log::tick(&log).await.unwrap();
    let forked = bucket.get("checkpoint").await.unwrap().bytes;
    assert_ne!(forked, later);
    let witnessed: Value =
        serde_json::from_slice(&std::fs::read(ledger.path().join("cosigned.json")).unwrap()).unwrap();
    assert_eq!(witnessed[ORIGIN]["size"], late.size, "it goes on with what it has seen");
    let policy = Policy::parse(std::str::from_utf8(&bucket.get("policy").await.unwrap().bytes).unwrap()).unwrap();
    let forked = xinzheng_tlog::SignedCheckpoint::parse(&forked).unwrap();
    assert!(policy.accepts(&forked).is_err(), "nobody takes it for witnessed");
}

/// What a head costs does not grow with the log; an entry costs a deletion, and a mark where there is something to be marked.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_its_price() {
    let (folder, ledger) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let stack = Stack::start(Options { deliver: false, ..Options::new(folder.path()) }).await.unwrap();
    let witness = witness(ledger.path()).await;
    let calls = Calls::default();
    let log = log_function(&stack, &witness, counted(&stack, &calls)).await;
    xinzheng_log::run(&log).await.unwrap();
    for (from, to) in [(0, 10), (10, 20), (100, 130)] {
        put(&stack, from, to).await;
        calls.take();
        xinzheng_log::run(&log).await.unwrap();
        let made = calls.take();
        let of = |name: &str| made.get(name).copied().unwrap_or(0);
        // What waits is looked for before and after, in each partition; the head is read before, and after.
        assert_eq!((of("Query"), of("GetItem")), (8 + 1, 2), "{made:?}");
        // The head is moved, and finished; what waited is taken away.
        assert_eq!((of("UpdateItem"), of("DeleteItem")), (2, usize::try_from(to - from).unwrap()), "{made:?}");
        // Staged, a tile, a bundle, the checkpoint, the same cosigned and as one that proofs rest on.
        assert!((5..=6).contains(&of("PutObject")), "{made:?}");
        assert!((8..=11).contains(&of("GetObject")), "{made:?}");
    }
    calls.take();
    xinzheng_log::run(&log).await.unwrap();
    let idle: Vec<(String, usize)> = calls.take().into_iter().collect();
    assert_eq!(idle, [("GetItem".to_owned(), 1), ("Query".to_owned(), 4)], "when nothing waits");
}
