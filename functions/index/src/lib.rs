//! index: a chunk in S3 -> items in DynamoDB.
//!
//! Run twice, in another order or broken off half way and run again, the registry ends the same: each entry is one
//! conditional write, what it replaces is kept in the history by its position, and the chunk is counted as indexed once, after its last entry.

use std::collections::{HashMap, HashSet};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use thiserror::Error;
use tracing::{info, instrument};
use xinzheng_domain::character::half_width;
use xinzheng_domain::{ChunkLine, Effect, Entry, RowEffect, SourcePosition, SubjectId, effect};
use xinzheng_runtime::Clock;
use xinzheng_runtime::environment::EnvironmentError;
use xinzheng_runtime::lambda::Start;
use xinzheng_runtime::queue;
use xinzheng_store::batch::{BatchId, BatchState};
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
    let mut lines: Vec<ChunkLine<'static>> = vec![];
    for (place, line) in (1..).zip(chunk.bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())) {
        lines.push(
            serde_json::from_slice(line)
                .map_err(|error| damaged(format!("line {place} does not parse at column {}", error.column())))?,
        );
    }
    let entries = lines.len();
    let names = registered_names(app, &lines).await?;
    // Gathered first: a closure over lines that borrow nothing is still asked for every lifetime they could have.
    let writes: Vec<_> =
        by_concern(lines).into_iter().map(|lines| apply_all(app, lines, &names, &batch, stored_at)).collect();
    let effects: Vec<Vec<RowEffect>> = stream::iter(writes).buffer_unordered(WRITES_IN_FLIGHT).try_collect().await?;
    let mut effects: Vec<RowEffect> = effects.into_iter().flatten().collect();
    effects.sort_by_key(|effect| effect.row);
    app.intake.keep_effects(&batch, name, &effects).await?;
    let counts = effect::count(&effects);
    app.registry.finish_chunk(&batch, name, &counts, app.clock.now()).await?;
    if let Some(indexed) = app.registry.batch(&batch).await?.filter(|batch| batch.state == BatchState::Indexed) {
        // Two last chunks at once both come here: what they write is the same.
        app.intake.tell_effects(&batch, &indexed.effects).await?;
    }
    info!(batch = %batch, chunk = %name, entries, ?counts, "indexed");
    Ok(())
}

/// The register's names of the organisations that a chunk's records are about. One BatchGetItem for each hundred.
async fn registered_names(app: &App, lines: &[ChunkLine<'_>]) -> Result<HashMap<SubjectId, String>, StoreError> {
    let subject = |line: &ChunkLine<'_>| match &line.entry {
        Entry::Record(record) => Some(record.subject.id).filter(|id| id.uscc().is_some()),
        _ => None,
    };
    let subjects: HashSet<SubjectId> = lines.iter().filter_map(subject).collect();
    if subjects.is_empty() {
        return Ok(HashMap::new());
    }
    app.registry.registered_names(&subjects.into_iter().collect::<Vec<_>>()).await
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
    names: &HashMap<SubjectId, String>,
    batch: &BatchId,
    stored_at: Timestamp,
) -> Result<Vec<RowEffect>, StoreError> {
    let mut effects: Vec<RowEffect> = vec![];
    let mut before: Option<Entry<'static>> = None;
    for line in lines {
        let told = effects.last().filter(|_| before.as_ref() == Some(&line.entry)).cloned();
        if let Some(RowEffect { document, effect, registered_name, .. }) = told {
            // What waits, or does not count, does so for each of them.
            let effect = if effect.is_without_force() { effect } else { Effect::Unchanged };
            effects.push(RowEffect { row: line.row, document, effect, registered_name });
            continue;
        }
        effects.push(apply(app, &line, names, batch, stored_at).await?);
        before = Some(line.entry);
    }
    Ok(effects)
}

async fn apply(
    app: &App,
    line: &ChunkLine<'static>,
    names: &HashMap<SubjectId, String>,
    batch: &BatchId,
    stored_at: Timestamp,
) -> Result<RowEffect, StoreError> {
    let position = SourcePosition::new(stored_at, batch.as_str(), line.row);
    let effect = app.registry.apply(&line.entry, &position, stored_at).await?;
    let (document, registered_name) = match &line.entry {
        Entry::Record(record) => {
            let registered = names.get(&record.subject.id);
            let other = registered.filter(|registered| !is_same_name(registered, &record.subject.name));
            (record.document.to_string(), other.cloned())
        }
        Entry::Mark(marked) => (marked.of.to_string(), None),
        Entry::Subject(profile) => (profile.uscc.to_string(), None),
        Entry::Manifest(manifest) => (manifest.id().to_string(), None),
    };
    Ok(RowEffect { row: line.row, document, effect, registered_name })
}

/// True when two names differ in width, brackets and spaces at most.
fn is_same_name(one: &str, other: &str) -> bool {
    let folded = |name: &str| -> String {
        let narrow = |c: char| match half_width(c) {
            '[' | '〔' | '【' | '﹝' => '(',
            ']' | '〕' | '】' | '﹞' => ')',
            c => c,
        };
        name.chars().map(narrow).filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect()
    };
    folded(one) == folded(other)
}

#[cfg(test)]
mod tests {
    use super::is_same_name;

    #[test]
    fn names_are_the_same_in_any_width() {
        assert!(is_same_name("虚构（长治）商贸有限公司", "虚构(长治)商贸 有限公司"));
        assert!(is_same_name("甲[分]ABC公司", "甲［分］ａｂｃ公司"));
        assert!(!is_same_name("虚构商贸有限公司", "虚构贸易有限公司"));
    }
}
