//! What a request leaves in the audit (R19), by the contract: every reading endpoint as everyone who may ask it, every guarded
//! one as everyone who may not.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use xinzheng_api::endpoint::{Description, Method, Trace};
use xinzheng_api::openapi::endpoints;
use xinzheng_api::{Endpoint, commitment, feedback, grant, manifest, objection, record, repair, report, upload};
use xinzheng_domain::TableId;
use xinzheng_domain::audit::Role;
use xinzheng_tests::{TestStack, penalties, penalty_row, register, uscc};

const MARKET: &str = "market-supervision";

/// What the paths of a prepared stack name.
struct Named {
    number: String,
    record: String,
    objection: String,
    attachment: String,
    repair: String,
    commitment: String,
    upload: String,
    manifest: String,
    grant: String,
    feedback: String,
}

impl Named {
    /// The path of an endpoint with what there is, or with what there is not.
    fn path(&self, path: &str, there: bool) -> String {
        let of = |id: &str, none: &str| if there { id.to_owned() } else { none.to_owned() };
        let (unknown, none) = ("0".repeat(32), "0000000-0000000-0000000");
        let id = match path.split('/').nth(1).unwrap_or_default() {
            "objections" => of(&self.objection, "YY-20250101-0000000000000"),
            "repairs" => of(&self.repair, "XF-20250101-0000000000000"),
            "commitments" => of(&self.commitment, "CN-20250101-0000000000000"),
            "records" => of(&self.record, &unknown),
            "reconciliations" => of(&self.manifest, "penalty_2025-01-01_2025-01-31"),
            _ => of(&self.upload, &unknown),
        };
        let code = if path.starts_with("/grants") { &self.grant } else { &self.feedback };
        path.replace("{number}", &of(&self.number, "CZXY-20251103-AAAAAAAA"))
            .replace("{code}", &of(code, none))
            .replace("{attachment}", &of(&self.attachment, "FJ-00000000000000000000000000"))
            .replace("{subject}", &of(&uscc(1).to_string(), "none"))
            .replace("{version}", "none")
            .replace("{year}", "2027")
            .replace("{id}", &id)
    }
}

/// A stack with a report, a record, a case of each kind, an upload with rejections, a manifest.
async fn prepared(test: &TestStack) -> Named {
    let long_ago = xinzheng_tests::with(&penalty_row(1, 1), &json!({ "处罚决定日期": "2023-03-01" }));
    let wrong = xinzheng_tests::with(&penalty_row(1, 3), &json!({ "违法行为类型": "" }));
    let mixed = penalties().row(&long_ago).row(&penalty_row(1, 2)).row(&wrong).build();
    test.take_in(&[register(1), register(2), mixed]).await;
    let subject = test.subject_token(uscc(1));
    let report = made(test, &report::ISSUE, &subject, &json!({ "purpose": "financial" })).await;
    let records = test.send(test.get("/records").bearer_auth(&subject)).await.of(&record::OWN).records;
    let record = |place: usize| records[place].id.to_string();
    let attachment = test.attach(uscc(1), "说明.pdf", b"%PDF-1.7\n%%EOF\n", true).await.unwrap();
    let objection =
        json!({ "record": record(0), "contested": "record", "reasons": "并无此事。", "attachments": [attachment] });
    let objection = made(test, &objection::SUBMIT, &subject, &objection).await;
    let repair = json!({ "record": record(1), "proof": "已缴清。", "attachments": [] });
    let repair = made(test, &repair::APPLY, &subject, &repair).await;
    let domains = test.send(test.get("/uncovered-domains")).await.of(&commitment::UNCOVERED_DOMAINS).domains;
    let commitment = json!({ "domain": domains[0].name, "text": "依法经营。", "until": "2026-12-31" });
    let commitment = made(test, &commitment::MAKE, &subject, &commitment).await;
    let manifest = json!({ "kind": "penalty", "from": "2025-10-01", "to": "2025-10-31", "count": 0 });
    let manifest = made(test, &manifest::DECLARE, &test.unit_token(MARKET), &manifest).await;
    let grant = json!({ "grantee": { "name": "虚构银行" }, "purpose": "financial", "until": "2025-12-31T00:00:00Z", "uses": 3 });
    let grant = made(test, &grant::GIVE, &subject, &grant).await;
    let feedback = json!({ "kind": "enquiry", "text": "怎样申请？" });
    let feedback = test.send(test.post("/feedback", &feedback)).await.of(&feedback::SEND);
    let uploads = test.send(test.get("/uploads").bearer_auth(test.unit_token(MARKET))).await.of(&upload::LIST);
    let upload = uploads.page.items.iter().find(|upload| upload.table == Some(TableId::Penalty)).unwrap();
    Named {
        number: report.opened.report.number.to_string(),
        record: record(0),
        objection: objection.objection.id.to_string(),
        attachment,
        repair: repair.application.id.to_string(),
        commitment: commitment.commitment.id.to_string(),
        upload: upload.id.to_string(),
        manifest: manifest.id.to_string(),
        grant: grant.standing.grant.code.to_string(),
        feedback: feedback.code.to_string(),
    }
}

