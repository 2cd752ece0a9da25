//! What tests leave behind, kept for whoever looks through it afterwards: the folders of all stacks, the answers and events of each,
//! and what all of them logged. Only where `XINZHENG_LEFT_BEHIND` names a folder.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tempfile::TempDir;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that names the folder.
const FOLDER: &str = "XINZHENG_LEFT_BEHIND";

fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Warnings are printed with the test that caused them; of what is left behind all that functions can be told to log.
pub(crate) fn start_logging() {
    let warnings = tracing_subscriber::fmt::layer().with_test_writer().with_filter(LevelFilter::WARN);
    let all = folder().map(|folder| {
        let file = File::create(folder.join(format!("log-{}.jsonl", std::process::id()))).unwrap();
        let targets = xinzheng_runtime::logging::targets("trace");
        tracing_subscriber::fmt::layer().json().with_writer(Mutex::new(file)).with_filter(targets)
    });
    // A second start would only mean that logging runs already.
    let _started_before = tracing_subscriber::registry().with(warnings).with(all).try_init();
}

/// A folder for a stack.
pub(crate) struct StackFolder {
    path: PathBuf,
    /// Goes with it where nothing is to be left behind.
    _temporary: Option<TempDir>,
}

impl StackFolder {
    pub(crate) fn new() -> Self {
        match folder() {
            Some(folder) => {
                let path = tempfile::Builder::new().prefix("stack-").tempdir_in(folder).unwrap().keep();
                Self { path, _temporary: None }
            }
            None => {
                let temporary = tempfile::tempdir().unwrap();
                Self { path: temporary.path().to_owned(), _temporary: Some(temporary) }
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves something that was said behind: `answers`, `events`.
    pub(crate) fn keep(&self, kind: &str, what: &[u8]) {
        if self._temporary.is_none() {
            let mut file = OpenOptions::new().create(true).append(true).open(self.path.join(kind)).unwrap();
            file.write_all(&[what, b"\n"].concat()).unwrap();
        }
    }
}
