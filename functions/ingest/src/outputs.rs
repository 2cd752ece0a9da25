//! What reading rows brings forth, written to the object store while further rows are read.

use std::io;
use std::ops::ControlFlow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use xinzheng_domain::UnitCode;
use xinzheng_intake::{FileRefusal, Intake, OpenError, Reading, RowOutcome};
use xinzheng_store::batch::BatchId;
use xinzheng_store::{Bucket, ChunkName, StoreError, objects};

use crate::IngestError;

/// How many outputs are on their way to S3 at once.
const WRITES_IN_FLIGHT: usize = 4;
/// How many rejected rows are written as one object.
const REJECTED_ROWS: usize = 2000;
/// How large an output grows before it is written, however few its rows are.
const OUTPUT_BYTES: usize = 4 << 20;

/// What reading a file, or a part of one, came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartResult {
    pub(crate) reading: Reading,
    pub(crate) chunks: u32,
    pub(crate) rejected: u32,
    /// When a part was read; `None` of a file that is read whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) read_at: Option<Timestamp>,
    /// The file was gone before the part was read.
    #[serde(default)]
    pub(crate) gone: bool,
}

#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) bucket: Bucket,
    pub(crate) batch: BatchId,
    pub(crate) part: u32,
    pub(crate) stored_at: Timestamp,
    /// Who sent the upload.
    pub(crate) unit: UnitCode,
    pub(crate) chunk_rows: usize,
}

enum Output {
    Chunk(u32, Vec<u8>),
    Rejected(u32, Vec<u8>),
}

/// Reads every row of what `open` opens on a thread of its own, and writes what comes of it on this one: memory holds a
/// few outputs, however long the file is. Errs with the refusal when the file is refused.
pub(crate) async fn write<F>(target: &Target, open: F) -> Result<Result<PartResult, FileRefusal>, IngestError>
where
    F: FnOnce(&mut dyn FnMut(Intake<'_>) -> Result<PartResult, OpenError>) -> Result<PartResult, OpenError>
        + Send
        + 'static,
{
    let (sender, mut receiver) = mpsc::channel::<Output>(1);
    let chunk_rows = target.chunk_rows;
    let reading = tokio::task::spawn_blocking(move || open(&mut |intake| read(intake, chunk_rows, &sender)));
    let mut writes: JoinSet<Result<(), StoreError>> = JoinSet::new();
    let mut failed = None;
    while let Some(output) = receiver.recv().await {
        if writes.len() == WRITES_IN_FLIGHT
            && let Some(done) = writes.join_next().await
            && let Err(error) = done?
        {
            failed = Some(error);
            // Dropping the receiver stops the reading.
            break;
        }
        writes.spawn(put(target.clone(), output));
    }
    drop(receiver);
    while let Some(done) = writes.join_next().await {
        if let Err(error) = done? {
            failed.get_or_insert(error);
        }
    }
    let read = reading.await?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    match read {
        Ok(result) => Ok(Ok(result)),
        Err(OpenError::Refused(refusal)) => Ok(Err(refusal)),
        Err(OpenError::Source(error)) => Err(IngestError::Source(error)),
    }
}

async fn put(target: Target, output: Output) -> Result<(), StoreError> {
    let name = |number| ChunkName { part: target.part, number };
    match output {
        Output::Chunk(number, lines) => {
            let (stored_at, unit) = (target.stored_at.to_string(), target.unit.to_string());
            let key = objects::chunk_key(&target.batch, name(number));
            let metadata = [(objects::STORED_AT, stored_at.as_str()), (objects::UNIT, unit.as_str())];
            target.bucket.put(&key, "application/jsonl", lines, &metadata).await
        }
        Output::Rejected(number, lines) => {
            let key = objects::rejected_rows_key(&target.batch, name(number));
            target.bucket.put(&key, "application/jsonl", lines, &[]).await
        }
    }
}

/// Lines that gather until they are worth an object.
#[derive(Default)]
struct Gathering {
    lines: Vec<u8>,
    rows: usize,
    sent: u32,
}

impl Gathering {
    /// Adds a line; true when the lines are enough for an object.
    fn add(&mut self, line: &impl Serialize, most: usize) -> Result<bool, serde_json::Error> {
        serde_json::to_writer(&mut self.lines, line)?;
        self.lines.push(b'\n');
        self.rows += 1;
        Ok(self.rows >= most || self.lines.len() >= OUTPUT_BYTES)
    }

    fn send(&mut self, to: &mpsc::Sender<Output>, output: fn(u32, Vec<u8>) -> Output) -> ControlFlow<()> {
        if self.rows == 0 {
            return ControlFlow::Continue(());
        }
        let room = Vec::with_capacity(self.lines.len());
        let lines = std::mem::replace(&mut self.lines, room);
        let number = self.sent;
        (self.rows, self.sent) = (0, number + 1);
        match to.blocking_send(output(number, lines)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

fn read(intake: Intake<'_>, chunk_rows: usize, to: &mpsc::Sender<Output>) -> Result<PartResult, OpenError> {
    let (mut chunk, mut rejected) = (Gathering::default(), Gathering::default());
    let mut failed = None;
    let reading = intake.read(&mut |outcome| {
        let full = match &outcome {
            RowOutcome::Accepted(line) => chunk.add(line, chunk_rows).map(|full| (full, false)),
            RowOutcome::Rejected(row) => rejected.add(row, REJECTED_ROWS).map(|full| (false, full)),
            RowOutcome::Blank => Ok((false, false)),
        };
        match full {
            Ok((true, _)) => chunk.send(to, Output::Chunk),
            Ok((_, true)) => rejected.send(to, Output::Rejected),
            Ok(_) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    })?;
    if let Some(error) = failed {
        return Err(OpenError::Source(error.into()));
    }
    let sent = [chunk.send(to, Output::Chunk), rejected.send(to, Output::Rejected)];
    if sent.iter().any(ControlFlow::is_break) || to.is_closed() {
        return Err(OpenError::Source(io::Error::other("the outputs are not written any more")));
    }
    Ok(PartResult { reading, chunks: chunk.sent, rejected: rejected.sent, ..PartResult::default() })
}
