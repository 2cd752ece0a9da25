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
async fn a_claim_that_says_nothing_is_none() {
    let test = TestStack::start().await;
    for nothing in [json!(null), json!(""), json!("  "), json!("null")] {
        for (path, claims) in [
            ("/evaluation", json!({ "role": "operator", "sub": nothing })),
            ("/evaluation", json!({ "role": nothing, "sub": "admin-1" })),
            ("/reports", json!({ "role": "subject", "subject": nothing })),
            ("/uploads", json!({ "role": "unit", "unit": nothing })),
        ] {
            let answer = test.send(test.get(path).bearer_auth(test.token(claims.clone()))).await;
            assert_eq!(answer.status, 401, "{path} {claims} {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_the_template_lacks_does_not_exist() {
    let test = TestStack::start().await;
    let token = test.subject_token(uscc(1));
    for path in ["/portals/", "/report", "/reports/a/b", "/verify/", "/dev"] {
        assert_eq!(test.send(test.get(path).bearer_auth(&token)).await.status, 404, "{path}");
    }
}

/// Every route that needs a token, with the roles that it takes: S a subject, U a unit, P the platform, T a third party.
const GUARDED: [(&str, &str); 82] = [
    ("GET /timeliness", "UP"),
    ("GET /timeliness/records", "UP"),
    ("GET /records/search", "UP"),
    ("GET /evaluation", "P"),
    ("POST /evaluation/recount", "P"),
    ("GET /backfill", "P"),
    ("GET /backfill/matrix", "UP"),
    ("POST /manifests", "U"),
    ("GET /reconciliations", "UP"),
    ("GET /reconciliations/{id}", "UP"),
    ("GET /reconciliations/{id}/workbook", "UP"),
    ("GET /escalations", "P"),
    ("PUT /config/calendar/{year}", "P"),
    ("POST /reports", "S"),
    ("GET /reports", "S"),
    ("GET /records", "S"),
    ("GET /reports/{number}", "SP"),
    ("GET /reports/{number}/document", "S"),
    ("POST /reports/{number}/withdrawal", "P"),
    ("POST /reports/{number}/replay", "P"),
    ("POST /grants", "S"),
    ("GET /grants", "S"),
    ("POST /grants/{code}/revocation", "S"),
    ("POST /grants/{code}/reports", "T"),
    ("GET /grants/{code}/reports", "T"),
    ("GET /authorised-reports", "T"),
    ("GET /issued-reports", "P"),
    ("GET /notices", "ST"),
    ("POST /notices/seen", "ST"),
    ("POST /webhooks", "T"),
    ("GET /webhooks", "T"),
    ("POST /webhooks/{id}/end", "T"),
    ("POST /webhooks/{id}/test", "T"),
    ("POST /living-codes", "S"),
    ("GET /living-codes", "S"),
    ("POST /living-codes/{code}/end", "S"),
    ("GET /access-log", "SUP"),
    ("POST /subjects/identification", "P"),
    ("GET /subjects/{subject}/records", "P"),
    ("GET /subjects/{subject}/reports", "P"),
    ("GET /subjects/{subject}/grants", "P"),
    ("GET /subjects/{subject}/objections", "P"),
    ("GET /subjects/{subject}/repairs", "P"),
    ("GET /subjects/{subject}/commitments", "P"),
    ("GET /config/report-template", "P"),
    ("PUT /config/report-template", "P"),
    ("POST /config/report-template/preview", "P"),
    ("GET /config/report-template/{version}", "P"),
    ("POST /config/report-template/{version}/activation", "P"),
    ("POST /uploads", "U"),
    ("POST /uploads/check", "U"),
    ("GET /uploads", "UP"),
    ("GET /uploads/{id}", "UP"),
    ("GET /uploads/{id}/effects", "UP"),
    ("GET /uploads/{id}/proof", "UP"),
    ("GET /uploads/{id}/rejections", "UP"),
    ("GET /waiting-marks", "UP"),
    ("GET /records/{id}/history", "UP"),
    ("POST /attachments", "S"),
    ("GET /objections/{id}/attachments/{attachment}", "SUP"),
    ("POST /objections", "S"),
    ("GET /objections", "SUP"),
    ("GET /objections/{id}", "SUP"),
    ("POST /objections/{id}/acceptance", "U"),
    ("POST /objections/{id}/decision", "U"),
    ("POST /objections/{id}/retraction", "S"),
    ("POST /commitments", "S"),
    ("GET /commitments", "SUP"),
    ("GET /commitments/{id}", "SUP"),
    ("POST /commitments/{id}/steps", "U"),
    ("POST /commitments/{id}/lifting", "P"),
    ("GET /feedback", "P"),
    ("POST /feedback/{code}/answer", "P"),
    ("GET /repairs/{id}/attachments/{attachment}", "SUP"),
    ("POST /repairs", "S"),
    ("GET /repairs", "SUP"),
    ("GET /repairs/{id}", "SUP"),
    ("POST /repairs/{id}/decision", "U"),
    ("POST /records/{id}/cancellation", "U"),
    ("POST /records/{id}/severity", "U"),
    ("POST /repairs/{id}/retraction", "S"),
    ("GET /nothing", ""),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_takes_the_roles_that_it_names_and_no_token_that_does_not_hold() {
    let template = xinzheng_template::Deployment::parse(include_str!("../../../template.yaml")).unwrap();
    let mut routes: Vec<String> = template
        .functions()
        .iter()
        .flat_map(|function| &function.routes)
        .filter(|route| !route.public)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    routes.sort();
    let mut known: Vec<&str> =
        GUARDED.iter().map(|(route, _)| *route).filter(|route| *route != "GET /nothing").collect();
    known.sort_unstable();
    assert_eq!(routes, known, "each guarded route has its row");

    let test = TestStack::start().await;
    let other = TestStack::start().await;
    test.take_in(&[register(1), register(2)]).await;
    let claims = |role: char| match role {
        'S' => json!({ "role": "subject", "subject": uscc(2) }),
        'U' => json!({ "role": "unit", "unit": "tax", "sub": "clerk" }),
        'P' => json!({ "role": "operator", "sub": "operator-1" }),
        _ => json!({ "role": "third-party", "sub": "bank-1", "name": "虚构银行" }),
    };
    let hour_ago = Timestamp::now() - SignedDuration::from_hours(2);
    for (route, roles) in GUARDED {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path.replace("{number}", "CZXY-20251103-AAAAAAAA").replace("{code}", "0000000-0000000-0000000");
        let path = path.replace("{id}", &"0".repeat(32)).replace("{version}", "none");
        let url = format!("{}{path}", test.stack.address);
        let send = async |token: Option<String>| {
            let request = test.request(method, &url).body("{}");
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            test.send(request).await.status
        };
        if route == "GET /nothing" {
            assert_eq!(send(None).await, 404);
            continue;
        }
        for role in ['S', 'U', 'P', 'T'] {
            let claims = claims(role);
            let status = send(Some(test.token(claims.clone()))).await;
            assert_eq!(status == 403, !roles.contains(role), "{route} as {role}: {status}");
            assert!(status != 401 && status < 500, "{route} as {role}: {status}");
            let as_object = claims.as_object().unwrap();
            let expired = test.stack.issuer.token(as_object, hour_ago).unwrap();
            let body = URL_SAFE_NO_PAD.encode(claims.to_string());
            let unsigned = format!("{}.{body}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
            for bad in [None, Some(expired), Some(other.token(claims.clone())), Some(unsigned)] {
                assert_eq!(send(bad).await, 401, "{route} as {role}");
            }
        }
    }
}
