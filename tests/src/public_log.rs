//! The public log of a stack, read as anyone may read it and checked by hand: each bundle against the root.

use xinzheng::Stack;
use xinzheng_store::Bucket;
use xinzheng_store::published_log::PublishedLog;
use xinzheng_tlog::{Fact, SignedCheckpoint, TILE, Tree, record_hash};

/// The log of a stack.
pub fn published(stack: &Stack) -> PublishedLog {
    PublishedLog { bucket: Bucket::new(stack.services.s3.clone(), stack.resource("LogBucket")) }
}

/// Its newest checkpoint, and all entries in their order: those that the checkpoint commits to.
pub async fn read(log: &PublishedLog) -> Option<(SignedCheckpoint, Vec<Vec<u8>>)> {
    let checkpoint = log.checkpoint().await.unwrap()?;
    let mut entries = vec![];
    for bundle in 0..checkpoint.size().div_ceil(TILE) {
        entries.extend(log.entries(bundle, checkpoint.size()).await.unwrap());
    }
    let leaves: Vec<_> = entries.iter().map(|entry| record_hash(entry)).collect();
    let growth = Tree::default().grow(0, Tree::default().root(0).unwrap(), &leaves).unwrap();
    assert_eq!((growth.size, growth.root), (checkpoint.size(), checkpoint.root()), "the root is that of the entries");
    Some((checkpoint, entries))
}

/// All entries of a stack's log as they are written; each is a fact, and stands once.
pub async fn entries(stack: &Stack) -> Vec<String> {
    let Some((_, entries)) = read(&published(stack)).await else { return vec![] };
    let entries: Vec<String> = entries
        .into_iter()
        .map(|entry| {
            Fact::read(&entry).unwrap();
            String::from_utf8(entry).unwrap()
        })
        .collect();
    let once: std::collections::BTreeSet<&String> = entries.iter().collect();
    assert_eq!(once.len(), entries.len(), "an entry stands once");
    entries
}

/// What still waits for a stack's log, and what says nowhere that it is in it although it is: an upload that was taken in, a
/// report.
pub async fn left_to_do(stack: &Stack) -> Vec<String> {
    let table = stack.resource("RegistryTable");
    let mut pages = stack.services.dynamodb.scan().table_name(table).into_paginator().send();
    let mut left = vec![];
    while let Some(page) = pages.next().await {
        for item in page.unwrap().items.unwrap_or_default() {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            let (pk, sk) = (text("pk"), text("sk"));
            let is_taken_in = pk.starts_with("BATCH#") && sk == "META" && item.contains_key("chunks");
            let is_report = pk.starts_with("CODE#");
            let is_marked = ["log_index", "log_size", "log_cosigned"].iter().all(|name| item.contains_key(*name));
            // To look at it a stack was started, which has something to say of its keys.
            let is_of_this_start = text("entry").contains(r#""fact":"key-"#);
            if (pk.starts_with("LOG-") && !is_of_this_start) || ((is_taken_in || is_report) && !is_marked) {
                left.push(format!("{pk} | {sk}"));
            }
        }
    }
    left
}
