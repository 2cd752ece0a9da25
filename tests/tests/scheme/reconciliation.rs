//! Reconciliation: what a unit declares against what is held, item by item (R7).

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use serde_json::{Value, json};
use xinzheng_api::manifest::{self, ManifestDifferences, ReconciledManifest};
use xinzheng_domain::TableId;
use xinzheng_domain::reconciliation::ReconciliationState;
use xinzheng_tests::{Answer, TestStack, UploadBuilder, penalties, penalty_row, register, with};

const MARKET: &str = "market-supervision";

fn in_october(document: u32) -> Value {
    with(&penalty_row(1, document), &json!({ "处罚决定日期": "2025-10-15" }))
}

async fn declare(test: &TestStack, unit: &str, documents: &[&str]) -> Answer {
    let body = json!({
        "kind": "penalty", "from": "2025-10-01", "to": "2025-10-31", "count": documents.len(), "documents": documents,
    });
    test.send(test.post("/manifests", &body).bearer_auth(test.unit_token(unit))).await
}

async fn read(test: &TestStack) -> ReconciledManifest {
    let path = "/reconciliations/penalty_2025-10-01_2025-10-31";
    let answer = test.send(test.get(path).bearer_auth(test.unit_token(MARKET))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.of(&manifest::READ)
}

/// Where a manifest stands that is declared.
async fn state(test: &TestStack, documents: &[&str]) -> Option<ReconciliationState> {
    declare(test, MARKET, documents).await.of(&manifest::DECLARE).state
}

/// What the schedule tells of reconciliations.
async fn night(test: &TestStack) -> Vec<String> {
    test.events().await;
    test.stack.run_schedules().await.unwrap();
    let events = test.events().await.into_iter().map(|(kind, _)| kind);
    events.filter(|kind| kind.starts_with("reconciliation")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_is_reconciled_mended_and_reopened() {
    let test = TestStack::start().await;
    let upload = penalties().row(&in_october(1)).row(&in_october(2)).row(&penalty_row(1, 9));
    test.take_in(&[register(1), upload.build()]).await;
    // Written otherwise than it was sent, it is the same document.
    let declared = declare(&test, MARKET, &["晋虚市监罚[2024]2号", "晋虚市监罚〔2024〕3号"]).await;
    assert_eq!(declared.status, 201, "{declared:?}");
    let declared = declared.of(&manifest::DECLARE);
    assert_eq!(declared.state, Some(ReconciliationState::Open));
    let differences = Some(ManifestDifferences {
        matched: Some(1),
        missing: vec!["晋虚市监罚〔2024〕3号".to_owned()],
        unknown: vec!["晋虚市监罚〔2024〕1号".to_owned()],
    });
    assert_eq!(declared.differences, differences);
    assert_eq!(read(&test).await.differences, differences, "the other month does not count");

    let path = "/reconciliations/penalty_2025-10-01_2025-10-31/workbook";
    let workbook = test.get(path).bearer_auth(test.unit_token(MARKET)).send().await.unwrap().bytes().await.unwrap();
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(workbook.to_vec())).unwrap();
    let sheet = workbook.worksheet_range("对账结果").unwrap();
    let cells: Vec<String> = sheet.rows().skip(8).map(|row| format!("{} {}", row[0], row[1])).collect();
    assert_eq!(cells, ["平台没有，请补报 晋虚市监罚〔2024〕3号", "对账单没有，请核实 晋虚市监罚〔2024〕1号"]);

    assert_eq!(night(&test).await, Vec::<String>::new(), "nothing has turned");
    test.pass_days(8);
    assert_eq!(night(&test).await, ["reconciliation.overdue"], "after five working days");
    assert_eq!(read(&test).await.state, Some(ReconciliationState::Overdue));
    let anew = state(&test, &["晋虚市监罚〔2024〕2号", "晋虚市监罚〔2024〕8号"]).await;
    assert_eq!(anew, Some(ReconciliationState::Overdue), "declaring anew gives no new time");

    // The unit sends what was missing, and declares what it had forgotten.
    test.take_in(&[penalties().file("补.csv").row(&in_october(3)).build()]).await;
    let all = ["晋虚市监罚〔2024〕1号", "晋虚市监罚〔2024〕2号", "晋虚市监罚〔2024〕3号"];
    assert_eq!(state(&test, &all).await, Some(ReconciliationState::Balanced));
    test.take_in(&[penalties().file("又.csv").row(&in_october(4)).build()]).await;
    assert_eq!(night(&test).await, ["reconciliation.reopened"], "a period that had balanced was changed");
    let reopened = read(&test).await;
    assert_eq!(reopened.differences.unwrap().unknown, ["晋虚市监罚〔2024〕4号"], "by what");
    assert_eq!(reopened.reconciliation.unwrap().reopened, 1);

    let list = test.send(test.get("/reconciliations").bearer_auth(test.unit_token(MARKET))).await;
    assert_eq!(list.of(&manifest::LIST).items[0].state, Some(ReconciliationState::Open));
    let platform = format!("/reconciliations?unit={MARKET}");
    let platform = test.send(test.get(&platform).bearer_auth(test.operator_token())).await;
    assert_eq!(platform.body, list.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn zero_counts_and_files_are_reconciled_too() {
    let test = TestStack::start().await;
    let balanced = Some(ReconciliationState::Balanced);
    assert_eq!(state(&test, &[]).await, balanced, "none was declared, none is there");
    let row = json!({
        "记录类别": "行政处罚", "期间起": "2025-09-01", "期间止": "2025-09-30", "条数": "2",
    });
    test.take_in(&[UploadBuilder::new(MARKET, TableId::Manifest).row(&row).build()]).await;
    assert_eq!(night(&test).await, ["reconciliation.opened"], "a file counts by the night");
    let list = test.send(test.get("/reconciliations").bearer_auth(test.unit_token(MARKET))).await.of(&manifest::LIST);
    let states: Vec<Option<ReconciliationState>> = list.items.iter().map(|manifest| manifest.state).collect();
    assert_eq!(states, [Some(ReconciliationState::Open), balanced]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_makes_no_sense_says_why() {
    let test = TestStack::start().await;
    let whole = json!({ "kind": "penalty", "from": "2025-10-01", "to": "2025-10-31", "count": 0 });
    for (change, expected) in [
        (json!({ "kind": "judgment" }), (422, "kind-not-permitted")),
        (json!({ "to": "2025-11-30" }), (422, "manifest-period")),
        (json!({ "from": "2022-07-01" }), (422, "manifest-period")),
        (json!({ "count": 100_000_001 }), (422, "manifest-count")),
        (json!({ "count": u64::MAX }), (422, "manifest-count")),
        (json!({ "count": 2, "documents": ["虚〔2025〕1号"] }), (422, "manifest-documents")),
        (json!({ "remarks": "注".repeat(501) }), (422, "manifest-remarks")),
        (json!({ "count": -1 }), (400, "body-unreadable")),
    ] {
        let request = test.post("/manifests", &with(&whole, &change)).bearer_auth(test.unit_token(MARKET));
        let refused = test.send(request).await;
        assert_eq!((refused.status, refused.problem()), expected, "{change}");
    }
    for (token, path, expected) in [
        (test.unit_token("tax"), "/reconciliations?unit=market-supervision", (403, "unit-not-yours")),
        (test.operator_token(), "/reconciliations", (422, "unit-missing")),
        (test.unit_token(MARKET), "/reconciliations/penalty_2025-10-01_2025-10-31", (404, "manifest-unknown")),
        (test.unit_token(MARKET), "/reconciliations/x", (404, "manifest-unknown")),
    ] {
        let refused = test.send(test.get(path).bearer_auth(token)).await;
        assert_eq!((refused.status, refused.problem()), expected, "{path}");
    }
}
