//! Pages of the runbook, tried: a fault is put in, the alarm goes off by what functions tell, what the page says mends it, and the alarm
//! ends. Alarms are those of the template, by the metrics that functions themselves tell.

use std::sync::LazyLock;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use serde_json::{Value, json};
use xinzheng::{Options, Outage, Stack};
use xinzheng_api::objection;
use xinzheng_signature::rotated;
use xinzheng_tests::{TestStack, penalties, penalty_row, public_log, register, sha256, uscc};

static TEMPLATE: LazyLock<Value> =
    LazyLock::new(|| serde_saphyr::from_str(include_str!("../../../template.yaml")).unwrap());

/// Longer than any request is carried out with secrets of before.
const OVER_TEN_MINUTES: i64 = 601;
const MARKET: &str = "market-supervision";

/// Alarms on what functions tell, by name.
fn alarms() -> impl Iterator<Item = (&'static str, &'static Value)> {
    let namespace = json!({ "Ref": "AWS::StackName" });
    assert_eq!(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["METRICS_NAMESPACE"], namespace);
    let resources = TEMPLATE["Resources"].as_object().unwrap().iter();
    let alarms = resources.filter(|(_, resource)| resource["Type"] == "AWS::CloudWatch::Alarm");
    let own = alarms.map(|(name, alarm)| (name.as_str(), &alarm["Properties"])).filter(|(name, alarm)| {
        // Made of the access log, by CloudWatch.
        let of_stack = alarm["Namespace"]["Ref"] == "AWS::StackName" || alarm["Namespace"]["Fn::Sub"].is_string();
        of_stack && *name != "ServerErrorsAlarm"
    });
    own.inspect(|(name, alarm)| assert!(alarm["Dimensions"].is_null(), "{name}"))
}

/// The values of a metric, told as the alarm looks for it: without dimensions.
fn values(metric: &str, lines: &[String]) -> Vec<f64> {
    let told = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_it = told.filter(|line| {
        let described = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(described["Dimensions"], json!([[]]));
        described["Metrics"].as_array().unwrap().iter().any(|one| one["Name"] == metric)
    });
    of_it.map(|line| line[metric].as_f64().unwrap()).collect()
}

/// The alarms that go off when this is told within the time that they look at.
fn going_off(lines: &[String]) -> Vec<&'static str> {
    let goes_off = |alarm: &Value| {
        let values = values(alarm["MetricName"].as_str().unwrap(), lines);
        let value = match alarm["Statistic"].as_str().unwrap() {
            _ if values.is_empty() => return alarm["TreatMissingData"] == "breaching",
            "Sum" => values.iter().sum::<f64>(),
            "Maximum" => values.iter().copied().fold(f64::MIN, f64::max),
            "Minimum" => values.iter().copied().fold(f64::MAX, f64::min),
            other => panic!("{other}"),
        };
        let threshold = alarm["Threshold"].as_f64().unwrap();
        match alarm["ComparisonOperator"].as_str().unwrap() {
            "GreaterThanThreshold" => value > threshold,
            "LessThanThreshold" => value < threshold,
            other => panic!("{other}"),
        }
    };
    alarms().filter(|(_, alarm)| goes_off(alarm)).map(|(name, _)| name).collect()
}

/// What goes off after another round of the schedules, by what was told since the last.
async fn after_schedules(test: &TestStack) -> Vec<&'static str> {
    // A round of `log` fails while it cannot go on.
    let _failed = test.stack.run_schedules().await;
    going_off(&test.stack.take_metrics())
}

/// The same of a stack without time stamps, whose authority tells nothing: the template has no alarm for it then.
async fn after_schedules_unstamped(test: &TestStack) -> Vec<&'static str> {
    let mut found = after_schedules(test).await;
    found.retain(|name| !name.starts_with("TimestampCertificate"));
    found
}

async fn with_a_penalty(test: &TestStack) {
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
}

async fn report_status(test: &TestStack) -> u16 {
    test.report(uscc(1), &json!({ "purpose": "other" })).await.status
}

