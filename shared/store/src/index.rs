//! Entries of chunks become items. Each write stands alone: a condition on source positions makes it safe to repeat,
//! reorder or run twice at once.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use xinzheng_domain::record::{Mark, MarkedRecord};
use xinzheng_domain::{Entry, Manifest, Record, RecordId, SourcePosition, SubjectId, SubjectProfile, UnitCode};

use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

/// The version of what an item of a record holds beside its body, for indexes and comparisons. It rises whenever that changes;
/// backfill then drives every upload again, and each item is brought up to it. Reports read bodies and marks alone, which
/// every version has, so that they go on meanwhile.
///
/// 1: decision date. 2: also unit and month, kind, document number, digest of the body, time of first arrival.
pub const INDEX_SCHEMA: u32 = 2;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It is now the latest revision.
    Written,
    /// The same or a later revision was there before; nothing changed.
    AlreadyThere,
    /// The record is another unit's; nothing changed, and the attempt is in the audit.
    Refused,
}

impl Registry {
    /// Writes an entry that stood at `position` in an upload stored at `stored_at`. One UpdateItem; two when a later
    /// revision is there already or the record is another unit's.
    ///
    /// Later positions win and older ones lose, in whatever order they come. A mark whose record is not there yet is
    /// kept on an item that no report sees, and takes effect when the record comes. A record belongs to the unit or
    /// county office from which it came first; only that one and its municipal unit change it.
    pub async fn apply(
        &self,
        entry: &Entry<'_>,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<Applied, StoreError> {
        match entry {
            Entry::Record(record) => self.apply_record(record, position, stored_at).await,
            Entry::Subject(profile) => self.apply_profile(profile, position).await,
            Entry::Mark(marked) => self.apply_mark(marked, position, stored_at).await,
            Entry::Manifest(manifest) => self.apply_manifest(manifest, position).await,
        }
    }

    async fn apply_record(
        &self,
        record: &Record<'_>,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<Applied, StoreError> {
        let body = serde_json::to_string(record).map_err(StoreError::damaged("a record"))?;
        let update = self
            .update(&keys::subject(&record.subject.id), &keys::record(&record.id))
            .update_expression(format!(
                "SET {DERIVED}, body = :body, revision = :revision, \
                 first_stored = if_not_exists(first_stored, :stored), #unit = if_not_exists(#unit, :unit)"
            ))
            .expression_attribute_names("#unit", "unit")
            .expression_attribute_values(":stored", keys::text(keys::instant(stored_at)));
        let update = derived(update, record, &body).expression_attribute_values(":body", keys::text(body));
        let (applied, item) = send_owned(update, "revision", position, record.unit).await?;
        match applied {
            Applied::Written => {}
            Applied::Refused => self.audit_refusal(record.unit, &record.id, position, stored_at).await?,
            // An older revision that comes late still tells when the record was first received (R6).
            Applied::AlreadyThere => {
                let earlier = self
                    .update(&keys::subject(&record.subject.id), &keys::record(&record.id))
                    .update_expression("SET first_stored = :stored")
                    .condition_expression("attribute_not_exists(first_stored) OR first_stored > :stored")
                    .expression_attribute_values(":stored", keys::text(keys::instant(stored_at)));
                send(earlier).await?;
                self.bring_up(&item).await?;
            }
        }
        Ok(applied)
    }

