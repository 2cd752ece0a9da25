//! Who may call: tokens that the authorizer must refuse, and roles that a route must refuse.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use xinzheng_tests::{TestStack, register, uscc};

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_of_this_issuer_for_this_audience_that_holds_is_taken() {
    let test = TestStack::start().await;
    let other = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    let claims = json!({ "role": "subject", "subject": uscc(1) });
    let good = test.token(claims.clone());
    let issuer = test.stack.issuer.address();
    let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let body = encode(json!({
        "role": "subject", "subject": uscc(1), "iss": issuer, "aud": "xinzheng-local", "exp": 4_000_000_000_u64,
    }));
    let unsigned = format!("{}.{body}.", encode(json!({ "alg": "none" })));
    let swapped = format!("{}.{body}.{}", good.split('.').next().unwrap(), good.split('.').nth(2).unwrap());
    let as_object = claims.as_object().unwrap();
    let expired = test.stack.issuer.token(as_object, Timestamp::now() - SignedDuration::from_hours(2)).unwrap();
    for (token, status, why) in [
        (Some(good.clone()), 200, "a good token"),
        (None, 401, "none"),
        (Some(String::new()), 401, "empty"),
        (Some("abc".to_owned()), 401, "no token"),
        (Some(unsigned), 401, "alg none"),
        (Some(swapped), 401, "another body under the signature"),
        (Some(expired), 401, "expired"),
        (Some(other.token(claims)), 401, "another issuer's"),
    ] {
        let request = test.get("/reports");
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        assert_eq!(test.send(request).await.status, status, "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_route_takes_its_own_role_only() {
    let test = TestStack::start().await;
    test.take_in(&[register(1)]).await;
    for (claims, status) in [
        (json!({ "role": "subject", "subject": uscc(1) }), 201),
        (json!({ "role": "unit", "unit": "tax" }), 403),
        (json!({ "role": "operator" }), 403),
        (json!({ "role": "third-party", "name": "虚构银行" }), 403),
        (json!({ "role": "root" }), 403),
        (json!({}), 401),
        (json!({ "role": "subject" }), 401),
        (json!({ "role": "subject", "subject": "91140403" }), 401),
    ] {
        let request = test.post("/reports", &json!({ "purpose": "other" })).bearer_auth(test.token(claims.clone()));
        assert_eq!(test.send(request).await.status, status, "{claims}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_the_template_lacks_does_not_exist() {
    let test = TestStack::start().await;
    let token = test.subject_token(uscc(1));
    for path in ["/", "/report", "/reports/a/b", "/verify/", "/dev"] {
        assert_eq!(test.send(test.get(path).bearer_auth(&token)).await.status, 404, "{path}");
    }
}