fn attribute(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_schedules_speak_no_alarm_is_on_and_their_silence_is_one() {
    let test = TestStack::stamped().await;
    with_a_penalty(&test).await;
    assert_eq!(report_status(&test).await, 201);
    assert_eq!(after_schedules(&test).await, Vec::<&str>::new());
    let silent = [
        "BackfillSilentAlarm",
        "CalendarEndAlarm",
        "LogBehindAlarm",
        "LogFailuresAlarm",
        "OverdueObjectionsAlarm",
        "SealUnusableAlarm",
        "SigningCertificateAlarm",
        "SigningCertificateUrgentAlarm",
        "TimestampCertificateAlarm",
        "TimestampCertificateUrgentAlarm",
        "UnprovenReportsAlarm",
    ];
    let mut found = going_off(&[]);
    found.sort_unstable();
    assert_eq!(found, silent);
}

/// A key whose certificate lasts for longer than the local authority's, and what leads to its root.
fn next_key() -> Value {
    let named = |name: &str, usage| {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        (parameters.not_before, parameters.not_after) = (date_time_ymd(2022, 1, 1), date_time_ymd(2060, 1, 1));
        parameters.key_usages = vec![usage];
        parameters
    };
    let [root_key, key] = [0; 2].map(|_| KeyPair::generate().unwrap());
    let mut root = named("虚构的下一个根", KeyUsagePurpose::KeyCertSign);
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let leaf = named("虚构的平台", KeyUsagePurpose::DigitalSignature);
    let leaf_pem = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap().pem();
    json!({ "certificates": format!("{leaf_pem}{root_pem}"), "private_key": key.serialize_pem() })
}

/// *SigningCertificateAlarm*, *SigningCertificateUrgentAlarm*, *SealUnusableAlarm*, and *Another key signs reports*.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_ends_has_a_successor() {
    let test = TestStack::start().await;
    with_a_penalty(&test).await;
    // 1884 days are left.
    for (days, expected) in [
        (1884 - 59, &["SigningCertificateAlarm"][..]),
        (59 - 13, &["SigningCertificateAlarm", "SigningCertificateUrgentAlarm"]),
    ] {
        test.pass_days(days);
        let mut found = after_schedules_unstamped(&test).await;
        // The years are over for which working days are known.
        found.retain(|name| *name != "CalendarEndAlarm");
        found.sort_unstable();
        assert_eq!(found, expected, "after {days} days");
    }
    test.pass_days(14);
    assert_eq!(report_status(&test).await, 503);
    assert!(going_off(&test.stack.take_metrics()).contains(&"SealUnusableAlarm"), "it has ended");
    let now = test.stack.now();
    let put = |current: &str| rotated(current, &next_key().to_string(), now).unwrap();
    test.stack.change_secret("SIGNING_SECRET", put).unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    test.stack.take_metrics();
    assert_eq!(after_schedules_unstamped(&test).await, ["CalendarEndAlarm"]);
    assert_eq!(report_status(&test).await, 201);
}

/// *SecretsUnreadAlarm*: a secret that is refused leaves a function with what it had.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_refused_is_put_right() {
    let test = TestStack::start().await;
    with_a_penalty(&test).await;
    assert_eq!(report_status(&test).await, 201);
    let mut own = String::new();
    let wrong = |secret: &str| {
        own = secret.to_owned();
        let mut configuration: Value = serde_json::from_str(secret).unwrap();
        configuration["private_key"] = KeyPair::generate().unwrap().serialize_pem().into();
        configuration.to_string()
    };
    test.stack.change_secret("SIGNING_SECRET", wrong).unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    assert_eq!(after_schedules_unstamped(&test).await, ["SecretsUnreadAlarm"]);
    assert_eq!(report_status(&test).await, 201, "with the key that it had");
    test.stack.change_secret("SIGNING_SECRET", |_| own.clone()).unwrap();
    test.pass_seconds(OVER_TEN_MINUTES);
    test.stack.take_metrics();
    assert_eq!(after_schedules_unstamped(&test).await, Vec::<&str>::new());
}

/// *UnstampedReportsAlarm*, *UnprovenReportsAlarm*.
#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_silent_is_made_good_for() {
    let test = TestStack::stamped().await;
    with_a_penalty(&test).await;
    test.authority.set(true);
    for _ in 0..6 {
        assert_eq!(report_status(&test).await, 201);
    }
    test.pass_seconds(3601);
    let mut found = after_schedules(&test).await;
    found.sort_unstable();
    // Nothing is told of its certificates either: these two look at a whole day.
    let silent = ["TimestampCertificateAlarm", "TimestampCertificateUrgentAlarm"];
    assert_eq!(found, [&silent[..], &["UnprovenReportsAlarm", "UnstampedReportsAlarm"]].concat());
    test.authority.set(false);
    test.pass_seconds(3601);
    after_schedules(&test).await;
    assert_eq!(after_schedules(&test).await, Vec::<&str>::new());
}