/// What an endpoint that makes something answers.
async fn made<B, A: DeserializeOwned>(
    test: &TestStack,
    endpoint: &Endpoint<(), (), B, A>,
    token: &str,
    body: &Value,
) -> A {
    let address = endpoint.address(&(), &());
    let answer = test.send(test.post(&address, body).bearer_auth(token)).await;
    assert_eq!(answer.status, 201, "{address} {answer:?}");
    answer.of(endpoint)
}

/// Keys of the audit's entries.
async fn entries(test: &TestStack) -> BTreeSet<String> {
    test.registry().await.into_keys().filter(|key| key.starts_with("AUDIT#")).collect()
}

fn token(test: &TestStack, caller: Role, commitments: bool) -> String {
    match caller {
        Role::Subject => test.subject_token(uscc(1)),
        // The unit that the commitment is tracked by is another one.
        Role::Unit if commitments => test.unit_token(&commitment_unit()),
        Role::Unit => test.unit_token(MARKET),
        Role::Platform => test.operator_token(),
        Role::ThirdParty => test.token(json!({ "role": "third-party", "sub": "bank-1", "name": "虚构银行" })),
        Role::Anyone | Role::System => panic!("{caller} has no token"),
    }
}

fn commitment_unit() -> String {
    xinzheng_domain::case::commitment::UncoveredDomain::all()[0].unit.to_string()
}

