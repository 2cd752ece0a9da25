//! Answers that are evidence: signed by a published key, checked here by another implementation; and what is said of natural
//! persons is kept by nobody on the way.

use std::collections::BTreeSet;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};
use xinzheng_api::report::{ISSUE, Report};
use xinzheng_domain::TableId;
use xinzheng_tests::{TestStack, UploadBuilder, penalties, penalty_row, register, repair_row, uscc};

async fn issued(test: &TestStack) -> Report {
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    test.report(uscc(1), &json!({ "purpose": "other" })).await.of(&ISSUE).opened.report
}

/// The claims of a signed answer, by the key set that is published.
async fn checked(test: &TestStack, signed: &str) -> Value {
    let keys: Value = test.get("/.well-known/jwks.json").send().await.unwrap().json().await.unwrap();
    let head = decode_header(signed).unwrap();
    assert_eq!((head.alg, head.typ.as_deref()), (Algorithm::ES256, Some("xinzheng-verification+jwt")));
    let key =
        keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == json!(head.kid)).expect("it is published");
    assert!(key.get("x5c").is_none(), "not the key that signs reports");
    let key: Jwk = serde_json::from_value(key.clone()).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    (validation.required_spec_claims, validation.validate_exp) = (["iss", "sub"].map(str::to_owned).into(), false);
    validation.set_issuer(&[format!("{}/verify", test.stack.address)]);
    let key = DecodingKey::from_jwk(&key).unwrap();
    let claims = decode::<Value>(signed, &key, &validation).unwrap().claims;
    // One character changed is noticed.
    let (head, rest) = signed.split_once('.').unwrap();
    let other = if rest.starts_with('f') { "g" } else { "f" };
    assert!(decode::<Value>(&format!("{head}.{other}{}", &rest[1..]), &key, &validation).is_err());
    claims
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bank_files_an_answer_that_it_can_check() {
    let test = TestStack::start().await;
    let report = issued(&test).await;
    let path = format!("/verify/{}", report.code);
    let ask = async |path: &str| test.get(path).header("accept", "application/jwt").send().await.unwrap();
    let answer = ask(&path).await;
    assert_eq!(answer.headers()["content-type"], "application/jwt");
    assert_eq!(answer.headers()["cache-control"], "private, no-store");
    let claims = checked(&test, &answer.text().await.unwrap()).await;
    let plain = test.verified(report.code).await;
    assert_eq!(claims["sub"], json!(path));
    let said = serde_json::to_value(&plain).unwrap();
    let same = |name: &&String| *name != "verified_at";
    for name in said.as_object().unwrap().keys().filter(same) {
        assert_eq!(claims[name], said[name], "{name}");
    }
    let at: jiff::Timestamp = claims["verified_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(claims["iat"], json!(at.as_second()));

    let by_file = ask(&format!("/verify?sha256={}", report.file.sha256)).await;
    let claims = checked(&test, &by_file.text().await.unwrap()).await;
    assert_eq!((&claims["asked_file"], &claims["status"]), (&json!("as-issued"), &json!("valid")));

    // A batch says of each question what it found, of those that there is nothing of too.
    let asked = json!({ "codes": [report.code, "x"], "sha256": ["0".repeat(64)] });
    let batch = test.post("/verify", &asked).header("accept", "application/jwt").send().await.unwrap();
    let claims = checked(&test, &batch.text().await.unwrap()).await;
    let statuses: Vec<&Value> = claims["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
    assert_eq!(statuses, [&json!("valid"), &json!("unreadable"), &json!("unknown")]);
    // What is not there is a problem, in whatever form it was asked for.
    let unknown = ask("/verify/0000000-0000000-0000000").await;
    assert_eq!(
        (unknown.status().as_u16(), &unknown.headers()["content-type"]),
        (404, &"application/problem+json; charset=utf-8".parse().unwrap())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_a_tag_that_changes_with_what_it_says() {
    let test = TestStack::start().await;
    let report = issued(&test).await;
    let path = format!("/verify/{}", report.code);
    let ask = async |known: &str| {
        let answer = test.get(&path).header("if-none-match", known).send().await.unwrap();
        let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), tag, answer.text().await.unwrap())
    };
    let (status, tag, _) = ask("\"x\"").await;
    assert!(status == 200 && tag.starts_with("W/\""), "{status} {tag}");
    for known in [tag.as_str(), "*", &format!("\"x\", {tag}")] {
        let (status, again, body) = ask(known).await;
        assert_eq!((status, &again, body.as_str()), (304, &tag, ""), "{known}");
    }
    test.take_in(&[UploadBuilder::new("market-supervision", TableId::Repair).row(&repair_row(1, 1)).build()]).await;
    let (status, changed, _) = ask(&tag).await;
    assert_eq!(status, 200);
    assert_ne!(changed, tag, "the record was repaired");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_person_is_kept_by_nobody_on_the_way() {
    let test = TestStack::start().await;
    let organisation = issued(&test).await;
    let id = format!("P-{}", "0a".repeat(20));
    let claims =
        json!({ "role": "subject", "subject": id, "name": "虚构甲", "masked_id_number": "1101**********0011" });
    let token = test.token(claims);
    let answer = test.send(test.post("/reports", &json!({ "purpose": "other" })).bearer_auth(token)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let person = answer.of(&ISSUE).opened.report;
    let mut seen = BTreeSet::new();
    for (code, freshness) in [(organisation.code, "public, max-age=5"), (person.code, "private, max-age=5")] {
        for accept in ["application/json", "text/html"] {
            let answer = test.get(&format!("/verify/{code}")).header("accept", accept).send().await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["cache-control"]),
                (200, &freshness.parse().unwrap())
            );
            seen.insert(accept);
        }
    }
    assert_eq!(seen.len(), 2);
}
