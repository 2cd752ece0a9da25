//! The audit (R19): who did what, when, what for, from where, and with what result. Entries are put in the transaction
//! that does the work and never changed; those that others are to hear of carry an event, which the table's stream brings
//! to them.
//!
//! | partition | whose it is to read |
//! |---|---|
//! | `AUDIT#<subject>` | the subject's |
//! | `AUDIT#<unit>` | the unit's: what it did and what it was refused |
//! | `AUDIT#platform` | the platform's |
//! | `AUDIT#lookups` | the platform's: verifications of what was never issued |

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use xinzheng_domain::{SubjectId, UnitCode};

use crate::keys::{self, SK};
use crate::objections::put;
use crate::{Registry, StoreError};

/// In which role someone acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A subject, for itself.
    Subject,
    /// A source unit or county office.
    Unit(UnitCode),
    /// The platform's staff.
    Platform,
    /// A third party with an account.
    ThirdParty,
    /// Someone without a token.
    Anyone,
    /// The system itself, by a schedule.
    System,
}

impl Role {
    /// As entries have it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Unit(_) => "unit",
            Self::Platform => "platform",
            Self::ThirdParty => "third-party",
            Self::Anyone => "anyone",
            Self::System => "system",
        }
    }

    /// The partition of what someone in this role did, beside the subject's.
    fn partition(self) -> Option<String> {
        match self {
            Self::Unit(unit) => Some(keys::unit_audit(unit)),
            Self::Platform => Some(keys::PLATFORM_AUDIT.to_owned()),
            Self::Subject | Self::ThirdParty | Self::Anyone | Self::System => None,
        }
    }
}

/// Who does something, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// In which role.
    pub role: Role,
    /// Who: for a subject only that it is the subject, for the others their id or name.
    pub name: String,
    /// The mark of the network address; empty when there is none.
    pub address: String,
}

impl Actor {
    /// The system itself.
    pub fn system() -> Self {
        Self { role: Role::System, name: "system".to_owned(), address: String::new() }
    }
}

/// What is done.
#[derive(Clone, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) at: Timestamp,
    /// `report.issued`, `grant.refused` and so on.
    pub(crate) action: &'a str,
    /// To which report, grant, case or version.
    pub(crate) object: &'a str,
    /// What for, or why.
    pub(crate) purpose: &'a str,
    /// False when it was refused.
    pub(crate) done: bool,
    /// What others hear of it, when they do.
    pub(crate) event: Option<Value>,
}

impl<'a> Step<'a> {
    pub(crate) const fn new(at: Timestamp, action: &'a str, object: &'a str) -> Self {
        Self { at, action, object, purpose: "", done: true, event: None }
    }

    pub(crate) fn purpose(self, purpose: &'a str) -> Self {
        Self { purpose, ..self }
    }

    pub(crate) fn refused(self) -> Self {
        Self { done: false, ..self }
    }

    pub(crate) fn event(self, event: Value) -> Self {
        Self { event: Some(event), ..self }
    }
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Access {
    /// When.
    pub at: String,
    /// What: `report.issued`, `grant.used`, `grant.refused` and so on.
    pub action: String,
    /// With which report, grant or case.
    pub object: String,
    /// In which role.
    pub role: String,
    /// Who.
    pub by: String,
    /// What for, or why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// The mark of the network address: the same for the same place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// `done` or `refused`.
    pub result: String,
}

/// Whose audit.
#[derive(Clone, Copy, Debug)]
pub enum AuditOf {
    /// What was done to a subject's data, or tried.
    Subject(SubjectId),
    /// What a unit did, or was refused.
    Unit(UnitCode),
    /// What the platform did.
    Platform,
    /// Verifications of what was never issued.
    Lookups,
}

impl AuditOf {
    fn partition(self) -> String {
        match self {
            Self::Subject(subject) => keys::audit(&subject),
            Self::Unit(unit) => keys::unit_audit(unit),
            Self::Platform => keys::PLATFORM_AUDIT.to_owned(),
            Self::Lookups => keys::LOOKUPS_AUDIT.to_owned(),
        }
    }
}

impl Registry {
    /// The entry of a step in a partition.
    pub(crate) fn entry(&self, pk: &str, actor: &Actor, step: &Step<'_>) -> PutBuilder {
        let mut entry = self
            .put_of(pk, &keys::audited(step.at, step.action, step.object))
            .item("actor", keys::text(&actor.name))
            .item("role", keys::text(actor.role.code()))
            .item("result", keys::text(if step.done { "done" } else { "refused" }))
            // An entry is never written over.
            .condition_expression("attribute_not_exists(pk)");
        for (name, value) in [("purpose", step.purpose), ("address", actor.address.as_str())] {
            if !value.is_empty() {
                entry = entry.item(name, keys::text(value));
            }
        }
        if let Some(event) = &step.event {
            entry = entry.item("event", keys::text(event.to_string()));
        }
        entry
    }

