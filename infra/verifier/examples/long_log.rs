//! How long a monitor takes for a long log, and how long its proofs are: a log of so many made-up entries is served on
//! loopback, and followed from nothing, then again when a thousand more have come.
//!
//! ```text
//! cargo run --release -p xinzheng-verifier --example long_log [entries]
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measuring program"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use clap::Parser;
use jiff::Timestamp;
use xinzheng_tlog::{
    Digest, Fact, Frontier, Hash, LogSigner, Policy, Proof, Resource, SignedCheckpoint, TILE, Tree, bundle, record_hash,
};
use xinzheng_verifier::{AuditLogArguments, audit_log};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    audit: AuditLogArguments,
}

fn fact(number: u64) -> Vec<u8> {
    let digest = Digest::of(&number.to_be_bytes());
    let at = Timestamp::from_second(1_764_000_000 + i64::try_from(number).unwrap()).unwrap();
    Fact::ReportIssued { number: format!("CZXY-20261129-{number:08}"), content: digest, file: digest, at }
        .entry()
        .unwrap()
}

type Published = Arc<Mutex<HashMap<String, Vec<u8>>>>;

/// Adds entries, in heads of a hundred bundles, and publishes them.
fn grow(published: &Published, frontier: &mut Frontier, signer: &LogSigner, to: u64) {
    let mut published = published.lock().unwrap();
    let mut last: Vec<Vec<u8>> = (frontier.size() / TILE * TILE..frontier.size()).map(fact).collect();
    while frontier.size() < to {
        let before = frontier.size();
        let next = to.min((before / TILE + 100) * TILE);
        let new: Vec<Vec<u8>> = (before..next).map(fact).collect();
        let leaves: Vec<Hash> = new.iter().map(|entry| record_hash(entry)).collect();
        for (tile, bytes) in frontier.append(&leaves).unwrap().tiles {
            published.insert(Resource::from(tile).path(), bytes);
        }
        last.extend(new);
        for (number, entries) in (before / TILE..).zip(last.chunks(TILE as usize)) {
            let place = Resource::entries(number, entries.len() as u64);
            published.insert(place.path(), bundle(entries.iter().map(Vec::as_slice)).unwrap());
        }
        last.drain(..last.len() / TILE as usize * TILE as usize);
    }
    let checkpoint = SignedCheckpoint::sign(signer, frontier.size(), frontier.root()).unwrap();
    published.insert("checkpoint".to_owned(), checkpoint.to_bytes());
}

/// The bytes of a proof in the log as it is.
fn proof_of(published: &Published, signer: &LogSigner, index: u64, size: u64) -> usize {
    let published = published.lock().unwrap();
    let mut tree = Tree::default();
    for tile in Tree::needed_for_inclusion(size, index).unwrap() {
        tree.add(tile, published[&Resource::from(tile).path()].clone()).unwrap();
    }
    let checkpoint = SignedCheckpoint::parse(&published["checkpoint"]).unwrap();
    let proof = Proof { entry: fact(index), index, path: tree.inclusion(size, index).unwrap(), checkpoint };
    let policy = Policy::of(signer.key().clone(), vec![], 0);
    proof.judge(&policy).unwrap();
    proof.to_bytes().len()
}

fn main() {
    let entries: u64 = std::env::args().nth(1).map_or(1_000_000, |entries| entries.parse().expect("how many"));
    let published = Published::default();
    let signer = LogSigner::of("credit.example.invalid/log", &[7; 32]).unwrap();
    let mut frontier = Frontier::empty();
    let began = Instant::now();
    grow(&published, &mut frontier, &signer, entries);
    println!("{entries} entries made in {:.1} s", began.elapsed().as_secs_f64());

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = format!("http://{}/log", listener.local_addr().unwrap());
    let policy = Policy::written(signer.key(), &address, &[], 0);
    published.lock().unwrap().insert("policy".to_owned(), policy.into_bytes());
    let served = Arc::clone(&published);
    let router = axum::Router::new().fallback(move |request: axum::extract::Request| {
        let found = served.lock().unwrap().get(request.uri().path().trim_start_matches("/log/")).cloned();
        async move { found.ok_or(axum::http::StatusCode::NOT_FOUND) }
    });
    runtime.spawn(async move { axum::serve(listener, router).await });

    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let state = state.to_str().unwrap();
    let follow = |what: &str, entries: u64| {
        let arguments = Arguments::parse_from(["long_log", &address, "--state", state]);
        let began = Instant::now();
        assert_eq!(format!("{:?}", audit_log(&arguments.audit)), format!("{:?}", std::process::ExitCode::SUCCESS));
        let took = began.elapsed().as_secs_f64();
        println!("{what}: {entries} entries in {took:.2} s, {:.0} a second", entries as f64 / took);
    };
    follow("followed from nothing", entries);
    grow(&published, &mut frontier, &signer, entries + 1000);
    follow("followed on", 1000);
    let size = frontier.size();
    println!(
        "a proof: {} bytes, state: {} bytes",
        proof_of(&published, &signer, size / 3, size),
        std::fs::metadata(state).unwrap().len()
    );
}
