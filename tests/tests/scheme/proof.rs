//! The report's proof: signed, kept as data, rendered again to the same bytes, by a template that is data (R10, R11).

use lopdf::{Document, Object};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use xinzheng_api::report::{self, OpenedReport, ReplayProofs};
use xinzheng_api::{publication, report_template};
use xinzheng_domain::report::ReportContent;
use xinzheng_render::Template;
use xinzheng_tests::{TestStack, client_builder, penalties, penalty_row, public_log, register, sha256, uscc};
use xinzheng_tlog::Fact;

async fn issued(test: &TestStack) -> OpenedReport {
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    test.issued(uscc(1), &json!({ "purpose": "other" })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_signed_over_the_whole_file() {
    let test = TestStack::start().await;
    let issued = issued(&test).await;
    let pdf = test.pdf(&issued).await;
    assert_eq!(issued.report.file.sha256.to_string(), sha256(&pdf));
    let document = Document::load_mem(&pdf).unwrap();
    let signature = document
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .find(|dictionary| dictionary.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"Sig"))
        .expect("a signature dictionary");
    assert_eq!(signature.get(b"SubFilter").unwrap().as_name().unwrap(), b"ETSI.CAdES.detached");
    let range: Vec<usize> =
        signature.get(b"ByteRange").unwrap().as_array().unwrap().iter().map(|n| n.as_i64().unwrap() as usize).collect();
    let [start, first, second, rest] = range[..] else { panic!("{range:?}") };
    assert_eq!((start, second + rest), (0, pdf.len()), "everything but the gap is signed");
    assert_eq!((pdf[first], pdf[second - 1]), (b'<', b'>'), "the gap is the signature itself");
    // The message digest that is signed is of those bytes.
    let digest = Sha256::new().chain_update(&pdf[..first]).chain_update(&pdf[second..]).finalize();
    let structure = signature.get(b"Contents").unwrap().as_str().unwrap();
    assert!(structure.windows(32).any(|window| window == digest.as_slice()));
    let catalog = document.catalog().unwrap();
    assert!(catalog.get(b"AcroForm").is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signing_key_is_published() {
    let test = TestStack::start().await;
    let keys = test.send(test.get("/.well-known/jwks.json")).await;
    let key = &keys.of(&publication::KEY_SET).keys[0];
    assert_eq!((key.kty.as_str(), key.crv.as_deref(), key.alg.as_str()), ("EC", Some("P-256"), "ES256"));
    assert_eq!((key.x.as_ref().unwrap().len(), key.y.as_ref().unwrap().len()), (43, 43));
    assert_eq!(key.x5c.len(), 2, "the certificate and its root");
    let pem = test.get("/.well-known/certificates.pem").send().await.unwrap().text().await.unwrap();
    assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_can_be_had_as_the_data_that_its_code_binds() {
    let test = TestStack::start().await;
    let report = issued(&test).await.report;
    let client = client_builder().redirect(Policy::none()).build().unwrap();
    let path = format!("{}/reports/{}/document", test.stack.address, report.number);
    let ask = async |accept: &str, token: String| {
        let response = client.get(&path).header("accept", accept).bearer_auth(token).send().await.unwrap();
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), location)
    };
    let own = || test.subject_token(uscc(1));
    for (accept, is_pdf) in [("*/*", true), ("application/pdf", true), ("application/json;q=0.9, text/html", false)] {
        let (status, location) = ask(accept, own()).await;
        assert_eq!(status, 303, "{accept}");
        let bytes = test.request("GET", &location.unwrap()).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes.starts_with(b"%PDF-"), is_pdf, "{accept}");
        if !is_pdf {
            let content: ReportContent = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(content.number, report.number);
            assert_eq!(content.records.len(), 1);
        }
    }
    assert_eq!(ask("image/png", own()).await.0, 406);
    assert_eq!(ask("*/*", test.subject_token(uscc(2))).await.0, 404, "another subject's report is unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_proves_that_the_kept_report_is_the_one_issued() {
    let test = TestStack::start().await;
    let issued = issued(&test).await;
    let path = format!("/reports/{}/replay", issued.report.number);
    let replay = async |token: String| test.send(test.post(&path, &json!({})).bearer_auth(token)).await;
    assert_eq!(replay(test.subject_token(uscc(1))).await.status, 403);
    let replayed = replay(test.operator_token()).await;
    let same = replayed.of(&report::REPLAY);
    assert_eq!((replayed.status, same.same), (200, true), "{replayed:?}");
    let ReplayProofs { content, code, unsigned, file, prefix } = same.proofs;
    assert!(content && code && unsigned && file && prefix, "{replayed:?}");
    // What came later changes nothing.
    test.take_in(&[penalties().row(&penalty_row(1, 2)).build()]).await;
    assert!(replay(test.operator_token()).await.of(&report::REPLAY).same);

    // Someone changes a byte of the kept file behind our back.
    let bucket = test.stack.resource("ReportsBucket");
    let listed = test.stack.services.s3.list_objects_v2().bucket(&bucket).prefix("reports/").send().await.unwrap();
    let key = listed.contents().iter().filter_map(|object| object.key()).find(|key| key.ends_with(".pdf")).unwrap();
    let mut pdf = test.pdf(&issued).await;
    let middle = pdf.len() / 2;
    pdf[middle] ^= 1;
    let body = aws_sdk_s3::primitives::ByteStream::from(pdf);
    test.stack.services.s3.put_object().bucket(&bucket).key(key).body(body).send().await.unwrap();
    let changed = replay(test.operator_token()).await.of(&report::REPLAY);
    assert_eq!((changed.same, changed.proofs.file), (false, false));
}

/// A picture of two red pixels, one of them half transparent, as PNG.
const SEAL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAYAAAD0In+KAAAAD0lEQVR42mM4ISDxH4gbABBEA2CfzJpBAAAAAElFTkSuQmCC";

fn is_picture(object: &Object) -> bool {
    object.as_stream().is_ok_and(|stream| stream.dict.has(b"SMask"))
}

/// The built-in template with another version and title.
fn template(version: &str, title: &str) -> Value {
    let mut template: Value = serde_json::from_str(Template::builtin_json()).unwrap();
    template["version"] = json!(version);
    template["title"] = json!(title);
    template
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_put_previewed_activated_and_rolled_back() {
    let test = TestStack::start().await;
    let first = issued(&test).await;
    let operator = || test.operator_token();
    let put = async |template: &Value| {
        let url = format!("{}/config/report-template", test.stack.address);
        test.send(test.request("PUT", &url).json(template).bearer_auth(operator())).await
    };
    let mut changed = template("2025-12-1", "长治市专项信用报告");
    changed["seal_picture"] = json!(SEAL);
    assert_eq!(put(&changed).await.status, 201);
    assert_eq!(put(&changed).await.status, 200, "the same again");
    let other = put(&template("2025-12-1", "另一标题")).await;
    assert_eq!((other.status, other.problem()), (409, "template-version-taken"));
    let builtin = put(&template(Template::builtin().version(), "另一标题")).await;
    assert_eq!((builtin.status, builtin.problem()), (409, "template-version-taken"));
    let mut broken = changed.clone();
    broken["notes"] = json!([]);
    let refused = put(&broken).await;
    assert_eq!((refused.status, refused.problem()), (422, "template-invalid"), "{refused:?}");

    broken = changed.clone();
    broken["seal_picture"] = json!("R0lGODlh");
    let refused = put(&broken).await;
    assert_eq!(refused.problem(), "template-invalid");
    assert!(refused.body["detail"].as_str().unwrap().contains("应为 PNG 或 JPEG 图片"), "{refused:?}");

    let preview = test.post("/config/report-template/preview", &changed).bearer_auth(operator()).send().await.unwrap();
    assert_eq!(preview.headers()["content-type"], "application/pdf");
    assert!(preview.bytes().await.unwrap().starts_with(b"%PDF-"));

    let builtin = Template::builtin().version();
    let activate = async |version: &str, instead_of: &str| {
        let path = format!("/config/report-template/{version}/activation");
        let request = test.post(&path, &json!({})).header("if-match", format!("\"{instead_of}\""));
        test.send(request.bearer_auth(operator())).await
    };
    assert_eq!(activate("none-such", builtin).await.problem(), "template-unknown");
    assert_eq!(activate("2025-12-1", "another").await.problem(), "version-outdated");
    assert_eq!(activate("2025-12-1", builtin).await.of(&report_template::ACTIVATE).previous, builtin);
    let list = test.send(test.get("/config/report-template").bearer_auth(operator())).await;
    let list = list.of(&report_template::LIST);
    assert_eq!((list.active.as_str(), list.page.items.len()), ("2025-12-1", 2));
    assert_eq!(list.page.items[1].by.as_deref(), Some("operator-1"));
    let second = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    let text = |pdf: &[u8]| -> String {
        Document::load_mem(pdf).unwrap().extract_text(&[1]).unwrap().split_whitespace().collect()
    };
    let sealed = test.pdf(&second).await;
    assert!(text(&sealed).contains("长治市专项信用报告"));
    assert!(Document::load_mem(&sealed).unwrap().objects.values().any(is_picture), "the seal is in it");
    assert_eq!(activate(builtin, "2025-12-1").await.status, 200, "back");
    let third = test.issued(uscc(1), &json!({ "purpose": "other" })).await;
    assert!(text(&test.pdf(&third).await).contains("长治市经营主体专项信用报告"));
    // Each can be rendered again by the template that it was made with.
    for issued in [&first, &second, &third] {
        let path = format!("/reports/{}/replay", issued.report.number);
        let replayed = test.send(test.post(&path, &json!({})).bearer_auth(operator())).await;
        assert!(replayed.of(&report::REPLAY).same, "{replayed:?}");
    }
    assert!(test.events().await.iter().any(|(kind, _)| kind == "template.activated"));
    // And the public log has both, in their order.
    test.stack.idle(|_| {}).await;
    let logged = public_log::entries(&test.stack).await.into_iter().filter_map(|entry| {
        let fact = Fact::read(entry.as_bytes()).unwrap();
        if let Fact::TemplateActivated { version, .. } = fact { Some(version) } else { None }
    });
    assert_eq!(logged.collect::<Vec<_>>(), ["2025-12-1", builtin]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_fits_the_published_schemas() {
    let test = TestStack::start().await;
    let report = issued(&test).await.report;
    let content = serde_json::to_value(test.content(&report.number).await).unwrap();
    let builtin: Value = serde_json::from_str(Template::builtin_json()).unwrap();
    for (file, whole, broken) in [
        ("report-content", &content, json!({ "number": "x" })),
        ("report-template", &builtin, json!({ "sections": ["notes"] })),
    ] {
        let schema = test.send(test.get(&format!("/schemas/{file}.schema.json"))).await.body;
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<String> = validator.iter_errors(whole).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{file}");
        let mut changed = whole.clone();
        for (name, value) in broken.as_object().unwrap() {
            changed[name] = value.clone();
        }
        assert!(!validator.is_valid(&changed), "{file}");
    }
}
