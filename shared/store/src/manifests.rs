//! Manifests, each with what became of it.

use jiff::Timestamp;
use serde_json::json;
use xinzheng_domain::manifest::ManifestId;
use xinzheng_domain::reconciliation::{Reconciliation, Turn};
use xinzheng_domain::{Effect, Manifest, SourcePosition, UnitCode};

use crate::audit::{Actor, AuditOf, Step};
use crate::table::{Committed, Cursor, Item, Page, Update, count, is, json, lacks, text};
use crate::{Registry, StoreError, keys};

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

#[derive(Clone, Copy, Debug)]
enum Failed {
    /// The manifest has changed, or another comparison was quicker.
    Overtaken,
    /// The turn is in the audit already.
    Noted,
}

impl Registry {
    /// Files a manifest that was sent over HTTP, with an entry for the public log when it declares something new. One GetItem;
    /// one TransactWriteItems, or an UpdateItem when it declares nothing new.
    pub async fn declare(&self, manifest: &Manifest<'_>, request: &str, at: Timestamp) -> Result<Effect, StoreError> {
        self.apply_manifest(manifest, &SourcePosition::of_case(at, request)).await
    }

    /// A page of a unit's manifests, by kind and period; behind `cursor` when it is given. One Query.
    pub async fn manifests(
        &self,
        unit: UnitCode,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<FiledManifest>, StoreError> {
        self.query(keys::manifests_of(unit)).page(cursor, most).await?.try_map(|item| filed(&item))
    }

    /// A unit's manifest of a kind and a period. One GetItem.
    pub async fn manifest(&self, unit: UnitCode, id: &ManifestId) -> Result<Option<FiledManifest>, StoreError> {
        self.get(keys::manifest(unit, id)).item().await?.as_ref().map(filed).transpose()
    }

    /// Keeps what a comparison came to, with the unit's audit when it is a turn. `Overtaken` when the manifest has changed, or
    /// another comparison was quicker. One TransactWriteItems.
    pub async fn keep_reconciliation(
        &self,
        before: &FiledManifest,
        after: &Reconciliation,
        turn: Option<Turn>,
        at: Timestamp,
    ) -> Result<Committed, StoreError> {
        let manifest = &before.manifest;
        let compared = lacks("compared").or(is("compared", count(before.compared)));
        let kept = Update::at(keys::manifest(manifest.unit, &manifest.id()))
            .text("reconciled", json(after, "a reconciliation")?)
            .text("reconciled_revision", &before.revision)
            .count("compared", before.compared + 1)
            .when(is("revision", text(&before.revision)).and(compared));
        let mut transaction = self.transaction().update_when(Failed::Overtaken, kept);
        if let Some(turn) = turn {
            let event = json!({
                "unit": manifest.unit, "kind": manifest.kind, "from": manifest.from, "to": manifest.to,
                "missing": after.missing, "unknown": after.unknown,
            });
            let id = manifest.id().to_string();
            let step = Step::new(at, turn.action(), &id).event(event);
            let entry = self.entry(&AuditOf::Unit(manifest.unit), &Actor::system(), &step);
            transaction = transaction.put_when(Failed::Noted, entry);
        }
        transaction.commit_or_overtaken().await
    }
}

fn filed(item: &Item) -> Result<FiledManifest, StoreError> {
    let revision = item.text("revision").unwrap_or_default().to_owned();
    Ok(FiledManifest {
        manifest: item.body("a manifest")?,
        compared: item.number("compared").unwrap_or(0),
        reconciliation: item.json("reconciled", "a reconciliation")?,
        is_compared: item.text("reconciled_revision") == Some(revision.as_str()),
        revision,
    })
}
