//! index: a chunk in S3 -> items in DynamoDB.
//!
//! Run twice, in another order or broken off half way and run again, the registry ends the same: each entry is one
//! conditional write, what it replaces is kept in the history by its position, and the chunk is counted as indexed once, after its last entry.

use std::collections::HashMap;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use thiserror::Error;
use tracing::{info, instrument};
use xinzheng_domain::record::difference::header_of;
use xinzheng_domain::record::effect::Doubt;
use xinzheng_domain::{ChunkLine, Effect, Entry, Field, RowEffect, SourcePosition, UnitCode, record::effect};
use xinzheng_runtime::Clock;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::queue;
use xinzheng_store::batch::{Batch, BatchId};
use xinzheng_store::register::Names;
use xinzheng_store::{Bucket, Registry, StoreError, objects};

/// How many entries are on their way to DynamoDB at once.
const WRITES_IN_FLIGHT: usize = 32;

/// What index works with.
#[derive(Debug)]
pub struct App {
    intake: Bucket,
    registry: Registry,
    clock: Clock,
}

/// Why a chunk could not be indexed; it comes again.
#[derive(Debug, Error)]
pub enum IndexError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The chunk is not what ingest writes.
    #[error("chunk {key} is damaged: {why}")]
    Damaged {
        /// The chunk's key.
        key: String,
        /// What is wrong, without any of its content.
        why: String,
    },
}

impl App {
    /// Reads `INTAKE_BUCKET` and `TABLE_NAME`.
    pub async fn load(start: Start) -> Result<Self, EnvironmentError> {
        let Start { environment, services, clock, .. } = start;
        Ok(Self {
            intake: services.bucket(&environment, "INTAKE_BUCKET")?,
            registry: services.registry(&environment)?,
            clock,
        })
    }
}

/// Works on a batch of queue messages, each an S3 event of created chunks.
pub async fn handle(app: &App, event: SqsEvent) -> SqsBatchResponse {
    queue::work_on(event, |objects| async {
        for object in objects {
            index(app, &object.key).await?;
        }
        Ok::<_, IndexError>(())
    })
    .await
}

#[instrument(skip_all, fields(key = %key))]
async fn index(app: &App, key: &str) -> Result<(), IndexError> {
    let damaged = |why: String| IndexError::Damaged { key: key.to_owned(), why };
    let (batch, name) = objects::parse_chunk_key(key).ok_or_else(|| damaged("its key is no chunk's".to_owned()))?;
    let chunk = app.intake.get(key).await?;
    let stored_at: Timestamp = chunk
        .metadata
        .get(objects::STORED_AT)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| damaged("it does not say when its upload was stored".to_owned()))?;
    let sender = chunk
        .metadata
        .get(objects::UNIT)
        .and_then(|text| UnitCode::parse(text))
        .ok_or_else(|| damaged("it does not say which unit sent its upload".to_owned()))?;
    let mut lines: Vec<ChunkLine<'static>> = vec![];
    for (place, line) in (1..).zip(chunk.bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())) {
        lines.push(
            serde_json::from_slice(line)
                .map_err(|error| damaged(format!("line {place} does not parse at column {}", error.column())))?,
        );
    }
    let entries = lines.len();
    let records = lines.iter().filter_map(|line| match &line.entry {
        Entry::Record(record) => Some(&record.subject),
        _ => None,
    });
    let names = app.registry.names_of(records).await?;
    let upload = Upload { batch: &batch, stored_at, sender };
    // Gathered first: a closure over lines that borrow nothing is still asked for every lifetime they could have.
    let writes: Vec<_> = by_concern(lines).into_iter().map(|lines| apply_all(app, lines, &names, upload)).collect();
    let effects: Vec<Vec<RowEffect>> = stream::iter(writes).buffer_unordered(WRITES_IN_FLIGHT).try_collect().await?;
    let mut effects: Vec<RowEffect> = effects.into_iter().flatten().collect();
    effects.sort_by_key(|effect| effect.row);
    app.intake.keep_effects(&batch, name, &effects).await?;
    let counts = effect::count(&effects);
    app.registry.finish_chunk(&batch, name, &counts, app.clock.now()).await?;
    if let Some(indexed) = app.registry.batch(&batch).await?.filter(Batch::is_all_indexed) {
        // Two last chunks at once both come here: what they write is the same.
        app.intake.tell_effects(&batch, &indexed).await?;
    }
    info!(batch = %batch, chunk = %name, entries, ?counts, "indexed");
    Ok(())
}

