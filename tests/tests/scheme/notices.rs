//! What one is told without asking: a subject in its list, a third party with the subject's consent in its list and at its
//! webhook (R12, R13, R15).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use xinzheng_api::grant::Grant;
use xinzheng_api::notice::{self, Notices};
use xinzheng_api::report::Report;
use xinzheng_api::webhook::{self, NewWebhook, Webhook, WebhookState};
use xinzheng_api::{grant, objection, record};
use xinzheng_domain::case::notice::{Concerns, Notice, NoticeId, NoticeKind, Recipient};
use xinzheng_domain::case::webhook::WebhookEnd;
use xinzheng_domain::{SubjectId, TableId};
use xinzheng_store::Registry;
use xinzheng_tests::{
    Answer, TestStack, UploadBuilder, penalties, penalty_row, register, repair_row, sha256, uscc, with,
};

const MARKET: &str = "market-supervision";

/// A message as it came.
#[derive(Clone, Debug)]
struct Received {
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    fn json(&self) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let (_, schema) = xinzheng_pages::SCHEMAS.iter().find(|(name, _)| *name == "notice.schema.json").unwrap();
        let schema: Value = serde_json::from_str(schema).unwrap();
        let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        assert!(schema.is_valid(&body), "{body}");
        body
    }

    fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }
}

/// A bank's server. It answers 204, or what it was told to answer first.
#[derive(Clone, Default)]
struct Receiver {
    received: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    address: String,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { address, ..Self::default() };
        let service = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, service).await });
        receiver
    }

    /// What it answers to the next messages.
    fn answer_first(&self, statuses: impl IntoIterator<Item = u16>) {
        self.answers.lock().unwrap().extend(statuses);
    }

    /// What came since it was last asked, once everything is on its way.
    async fn take(&self, test: &TestStack) -> Vec<Received> {
        test.stack.idle(|_| {}).await;
        std::mem::take(&mut *self.received.lock().unwrap())
    }

    async fn kinds(&self, test: &TestStack) -> Vec<String> {
        self.take(test).await.iter().map(Received::kind).collect()
    }
}

async fn take(State(receiver): State<Receiver>, uri: axum::http::Uri, headers: HeaderMap, body: Bytes) -> Response {
    let received = Received { path: uri.path().to_owned(), headers, body: body.to_vec() };
    receiver.received.lock().unwrap().push(received);
    let status = receiver.answers.lock().unwrap().pop_front().unwrap_or(204);
    let location = [("location", "/elsewhere")];
    (StatusCode::from_u16(status).unwrap(), location).into_response()
}

async fn stack() -> TestStack {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    test
}

fn bank(test: &TestStack) -> String {
    test.token(json!({ "role": "third-party", "sub": "bank-1", "name": "虚构银行" }))
}

/// A grant of a month to the bank.
async fn give(test: &TestStack, change: &Value) -> Grant {
    let until = test.stack.now() + SignedDuration::from_hours(30 * 24);
    let whole = json!({
        "grantee": { "name": "虚构银行" }, "domains": ["食品"], "period": { "from": "2024-01-01", "to": "2024-12-31" },
        "purpose": "financial", "until": until, "uses": 5,
    });
    let given = test.post("/grants", &with(&whole, change)).bearer_auth(test.subject_token(uscc(1)));
    let given = test.send(given).await;
    assert_eq!(given.status, 201, "{given:?}");
    given.of(&grant::GIVE)
}

fn code(grant: &Grant) -> String {
    grant.standing.grant.code.to_string()
}

async fn query(test: &TestStack, grant: &Grant) -> Report {
    let asked = test.post(&format!("/grants/{}/reports", code(grant)), &json!({})).bearer_auth(bank(test));
    let issued = test.send(asked).await;
    assert_eq!(issued.status, 201, "{issued:?}");
    issued.of(&grant::QUERY).opened.report
}