    /// The entries of a step: with the subject that it is about, and with whoever of the authorities did it.
    pub(crate) fn entries(
        &self,
        subject: Option<&SubjectId>,
        actor: &Actor,
        step: &Step<'_>,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let of_subject = subject.map(|subject| put(self.entry(&keys::audit(subject), actor, step)));
        // The event is told once.
        let silent = Step { event: step.event.clone().filter(|_| subject.is_none()), ..step.clone() };
        let of_actor = actor.role.partition().map(|pk| put(self.entry(&pk, actor, &silent)));
        of_subject.into_iter().chain(of_actor).collect()
    }

    /// Notes what was done, or tried, without a change to anything else: a download, a verification, a refusal. One
    /// PutItem.
    async fn note(&self, pk: &str, actor: &Actor, step: &Step<'_>) -> Result<(), StoreError> {
        let entry = self.entry(pk, actor, step).build().map_err(StoreError::service("PutItem"))?;
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(entry.item))
            .set_condition_expression(entry.condition_expression)
            .send()
            .await;
        match sent.map_err(|error| error.into_service_error()) {
            // The same entry again: a call that was repeated.
            Ok(_) | Err(PutItemError::ConditionalCheckFailedException(_)) => Ok(()),
            Err(error) => Err(StoreError::service("PutItem")(error)),
        }
    }

    /// Notes that a unit was refused something: what, and what about. Said again at the same time, it is the same entry.
    /// One PutItem.
    pub async fn audit_unit(
        &self,
        unit: UnitCode,
        at: Timestamp,
        action: &str,
        object: &str,
    ) -> Result<(), StoreError> {
        let actor = Actor { role: Role::Unit(unit), name: unit.to_string(), address: String::new() };
        self.note(&keys::unit_audit(unit), &actor, &Step::new(at, action, object).refused()).await
    }

    /// Notes that a report, or something else of a subject's, was looked at: `report.verified`, `report.downloaded`. One
    /// PutItem.
    pub async fn note_access(
        &self,
        subject: &SubjectId,
        actor: &Actor,
        at: Timestamp,
        action: &str,
        object: &str,
    ) -> Result<(), StoreError> {
        self.note(&keys::audit(subject), actor, &Step::new(at, action, object)).await
    }

    /// Notes that a query of a subject's data was refused, and why. One PutItem.
    pub async fn note_refusal(
        &self,
        subject: &SubjectId,
        actor: &Actor,
        at: Timestamp,
        object: &str,
        why: &str,
    ) -> Result<(), StoreError> {
        let step = Step::new(at, "grant.refused", object).purpose(why).refused();
        self.note(&keys::audit(subject), actor, &step).await
    }

    /// Notes that nothing was ever issued with this code, or as this file. One PutItem.
    pub async fn note_failed_lookup(&self, actor: &Actor, at: Timestamp, asked: &str) -> Result<(), StoreError> {
        let digest = crate::index::digest(asked);
        let step = Step::new(at, "verification.failed", &digest).refused();
        self.note(keys::LOOKUPS_AUDIT, actor, &step).await
    }

    /// Notes what a unit looked at. One PutItem.
    pub async fn note_unit(
        &self,
        unit: UnitCode,
        actor: &Actor,
        at: Timestamp,
        action: &str,
        object: &str,
    ) -> Result<(), StoreError> {
        self.note(&keys::unit_audit(unit), actor, &Step::new(at, action, object)).await
    }

    /// Notes what the platform looked at. One PutItem.
    pub async fn note_platform(
        &self,
        actor: &Actor,
        at: Timestamp,
        action: &str,
        object: &str,
    ) -> Result<(), StoreError> {
        self.note(keys::PLATFORM_AUDIT, actor, &Step::new(at, action, object)).await
    }

    /// A page of an audit, newest first; behind `after` when it is given. Returns the key to go on with. One Query.
    pub async fn audit(
        &self,
        of: AuditOf,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<Access>, Option<String>), StoreError> {
        let (items, next) = self.listed(&of.partition(), keys::AUDITED, after, most, false).await?;
        Ok((items.iter().map(access).collect(), next))
    }
}

fn access(item: &HashMap<String, AttributeValue>) -> Access {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let filled = |name: &str| Some(text(name)).filter(|value| !value.is_empty());
    let key = text(SK);
    let mut parts = key.splitn(3, '#').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    Access {
        at: part(),
        action: part(),
        object: part(),
        role: text("role"),
        by: text("actor"),
        purpose: filled("purpose"),
        address: filled("address"),
        result: text("result"),
    }
}
