//! Authorised queries: a third party gets what the subject granted and nothing more (R12).

use jiff::civil::date;
use serde_json::{Value, json};
use xinzheng_api::{access_log, grant};
use xinzheng_domain::audit::Action;
use xinzheng_domain::case::grant::GrantState;
use xinzheng_domain::{DomainId, Purpose, ReportStatus};
use xinzheng_tests::{Answer, TestStack, penalties, penalty_row, register, uscc, with};

const BANK: &str = "虚构银行";

async fn stack() -> TestStack {
    let test = TestStack::start().await;
    let other = with(&penalty_row(1, 2), &json!({ "涉及领域": "药品" }));
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).row(&other).build()]).await;
    test
}

fn bank(test: &TestStack, name: &str) -> String {
    test.token(json!({ "role": "third-party", "sub": "bank-1", "name": name }))
}

async fn give(test: &TestStack, change: &Value) -> Answer {
    let whole = json!({
        "grantee": { "name": BANK }, "domains": ["食品"], "period": { "from": "2024-01-01", "to": "2024-12-31" },
        "purpose": "financial", "until": "2025-12-01T00:00:00Z", "uses": 2,
    });
    test.send(test.post("/grants", &with(&whole, change)).bearer_auth(test.subject_token(uscc(1)))).await
}

/// The code of a grant that was given.
fn code(given: &Answer) -> String {
    given.of(&grant::GIVE).standing.grant.code.to_string()
}

async fn query(test: &TestStack, code: &str, token: String, body: &Value) -> Answer {
    test.send(test.post(&format!("/grants/{code}/reports"), body).bearer_auth(token)).await
}

