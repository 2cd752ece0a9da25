//! Commitments for domains that are not covered: tracked, kept or false; a false one bars the subject (R14, R16).

use serde_json::{Value, json};
use xinzheng_api::commitment;
use xinzheng_domain::ReportStatus;
use xinzheng_domain::case::commitment::{CommitmentId, CommitmentState};
use xinzheng_tests::{Answer, TestStack, register, uscc};

const DOMAIN: &str = "烟草专卖";

async fn made(test: &TestStack) -> CommitmentId {
    let body = json!({ "domain": DOMAIN, "text": "本单位承诺无违法违规情况。", "until": "2026-11-03" });
    let made = test.send(test.post("/commitments", &body).bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.of(&commitment::MAKE).commitment;
    assert_eq!(made.state, CommitmentState::Made);
    made.id
}

async fn step(test: &TestStack, token: String, id: &CommitmentId, what: &str, version: u64, body: &Value) -> Answer {
    test.send(
        test.post(&format!("/commitments/{id}/{what}"), body)
            .bearer_auth(token)
            .header("if-match", format!("\"{version}\"")),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_false_commitment_bars_until_the_platform_lifts_it() {
    let test = TestStack::start().await;
    test.take_in(&[register(1), register(2)]).await;
    let earlier = test.issued(uscc(1), &json!({ "purpose": "other" })).await.report;
    let commitment = made(&test).await;
    let unit = || test.unit_token("market-supervision");
    let found = async |version: u64, body: &Value| {
        step(&test, unit(), &commitment, "steps", version, body).await.of(&commitment::TRACK).commitment.state
    };
    let checked = json!({ "outcome": "checked", "evidence": "现场核查，未见异常。" });
    assert_eq!(found(1, &checked).await, CommitmentState::Made);
    let falsified = json!({ "outcome": "false", "evidence": "查获未申报的经营行为，案号晋虚〔2025〕1号。" });
    assert_eq!(found(2, &falsified).await, CommitmentState::False);

    let barred = test.report(uscc(1), &json!({ "purpose": "other" })).await;
    assert_eq!((barred.status, barred.problem()), (403, "subject-barred"), "{barred:?}");
    let detail = barred.refusal().detail_text().unwrap();
    assert!(detail.contains(DOMAIN) && detail.contains("市市场监督管理局"), "{detail}");
    assert!(barred.refusal().hint_text().unwrap().contains("异议"));
    assert_eq!(test.report(uscc(2), &json!({ "purpose": "other" })).await.status, 201, "others are not barred");
    assert_eq!(test.verified(earlier.code).await.status, ReportStatus::Valid, "what was issued before stays");

    let reason = json!({ "reason": "经复核，认定有误。" });
    assert_eq!(step(&test, unit(), &commitment, "lifting", 3, &reason).await.problem(), "role-not-allowed");
    let lifted = step(&test, test.operator_token(), &commitment, "lifting", 3, &reason).await;
    assert_eq!(lifted.status, 200, "{lifted:?}");
    let lifted = lifted.of(&commitment::LIFT).commitment;
    assert_eq!(lifted.state, CommitmentState::Lifted);
    assert_eq!(lifted.steps.len(), 3, "every step is kept");
    assert_eq!(test.report(uscc(1), &json!({ "purpose": "other" })).await.status, 201);
    let again = step(&test, test.operator_token(), &commitment, "lifting", 4, &reason).await;
    assert_eq!((again.status, again.problem()), (409, "commitment-state"));
    assert!(test.events().await.iter().any(|(kind, _)| kind == "commitment.lifted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_false_commitment_bars_by_itself() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let (first, second) = (made(&test).await, made(&test).await);
    let falsified = json!({ "outcome": "false", "evidence": "虚构的证据" });
    for commitment in [&first, &second] {
        let found = step(&test, test.unit_token("market-supervision"), commitment, "steps", 1, &falsified).await;
        assert_eq!(found.status, 200);
    }
    let reason = json!({ "reason": "经复核，认定有误。" });
    for (commitment, then) in [(&first, 403), (&second, 201)] {
        assert_eq!(step(&test, test.operator_token(), commitment, "lifting", 2, &reason).await.status, 200);
        assert_eq!(test.report(uscc(1), &json!({ "purpose": "other" })).await.status, then);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_committed_or_found_says_why() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    for (body, expected) in [
        (json!({ "domain": "食品", "text": "x", "until": "2026-11-03" }), (422, "domain-not-open")),
        (json!({ "domain": DOMAIN, "text": " ", "until": "2026-11-03" }), (422, "text-missing")),
        (json!({ "domain": DOMAIN, "text": "x", "until": "2025-11-03" }), (422, "until-past")),
        (json!({ "domain": DOMAIN, "text": "x" }), (400, "body-unreadable")),
    ] {
        let answer = test.send(test.post("/commitments", &body).bearer_auth(test.subject_token(uscc(1)))).await;
        assert_eq!((answer.status, answer.problem()), expected, "{body}");
    }
    let commitment = made(&test).await;
    let kept = json!({ "outcome": "kept", "evidence": "到期核查，承诺属实。" });
    let unit = || test.unit_token("market-supervision");
    for (token, version, body, expected) in [
        (test.unit_token("tax"), 1, kept.clone(), (404, "commitment-unknown")),
        (test.subject_token(uscc(1)), 1, kept.clone(), (403, "role-not-allowed")),
        (unit(), 7, kept.clone(), (412, "version-outdated")),
        (unit(), 1, json!({ "outcome": "kept", "evidence": "" }), (422, "text-missing")),
    ] {
        let answer = step(&test, token, &commitment, "steps", version, &body).await;
        assert_eq!((answer.status, answer.problem()), expected, "{body}");
    }
    let tracked = step(&test, unit(), &commitment, "steps", 1, &kept).await.of(&commitment::TRACK).commitment;
    assert_eq!(tracked.state, CommitmentState::Kept);
    for token in [test.subject_token(uscc(1)), unit()] {
        let list = test.send(test.get("/commitments").bearer_auth(token)).await.of(&commitment::LIST);
        assert_eq!(list.items[0].commitment.id, commitment);
    }
    let open = test.send(test.get("/uncovered-domains")).await.of(&commitment::UNCOVERED_DOMAINS);
    assert!(open.domains.iter().any(|domain| domain.name == DOMAIN));
}
