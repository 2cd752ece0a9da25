//! Judging many files, on all cores.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use jiff::Timestamp;
use xinzheng_proof::{LARGEST, Trust, judge};
use xinzheng_tlog::Policy;

use crate::finding::{Finding, Outcome};
use crate::logged;

/// Judges files, and gives what was found in the order of the files; `done` is told of each that is finished.
pub(crate) fn judge_all(
    files: &[PathBuf],
    trust: &Trust,
    policy: Option<&Policy>,
    at: Timestamp,
    done: &dyn Fn(),
) -> Vec<Finding> {
    let workers = thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let (next, (send, receive)) = (&AtomicUsize::new(0), mpsc::channel());
    let mut found = thread::scope(|scope| {
        for _ in 0..workers {
            let send = send.clone();
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(index) else { return };
                    if send.send((index, judged(file, trust, policy, at))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        receive.iter().inspect(|_| done()).collect::<Vec<_>>()
    });
    found.sort_unstable_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, finding)| finding).collect()
}

fn judged(path: &Path, trust: &Trust, policy: Option<&Policy>, at: Timestamp) -> Finding {
    let outcome = match read(path) {
        Ok(bytes) => Outcome::Judged(Box::new(judge(&bytes, trust, at))),
        Err(error) => Outcome::Failed { error: error.to_string() },
    };
    let log = match (&outcome, policy) {
        (Outcome::Judged(judgement), Some(policy)) => Some(logged::beside(path, judgement, policy)),
        _ => None,
    };
    Finding { path: path.to_owned(), outcome, service: None, log }
}

/// A file, or one byte more than is ever judged.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX).saturating_add(1);
    let length = fs::metadata(path)?.len().min(most);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