/// What was done, by whom, and what for.
async fn log(test: &TestStack) -> Vec<(Action, String, String)> {
    let log = test.send(test.get("/access-log").bearer_auth(test.subject_token(uscc(1)))).await.of(&access_log::READ);
    let steps = log.page.items.into_iter();
    steps.map(|step| (step.action.known().unwrap(), step.by, step.purpose.unwrap_or_default())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_gets_what_was_granted_and_the_subject_sees_it() {
    let test = stack().await;
    let given = give(&test, &json!({})).await;
    assert_eq!((given.status, given.of(&grant::GIVE).state), (201, GrantState::Active), "{given:?}");
    let code = code(&given);
    let issued = query(&test, &code, bank(&test, BANK), &json!({})).await;
    assert_eq!(issued.status, 201, "{issued:?}");
    let issued = issued.of(&grant::QUERY).opened.report;
    let content = test.content(&issued.number).await;
    let food = DomainId::from_number(18).unwrap();
    assert_eq!((content.domains, content.purpose), (vec![food], Purpose::Financial));
    assert_eq!(content.records.len(), 1, "the other domain's record is not shown");
    assert_eq!(test.verified(issued.code).await.status, ReportStatus::Valid);

    for (token, body, expected) in [
        (bank(&test, BANK), json!({ "domains": ["药品"] }), "grant-exceeded"),
        (bank(&test, BANK), json!({ "period": { "from": "2023-12-31", "to": "2024-12-31" } }), "grant-exceeded"),
        (bank(&test, "另一银行"), json!({}), "grant-not-yours"),
        (test.subject_token(uscc(1)), json!({}), "role-not-allowed"),
    ] {
        let refused = query(&test, &code, token, &body).await;
        assert_eq!((refused.status, refused.problem()), (403, expected), "{body}");
    }
    let log = log(&test).await;
    let said: Vec<(Action, &str, &str)> = log.iter().map(|(a, b, c)| (*a, b.as_str(), c.as_str())).collect();
    assert_eq!(
        said,
        [
            (Action::RequestRefused, "subject", "role-not-allowed"),
            (Action::GrantRefused, "另一银行", "grant-not-yours"),
            (Action::GrantRefused, BANK, "grant-exceeded"),
            (Action::GrantRefused, BANK, "grant-exceeded"),
            (Action::ReportVerified, "", ""),
            (Action::ReportIssued, BANK, "financial"),
            (Action::GrantGiven, "subject", BANK),
        ],
        "newest first"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_under_a_grant_are_fetched_again_while_it_lasts() {
    let test = stack().await;
    // Its days reach as far as the grant lasts.
    let period = json!({ "period": { "from": "2024-01-01", "to": "2025-12-01" }, "uses": 1 });
    let given = give(&test, &period).await;
    assert_eq!(given.status, 201, "{given:?}");
    let code = code(&given);
    let issued = query(&test, &code, bank(&test, BANK), &json!({})).await.of(&grant::QUERY).opened.report;
    let days = (issued.period.from(), issued.period.to());
    assert_eq!(days, (date(2024, 1, 1), date(2025, 11, 3)), "of the days that have been");
    let path = format!("/grants/{code}/reports");
    let list = async |token: String| test.send(test.get(&path).bearer_auth(token)).await;
    // Days later, all uses used: the same report, with an address that works.
    test.pass_days(20);
    let reports = list(bank(&test, BANK)).await.of(&grant::REPORTS).items;
    assert_eq!((reports.len(), &reports[0].report.number), (1, &issued.number), "{reports:?}");
    assert!(test.pdf(&reports[0]).await.starts_with(b"%PDF"));
    assert_eq!(query(&test, &code, bank(&test, BANK), &json!({})).await.problem(), "grant-spent");
    for (token, expected) in [
        (bank(&test, "另一银行"), "grant-not-yours"),
        (test.token(json!({ "role": "third-party", "sub": "bank-2", "name": BANK })), "grant-held"),
    ] {
        assert_eq!(list(token).await.problem(), expected);
    }
    assert!(log(&test).await.iter().any(|(action, by, _)| *action == Action::GrantReportsRead && by == BANK));
    test.pass_days(10);
    assert_eq!(list(bank(&test, BANK)).await.problem(), "grant-expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_by_name_alone_is_the_account_that_uses_it_first() {
    let test = stack().await;
    let code = code(&give(&test, &json!({})).await);
    let account = |sub: &str| test.token(json!({ "role": "third-party", "sub": sub, "name": BANK }));
    let whole = json!({});
    let (a, b) =
        tokio::join!(query(&test, &code, account("bank-1"), &whole), query(&test, &code, account("bank-2"), &whole));
    let mut said = [(a.status, a.problem().to_owned()), (b.status, b.problem().to_owned())];
    said.sort();
    assert_eq!(said, [(201, String::new()), (403, "grant-held".to_owned())], "one of them has it");
    let holder = if a.status == 201 { "bank-1" } else { "bank-2" };
    assert_eq!(query(&test, &code, account(holder), &whole).await.status, 201, "its second use");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_is_won_by_one() {
    let test = stack().await;
    let code = code(&give(&test, &json!({ "uses": 3 })).await);
    let whole = json!({});
    let ask = || query(&test, &code, bank(&test, BANK), &whole);
    let (a, b, c, d, e) = tokio::join!(ask(), ask(), ask(), ask(), ask());
    let mut statuses = [a, b, c, d, e].map(|answer| (answer.status, answer.problem().to_owned()));
    statuses.sort();
    let spent = (403, "grant-spent".to_owned());
    let issued = (201, String::new());
    assert_eq!(statuses, [issued.clone(), issued.clone(), issued, spent.clone(), spent]);
    let grants = test.send(test.get("/grants").bearer_auth(test.subject_token(uscc(1)))).await.of(&grant::LIST);
    assert_eq!((grants.items[0].standing.used, grants.items[0].state), (3, GrantState::Spent));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_grant_lets_nobody_query() {
    let test = stack().await;
    let code = code(&give(&test, &json!({})).await);
    let path = format!("/grants/{code}/revocation");
    let stranger = test.send(test.post(&path, &json!({})).bearer_auth(test.subject_token(uscc(2)))).await;
    assert_eq!((stranger.status, stranger.problem()), (404, "grant-unknown"));
    let revoke = async |version: u8| {
        let request = test.post(&path, &json!({})).header("if-match", format!("\"{version}\""));
        test.send(request.bearer_auth(test.subject_token(uscc(1)))).await
    };
    let revoked = revoke(1).await;
    assert_eq!((revoked.status, revoked.of(&grant::REVOKE).state), (200, GrantState::Revoked));
    assert_eq!((revoke(1).await.problem(), revoke(2).await.problem()), ("version-outdated", "grant-revoked"));
    assert_eq!(query(&test, &code, bank(&test, BANK), &json!({})).await.problem(), "grant-revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_granted_says_why() {
    let test = stack().await;
    for (change, expected) in [
        (json!({ "uses": 0 }), (422, "grant-uses")),
        (json!({ "until": "2025-11-03T00:00:00Z" }), (422, "grant-until")),
        (json!({ "grantee": { "name": "  " } }), (422, "grantee-missing")),
        (json!({ "domains": ["占星"] }), (422, "domain-unknown")),
        (json!({ "period": { "from": "2020-01-01", "to": "2024-12-31" } }), (422, "period-before-scope")),
        (json!({ "until": "明天" }), (400, "body-unreadable")),
    ] {
        let refused = give(&test, &change).await;
        assert_eq!((refused.status, refused.problem()), expected, "{change}");
    }
    for (code, expected) in [("0000000-0000000-0000000", "grant-unknown"), ("1", "grant-mistyped")] {
        let answer = query(&test, code, bank(&test, BANK), &json!({})).await;
        assert_eq!((answer.status, answer.problem()), (404, expected));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_is_known_by_its_code() {
    let test = stack().await;
    let given = give(&test, &json!({ "grantee": { "name": "虚构招标代理", "organisation": uscc(7) } })).await;
    let code = code(&given);
    let agency = |organisation: Value| {
        test.token(json!({ "role": "third-party", "sub": "a", "name": "虚构招标代理", "organisation": organisation }))
    };
    assert_eq!(query(&test, &code, agency(json!(uscc(8))), &json!({})).await.problem(), "grant-not-yours");
    assert_eq!(query(&test, &code, agency(json!(uscc(7))), &json!({})).await.status, 201);
}