async fn revoke(test: &TestStack, grant: &Grant) {
    let request = test.post(&format!("/grants/{}/revocation", code(grant)), &json!({})).header("if-match", "\"1\"");
    assert_eq!(test.send(request.bearer_auth(test.subject_token(uscc(1)))).await.status, 200);
}

async fn registered(test: &TestStack, address: &str) -> NewWebhook {
    let answer = test.send(test.post("/webhooks", &json!({ "address": address })).bearer_auth(bank(test))).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.of(&webhook::REGISTER)
}

async fn webhooks(test: &TestStack) -> Vec<Webhook> {
    test.send(test.get("/webhooks").bearer_auth(bank(test))).await.of(&webhook::LIST).items
}

async fn notices(test: &TestStack, token: String, cursor: Option<&str>) -> Notices {
    test.stack.idle(|_| {}).await;
    let query = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
    test.send(test.get(&format!("/notices{query}")).bearer_auth(token)).await.of(&notice::LIST)
}

fn kinds(notices: &Notices) -> Vec<NoticeKind> {
    notices.items.iter().map(|listed| listed.notice.kind).collect()
}

/// The text of the record is corrected.
async fn correct(test: &TestStack, text: &str) {
    let corrected = with(&penalty_row(1, 1), &json!({ "处罚内容": text }));
    test.take_in(&[penalties().file(&format!("{text}.csv")).row(&corrected).build()]).await;
}

