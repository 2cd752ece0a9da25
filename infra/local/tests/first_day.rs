//! What the first day leaves: every page has something true to show. And that a first day which was broken off is gone on with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xinzheng::main_job::{self, FirstUploads};
use xinzheng::{Options, Stack, client_builder};
use xinzheng_domain::china_time;
use xinzheng_sample::subject_with_every_kind;

async fn get(stack: &Stack, claims: &Value, path: &str) -> Value {
    let token = stack.issuer.token(claims.as_object().unwrap(), jiff::Timestamp::now()).unwrap();
    let asked = client_builder().build().unwrap().get(format!("{}{path}", stack.address)).bearer_auth(token);
    asked.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
}

/// The texts of a field of all items of a list.
fn each<'v>(list: &'v Value, field: &str) -> Vec<&'v str> {
    list["items"].as_array().unwrap().iter().map(|item| item[field].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_day_leaves_something_true_on_every_page_and_can_be_gone_on_with() {
    let data = tempfile::tempdir().unwrap();
    let stack = Stack::start(Options::new(data.path())).await.unwrap();
    let subject = subject_with_every_kind();
    let day = china_time::date(stack.now());
    let uploads = FirstUploads::of_day(day, true).unwrap();
    main_job::run(&stack, &uploads, &subject, |_| {}).await.unwrap();
    // As after a process that ended before it wrote its results.
    main_job::run(&stack, &uploads, &subject, |_| {}).await.unwrap();
    stack.idle(|_| {}).await;
    stack.run_schedules().await.unwrap();

    let own = json!({ "role": "subject", "subject": subject.uscc, "sub": subject.uscc });
    let platform = json!({ "role": "operator", "sub": "operator-1" });
    let clerk = json!({ "role": "unit", "unit": "market-supervision", "sub": "clerk" });

    let matrix = get(&stack, &platform, "/backfill/matrix").await;
    let cells = || matrix["rows"].as_array().unwrap().iter().flat_map(|row| row["cells"].as_array().unwrap());
    let states: BTreeSet<&str> = cells().map(|cell| cell["state"].as_str().unwrap()).collect();
    assert_eq!(states, BTreeSet::from(["complete", "declared-zero", "missing", "partial"]));
    let month = day.strftime("%Y-%m").to_string();
    let months_ago = day.saturating_sub(jiff::Span::new().months(11)).strftime("%Y-%m").to_string();
    let evaluation = get(&stack, &platform, &format!("/evaluation?from={months_ago}&to={month}")).await;
    let shares: Vec<f64> =
        evaluation["units"].as_array().unwrap().iter().filter_map(|unit| unit["in_time"].as_f64()).collect();
    assert!(shares.contains(&1.0) && shares.contains(&0.0), "{shares:?}");
    assert!(shares.iter().any(|share| *share > 0.0 && *share < 1.0), "{shares:?}");

    // Each was done once.
    let objections = get(&stack, &own, "/objections").await;
    assert_eq!(BTreeSet::from_iter(each(&objections, "state")), BTreeSet::from(["submitted", "upheld"]));
    assert_eq!(each(&objections, "id").len(), 2);
    let repairs = get(&stack, &own, "/repairs").await;
    assert_eq!(BTreeSet::from_iter(each(&repairs, "state")), BTreeSet::from(["granted", "submitted"]));
    assert_eq!(each(&repairs, "id").len(), 2);
    assert_eq!(each(&get(&stack, &own, "/grants").await, "state"), ["active"]);
    assert_eq!(get(&stack, &own, "/commitments").await["items"].as_array().unwrap().len(), 1);
    let reports = get(&stack, &own, "/reports").await;
    let of_bank = &reports["items"].as_array().unwrap().last().unwrap()["statuses"];
    assert_eq!(of_bank, &json!(["affected", "supplemented"]));
    let records = get(&stack, &own, "/records").await;
    let today = |record: &&Value| record["repairable_from"].as_str().unwrap() <= day.to_string().as_str();
    let newest = records["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter(today)
        .map(|record| &record["repairable_from"])
        .max_by_key(|day| day.as_str());
    let newest: jiff::civil::Date = newest.unwrap().as_str().unwrap().parse().unwrap();
    assert!(newest.until(day).unwrap().get_days() <= 3, "one can be repaired from today on: {newest}");

    for (list, count) in [("/objections", 1), ("/repairs", 1), ("/waiting-marks", 1), ("/reconciliations", 2)] {
        assert_eq!(get(&stack, &clerk, list).await["items"].as_array().unwrap().len(), count, "{list}");
    }
    assert_eq!(each(&get(&stack, &platform, "/feedback").await, "kind"), ["suggestion"]);
    assert_eq!(each(&get(&stack, &platform, "/questions").await, "kind"), ["enquiry"]);
}