/// *OverdueObjectionsAlarm*.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_ends_the_alarm() {
    let test = TestStack::start().await;
    with_a_penalty(&test).await;
    let record = test.record_ids().await.remove(0);
    let body = json!({ "record": record, "contested": "record", "reasons": "并无此事。" });
    let made = test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    let id = made.of(&objection::SUBMIT).objection.id;
    test.pass_days(8);
    assert_eq!(after_schedules_unstamped(&test).await, ["OverdueObjectionsAlarm"]);
    let escalated = test.send(test.get("/escalations").bearer_auth(test.operator_token())).await;
    let escalated = escalated.of(&objection::ESCALATIONS).items;
    assert_eq!(escalated[0].case.objection.id, id);
    let decide = test.post(
        &format!("/objections/{id}/decision"),
        &json!({ "outcome": "rejected", "reason": "经核实，与决定书一致。" }),
    );
    let decided = test.send(decide.header("if-match", "\"2\"").bearer_auth(test.unit_token(MARKET))).await;
    assert_eq!(decided.status, 200, "{decided:?}");
    assert_eq!(after_schedules_unstamped(&test).await, Vec::<&str>::new());
}

/// *CalendarEndAlarm*.
#[tokio::test(flavor = "multi_thread")]
async fn next_years_working_days_are_put() {
    let test = TestStack::start().await;
    // 2026-12-10.
    test.pass_days(402);
    assert_eq!(after_schedules_unstamped(&test).await, ["CalendarEndAlarm"]);
    let url = format!("{}/config/calendar/2027", test.stack.address);
    let days = json!({ "weekdays_off": ["2027-01-01"], "weekends_worked": ["2027-01-03"] });
    let put = test.request("PUT", &url).json(&days).header("if-match", "\"0\"").bearer_auth(test.operator_token());
    assert_eq!(test.send(put).await.status, 200);
    test.pass_seconds(300);
    assert_eq!(after_schedules_unstamped(&test).await, Vec::<&str>::new());
}

/// *FailedLookupsAlarm*.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_told_and_held_up() {
    let test = TestStack::start().await;
    test.stack.take_metrics();
    for batch in 0..3 {
        let digests: Vec<String> = (1..=100).map(|n: usize| sha256(&(batch * 100 + n).to_be_bytes())).collect();
        assert_eq!(test.send(test.post("/verify", &json!({ "sha256": digests }))).await.status, 200);
    }
    assert!(going_off(&test.stack.take_metrics()).contains(&"FailedLookupsAlarm"));
    let held_up = test.send(test.get(&format!("/verify/{}", "0".repeat(21)))).await;
    assert_eq!(held_up.status, 429, "until the hour is over");
    assert!(!going_off(&test.stack.take_metrics()).contains(&"FailedLookupsAlarm"));
}

/// *AlteredAuditAlarm*: the locked copy has the entry as it was put.
#[tokio::test(flavor = "multi_thread")]
async fn an_altered_entry_of_the_audit_is_told() {
    let test = TestStack::start().await;
    with_a_penalty(&test).await;
    test.stack.idle(|_| {}).await;
    test.stack.take_metrics();
    let (table, dynamodb) = (test.stack.resource("RegistryTable"), &test.stack.services.dynamodb);
    let entry = test.registry().await.into_keys().find(|key| key.starts_with("AUDIT#market-supervision#")).unwrap();
    let (pk, sk) = entry.split_once(" | ").unwrap();
    let alter = dynamodb.update_item().table_name(&table).key("pk", attribute(pk)).key("sk", attribute(sk));
    let alter = alter.update_expression("SET #r = :r").expression_attribute_names("#r", "result");
    alter.expression_attribute_values(":r", attribute("refused")).send().await.unwrap();
    test.stack.idle(|_| {}).await;
    assert!(going_off(&test.stack.take_metrics()).contains(&"AlteredAuditAlarm"), "it was altered");
    let remove = dynamodb.delete_item().table_name(&table).key("pk", attribute(pk)).key("sk", attribute(sk));
    remove.send().await.unwrap();
    test.stack.idle(|_| {}).await;
    assert!(going_off(&test.stack.take_metrics()).contains(&"AlteredAuditAlarm"), "it is gone");
    let (s3, bucket) = (&test.stack.services.s3, test.stack.resource("AuditBucket"));
    let listed = s3.list_objects_v2().bucket(&bucket).prefix("audit/").send().await.unwrap();
    let mut kept = String::new();
    for object in listed.contents() {
        let read = s3.get_object().bucket(&bucket).key(object.key().unwrap()).send().await.unwrap();
        kept.push_str(&String::from_utf8(read.body.collect().await.unwrap().to_vec()).unwrap());
    }
    let entry: Value = kept
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|entry| entry.to_string().contains(sk.split('#').next_back().unwrap()))
        .unwrap();
    assert_eq!(entry["result"], "done", "{entry}");
}

