//! Living codes: whoever scans one sees how the subject's report stands at that moment, and the subject sees who looked.

use std::collections::BTreeMap;

use jiff::civil::date;
use serde_json::{Value, json};
use xinzheng_api::living_code::{self, LivingLook, ShownCode};
use xinzheng_api::verification::RecordLine;
use xinzheng_api::{access_log, commitment};
use xinzheng_domain::audit::{Action, StepResult};
use xinzheng_domain::case::living_code::{LivingCode, LivingState};
use xinzheng_domain::record::line::RecordMark;
use xinzheng_domain::{TableId, VerificationCode};
use xinzheng_tests::{
    Answer, TestStack, UploadBuilder, penalties, penalty_row, register, repair_row, uscc, with, withdrawal_row,
};

/// Half an hour after the tests' clock begins.
const UNTIL: &str = "2025-11-03T02:30:00Z";

async fn stack() -> TestStack {
    let test = TestStack::start().await;
    let other = with(&penalty_row(1, 2), &json!({ "涉及领域": "药品" }));
    test.take_in(&[register(1), register(2), penalties().row(&penalty_row(1, 1)).row(&other).build()]).await;
    test
}

async fn make(test: &TestStack, change: &Value) -> Answer {
    let usual = json!({ "until": UNTIL, "purpose": "commercial" });
    test.send(test.post("/living-codes", &with(&usual, change)).bearer_auth(test.subject_token(uscc(1)))).await
}

async fn made(test: &TestStack, change: &Value) -> ShownCode {
    let answer = make(test, change).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.of(&living_code::MAKE)
}

async fn scan(test: &TestStack, code: &ShownCode) -> Answer {
    test.send(test.get(&code.path)).await
}

async fn look(test: &TestStack, code: &ShownCode) -> LivingLook {
    let answer = scan(test, code).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.of(&living_code::LOOK)
}

