//! Entries of chunks become items. Each write stands alone: a condition on source positions makes it safe to repeat,
//! reorder or run twice at once.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use xinzheng_domain::record::{Mark, MarkedRecord};
use xinzheng_domain::{Entry, Record, SourcePosition, SubjectId, SubjectProfile};

use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is now the latest revision.
    Written,
    /// The same or a later revision was there before; nothing changed.
    AlreadyThere,
}

impl Registry {
    /// Writes an entry that stood at `position` in an upload stored at `stored_at`. One UpdateItem; two when a later
    /// revision is there already.
    ///
    /// Later positions win and older ones lose, in whatever order they come. A mark whose record is not there yet is
    /// kept on an item that no report sees, and takes effect when the record comes.
    pub async fn apply(
        &self,
        entry: &Entry,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<Applied, StoreError> {
        match entry {
            Entry::Record(record) => self.apply_record(record, position, stored_at).await,
            Entry::Subject(profile) => self.apply_profile(profile, position).await,
            Entry::Mark(marked) => self.apply_mark(marked, position).await,
        }
    }

    async fn apply_record(
        &self,
        record: &Record,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<Applied, StoreError> {
        let body = serde_json::to_string(record).map_err(StoreError::damaged("a record"))?;
        let update = self
            .update(&keys::subject(&record.subject.id), &keys::record(&record.id))
            .update_expression(
                "SET body = :body, content = :content, decided = :decided, revision = :revision, \
                 first_stored = if_not_exists(first_stored, :stored)",
            )
            .condition_expression("attribute_not_exists(revision) OR revision < :revision")
            .expression_attribute_values(":content", keys::text(digest(&body)))
            .expression_attribute_values(":body", keys::text(body))
            .expression_attribute_values(":decided", keys::text(keys::decided(record.decided, &record.id)))
            .expression_attribute_values(":revision", keys::text(position.as_str()))
            .expression_attribute_values(":stored", keys::text(keys::instant(stored_at)));
        if send(update).await? == Applied::Written {
            return Ok(Applied::Written);
        }
        // An older revision that comes late still tells when the record was first received (R6).
        let earlier = self
            .update(&keys::subject(&record.subject.id), &keys::record(&record.id))
            .update_expression("SET first_stored = :stored")
            .condition_expression("first_stored > :stored")
            .expression_attribute_values(":stored", keys::text(keys::instant(stored_at)));
        send(earlier).await?;
        Ok(Applied::AlreadyThere)
    }

    async fn apply_profile(&self, profile: &SubjectProfile, position: &SourcePosition) -> Result<Applied, StoreError> {
        let body = serde_json::to_string(profile).map_err(StoreError::damaged("a register entry"))?;
        let update = self
            .update(&keys::subject(&SubjectId::Organisation(profile.uscc)), keys::PROFILE)
            .update_expression("SET body = :body, revision = :revision")
            .condition_expression("attribute_not_exists(revision) OR revision < :revision")
            .expression_attribute_values(":body", keys::text(body))
            .expression_attribute_values(":revision", keys::text(position.as_str()));
        send(update).await
    }

    async fn apply_mark(&self, marked: &MarkedRecord, position: &SourcePosition) -> Result<Applied, StoreError> {
        let (name, body) = match &marked.mark {
            Mark::Repair(repair) => ("repair", serde_json::to_string(repair)),
            Mark::Withdrawal(withdrawal) => ("withdrawal", serde_json::to_string(withdrawal)),
        };
        let update = self
            .update(&keys::subject(&marked.subject), &keys::record(&marked.id))
            .update_expression("SET #mark = :body, #revision = :revision")
            .condition_expression("attribute_not_exists(#revision) OR #revision < :revision")
            .expression_attribute_names("#mark", name)
            .expression_attribute_names("#revision", format!("{name}_revision"))
            .expression_attribute_values(":body", keys::text(body.map_err(StoreError::damaged("a mark"))?))
            .expression_attribute_values(":revision", keys::text(position.as_str()));
        send(update).await
    }

    fn update(&self, pk: &str, sk: &str) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).key(PK, keys::text(pk)).key(SK, keys::text(sk))
    }
}

async fn send(update: UpdateItemFluentBuilder) -> Result<Applied, StoreError> {
    match update.send().await.map_err(|error| error.into_service_error()) {
        Ok(_) => Ok(Applied::Written),
        Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(Applied::AlreadyThere),
        Err(error) => Err(StoreError::service("UpdateItem")(error)),
    }
}

/// SHA-256 of a record's body: tells a changed row from the same row sent again.
fn digest(body: &str) -> String {
    Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