    /// Brings an item up to [`INDEX_SCHEMA`] from its own body: its latest revision may have come by a decision, not by an
    /// upload. One UpdateItem when it is older, else no call.
    async fn bring_up(&self, item: &HashMap<String, AttributeValue>) -> Result<(), StoreError> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let schema = item.get("index_schema").and_then(|n| n.as_n().ok()).and_then(|n| n.parse::<u32>().ok());
        let (Some(body), Some(revision)) = (text("body"), text("revision")) else { return Ok(()) };
        if schema.unwrap_or(1) >= INDEX_SCHEMA {
            return Ok(());
        }
        let record: Record<'_> = serde_json::from_str(body).map_err(StoreError::damaged("a record"))?;
        let update = self
            .update(&keys::subject(&record.subject.id), &keys::record(&record.id))
            .update_expression(format!("SET {DERIVED}"))
            // Whoever writes a later revision in the meantime brings it up as well.
            .condition_expression("revision = :revision")
            .expression_attribute_values(":revision", keys::text(revision));
        send(derived(update, &record, body)).await?;
        Ok(())
    }

    async fn apply_profile(
        &self,
        profile: &SubjectProfile<'_>,
        position: &SourcePosition,
    ) -> Result<Applied, StoreError> {
        let body = serde_json::to_string(profile).map_err(StoreError::damaged("a register entry"))?;
        let update = self
            .update(&keys::subject(&SubjectId::Organisation(profile.uscc)), keys::PROFILE)
            .update_expression("SET body = :body, revision = :revision")
            .condition_expression("attribute_not_exists(revision) OR revision < :revision")
            .expression_attribute_values(":body", keys::text(body))
            .expression_attribute_values(":revision", keys::text(position.as_str()));
        send(update).await
    }

    async fn apply_mark(
        &self,
        marked: &MarkedRecord<'_>,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<Applied, StoreError> {
        let (name, body) = match &marked.mark {
            Mark::Repair(repair) => ("repair", serde_json::to_string(repair)),
            Mark::Withdrawal(withdrawal) => ("withdrawal", serde_json::to_string(withdrawal)),
            Mark::Removal(removal) => ("removal", serde_json::to_string(removal)),
        };
        let update = self
            .update(&keys::subject(&marked.subject), &keys::record(&marked.id))
            .update_expression("SET #mark = :body, #mark_unit = :unit, #revision = :revision")
            .expression_attribute_names("#mark", name)
            .expression_attribute_names("#mark_unit", keys::mark_unit(name))
            .expression_attribute_values(":body", keys::text(body.map_err(StoreError::damaged("a mark"))?));
        let (applied, _) = send_owned(update, &format!("{name}_revision"), position, marked.unit).await?;
        if applied == Applied::Refused {
            self.audit_refusal(marked.unit, &marked.id, position, stored_at).await?;
        }
        Ok(applied)
    }

    pub(crate) async fn apply_manifest(
        &self,
        manifest: &Manifest<'_>,
        position: &SourcePosition,
    ) -> Result<Applied, StoreError> {
        let body = serde_json::to_string(manifest).map_err(StoreError::damaged("a manifest"))?;
        let update = self
            .update(&keys::unit(manifest.unit), &keys::manifest(manifest))
            .update_expression("SET body = :body, revision = :revision")
            .condition_expression("attribute_not_exists(revision) OR revision < :revision")
            .expression_attribute_values(":body", keys::text(body))
            .expression_attribute_values(":revision", keys::text(position.as_str()));
        send(update).await
    }

    /// A unit tried to change another's record. The same row tried again is the same item.
    async fn audit_refusal(
        &self,
        unit: UnitCode,
        record: &RecordId,
        position: &SourcePosition,
        stored_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.audit_unit(unit, stored_at, "change-refused", &format!("{record}#{position}")).await
    }

    fn update(&self, pk: &str, sk: &str) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.table).key(PK, keys::text(pk)).key(SK, keys::text(sk))
    }
}

/// What follows from a record's body, as assignments of an update expression; [`derived`] gives their values.
pub(crate) const DERIVED: &str = "content = :content, decided = :decided, unit_month = :month, kind = :kind, document = :document, index_schema = :schema";

/// The values of [`DERIVED`].
fn derived(update: UpdateItemFluentBuilder, record: &Record<'_>, body: &str) -> UpdateItemFluentBuilder {
    derived_values(record, body)
        .into_iter()
        .fold(update, |update, (name, value)| update.expression_attribute_values(name, value))
}

/// The same, by their names in the expression.
pub(crate) fn derived_values(record: &Record<'_>, body: &str) -> [(&'static str, AttributeValue); 6] {
    [
        (":content", keys::text(digest(body))),
        (":decided", keys::text(keys::decided(record.decided, &record.id))),
        (":month", keys::text(keys::unit_month_of(record.unit, record.decided))),
        (":kind", keys::text(record.kind().code())),
        (":document", keys::text(record.document.to_string())),
        (":schema", keys::count(INDEX_SCHEMA)),
    ]
}

/// Sends an update of a record's item under the condition that the position is later than that in the attribute
/// `revision`, or the same on an item of an older schema, and that the sender may change what the record's owner sent.
/// Returns the item as it is when nothing was changed.
async fn send_owned(
    update: UpdateItemFluentBuilder,
    revision: &str,
    position: &SourcePosition,
    sender: UnitCode,
) -> Result<(Applied, HashMap<String, AttributeValue>), StoreError> {
    let update = update
        .expression_attribute_names("#revision", revision)
        .expression_attribute_values(":revision", keys::text(position.as_str()))
        .expression_attribute_values(":unit", keys::text(sender.to_string()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    // Marks have no schema: they are as they were sent.
    let later = if revision == "revision" {
        "(attribute_not_exists(#revision) OR #revision < :revision \
         OR (#revision = :revision AND (attribute_not_exists(index_schema) OR index_schema < :schema)))"
    } else {
        "(attribute_not_exists(#revision) OR #revision < :revision)"
    };
    // Municipal units change what their offices sent; a record's key already holds the municipal unit.
    let update = if sender.office().is_none() {
        update.condition_expression(later)
    } else {
        let update = update.expression_attribute_names("#unit", "unit");
        update.condition_expression(format!("{later} AND (attribute_not_exists(#unit) OR #unit = :unit)"))
    };
    match update.send().await.map_err(|error| error.into_service_error()) {
        Ok(_) => Ok((Applied::Written, HashMap::new())),
        Err(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            let item = failed.item.unwrap_or_default();
            let owner = item.get("unit").and_then(|unit| unit.as_s().ok()).and_then(|unit| UnitCode::parse(unit));
            let refused = owner.is_some_and(|owner| !sender.may_change(owner));
            Ok((if refused { Applied::Refused } else { Applied::AlreadyThere }, item))
        }
        Err(error) => Err(StoreError::service("UpdateItem")(error)),
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
pub(crate) fn digest(body: &str) -> String {
    Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
