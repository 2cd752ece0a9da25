//! Manifests, each with what became of it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Update};
use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::reconciliation::{Reconciliation, Turn};
use xinzheng_domain::{Manifest, SourcePosition, UnitCode};

use crate::audit::{Actor, Step};
use crate::index::Applied;
use crate::keys::{self, PK, SK};
use crate::objections::{Stepped, put, update};
use crate::{Registry, StoreError};

/// A manifest and what became of it.
#[derive(Clone, Debug)]
pub struct FiledManifest {
    /// What the unit declares.
    pub manifest: Manifest<'static>,
    /// Which of its versions this is.
    pub revision: String,
    /// What became of it; `None` before it was compared. Declaring anew does not make forget how long it has differed.
    pub reconciliation: Option<Reconciliation>,
    /// True when that is of this version.
    pub is_compared: bool,
    /// How often it was compared.
    pub compared: u32,
}

impl Registry {
    /// Files a manifest that was sent over HTTP. One UpdateItem.
    pub async fn declare(&self, manifest: &Manifest<'_>, request: &str, at: Timestamp) -> Result<Applied, StoreError> {
        self.apply_manifest(manifest, &SourcePosition::new(at, request, 1)).await
    }

    /// A page of a unit's manifests, by kind and period; behind `after` when it is given. Returns the key to go on with. One
    /// Query.
    pub async fn manifests(
        &self,
        unit: UnitCode,
        after: Option<&str>,
        most: i32,
    ) -> Result<(Vec<FiledManifest>, Option<String>), StoreError> {
        let (items, next) = self.listed(&keys::unit(unit), keys::MANIFESTS, after, most, true).await?;
        Ok((items.iter().map(filed).collect::<Result<_, _>>()?, next))
    }

    /// A unit's manifest of a kind and a period, as `kind#from#to`. One GetItem.
    pub async fn manifest(&self, unit: UnitCode, of: &str) -> Result<Option<FiledManifest>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::unit(unit)))
            .key(SK, keys::text(format!("{}{of}", keys::MANIFESTS)))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        found.item.as_ref().map(filed).transpose()
    }

    /// Keeps what a comparison came to, with the unit's audit when it is a turn. `Overtaken` when the manifest has changed, or
    /// another comparison was quicker. One TransactWriteItems.
    pub async fn keep_reconciliation(
        &self,
        before: &FiledManifest,
        after: &Reconciliation,
        turn: Option<Turn>,
        at: Timestamp,
    ) -> Result<Stepped, StoreError> {
        let body = serde_json::to_string(after).map_err(StoreError::damaged("a reconciliation"))?;
        let manifest = &before.manifest;
        let kept = Update::builder()
            .table_name(&self.table)
            .key(PK, keys::text(keys::unit(manifest.unit)))
            .key(SK, keys::text(keys::manifest(manifest)))
            .update_expression("SET reconciled = :body, reconciled_revision = :revision, compared = :next")
            .condition_expression("revision = :revision AND (attribute_not_exists(compared) OR compared = :compared)")
            .expression_attribute_values(":body", keys::text(body))
            .expression_attribute_values(":revision", keys::text(&before.revision))
            .expression_attribute_values(":compared", keys::count(before.compared))
            .expression_attribute_values(":next", keys::count(before.compared + 1));
        let mut writes = vec![update(kept)?];
        if let Some(turn) = turn {
            let object = format!("{}_{}_{}", manifest.kind.code(), manifest.from, manifest.to);
            let event = json!({
                "unit": manifest.unit, "kind": manifest.kind, "from": manifest.from, "to": manifest.to,
                "missing": after.missing, "unknown": after.unknown,
            });
            let step = Step::new(at, turn.code(), &object).event(event);
            writes.push(put(self.entry(&keys::unit_audit(manifest.unit), &Actor::system(), &step))?);
        }
        self.transact(writes).await
    }
}

fn filed(item: &HashMap<String, AttributeValue>) -> Result<FiledManifest, StoreError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let revision = text("revision");
    let reconciliation = item
        .contains_key("reconciled")
        .then(|| serde_json::from_str(&text("reconciled")).map_err(StoreError::damaged("a reconciliation")))
        .transpose()?;
    Ok(FiledManifest {
        manifest: serde_json::from_str(&text("body")).map_err(StoreError::damaged("a manifest"))?,
        compared: item.get("compared").and_then(|n| n.as_n().ok()?.parse().ok()).unwrap_or(0),
        reconciliation,
        is_compared: text("reconciled_revision") == revision,
        revision,
    })
}
