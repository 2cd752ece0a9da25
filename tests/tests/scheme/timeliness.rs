//! Timeliness: seven working days from decision to first arrival, by unit, county, kind and month (R6).

use jiff::civil::{Date, date};
use serde_json::{Value, json};
use xinzheng_api::timeliness;
use xinzheng_domain::TableId;
use xinzheng_tests::{Answer, TestStack, UploadBuilder, penalties, penalty_row, register, uscc, with, withdrawal_row};

const MARKET: &str = "market-supervision";
const OFFICE: &str = "market-supervision-140403";

/// A penalty decided on a day.
fn decided(document: u32, day: &str) -> Value {
    with(&penalty_row(1, document), &json!({ "处罚决定日期": day }))
}

async fn get(test: &TestStack, token: String, path: &str) -> Answer {
    test.send(test.get(path).bearer_auth(token)).await
}

fn rows(answer: &Answer) -> Vec<(String, String, u64, u64)> {
    let rows = answer.of(&timeliness::TABLE).rows.into_iter();
    rows.map(|row| (row.month.to_string(), row.unit.to_string(), row.records, row.late)).collect()
}

fn row(month: &str, unit: &str, records: u64, late: u64) -> (String, String, u64, u64) {
    (month.to_owned(), unit.to_owned(), records, late)
}

#[tokio::test(flavor = "multi_thread")]
async fn late_records_are_counted_by_first_arrival() {
    // Everything arrives on Monday 2025-11-03: what was decided on Thursday 2025-10-23 is on its seventh working day.
    let test = TestStack::start().await;
    let municipal = [(1, "2025-10-22"), (2, "2025-10-23"), (3, "2025-11-03"), (4, "2024-03-05"), (5, "2025-10-20")];
    let upload = municipal.iter().fold(penalties(), |rows, (document, day)| rows.row(&decided(*document, day)));
    let office = UploadBuilder::new(OFFICE, TableId::Penalty).row(&decided(6, "2025-10-09"));
    test.take_in(&[register(1), upload.build(), office.build()]).await;
    let withdrawn = with(&withdrawal_row(1, 5), &json!({ "撤销日期": "2025-10-30" }));
    let withdrawn = UploadBuilder::new(MARKET, TableId::Withdrawal).row(&withdrawn);
    test.take_in(&[withdrawn.build()]).await;

    let of_unit = get(&test, test.unit_token(MARKET), "/timeliness?from=2024-03&to=2025-11").await;
    let expected = [
        row("2024-03", MARKET, 1, 1),
        row("2025-10", MARKET, 2, 1),
        row("2025-10", OFFICE, 1, 1),
        row("2025-11", MARKET, 1, 0),
    ];
    assert_eq!(rows(&of_unit), expected, "the withdrawn one does not count");
    let table = of_unit.of(&timeliness::TABLE).rows;
    assert_eq!((table[1].longest_workdays, table[1].mean_workdays), (8, Some(7.5)));
    assert_eq!(table[0].back_reports, 1);

    // Sent again, and corrected: what came first stays.
    test.pass_days(7);
    let corrected = with(&decided(2, "2025-10-23"), &json!({ "处罚内容": "警告。" }));
    test.take_in(&[penalties().file("更正.csv").row(&corrected).row(&decided(1, "2025-10-22")).build()]).await;
    let again = get(&test, test.unit_token(MARKET), "/timeliness?from=2024-03&to=2025-11").await;
    assert_eq!(rows(&again), expected);

    // The list behind the number.
    let list = get(&test, test.unit_token(MARKET), "/timeliness/records?month=2025-10&late=true&kind=penalty").await;
    let records = list.of(&timeliness::RECORDS).page.items;
    let late: Vec<(&str, Date)> = records.iter().map(|late| (late.document.as_str(), late.timeliness.due)).collect();
    assert_eq!(late, [("晋虚市监罚〔2024〕6号", date(2025, 10, 17)), ("晋虚市监罚〔2024〕1号", date(2025, 10, 31))]);

    // An office sees itself, the platform all.
    let own = get(&test, test.unit_token(OFFICE), "/timeliness?from=2024-03&to=2025-11").await;
    assert_eq!(rows(&own), [row("2025-10", OFFICE, 1, 1)]);
    let all = get(&test, test.operator_token(), "/timeliness?from=2025-10&to=2025-11").await;
    assert_eq!(rows(&all).len(), 3);
    for (token, path, expected) in [
        (test.unit_token(OFFICE), "/timeliness?unit=market-supervision", (403, "unit-not-yours")),
        (test.unit_token("tax"), "/timeliness?unit=market-supervision", (403, "unit-not-yours")),
        (test.operator_token(), "/timeliness?from=2025-01&to=2025-11", (422, "months-too-many")),
        (test.operator_token(), "/timeliness?from=2025-11&to=2025-10", (422, "months-too-many")),
        (test.operator_token(), "/timeliness?from=2022-07", (422, "month-unreadable")),
        (test.operator_token(), "/timeliness/records", (422, "unit-missing")),
        (test.unit_token(MARKET), "/timeliness/records?kind=x", (422, "kind-unknown")),
        (test.unit_token(MARKET), "/timeliness/records?late=x", (422, "late-unreadable")),
    ] {
        let refused = get(&test, token, path).await;
        assert_eq!((refused.status, refused.problem()), expected, "{path}");
    }
    assert_eq!(test.report(uscc(1), &json!({ "purpose": "other" })).await.status, 201);
}
