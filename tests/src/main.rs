//! A stack in a process of its own, for tests that kill it: serves until it is killed.
//!
//! `stack-under-test <data folder> <files.json>` uploads the files, one after another, and prints `uploaded`; then it
//! waits until all is indexed, prints `idle`, and sleeps.

use xinzheng::main_job::{UploadFile, upload};
use xinzheng::{Options, Stack};
use xinzheng_tests::ticking_clock;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().expect("a data folder");
    let files = arguments.next().expect("a folder of files");
    let stack = Stack::start(Options { clock: ticking_clock(), ..Options::new(data) }).await.unwrap();
    let mut names: Vec<_> = std::fs::read_dir(files).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for name in names {
        // The file's name is its key with `%` for `/`, behind a number that orders the files.
        let text = name.file_name().unwrap().to_string_lossy().into_owned();
        let key = text.split_once('@').unwrap().1.replace('%', "/");
        upload(&stack, &UploadFile { key, bytes: std::fs::read(&name).unwrap() }).await.unwrap();
    }
    println!("uploaded");
    stack.idle(|_| {}).await;
    println!("idle");
    std::future::pending::<()>().await;
}
