//! Reports for others to judge (`.ci/check-archive`), as the local stack issues them: without records, with ten and
//! with a hundred, of a subject with a rare name, and with the picture of a seal.
//!
//! ```text
//! cargo run -p xinzheng-tests --example judged_reports -- FOLDER
//! ```
//!
//! Writes `signed-<which>.pdf`, `unsigned-<which>.pdf` (what of it was signed) and `data-<which>.json` for each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a program of the checks")]

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use xinzheng_api::report;
use xinzheng_domain::TableId;
use xinzheng_render::Template;
use xinzheng_tests::{TestStack, UploadBuilder, penalties, penalty_row, register_row, sha256, uscc, with};

/// Rare ideographs, and a syllable of Yi, which no font of the program has.
const RARE: &str = "长治市𬭎㛃䶮𠁅ꀀ商贸有限公司";

#[tokio::main]
async fn main() {
    let folder = std::env::args().nth(1).expect("FOLDER");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    let test = TestStack::stamped().await;
    for (subject, records, name) in [(1, 0, "0"), (2, 10, "10"), (3, 100, "100"), (4, 1, "rare")] {
        let changes = if name == "rare" { json!({ "名称": RARE }) } else { json!({}) };
        let register = UploadBuilder::new("market-supervision", TableId::Subject).file(&format!("{name}.csv"));
        test.take_in(&[register.row(&with(&register_row(subject), &changes)).build()]).await;
        let rows = (1..=records)
            .fold(penalties().file(&format!("{name}.csv")), |rows, document| rows.row(&penalty_row(subject, document)));
        if records > 0 {
            test.take_in(&[rows.build()]).await;
        }
        write(&test, subject, name, folder).await;
    }
    with_a_seal(&test).await;
    write(&test, 2, "seal", folder).await;
}

/// Has a report issued, and writes it.
async fn write(test: &TestStack, subject: u32, name: &str, folder: &Path) {
    let issued = test.issued(uscc(subject), &json!({ "purpose": "other" })).await;
    let signed = test.pdf(&issued).await;
    let path = format!("/reports/{}/replay", issued.report.number);
    let replayed = test.send(test.post(&path, &json!({})).bearer_auth(test.operator_token())).await;
    let replayed = replayed.of(&report::REPLAY);
    assert!(replayed.same, "{replayed:?}");
    let unsigned = &signed[..usize::try_from(replayed.unsigned.bytes).unwrap()];
    std::fs::write(folder.join(format!("unsigned-{name}.pdf")), unsigned).unwrap();
    std::fs::write(folder.join(format!("signed-{name}.pdf")), &signed).unwrap();
    let data =
        test.get(&format!("/verify/{}/content", issued.report.code)).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(sha256(&data), issued.report.content.sha256.to_string());
    std::fs::write(folder.join(format!("data-{name}.json")), data).unwrap();
}

/// Makes a template with the picture of a seal the one of new reports.
async fn with_a_seal(test: &TestStack) {
    let mut template: Value = serde_json::from_str(Template::builtin_json()).unwrap();
    template["version"] = json!("with-a-seal");
    template["seal_picture"] = json!(STANDARD.encode(seal()));
    let url = format!("{}/config/report-template", test.stack.address);
    let filed = test.send(test.request("PUT", &url).json(&template).bearer_auth(test.operator_token())).await;
    assert_eq!(filed.status, 201, "{filed:?}");
    let activate = test.post("/config/report-template/with-a-seal/activation", &json!({}));
    let activate = activate.header("if-match", format!("\"{}\"", Template::builtin().version()));
    let activated = test.send(activate.bearer_auth(test.operator_token())).await;
    assert_eq!(activated.status, 200, "{activated:?}");
}

/// A red ring on nothing, as PNG.
fn seal() -> Vec<u8> {
    const SIDE: u32 = 500;
    let pixel = |at: u32| {
        let distance = |of: u32| f64::from(of) - f64::from(SIDE) / 2.0;
        let radius = distance(at % SIDE).hypot(distance(at / SIDE));
        if (205.0..240.0).contains(&radius) { [200, 16, 24, 255] } else { [0; 4] }
    };
    let pixels: Vec<u8> = (0..SIDE * SIDE).flat_map(pixel).collect();
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}
