//! What was wrong is taken back: repairs, withdrawals and removals by route and by table; results of repairs by objection (R5,
//! R15; scheme, section 5(2)).

use jiff::civil::date;
use serde_json::{Value, json};
use xinzheng_api::record::OwnRecords;
use xinzheng_api::report::Report;
use xinzheng_api::{objection, record, repair, upload};
use xinzheng_domain::case::objection::{ObjectionId, ObjectionState};
use xinzheng_domain::case::repair_application::RepairState;
use xinzheng_domain::record::MarkKind;
use xinzheng_domain::{EffectCounts, ReportStatus, RowCount, TableId};
use xinzheng_tests::{
    Answer, TestStack, UploadBuilder, cancellation_row, penalties, penalty_row, register, repair_row, uscc, with,
    withdrawal_row,
};

const MARKET: &str = "market-supervision";

async fn stack() -> (TestStack, String) {
    let test = TestStack::start().await;
    test.take_in(&[register(1), penalties().row(&penalty_row(1, 1)).build()]).await;
    let record = test.record_ids().await.remove(0);
    (test, record)
}

fn marks(table: TableId, name: &str, row: &Value) -> xinzheng::main_job::UploadFile {
    UploadBuilder::new(MARKET, table).file(name).row(row).build()
}

async fn cancel(test: &TestStack, record: &str, unit: &str, body: &Value) -> Answer {
    test.send(test.post(&format!("/records/{record}/cancellation"), body).bearer_auth(test.unit_token(unit))).await
}

async fn report(test: &TestStack) -> Report {
    test.issued(uscc(1), &json!({ "purpose": "other" })).await.report
}

async fn status(test: &TestStack, report: &Report) -> ReportStatus {
    test.verified(report.code).await.status
}