/// Another record of the same domain and period arrives.
async fn add(test: &TestStack, number: u32) {
    let row = penalty_row(1, number);
    test.take_in(&[penalties().file(&format!("补{number}.csv")).row(&row).build()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_hears_with_consent_what_becomes_of_its_reports() {
    let test = stack().await;
    // The verifier of signatures looks at the time of this machine.
    test.pass_seconds(Timestamp::now().duration_since(test.stack.now()).as_secs());
    let receiver = Receiver::start().await;
    let NewWebhook { webhook, secret } = registered(&test, &receiver.address).await;
    let given = give(&test, &json!({ "notices": true })).await;
    assert!(given.standing.grant.notices);
    let report = query(&test, &given).await;
    assert_eq!(receiver.kinds(&test).await, Vec::<String>::new(), "nothing has become of it");

    correct(&test, "警告。").await;
    let [message] = receiver.take(&test).await.try_into().unwrap();
    assert_eq!(message.path, "/hook");
    let compact = code(&given).replace('-', "");
    let data = json!({
        "report": report.number, "grant": format!("…{}", &compact[compact.len() - 4..]),
        "grant_sha256": sha256(compact.as_bytes()),
    });
    let body = message.json();
    assert_eq!((&body["type"], &body["data"]), (&json!("report.affected"), &data));
    // Another implementation judges the signature.
    let verifier = standardwebhooks::Webhook::new(&secret).unwrap();
    verifier.verify(&message.body, &message.headers).unwrap();
    let changed = String::from_utf8(message.body.clone()).unwrap().replace("affected", "withdrawn");
    assert!(verifier.verify(changed.as_bytes(), &message.headers).is_err());
    let other = registered(&test, &receiver.address).await;
    let other_secret = standardwebhooks::Webhook::new(&other.secret).unwrap();
    assert!(other_secret.verify(&message.body, &message.headers).is_err(), "each webhook has a secret of its own");
    let end = test.post(&format!("/webhooks/{}/end", other.webhook.id), &json!({})).header("if-match", "\"1\"");
    let ended = test.send(end.bearer_auth(bank(&test))).await.of(&webhook::END);
    assert_eq!((ended.state, ended.ended_because), (WebhookState::Ended, Some(WebhookEnd::Owner)));

    add(&test, 2).await;
    assert_eq!(receiver.kinds(&test).await, ["report.supplemented"]);
    add(&test, 3).await;
    assert_eq!(receiver.kinds(&test).await, Vec::<String>::new(), "told once: whoever verifies it sees how it stands");
    let scope = json!({
        "purpose": "financial", "domains": ["食品"], "period": { "from": "2024-01-01", "to": "2024-12-31" },
    });
    test.issued(uscc(1), &scope).await;
    assert_eq!(receiver.kinds(&test).await, ["report.superseded"]);
    let state = webhooks(&test).await.into_iter().find(|listed| listed.id == webhook.id).unwrap();
    assert!(state.state == WebhookState::Active && state.delivered_at.is_some(), "{state:?}");

    // The same by asking.
    let all = notices(&test, bank(&test), None).await;
    use NoticeKind::{GrantUsed, ReportAffected, ReportSuperseded, ReportSupplemented};
    assert_eq!(kinds(&all), [ReportAffected, ReportSupplemented, ReportSuperseded], "oldest first");
    assert_eq!(all.items[0].notice.id.as_str(), message.header("webhook-id"));
    let next = all.next.unwrap();
    let none = notices(&test, bank(&test), Some(next.as_str())).await;
    assert_eq!((none.items.len(), none.next.as_ref()), (0, Some(&next)), "go on with the same");
    let whole = format!("{:?} {body}", all.items);
    assert!(!whole.contains(&uscc(1).to_string()) && !whole.contains("警告"), "nothing of whom or what: {whole}");

    // Its subject.
    let own = notices(&test, test.subject_token(uscc(1)), None).await;
    assert_eq!(kinds(&own), [ReportSupplemented, ReportAffected, GrantUsed], "newest first");
    assert!(own.items[2].text.contains("“虚构银行”凭授权"), "{own:?}");
    assert_eq!(notices(&test, test.subject_token(uscc(2)), None).await, Notices::default(), "nobody else");
    let other = test.token(json!({ "role": "third-party", "sub": "bank-2", "name": "虚构银行" }));
    assert_eq!(notices(&test, other, None).await, Notices::default(), "nor another account of that name");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_consent_nobody_but_the_subject_hears() {
    let test = stack().await;
    let receiver = Receiver::start().await;
    registered(&test, &receiver.address).await;
    let given = give(&test, &json!({})).await;
    assert!(!given.standing.grant.notices, "it is asked for");
    query(&test, &given).await;
    correct(&test, "警告。").await;
    revoke(&test, &given).await;
    assert_eq!(receiver.kinds(&test).await, Vec::<String>::new());
    assert_eq!(notices(&test, bank(&test), None).await, Notices::default());
    let own = notices(&test, test.subject_token(uscc(1)), None).await;
    assert_eq!(kinds(&own), [NoticeKind::ReportAffected, NoticeKind::GrantUsed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_ends_with_a_notice_and_nothing_comes_after_it() {
    let test = stack().await;
    let receiver = Receiver::start().await;
    registered(&test, &receiver.address).await;
    // The last use is told, and what becomes of the report all the same.
    let revoked = give(&test, &json!({ "notices": true, "uses": 1 })).await;
    query(&test, &revoked).await;
    correct(&test, "警告。").await;
    assert_eq!(receiver.kinds(&test).await, ["grant.spent", "report.affected"]);
    revoke(&test, &revoked).await;
    add(&test, 2).await;
    assert_eq!(receiver.kinds(&test).await, ["grant.revoked"], "the new record is no matter of the bank's");

    let expired = give(&test, &json!({ "notices": true })).await;
    query(&test, &expired).await;
    let unused = give(&test, &json!({ "notices": true })).await;
    test.pass_days(31);
    correct(&test, "罚款。").await;
    assert_eq!(receiver.kinds(&test).await, Vec::<String>::new(), "from its last moment on");
    test.stack.run_schedules().await.unwrap();
    let [message] = receiver.take(&test).await.try_into().unwrap();
    let digest = sha256(code(&expired).replace('-', "").as_bytes());
    let body = message.json();
    assert_eq!((&body["type"], &body["data"]["grant_sha256"]), (&json!("grant.expired"), &json!(digest)), "{unused:?}");
    test.stack.run_schedules().await.unwrap();
    assert_eq!(receiver.kinds(&test).await, Vec::<String>::new(), "once");
    assert!(
        !test.registry().await.keys().any(|key| key.starts_with("GRANT-ENDS")),
        "nothing is left on the list of ends"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_hears_that_a_report_was_taken_back() {
    let test = stack().await;
    let receiver = Receiver::start().await;
    registered(&test, &receiver.address).await;
    let report = query(&test, &give(&test, &json!({ "notices": true })).await).await;
    let path = format!("/reports/{}/withdrawal", report.number);
    let back = test.post(&path, &json!({ "reason": "出具有误" })).header("if-match", "\"1\"");
    assert_eq!(test.send(back.bearer_auth(test.operator_token())).await.status, 200);
    assert_eq!(receiver.kinds(&test).await, ["report.withdrawn"]);
    let own = notices(&test, test.subject_token(uscc(1)), None).await;
    assert_eq!(kinds(&own), [NoticeKind::ReportWithdrawn, NoticeKind::GrantUsed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_comes_again_with_the_same_id() {
    let test = stack().await;
    let receiver = Receiver::start().await;
    // A redirect is followed nowhere.
    receiver.answer_first([500, 307, 429]);
    let NewWebhook { webhook, secret } = registered(&test, &receiver.address).await;
    query(&test, &give(&test, &json!({ "notices": true })).await).await;
    correct(&test, "警告。").await;
    let messages = receiver.take(&test).await;
    assert_eq!(messages.len(), 4, "until it was taken");
    let verifier = standardwebhooks::Webhook::new(&secret).unwrap();
    for message in &messages {
        assert_eq!(message.path, "/hook");
        assert_eq!(message.header("webhook-id"), messages[0].header("webhook-id"));
        assert_eq!(message.body, messages[0].body);
        // Signed anew each time.
        let (id, timestamp) = (message.header("webhook-id"), message.header("webhook-timestamp").parse().unwrap());
        assert_eq!(message.header("webhook-signature"), verifier.sign(id, timestamp, &message.body).unwrap());
    }
    let [state] = webhooks(&test).await.try_into().unwrap();
    assert_eq!((state.id, state.state, state.failures), (webhook.id, WebhookState::Active, 0), "all is well again");
    assert_eq!(notices(&test, bank(&test), None).await.items.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_fails_for_three_days_is_ended_with_a_notice() {
    let test = stack().await;
    let receiver = Receiver::start().await;
    receiver.answer_first([503; 200]);
    registered(&test, &receiver.address).await;
    let given = give(&test, &json!({ "notices": true })).await;
    query(&test, &given).await;
    let corrected = with(&penalty_row(1, 1), &json!({ "处罚内容": "警告。" }));
    let file = penalties().file("更正.csv").row(&corrected).build();
    xinzheng::main_job::upload(&test.stack, &file).await.unwrap();
    let failing = async || {
        let [state] = webhooks(&test).await.try_into().unwrap();
        state
    };
    // It is tried again and again.
    while failing().await.failures < 2 {
        tokio::task::yield_now().await;
    }
    let state = failing().await;
    assert_eq!((state.state, state.last_failure.as_deref()), (WebhookState::Failing, Some("HTTP 503")));
    test.pass_days(3);
    test.stack.idle(|_| {}).await;
    let state = failing().await;
    assert_eq!((state.state, state.ended_because), (WebhookState::Ended, Some(WebhookEnd::Failing)));
    let told = notices(&test, bank(&test), None).await;
    assert_eq!(kinds(&told), [NoticeKind::ReportAffected, NoticeKind::WebhookEnded]);
    assert_eq!(told.items[1].notice.concerns.webhook.as_ref(), Some(&state.id));
    receiver.take(&test).await;
    add(&test, 2).await;
    assert_eq!(receiver.kinds(&test).await, Vec::<String>::new(), "nothing is sent to it any more");
    assert_eq!(notices(&test, bank(&test), None).await.items.len(), 3, "the list has it all the same");
    assert_eq!(test.stack.dead_letters(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_gone_is_sent_nothing_more() {
    let test = stack().await;
    let receiver = Receiver::start().await;
    receiver.answer_first([410]);
    registered(&test, &receiver.address).await;
    query(&test, &give(&test, &json!({ "notices": true })).await).await;
    correct(&test, "警告。").await;
    assert_eq!(receiver.kinds(&test).await, ["report.affected"]);
    let [state] = webhooks(&test).await.try_into().unwrap();
    assert_eq!((state.state, state.ended_because), (WebhookState::Ended, Some(WebhookEnd::Gone)));
    assert!(kinds(&notices(&test, bank(&test), None).await).contains(&NoticeKind::WebhookEnded));
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_are_told_again_make_no_second_notice() {
    let test = stack().await;
    let receiver = Receiver::start().await;
    registered(&test, &receiver.address).await;
    let given = give(&test, &json!({ "notices": true })).await;
    query(&test, &given).await;
    correct(&test, "警告。").await;
    add(&test, 2).await;
    let object = json!({ "record": test.record_ids().await[0], "contested": "record", "reasons": "并无此事。" });
    let object = test.send(test.post("/objections", &object).bearer_auth(test.subject_token(uscc(1)))).await;
    let id = object.of(&objection::SUBMIT).objection.id;
    let reject = json!({ "outcome": "rejected", "reason": "事实清楚" });
    let reject = test.post(&format!("/objections/{id}/decision"), &reject).header("if-match", "\"1\"");
    assert_eq!(test.send(reject.bearer_auth(test.unit_token(MARKET))).await.status, 200);
    let lists = async || {
        let (bank, subject) = (bank(&test), test.subject_token(uscc(1)));
        (notices(&test, bank, None).await, notices(&test, subject, None).await)
    };
    let before = lists().await;
    assert_eq!((before.0.items.len(), before.1.items.len()), (2, 4), "{before:?}");
    let sent = receiver.take(&test).await;
    test.stack.tell_again().await;
    assert_eq!(lists().await, before);
    // A webhook may hear twice, and knows it by the id.
    let ids = |messages: &[Received]| {
        let mut ids: Vec<String> = messages.iter().map(|message| message.header("webhook-id").to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&receiver.take(&test).await), ids(&sent));
    let numbers: Vec<u64> = before.1.items.iter().map(|listed| listed.number).collect();
    assert_eq!(numbers, [4, 3, 2, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_is_told_what_was_decided_and_sees_what_is_new() {
    let test = stack().await;
    let subject = || test.subject_token(uscc(1));
    let record = test.record_ids().await.remove(0);
    let apply = async || {
        let applied =
            test.post("/repairs", &json!({ "record": record, "proof": "已缴清罚款。" })).bearer_auth(subject());
        let applied = test.send(applied).await;
        assert_eq!(applied.status, 201, "{applied:?}");
        applied.of(&xinzheng_api::repair::APPLY).application.id
    };
    let decide = async |path: String, body: Value| {
        let request = test.post(&path, &body).header("if-match", "\"1\"").bearer_auth(test.unit_token(MARKET));
        assert_eq!(test.send(request).await.status, 200, "{path}");
    };
    let refused = json!({ "outcome": "refused", "reason": "罚款尚未缴清。" });
    decide(format!("/repairs/{}/decision", apply().await), refused).await;
    let granted = json!({ "outcome": "granted", "reason": "符合条件。", "repair": {
        "document": "晋虚市监修〔2025〕8号", "date": "2025-11-03",
    } });
    let second = apply().await;
    decide(format!("/repairs/{second}/decision"), granted).await;
    let object = json!({ "record": record, "contested": "record", "reasons": "并无此事。" });
    let object = test.send(test.post("/objections", &object).bearer_auth(subject())).await;
    let id = object.of(&objection::SUBMIT).objection.id;
    let upheld = json!({ "outcome": "upheld", "reason": "确有错误", "withdrawal": {
        "authority": "长治市市场监督管理局", "document": "晋虚市监撤〔2025〕1号", "date": "2025-11-03", "cause": "查无实据",
    } });
    let upheld = test.post(&format!("/objections/{id}/decision"), &upheld).header("if-match", "\"1\"");
    let upheld = test.send(upheld.bearer_auth(test.unit_token(MARKET))).await;
    assert_eq!(upheld.status, 200, "{upheld:?}");

    let told = notices(&test, subject(), None).await;
    use NoticeKind::{ObjectionUpheld, RepairGranted, RepairRefused};
    assert_eq!((kinds(&told), told.new), (vec![ObjectionUpheld, RepairGranted, RepairRefused], 3));
    assert!(told.items.iter().all(|listed| listed.new));
    assert_eq!(told.items[0].notice.concerns.objection.as_ref(), Some(&id));
    assert_eq!(told.items[1].notice.concerns.repair.as_ref(), Some(&second));
    let see = async |through: u64| {
        test.send(test.post("/notices/seen", &json!({ "through": through })).bearer_auth(subject())).await
    };
    assert_eq!(see(2).await.of(&notice::SEE).new, 1);
    let told = notices(&test, subject(), None).await;
    assert_eq!(told.items.iter().map(|listed| listed.new).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(see(1).await.of(&notice::SEE).new, 1, "what was seen stays seen");
    assert_eq!(see(9).await.of(&notice::SEE).new, 1, "there is none of that number");
    assert_eq!(see(3).await.of(&notice::SEE).new, 0);
}

/// What subject 1 is told by the schedule, newest first.
async fn morning(test: &TestStack) -> Vec<String> {
    test.stack.run_schedules().await.unwrap();
    let told = notices(test, test.subject_token(uscc(1)), None).await;
    told.items.into_iter().map(|listed| listed.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_day_of_repair_is_told_once() {
    let test = TestStack::start().await;
    // 2025-11-03. General ones wait for three months, those of food for twelve.
    let row = |number: u32, decided: &str, domain: &str| {
        with(&penalty_row(1, number), &json!({ "处罚决定日期": decided, "涉及领域": domain }))
    };
    let rows = penalties()
        .row(&row(1, "2025-08-04", "市场监管"))
        .row(&row(2, "2025-08-03", "市场监管"))
        .row(&row(3, "2024-11-05", "食品"))
        .row(&row(4, "2025-05-05", "市场监管"))
        .row(&row(5, "2025-08-06", "市场监管"))
        .build();
    test.take_in(&[register(1), rows]).await;
    let text = |day: &str| format!("市市场监督管理局报送的一条记录自{day}起可以申请信用修复");
    let third = vec![text("2025年11月3日")];
    assert_eq!(morning(&test).await, third, "whose day it is");
    assert_eq!(morning(&test).await, third, "once");
    // One is repaired before its day.
    let repair =
        UploadBuilder::new(MARKET, TableId::Repair).row(&with(&repair_row(1, 5), &json!({ "修复日期": "2025-11-03" })));
    test.take_in(&[repair.file("修复.csv").build()]).await;
    test.pass_days(1);
    let fourth = [vec![text("2025年11月4日")], third].concat();
    assert_eq!(morning(&test).await, fourth);
    // The schedule stood still for two days; a record has come after its day.
    let late = with(&penalty_row(1, 6), &json!({ "处罚决定日期": "2025-08-01", "涉及领域": "市场监管" }));
    test.take_in(&[penalties().file("迟.csv").row(&late).build()]).await;
    test.pass_days(2);
    let mut told = morning(&test).await;
    told.sort();
    let mut expected = [fourth, vec![text("2025年11月5日"), text("2025年11月1日")]].concat();
    expected.sort();
    assert_eq!(told, expected, "that of food after twelve months, and not after three; the repaired one not");
    let events = test.events().await;
    let repairable: Vec<&Value> =
        events.iter().filter(|(kind, _)| kind == "record.repairable").map(|(_, detail)| &detail["from"]).collect();
    assert_eq!(repairable.len(), 4, "for letters and messages: {events:?}");
    let listed = test.send(test.get("/records").bearer_auth(test.subject_token(uscc(1)))).await.of(&record::OWN);
    let days: Vec<String> = listed.records.iter().map(|own| own.repairable_from.to_string()).collect();
    assert!(
        ["2025-11-03", "2025-11-04", "2025-11-05", "2025-11-01"].iter().all(|day| days.contains(&(*day).to_owned()))
    );
    test.pass_days(40);
    assert_eq!(morning(&test).await.len(), 4, "no other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_a_lesser_class_can_be_repaired_at_once() {
    let test = TestStack::start().await;
    // Food is serious, and waits for twelve months; its unit may say that it is general.
    let food = with(&penalty_row(1, 1), &json!({ "处罚决定日期": "2025-03-05", "涉及领域": "食品" }));
    test.take_in(&[register(1), penalties().row(&food).build()]).await;
    assert_eq!(morning(&test).await, Vec::<String>::new());
    let path = format!("/records/{}/severity", test.record_ids().await[0]);
    let set = async |severity: &str| {
        let set = test.post(&path, &json!({ "severity": severity, "cause": "未造成危害" }));
        assert_eq!(test.send(set.bearer_auth(test.unit_token(MARKET))).await.status, 200);
        test.stack.idle(|_| {}).await;
    };
    set("general").await;
    let told = ["市市场监督管理局报送的一条记录自2025年6月5日起可以申请信用修复"];
    assert_eq!(morning(&test).await, told);
    set("serious").await;
    set("general").await;
    assert_eq!(morning(&test).await, told, "once");
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_given_at_once_are_numbered_without_a_gap() {
    let test = TestStack::start().await;
    let registry = Registry::new(test.stack.services.dynamodb.clone(), test.stack.resource("RegistryTable"));
    let now = test.stack.now();
    for to in [Recipient::third_party("bank-1", None), Recipient::Subject(SubjectId::Organisation(uscc(1)))] {
        let give = async |number: u32| {
            let id = NoticeId::of(&format!("{number}"));
            let notice = Notice { id, kind: NoticeKind::WebhookEnded, at: now, concerns: Concerns::default() };
            registry.give_notice(&to, &notice, now).await
        };
        for four in (0..60).collect::<Vec<u32>>().chunks(4) {
            // Each of them twice.
            let twice = four.iter().chain(four).map(|number| give(*number));
            let given = futures::future::join_all(twice).await;
            assert_eq!(given.into_iter().filter(|given| *given.as_ref().unwrap()).count(), four.len());
        }
    }
    let numbers = |page: &Notices| page.items.iter().map(|listed| listed.number).collect::<Vec<_>>();
    let all = async |token: String| {
        let first = notices(&test, token.clone(), None).await;
        assert_eq!((first.items.len(), first.new), (50, 60));
        let rest = notices(&test, token, first.next.as_ref().map(|next| next.as_str())).await;
        (numbers(&first), numbers(&rest), rest.next.is_some())
    };
    let upwards = all(bank(&test)).await;
    assert_eq!(upwards, ((1..=50).collect(), (51..=60).collect(), true), "a third party goes on");
    let downwards = all(test.subject_token(uscc(1))).await;
    assert_eq!(downwards, ((11..=60).rev().collect(), (1..=10).rev().collect(), false));
    // A cursor is its owner's.
    let foreign = notices(&test, bank(&test), None).await.next.unwrap();
    let query = test.get(&format!("/notices?cursor={}", foreign.as_str())).bearer_auth(test.subject_token(uscc(1)));
    assert_eq!(test.send(query).await.problem(), "cursor-unreadable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_registered_tried_and_ended_by_its_owner() {
    let test = stack().await;
    let receiver = Receiver::start().await;
    for address in
        ["http://hooks.example.com/", "https://10.0.0.1/", "https://localhost/", "https://a.example.com:22/", ""]
    {
        let refused = test.post("/webhooks", &json!({ "address": address })).bearer_auth(bank(&test));
        let refused = test.send(refused).await;
        assert_eq!((refused.status, refused.problem()), (422, "webhook-address"), "{address}");
    }
    let number = json!({ "address": "https://hooks.example.com/11010519491231002X" });
    let hidden = test.send(test.post("/webhooks", &number).bearer_auth(bank(&test))).await;
    assert_eq!(hidden.problem(), "identity-number-within");
    let keyed = async |address: &str| {
        let request = test.post("/webhooks", &json!({ "address": address })).header("idempotency-key", "k1");
        test.send(request.bearer_auth(bank(&test))).await
    };
    let first: Answer = keyed(&receiver.address).await;
    let (new, again) = (first.of(&webhook::REGISTER), keyed(&receiver.address).await.of(&webhook::REGISTER));
    assert_eq!(new, again, "the same request comes to the same webhook");
    let other = keyed("https://hooks.example.com/").await;
    assert_eq!(other.problem(), "idempotency-key-reused", "{other:?}");
    assert_eq!(webhooks(&test).await, std::slice::from_ref(&new.webhook));
    let secret = new.secret.strip_prefix("whsec_").unwrap();
    assert!(!format!("{:?}", test.registry().await).contains(secret), "nothing secret is kept");

    let step = async |what: &str, token: String| {
        let path = format!("/webhooks/{}/{what}", new.webhook.id);
        test.send(test.post(&path, &json!({})).header("if-match", "\"1\"").bearer_auth(token)).await
    };
    let stranger = || test.token(json!({ "role": "third-party", "sub": "bank-2", "name": "虚构银行" }));
    assert_eq!(step("test", stranger()).await.problem(), "webhook-unknown");
    assert_eq!(step("end", stranger()).await.problem(), "webhook-unknown");
    assert_eq!(step("test", bank(&test)).await.status, 200);
    let [message] = receiver.take(&test).await.try_into().unwrap();
    let verifier = standardwebhooks::Webhook::new(&new.secret).unwrap();
    let signed = verifier.sign(
        message.header("webhook-id"),
        message.header("webhook-timestamp").parse().unwrap(),
        &message.body,
    );
    assert_eq!((message.kind().as_str(), message.header("webhook-signature")), ("webhook.test", &*signed.unwrap()));
    assert_eq!(step("end", bank(&test)).await.status, 200);
    assert_eq!(
        (step("end", bank(&test)).await.problem(), step("test", bank(&test)).await.problem()),
        ("version-outdated", "webhook-ended")
    );
    for _ in 0..5 {
        registered(&test, &receiver.address).await;
    }
    let one_more = test.post("/webhooks", &json!({ "address": receiver.address })).bearer_auth(bank(&test));
    assert_eq!(test.send(one_more).await.problem(), "webhooks-too-many");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_one_organisation_hear_the_same() {
    let test = stack().await;
    let account = |sub: &str| {
        test.token(json!({ "role": "third-party", "sub": sub, "name": "虚构银行", "organisation": uscc(9) }))
    };
    let given =
        give(&test, &json!({ "notices": true, "grantee": { "name": "虚构银行", "organisation": uscc(9) } })).await;
    let asked = test.post(&format!("/grants/{}/reports", code(&given)), &json!({})).bearer_auth(account("clerk-1"));
    assert_eq!(test.send(asked).await.status, 201);
    correct(&test, "警告。").await;
    for sub in ["clerk-1", "machine-2"] {
        assert_eq!(kinds(&notices(&test, account(sub), None).await), [NoticeKind::ReportAffected], "{sub}");
    }
    assert_eq!(notices(&test, bank(&test), None).await, Notices::default());
}