/// The upload of a chunk.
#[derive(Clone, Copy)]
struct Upload<'a> {
    batch: &'a BatchId,
    stored_at: Timestamp,
    sender: UnitCode,
}

/// The lines about each record, subject or manifest, in their order: what is about one item is written one after another.
fn by_concern(lines: Vec<ChunkLine<'static>>) -> Vec<Vec<ChunkLine<'static>>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<ChunkLine<'static>>> = vec![];
    for line in lines {
        let concern = match &line.entry {
            Entry::Record(record) => record.id.to_string(),
            Entry::Mark(marked) => marked.id.to_string(),
            Entry::Subject(profile) => profile.uscc.to_string(),
            Entry::Manifest(manifest) => manifest.id().to_string(),
        };
        let place = *places.entry(concern).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(line),
            None => groups.push(vec![line]),
        }
    }
    groups
}

/// Writes lines about one item. One that repeats the line before it is no step of its own.
async fn apply_all(
    app: &App,
    lines: Vec<ChunkLine<'static>>,
    names: &Names,
    upload: Upload<'_>,
) -> Result<Vec<RowEffect>, StoreError> {
    let mut effects: Vec<RowEffect> = vec![];
    let mut before: Option<Entry<'static>> = None;
    for line in lines {
        let told = effects.last().filter(|_| before.as_ref() == Some(&line.entry)).cloned();
        if let Some(RowEffect { document, effect, doubt, .. }) = told {
            // What waits, or does not count, does so for each of them.
            let effect = if effect.is_without_force() { effect } else { Effect::Unchanged };
            effects.push(RowEffect { row: line.row, document, effect, doubt });
            continue;
        }
        effects.push(apply(app, &line, names, upload).await?);
        before = Some(line.entry);
    }
    Ok(effects)
}

async fn apply(
    app: &App,
    line: &ChunkLine<'static>,
    names: &Names,
    upload: Upload<'_>,
) -> Result<RowEffect, StoreError> {
    let Upload { batch, stored_at, sender } = upload;
    let position = SourcePosition::new(stored_at, batch.as_str(), line.row);
    let (document, effect, doubt) = match &line.entry {
        Entry::Subject(profile) => {
            let (effect, other) = app.registry.apply_registration(profile, sender, &position, stored_at).await?;
            (profile.uscc.to_string(), effect, other.map(|other| Doubt::TwoRegisters { other }))
        }
        Entry::Record(record) => {
            let doubt = names.doubt(&record.subject);
            let effect = app.registry.apply(&line.entry, &position, stored_at, sender).await?;
            match &doubt {
                // What does not count, as a later row has mended it, is no matter any more.
                Some(Doubt::NameOfAnother { other }) if !effect.is_without_force() => {
                    let keeper = names.keeper(other);
                    app.registry.list_name_of_another(record, *other, keeper, &position, stored_at).await?;
                }
                // Only another name settles it: other changes cost no call more.
                _ if effect.changes(header_of(record.kind(), Field::Name)) => {
                    app.registry.settle_name(record.unit, &record.id).await?;
                }
                _ => {}
            }
            (record.document.to_string(), effect, doubt)
        }
        Entry::Mark(marked) => {
            (marked.of.to_string(), app.registry.apply(&line.entry, &position, stored_at, sender).await?, None)
        }
        Entry::Manifest(manifest) => {
            (manifest.id().to_string(), app.registry.apply(&line.entry, &position, stored_at, sender).await?, None)
        }
    };
    Ok(RowEffect { row: line.row, document, effect, doubt })
}