/// *UnloggedReportsAlarm*: a report whose entry was taken out of those that wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_the_log_never_had_is_told() {
    let test = TestStack::start().await;
    with_a_penalty(&test).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    test.stack.idle(|_| {}).await;
    // As a transaction that never put it would have left the report.
    let (table, dynamodb) = (test.stack.resource("RegistryTable"), &test.stack.services.dynamodb);
    let code = test.registry().await.into_iter().find(|(key, _)| key.starts_with("CODE#")).unwrap().0;
    let (pk, sk) = code.split_once(" | ").unwrap();
    let unmark = dynamodb.update_item().table_name(table).key("pk", attribute(pk)).key("sk", attribute(sk));
    unmark.update_expression("REMOVE log_index, log_size, log_cosigned").send().await.unwrap();
    test.pass_seconds(120);
    test.stack.take_metrics();
    test.verified(report.code).await;
    assert!(going_off(&test.stack.take_metrics()).contains(&"UnloggedReportsAlarm"));
}

/// *LogFailuresAlarm*, *LogBehindAlarm*: the table was set back to an earlier moment.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_was_set_back_goes_on_from_the_published_one() {
    let test = TestStack::start().await;
    with_a_penalty(&test).await;
    test.stack.idle(|_| {}).await;
    let (table, dynamodb) = (test.stack.resource("RegistryTable"), &test.stack.services.dynamodb);
    let head = || dynamodb.get_item().table_name(&table).key("pk", attribute("LOG")).key("sk", attribute("HEAD"));
    let earlier = head().send().await.unwrap().item.unwrap();
    let first = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    test.stack.idle(|_| {}).await;
    dynamodb.put_item().table_name(&table).set_item(Some(earlier)).send().await.unwrap();
    let second = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    test.pass_seconds(180);
    test.stack.take_metrics();
    // Where one schedule fails the local stack ends the round, so that others are silent.
    let found = after_schedules(&test).await.into_iter().filter(|name| name.starts_with("Log"));
    assert_eq!(found.collect::<Vec<_>>(), ["LogBehindAlarm", "LogFailuresAlarm"]);

    let test = test.restarted(&[("RestoredUntil", "2100-01-01T00:00:00Z")], true, |_| {}).await;
    after_schedules_unstamped(&test).await;
    assert_eq!(after_schedules_unstamped(&test).await, Vec::<&str>::new());
    for report in [first, second] {
        let proof = test.get(&format!("/verify/{}/proof", report.code)).send().await.unwrap();
        assert_eq!(proof.status().as_u16(), 200);
    }
    public_log::entries(&test.stack).await;
}

/// *LogWitnessesAlarm*.
#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_answers_again_ends_the_alarm() {
    let (folder, witness_fails) = (tempfile::tempdir().unwrap(), Outage::default());
    witness_fails.set(true);
    let second = Duration::from_millis(10);
    let options = Options { witness_fails: witness_fails.clone(), second, ..Options::new(folder.path()) };
    let stack = Stack::start(options).await.unwrap();
    xinzheng::main_job::upload(&stack, &register(1)).await.unwrap();
    stack.idle(|_| {}).await;
    for (fails, is_told) in [(true, true), (false, false)] {
        witness_fails.set(fails);
        // What was silent cosigns in one round, and is missed by none in the next.
        stack.run_schedules().await.unwrap();
        stack.take_metrics();
        stack.run_schedules().await.unwrap();
        assert_eq!(going_off(&stack.take_metrics()).contains(&"LogWitnessesAlarm"), is_told);
    }
}