/// The action that a request of this caller leaves; `None` of what is one's own.
fn expected(endpoint: &Description, caller: Role) -> Option<String> {
    let action = match endpoint.trace {
        Trace::Nothing | Trace::Work => return None,
        // Files of a case, and grants, are noted whoever asks.
        Trace::Subject(action) if caller == Role::Subject && !endpoint.path.contains("attachments") => {
            // The subject's own download is one too.
            return (endpoint.path == "/reports/{number}")
                .then(|| "report.downloaded".to_owned())
                .filter(|_| action.code() == "report.read");
        }
        // A unit's own files are noted when they are downloaded.
        Trace::Unit(action) if caller == Role::Unit && !action.code().ends_with(".downloaded") => return None,
        Trace::Reader(_) if caller == Role::Subject => return None,
        // One's own audit, and one's own months.
        Trace::Reader(action) if caller == Role::Unit && matches!(action.code(), "audit.read" | "matrix.read") => {
            return None;
        }
        Trace::Subject(action) | Trace::Unit(action) | Trace::Reader(action) => action,
    };
    Some(action.code().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_of_anothers_data_leaves_its_entry() {
    let test = TestStack::start().await;
    let named = prepared(&test).await;
    let reading =
        endpoints().into_iter().filter(|endpoint| endpoint.method == Method::Get && !endpoint.callers.is_empty());
    for endpoint in reading {
        for &caller in endpoint.callers {
            let commitments = endpoint.path.starts_with("/commitments");
            let mut path = named.path(endpoint.path, true);
            let lists = !endpoint.path.contains('{') || endpoint.path.starts_with("/reconciliations");
            let by_unit = matches!(endpoint.trace, Trace::Unit(_)) || endpoint.path.starts_with("/objections");
            if caller == Role::Platform && lists && (by_unit || matches!(endpoint.path, "/repairs" | "/commitments")) {
                path.push_str(&format!("?unit={MARKET}"));
            }
            if endpoint.path.starts_with("/subjects/") {
                path.push_str("?reason=complaint");
            }
            if matches!(endpoint.path, "/reports/{number}" | "/records/{id}/history") {
                path.push_str("?reason=complaint");
            }
            if endpoint.path == "/records/search" {
                let join = if path.contains('?') { "&" } else { "?" };
                path.push_str(&format!("{join}subject={}&reason=complaint", uscc(1)));
            }
            if endpoint.path.contains("/repairs/{id}/attachments") || endpoint.path.ends_with("/effects") {
                // The application has none, and the rows came to nothing that is told.
                continue;
            }
            let before = entries(&test).await;
            let request = test.request("GET", &format!("{}{path}", test.stack.address));
            let answer = test.send(request.bearer_auth(token(&test, caller, commitments))).await;
            assert!(answer.status < 400 || endpoint.path.ends_with("{version}"), "{endpoint:?} {caller:?}: {answer:?}");
            if endpoint.path.ends_with("{version}") {
                continue;
            }
            let after = entries(&test).await;
            let new: Vec<&String> = after.difference(&before).collect();
            match expected(&endpoint, caller) {
                None if endpoint.path.ends_with("/document") => assert_eq!(new.len(), 1, "{endpoint:?} {caller:?}"),
                None => assert!(new.is_empty(), "{endpoint:?} {caller:?} leaves {new:?}"),
                Some(action) => {
                    // What the platform does with another's is in its own audit too.
                    let own = caller == Role::Platform && !matches!(endpoint.trace, Trace::Reader(_));
                    assert_eq!(new.len(), if own { 2 } else { 1 }, "{endpoint:?} {caller:?} leaves {new:?}");
                    let expected = format!("#{action}#");
                    assert!(new.iter().all(|key| key.contains(&expected)), "{endpoint:?} {caller:?} leaves {new:?}");
                    assert!(!own || new.iter().any(|key| key.starts_with("AUDIT#platform#")), "{endpoint:?}: {new:?}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_of_a_token_that_holds_leaves_its_entry() {
    let test = TestStack::start().await;
    let named = prepared(&test).await;
    let callers = [Role::Subject, Role::Unit, Role::Platform, Role::ThirdParty];
    for endpoint in endpoints().into_iter().filter(|endpoint| !endpoint.callers.is_empty()) {
        for caller in callers {
            // Who may not ask at all, and who asks for what there is not.
            let may = endpoint.callers.contains(&caller);
            if may && (!endpoint.path.contains('{') || endpoint.path.ends_with("{year}")) {
                continue;
            }
            let path = named.path(endpoint.path, !may);
            let before = entries(&test).await;
            let body = if endpoint.method == Method::Get { "" } else { r#"{"reason":"x"}"# };
            let request = test.request(endpoint.method.code(), &format!("{}{path}", test.stack.address)).body(body);
            let request = request.header("if-match", "\"1\"").bearer_auth(token(&test, caller, false));
            let answer = test.send(request).await;
            let after = entries(&test).await;
            let new: Vec<&String> = after.difference(&before).collect();
            let told = format!("{endpoint:?} {caller:?} answers {} and leaves {new:?}", answer.status);
            if matches!(answer.status, 403 | 404 | 409) {
                assert_eq!(new.len(), 1, "{told}");
                assert!(new[0].contains("#request.refused#"), "{told}");
                let whose = match caller {
                    Role::Subject => uscc(1).to_string(),
                    Role::Unit => MARKET.to_owned(),
                    _ => "platform".to_owned(),
                };
                assert!(new[0].to_lowercase().contains(&whose.to_lowercase()), "{told}");
            } else {
                // What could not be read is no refusal.
                assert!(may && matches!(answer.status, 400 | 422), "{told}");
                assert!(new.is_empty(), "{told}");
            }
        }
    }
}
