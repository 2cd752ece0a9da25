//! Killed in the middle of taking in and started again, the registry ends as in an undisturbed run.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use xinzheng::{Options, Stack};
use xinzheng_tests::{penalties, penalty_row, register, registry_of};

fn start(data: &Path, files: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_stack-under-test"))
        .args([data, files])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the stack starts")
}

fn wait_for(child: &mut Child, line: &str) {
    let stdout = child.stdout.take().expect("its output is read");
    let found = BufReader::new(stdout).lines().any(|printed| printed.expect("text") == line);
    assert!(found, "the stack never said {line}");
}

/// Items with each upload's time of storing replaced by its place in the order of uploads.
async fn registry(data: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let stack = Stack::start(Options { deliver: false, ..Options::new(data) }).await.unwrap();
    let items = registry_of(&stack).await;
    let times: BTreeSet<&String> = items.values().filter_map(|item| item.get("stored_at")).collect();
    let places: Vec<(String, String)> =
        times.iter().enumerate().map(|(place, time)| (time[..23].to_owned(), format!("upload {place}"))).collect();
    let placed = |text: &String| places.iter().fold(text.clone(), |text, (time, place)| text.replace(time, place));
    // What came of an upload is told when it was known, which is later when it was broken off; it is told once.
    let timeless = |key: String| match key.split_once(" | ").zip(key.split_once("#upload.received#")) {
        Some(((pk, _), (_, batch))) => format!("{pk} | upload.received#{batch}"),
        None => key,
    };
    // Which of two rows about one record came second, and was told so, is another thing in another order; each was told once.
    for (key, item) in items
        .iter()
        .filter(|(_, item)| item.get("chunks").is_some() && item.get("chunks") == item.get("chunks_indexed"))
    {
        let told = item.iter().filter(|(name, _)| name.starts_with("rows_") && *name != "rows_name_differs");
        let told: u64 = told.map(|(_, rows)| rows.parse::<u64>().unwrap()).sum();
        let batch = key.trim_start_matches("BATCH#").trim_end_matches(" | META");
        let received = items.iter().find(|(key, _)| key.contains(&format!("#upload.received#{batch}")));
        let event: serde_json::Value = serde_json::from_str(&received.expect("it was received").1["event"]).unwrap();
        assert_eq!(event["accepted"].as_u64(), Some(told), "each row came to something");
    }
    let all = items.len();
    let items: BTreeMap<String, BTreeMap<String, String>> = items
        .iter()
        .map(|(key, item)| {
            // When it was known what came of an upload is later when it was broken off.
            let ordered = |name: &str| !name.starts_with("rows_") && name != "taken_in_at";
            let item = item.iter().filter(|(name, _)| ordered(name)).map(|(name, value)| (name.clone(), placed(value)));
            (timeless(placed(key)), item.collect())
        })
        .collect();
    assert_eq!(items.len(), all, "nothing was told twice");
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_and_started_again() {
    let files = tempfile::tempdir().unwrap();
    let uploads = [
        register(1),
        (1..=1500).fold(penalties().file("多.csv"), |rows, n| rows.row(&penalty_row(1, n))).build(),
        (1000..=1300).fold(penalties().file("再.csv"), |rows, n| rows.row(&penalty_row(1, n))).build(),
    ];
    for (place, file) in uploads.iter().enumerate() {
        let name = format!("{place}@{}", file.key.replace('/', "%"));
        std::fs::write(files.path().join(name), &file.bytes).unwrap();
    }
    let nothing = tempfile::tempdir().unwrap();

    let calm = tempfile::tempdir().unwrap();
    let mut child = start(calm.path(), files.path());
    wait_for(&mut child, "idle");
    child.kill().unwrap();
    child.wait().unwrap();
    let expected = registry(calm.path()).await;
    assert_eq!(expected.keys().filter(|key| key.contains(" | RECORD#")).count(), 1500);

    // Killed at different moments after the last upload: during intake, between chunks, during indexing.
    for milliseconds in [0, 100, 300] {
        let data = tempfile::tempdir().unwrap();
        let mut child = start(data.path(), files.path());
        wait_for(&mut child, "uploaded");
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        let broken_off = registry(data.path()).await;
        assert_ne!(broken_off, expected, "killed after {milliseconds} ms, it was not done yet");

        let mut child = start(data.path(), nothing.path());
        wait_for(&mut child, "idle");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(registry(data.path()).await, expected, "killed after {milliseconds} ms");
    }
}
