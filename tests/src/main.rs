//! A stack in a process of its own, for tests that kill it: serves until it is killed, or ends itself at a call.
//!
//! `stack-under-test <data folder> <folder of files> [<requests.json> <later> <last call> [log]]` uploads the files, one after
//! another, printing `stored` for each, and then `uploaded`; when all is indexed it sends the requests, one after another,
//! and prints `answered <status> <body>` for each; then it waits until all is done, prints `calls <number>` and `idle`, and
//! sleeps. The clock starts `later` seconds after that of the tests; the process ends itself when the functions have made
//! their `last call`th call of the store, unless that is 0; with `log` the calls of the function `log` are counted, else those of
//! all others.

use serde::Deserialize;
use serde_json::{Map, Value};
use xinzheng::main_job::{UploadFile, upload};
use xinzheng::{Counted, Options, Stack, client_builder};
use xinzheng_runtime::Clock;
use xinzheng_tests::ticking_clock;

/// A request that is sent once the files are there.
#[derive(Deserialize)]
struct Wanted {
    method: String,
    path: String,
    claims: Map<String, Value>,
    headers: Vec<(String, String)>,
    body: Value,
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().expect("a data folder");
    let files = arguments.next().expect("a folder of files");
    let requests: Vec<Wanted> = arguments
        .next()
        .map_or_else(Vec::new, |requests| serde_json::from_slice(&std::fs::read(requests).unwrap()).expect("requests"));
    let mut number = || arguments.next().map_or(0, |number| number.parse::<u32>().unwrap());
    let (later, last) = (number(), number());
    let counted = if arguments.next().as_deref() == Some("log") { Counted::Log } else { Counted::Others };
    let ticking = ticking_clock();
    let clock = Clock::of(move || ticking.now() + jiff::SignedDuration::from_secs(later.into()));
    let stack = Stack::start(Options { clock, counted, print_events: true, ..Options::new(data) }).await.unwrap();
    stack.last_call.from_now(last as usize);
    let mut names: Vec<_> = std::fs::read_dir(files).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for name in names {
        // The file's name is its key with `%` for `/`, behind a number that orders the files.
        let text = name.file_name().unwrap().to_string_lossy().into_owned();
        let key = text.split_once('@').unwrap().1.replace('%', "/");
        upload(&stack, &UploadFile { key, bytes: std::fs::read(&name).unwrap() }).await.unwrap();
        println!("stored");
    }
    println!("uploaded");
    if !requests.is_empty() {
        stack.idle(|_| {}).await;
    }
    let client = client_builder().build().unwrap();
    for Wanted { method, path, claims, headers, body } in requests {
        let token = stack.issuer.token(&claims, jiff::Timestamp::now()).unwrap();
        let request = client.request(method.parse().unwrap(), format!("{}{path}", stack.address));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
        let answer = request.bearer_auth(token).json(&body).send().await.unwrap();
        println!("answered {} {}", answer.status().as_u16(), answer.text().await.unwrap());
    }
    stack.idle(|_| {}).await;
    println!("calls {}", stack.last_call.made());
    println!("idle");
    std::future::pending::<()>().await;
}