fn documents(lines: &[RecordLine]) -> Vec<&str> {
    lines.iter().map(|line| line.document.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_says_what_a_report_of_this_moment_says_and_a_later_look_what_holds_then() {
    let test = stack().await;
    let code = made(&test, &json!({})).await;
    let seen = scan(&test, &code).await;
    // The judge is a report that is issued at the same time, and what its verification says.
    let report = test.issued(uscc(1), &json!({ "purpose": "commercial" })).await.report;
    let verified = test.send(test.get(&format!("/verify/{}", report.code))).await.body;
    for field in ["subject", "period", "purpose", "records", "in_force", "domains", "incomplete", "disclosure", "lines"]
    {
        assert_eq!(seen.body[field], verified[field], "{field}");
    }
    let first = seen.of(&living_code::LOOK);
    assert_eq!((first.records, first.domains.len()), (2, 39));
    assert!(first.meaning.contains("不是出具的报告"));
    assert_eq!((first.until.to_string().as_str(), first.registration.as_deref()), (UNTIL, Some("存续")));

    // One is withdrawn, the other objected to and then repaired: the same code tells so at once.
    let upload = |table| UploadBuilder::new("market-supervision", table);
    test.take_in(&[upload(TableId::Withdrawal).row(&withdrawal_row(1, 2)).build()]).await;
    let after = look(&test, &code).await;
    assert_eq!((after.records, documents(after.lines.as_deref().unwrap())), (1, vec!["晋虚市监罚〔2024〕1号"]));
    let objection =
        json!({ "record": test.record_id(&report, "1号").await, "contested": "record", "reasons": "并无此事。" });
    test.send(test.post("/objections", &objection).bearer_auth(test.subject_token(uscc(1)))).await;
    test.take_in(&[upload(TableId::Repair).row(&repair_row(1, 1)).build()]).await;
    let marked = look(&test, &code).await.lines.unwrap();
    let marks = &marked[0].marks;
    assert!(marks.contains(&RecordMark::Repaired { on: date(2025, 6, 1) }), "{marks:?}");
    assert!(marks.contains(&RecordMark::Objected { since: date(2025, 11, 3) }), "{marks:?}");
    assert!(marked[0].state.contains("已修复") && marked[0].state.contains("异议处理中"), "{}", marked[0].state);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_look_is_in_the_subjects_log_and_counted() {
    let test = stack().await;
    let code = made(&test, &json!({ "shown_to": "虚构银行" })).await;
    for _ in 0..3 {
        assert_eq!(look(&test, &code).await.shown_to.as_deref(), Some("虚构银行"));
    }
    let token = test.subject_token(uscc(1));
    let page = test.send(test.get("/living-codes").bearer_auth(&token)).await.of(&living_code::LIST);
    assert_eq!((page.items.len(), page.items[0].standing.looks), (1, 3));
    assert!(page.items[0].standing.last_look.is_some());
    let log = test.send(test.get("/access-log").bearer_auth(&token)).await.of(&access_log::READ).page.items;
    let looks: Vec<_> = log.iter().filter(|entry| entry.action.known() == Some(Action::LivingCodeLooked)).collect();
    let told: Vec<_> = looks.iter().map(|entry| entry.purpose.as_deref().unwrap_or_default()).collect();
    assert_eq!(told, ["第 3 次", "第 2 次", "第 1 次"]);
    assert!(looks.iter().all(|entry| entry.address == looks[0].address && entry.address.is_some()), "the same place");
    assert!(looks.iter().all(|entry| entry.by.is_empty() && entry.result == StepResult::Done));
    let written = code.standing.report.code.compact();
    assert!(!serde_json::to_string(&log).unwrap().contains(&written[..17]), "of the code the log has the end alone");
    assert_eq!(log.last().unwrap().purpose.as_deref(), Some("虚构银行"), "and to whom it was shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ended_shows_nothing_from_then_on_and_neither_does_what_is_over() {
    let test = stack().await;
    let (ended, expiring) = (made(&test, &json!({})).await, made(&test, &json!({})).await);
    look(&test, &ended).await;
    let end = async |code: &ShownCode, number: u32| {
        let path = format!("/living-codes/{}/end", code.standing.report.code);
        test.send(test.post(&path, &json!({})).bearer_auth(test.subject_token(uscc(number)))).await
    };
    assert_eq!(
        end(&ended, 2).await.problem(),
        "living-code-unknown",
        "another's is as unknown as one that there is not"
    );
    look(&test, &ended).await;
    for _ in 0..2 {
        let answer = end(&ended, 1).await;
        assert_eq!((answer.status, answer.of(&living_code::END).state), (200, LivingState::Ended));
    }
    let refused = scan(&test, &ended).await;
    assert_eq!((refused.status, refused.problem()), (403, "living-code-over"));
    look(&test, &expiring).await;
    test.pass_seconds(1800);
    let over = scan(&test, &expiring).await;
    // Whether its subject ended it or its time ended is the subject's affair.
    assert_eq!(over.body, refused.body);
    let token = test.subject_token(uscc(1));
    let states = test.send(test.get("/living-codes").bearer_auth(&token)).await.of(&living_code::LIST).items;
    let states: Vec<_> = states.iter().map(|shown| (shown.state, shown.standing.looks)).collect();
    assert_eq!(
        states,
        [(LivingState::Expired, 1), (LivingState::Ended, 2)],
        "looks that came too late are not counted"
    );
    let log = test.send(test.get("/access-log").bearer_auth(&token)).await.of(&access_log::READ).page.items;
    // What was over by itself cannot be ended any more.
    let answer = end(&expiring, 1).await;
    assert_eq!((answer.status, answer.of(&living_code::END).state), (200, LivingState::Expired));
    let late = log
        .iter()
        .filter(|entry| entry.action.known() == Some(Action::LivingCodeLooked) && entry.result == StepResult::Refused);
    assert_eq!(late.count(), 2, "and are in the log all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_shows_what_was_chosen_and_nothing_beyond() {
    let test = stack().await;
    let narrow = made(&test, &json!({ "domains": ["食品"], "disclosure": "summary" })).await;
    let answer = scan(&test, &narrow).await;
    let seen = answer.of(&living_code::LOOK);
    assert_eq!((seen.domains.len(), seen.records, seen.lines.is_none()), (1, 1, true));
    assert!(!answer.body.to_string().contains("晋虚市监罚"), "{answer:?}");
    assert!(!answer.body.to_string().contains("药品"), "{answer:?}");
    // Both were decided on 2024-03-05.
    for (period, from, records) in
        [("all", date(2022, 8, 1), 2), ("three-years", date(2022, 11, 3), 2), ("one-year", date(2024, 11, 3), 0)]
    {
        let code = made(&test, &json!({ "period": period, "until": "2025-11-30T00:00:00Z" })).await;
        let seen = look(&test, &code).await;
        assert_eq!(
            (seen.period.from(), seen.period.to(), seen.records),
            (from, date(2025, 11, 3), records),
            "{period}"
        );
    }
    let rolling = made(&test, &json!({ "period": "one-year", "until": "2025-11-30T00:00:00Z" })).await;
    test.pass_days(20);
    let seen = look(&test, &rolling).await;
    assert_eq!((seen.period.from(), seen.period.to()), (date(2024, 11, 23), date(2025, 11, 23)), "it rolls on");
    for (change, expected) in [
        (json!({ "until": "2025-11-01T00:00:00Z" }), "living-code-until"),
        (json!({ "until": "2026-11-01T00:00:00Z" }), "living-code-until"),
        (json!({ "until": "2025-11-30T00:00:00Z", "shown_to": "长".repeat(101) }), "living-code-shown-to"),
        (json!({ "until": "2025-11-30T00:00:00Z", "shown_to": "" }), "living-code-shown-to"),
        (json!({ "until": "2025-11-30T00:00:00Z", "minutes": 30 }), "living-code-until"),
        (json!({ "until": null, "minutes": 0 }), "living-code-until"),
        (json!({ "until": null, "minutes": 44_641 }), "living-code-until"),
        (json!({ "until": null }), "living-code-until"),
        (json!({ "until": "2025-11-30T00:00:00Z", "domains": ["天文"] }), "domain-unknown"),
        (json!({ "until": "2025-11-30T00:00:00Z", "domains": [] }), "domain-missing"),
        (json!({ "until": "2025-11-30T00:00:00Z", "period": "ten-years" }), "body-unreadable"),
    ] {
        assert_eq!(make(&test, &change).await.problem(), expected, "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_report_has_no_code() {
    let test = stack().await;
    let code = made(&test, &json!({})).await;
    let body = json!({ "until": UNTIL, "purpose": "other" });
    let unknown = test.post("/living-codes", &body).bearer_auth(test.subject_token(uscc(7)));
    assert_eq!(test.send(unknown).await.problem(), "subject-unknown");
    let commits = json!({ "domain": "烟草专卖", "text": "本单位承诺无违法违规情况。", "until": "2026-11-03" });
    let commits = test.send(test.post("/commitments", &commits).bearer_auth(test.subject_token(uscc(1)))).await;
    let id = commits.of(&commitment::MAKE).commitment.id;
    let falsified = json!({ "outcome": "false", "evidence": "查获未申报的经营行为。" });
    let falsified = test.post(&format!("/commitments/{id}/steps"), &falsified).header("if-match", "\"1\"");
    assert_eq!(test.send(falsified.bearer_auth(test.unit_token("market-supervision"))).await.status, 200);
    assert_eq!(make(&test, &json!({})).await.problem(), "subject-barred");
    let refused = scan(&test, &code).await;
    assert_eq!((refused.status, refused.problem()), (403, "subject-barred"));
    let told = refused.refusal().detail_text().unwrap();
    assert!(told.contains("烟草专卖") && !told.contains("查获"), "as a verification says it: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_natural_person_shows_one_too() {
    let test = stack().await;
    let id = format!("P-{}", "0a".repeat(20));
    let claims =
        json!({ "role": "subject", "subject": id, "name": "虚构甲", "masked_id_number": "1101**********0011" });
    let token = test.token(claims);
    let body = json!({ "until": UNTIL, "purpose": "other" });
    let code = test.send(test.post("/living-codes", &body).bearer_auth(&token)).await.of(&living_code::MAKE);
    let seen = look(&test, &code).await;
    assert_eq!((seen.subject.name.as_str(), seen.subject.id, seen.registration), ("虚构甲", None, None));
    assert_eq!(seen.subject.masked_id_number.as_deref(), Some("1101**********0011"));
    let nameless = test.token(json!({ "role": "subject", "subject": id }));
    let refused = test.send(test.post("/living-codes", &body).bearer_auth(nameless)).await;
    assert_eq!(refused.status, 401, "nobody could tell whom it is about: {refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_of_one_kind_are_told_from_those_of_the_other_and_guessing_is_bounded() {
    let test = stack().await;
    // The clock goes on with each of the many looks.
    let code = made(&test, &json!({ "until": "2025-11-30T00:00:00Z" })).await;
    let report = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let living = code.standing.report.code.to_string();
    assert_eq!(VerificationCode::parse(&living).ok(), None);
    for (path, expected) in [
        (format!("/verify/{living}"), "code-is-living"),
        (format!("/living/{}", report.code), "code-is-verification"),
        ("/living/123".to_owned(), "living-code-mistyped"),
        (format!("/living/{}", LivingCode::drawn(7)), "living-code-unknown"),
    ] {
        let answer = test.send(test.get(&path)).await;
        assert_eq!((answer.status, answer.problem()), (404, expected), "{path}");
    }
    // A person who types it where reports are verified is led to it.
    let typed = format!("/verify?code={}", living.to_lowercase().replace('-', ""));
    let led = test.send(test.get(&typed).header("accept", "text/html")).await;
    assert_eq!(led.status, 200, "followed: {led:?}");
    let page = test.get(&code.path).header("accept", "text/html").send().await.unwrap();
    assert_eq!(page.headers()["cache-control"], "no-store");
    assert_eq!(page.headers()["x-robots-tag"], "noindex");
    let page = page.text().await.unwrap();
    for said in
        ["长治市虚构1号商贸有限公司", "此刻查询到：违法违规记录 2 条", "不是出具的报告", "晋虚市监罚〔2024〕1号"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let vain: Vec<String> = (0..100).map(|n| LivingCode::drawn(1000 + n).to_string()).collect();
    for round in 0..3 {
        for code in &vain {
            let answer = test.send(test.get(&format!("/living/{code}"))).await;
            assert!(answer.status == 404 || (round == 2 && answer.status == 429), "{round} {answer:?}");
        }
    }
    let unknown = format!("/living/{}", LivingCode::drawn(7));
    assert_eq!(test.send(test.get(&unknown)).await.problem(), "too-many-lookups");
    look(&test, &code).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_its_price() {
    let test = stack().await;
    let calls = |expected: &[(&str, usize)]| -> BTreeMap<String, usize> {
        expected.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect()
    };
    test.stack.calls.take();
    let code = made(&test, &json!({})).await;
    assert_eq!(test.stack.calls.take(), calls(&[("Query", 1), ("TransactWriteItems", 1)]), "a code");
    let whole = calls(&[("GetItem", 1), ("PutItem", 1), ("Query", 1), ("UpdateItem", 1)]);
    look(&test, &code).await;
    assert_eq!(test.stack.calls.take(), whole, "a look");
    test.send(test.get("/living/123")).await;
    assert_eq!(test.stack.calls.take(), calls(&[]), "a mistyped code");
    test.send(test.get(&format!("/living/{}", LivingCode::drawn(7)))).await;
    assert_eq!(test.stack.calls.take(), calls(&[("UpdateItem", 2)]), "an unknown code");
    let token = test.subject_token(uscc(1));
    test.send(test.get("/living-codes").bearer_auth(&token)).await;
    assert_eq!(test.stack.calls.take(), calls(&[("BatchGetItem", 1), ("Query", 1)]), "one's codes");
    let path = format!("/living-codes/{}/end", code.standing.report.code);
    test.send(test.post(&path, &json!({})).bearer_auth(&token)).await;
    assert_eq!(test.stack.calls.take(), calls(&[("GetItem", 1), ("TransactWriteItems", 1)]), "ending one");
    scan(&test, &code).await;
    assert_eq!(test.stack.calls.take(), calls(&[("PutItem", 1), ("UpdateItem", 1)]), "a look at one that was ended");
}