async fn standing(test: &TestStack) -> OwnRecords {
    test.send(test.get("/records").bearer_auth(test.subject_token(uscc(1)))).await.of(&record::OWN)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_was_wrong_is_taken_back_by_its_unit() {
    for by_table in [false, true] {
        for (table, row, mark, title) in [
            (TableId::Repair, repair_row(1, 1), MarkKind::Repair, "信用修复"),
            (TableId::Withdrawal, withdrawal_row(1, 1), MarkKind::Withdrawal, "撤销"),
        ] {
            let (test, record) = stack().await;
            test.take_in(&[marks(table, "变更.csv", &row)]).await;
            let with_mark = report(&test).await;
            let records = with_mark.summary.records;
            assert_eq!(records, usize::from(mark == MarkKind::Repair), "withdrawn records leave the report");
            if by_table {
                let row = cancellation_row(1, 1, title);
                test.take_in(&[marks(TableId::Cancellation, "取消.csv", &row)]).await;
            } else {
                let body = json!({ "mark": mark.code(), "cause": "认定有误" });
                let cancelled = cancel(&test, &record, MARKET, &body).await;
                assert_eq!((cancelled.status, cancelled.of(&record::CANCEL).mark), (200, mark), "{cancelled:?}");
                let again = cancel(&test, &record, MARKET, &body).await;
                assert_eq!((again.status, again.problem()), (409, "mark-unknown"), "it is taken back once");
                assert!(test.events().await.iter().any(|(kind, _)| kind == "mark.cancelled"));
            }
            let now = standing(&test).await;
            assert_eq!(now.records[0].repaired_on, None, "{mark:?} {by_table}");
            assert_eq!((now.records.len(), now.withdrawn.len()), (1, 0));
            // Whoever verifies the report from before is told.
            let repaired = mark == MarkKind::Repair;
            let expected = if repaired { ReportStatus::Affected } else { ReportStatus::Supplemented };
            assert_eq!(status(&test, &with_mark).await, expected, "{mark:?} {by_table}");
            let path = format!("/records/{record}/history");
            let history = test.send(test.get(&path).bearer_auth(test.unit_token(MARKET))).await.of(&record::HISTORY);
            let steps: Vec<&str> =
                history.page.items.iter().filter_map(|step| step.entry["value"]["mark"].as_str()).collect();
            assert_eq!(steps, [mark.code(), "cancellation"], "both stay in the history");
            // It can be repaired or withdrawn again.
            test.take_in(&[marks(table, "再次.csv", &with(&row, &json!({ "行政相对人类别": "法人及非法人组织" })))])
                .await;
            let again = standing(&test).await;
            let counts =
                (again.withdrawn.len(), again.records.first().is_some_and(|record| record.repaired_on.is_some()));
            let decided = !by_table;
            assert_eq!(
                counts,
                match (mark, decided) {
                    // What was decided is not undone by an old row that is sent again.
                    (_, true) => (0, false),
                    (MarkKind::Repair, false) => (0, true),
                    _ => (1, false),
                }
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_taken_back_says_why() {
    let (test, record) = stack().await;
    test.take_in(&[marks(TableId::Repair, "修复.csv", &repair_row(1, 1))]).await;
    let wrong = json!({ "mark": "repair", "cause": "认定有误" });
    for (id, unit, body, expected) in [
        (record.as_str(), "tax", wrong.clone(), (404, "record-unknown")),
        (&"0".repeat(32), MARKET, wrong.clone(), (404, "record-unknown")),
        (&record, MARKET, json!({ "mark": "repair", "cause": " " }), (422, "reason-missing")),
        (&record, MARKET, json!({ "mark": "withdrawal", "cause": "x" }), (409, "mark-unknown")),
        (&record, MARKET, with(&wrong, &json!({ "date": "2025-05-31" })), (422, "date-before-mark")),
        (&record, MARKET, with(&wrong, &json!({ "date": "2025-11-04" })), (422, "date-in-future")),
    ] {
        let refused = cancel(&test, id, unit, &body).await;
        assert_eq!((refused.status, refused.problem()), expected, "{body}");
    }
    let by_subject = test.post(&format!("/records/{record}/cancellation"), &wrong);
    let by_subject = test.send(by_subject.bearer_auth(test.subject_token(uscc(1)))).await;
    assert_eq!((by_subject.status, by_subject.problem()), (403, "role-not-allowed"));
    assert!(standing(&test).await.records[0].repaired_on.is_some(), "nothing was changed");
}

/// What the rows of the unit's latest upload came to.
async fn effects(test: &TestStack, file: xinzheng::main_job::UploadFile) -> EffectCounts {
    test.take_in(&[file]).await;
    let listed = test.send(test.get("/uploads").bearer_auth(test.unit_token(MARKET))).await.of(&upload::LIST);
    listed.page.items[0].effects.clone()
}

/// One row that came to this.
fn one(effect: &str) -> EffectCounts {
    EffectCounts::from([(RowCount::parse(effect).unwrap(), 1)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_takes_nothing_back_is_told() {
    let (test, record) = stack().await;
    let cancelling = |name: &str, day: &str| {
        let row = with(&cancellation_row(1, 1, "信用修复"), &json!({ "取消日期": day }));
        marks(TableId::Cancellation, name, &row)
    };
    assert_eq!(effects(&test, cancelling("一.csv", "2025-07-01")).await, one("nothing-cancelled"));
    test.take_in(&[marks(TableId::Repair, "修复.csv", &repair_row(1, 1))]).await;
    assert!(standing(&test).await.records[0].repaired_on.is_some());
    // Dated before the repair: not taken.
    assert_eq!(effects(&test, cancelling("二.csv", "2025-05-31")).await, one("before-decision"));
    assert!(standing(&test).await.records[0].repaired_on.is_some());
    // Taken back by route, it can be repaired anew by a row that is dated afterwards, and by none from before.
    let body = json!({ "mark": "repair", "cause": "认定有误", "date": "2025-07-01" });
    assert_eq!(cancel(&test, &record, MARKET, &body).await.status, 200);
    for (day, expected) in [("2025-06-15", "contradicts"), ("2025-10-01", "changed")] {
        let anew = json!({ "准予修复决定书文号": "晋虚市监修〔2025〕77号", "修复日期": day });
        let file = marks(TableId::Repair, &format!("{day}.csv"), &with(&repair_row(1, 1), &anew));
        assert_eq!(effects(&test, file).await, one(expected), "{day}");
    }
    assert_eq!(standing(&test).await.records[0].repaired_on, Some(date(2025, 10, 1)));
}

async fn object(test: &TestStack, record: &str, contested: &str) -> Answer {
    let body = json!({ "record": record, "contested": contested, "reasons": "修复结果有误。" });
    test.send(test.post("/objections", &body).bearer_auth(test.subject_token(uscc(1)))).await
}

/// The id of an objection that was taken.
fn id(submitted: &Answer) -> ObjectionId {
    submitted.of(&objection::SUBMIT).objection.id
}

async fn decide(test: &TestStack, id: &ObjectionId, remedy: &Value) -> Answer {
    let path = format!("/objections/{id}/decision");
    let body = with(&json!({ "outcome": "upheld", "reason": "经核实，异议成立。" }), remedy);
    let request = test.post(&path, &body).header("if-match", "\"1\"");
    test.send(request.bearer_auth(test.unit_token(MARKET))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_objection_to_a_repair_ends_in_its_correction_or_cancellation() {
    let corrected = json!({ "repair": { "document": "晋虚市监修〔2025〕99号", "date": "2025-07-08" } });
    for (remedy, repaired_on) in [(corrected, Some(date(2025, 7, 8))), (json!({ "cancel_repair": true }), None)] {
        let (test, record) = stack().await;
        test.take_in(&[marks(TableId::Repair, "修复.csv", &repair_row(1, 1))]).await;
        let before = report(&test).await;
        let objection = id(&object(&test, &record, "repair").await);
        let decided = decide(&test, &objection, &remedy).await;
        assert_eq!(decided.status, 200, "{decided:?}");
        assert_eq!(decided.of(&objection::DECIDE).objection.state, ObjectionState::Upheld);
        assert_eq!(standing(&test).await.records[0].repaired_on, repaired_on);
        assert_eq!(status(&test, &before).await, ReportStatus::Affected);
    }
    let (test, record) = stack().await;
    let objection = id(&object(&test, &record, "record").await);
    let unfit = decide(&test, &objection, &json!({ "cancel_repair": true })).await;
    assert_eq!((unfit.status, unfit.problem()), (422, "remedy-unfit"), "the record was contested, not a repair");
    let both = json!({ "cancel_repair": true, "correction": { "remarks": "x" } });
    assert_eq!(decide(&test, &objection, &both).await.problem(), "remedy-unfit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_repair_can_be_contested_and_granted() {
    let (test, record) = stack().await;
    let early = object(&test, &record, "repair-refusal").await;
    assert_eq!((early.status, early.problem()), (422, "repair-not-refused"));
    // Food: public for a year at least.
    test.pass_days(400);
    let application = json!({ "record": record, "proof": "已缴纳罚款。", "commitment": "已经纠正，今后守法经营。" });
    let application = test.post("/repairs", &application).bearer_auth(test.subject_token(uscc(1)));
    let application = test.send(application).await.of(&repair::APPLY).application;
    let refusal = test.post(
        &format!("/repairs/{}/decision", application.id),
        &json!({ "outcome": "refused", "reason": "材料不全。" }),
    );
    let refused = test.send(refusal.header("if-match", "\"1\"").bearer_auth(test.unit_token(MARKET))).await;
    assert_eq!(refused.of(&repair::DECIDE).application.state, RepairState::Refused, "{refused:?}");
    let objection = object(&test, &record, "repair-refusal").await;
    assert_eq!(objection.status, 201, "{objection:?}");
    let remedy = json!({ "repair": { "document": "晋虚市监修〔2026〕1号", "date": "2026-12-01" } });
    let granted = decide(&test, &id(&objection), &remedy).await;
    assert_eq!(granted.status, 200, "{granted:?}");
    assert_eq!(standing(&test).await.records[0].repaired_on, Some(date(2026, 12, 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offices_objection_stands_in_the_municipal_units_list_too() {
    let test = TestStack::start().await;
    let office = "market-supervision-140403";
    let rows = UploadBuilder::new("market-supervision-140403", TableId::Penalty).row(&penalty_row(1, 1)).build();
    test.take_in(&[register(1), rows]).await;
    let record = test.record_ids().await.remove(0);
    let objection = object(&test, &record, "record").await.of(&objection::SUBMIT).objection;
    assert_eq!(objection.unit.to_string(), office);
    let listed = async |unit: &str| {
        let list = test.send(test.get("/objections").bearer_auth(test.unit_token(unit))).await.of(&objection::LIST);
        list.items.into_iter().map(|listed| listed.objection.id).collect::<Vec<ObjectionId>>()
    };
    let it = vec![objection.id.clone()];
    assert_eq!((listed(office).await, listed(MARKET).await), (it.clone(), it));
    assert_eq!(listed("market-supervision-140404").await, []);
    // Either may decide it; then it is in neither list.
    let decided = decide(&test, &objection.id, &json!({ "correction": { "remarks": "更正" } })).await;
    assert_eq!(decided.status, 200, "{decided:?}");
    assert_eq!((listed(office).await, listed(MARKET).await), (vec![], vec![]));
}
