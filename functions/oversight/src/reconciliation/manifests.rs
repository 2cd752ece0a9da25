//! `POST /manifests`, `GET /reconciliations…`.

use xinzheng_api::manifest::{
    DECLARE, LIST, ManifestDeclaration, ManifestDifferences, ManifestPath, READ, ReconciledManifest,
};
use xinzheng_api::page::UnitQuery;
use xinzheng_domain::audit::Action;
use xinzheng_domain::character::written;
use xinzheng_domain::reconciliation::{self, Differences, Reconciliation};
use xinzheng_domain::{Catalogue, Manifest, china_time};
use xinzheng_runtime::problem::{INTERNAL, MANIFEST_UNKNOWN};
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem, Unit};
use xinzheng_store::manifests::FiledManifest;

use super::comparison::compared;
use crate::App;

/// The most manifests of a page.
const PAGE: i32 = 50;
/// The most documents of each kind of difference in an answer; the workbook has all.
const SHOWN: usize = 500;

/// `POST /manifests`: 201 with what the comparison comes to. One UpdateItem, one GetItem, a Query for each month, one
/// TransactWriteItems.
pub(crate) async fn declare(app: &App, unit: Unit, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let declared = request.body_of(&DECLARE)?;
    let now = app.clock.now();
    let ManifestDeclaration { kind, from, to, count, documents, remarks } = declared;
    let remarks = remarks.as_deref().map(written).filter(|remarks| !remarks.is_empty()).map(Into::into);
    let manifest = Manifest { unit: unit.code, kind, from, to, count, documents, remarks };
    let forms = Catalogue::get().unit(unit.code.row()).is_some_and(|row| row.kinds.contains(&kind));
    reconciliation::check(&manifest, forms, china_time::date(now))?;
    app.registry.declare(&manifest, request.id(), now).await?;
    let filed = app.registry.manifest(unit.code, &manifest.id()).await?.ok_or(INTERNAL)?;
    let (reconciled, differences) = compared(app, &filed).await?;
    Ok(HttpResponse::of(&DECLARE, &shown(&filed.manifest, Some(&reconciled), Some(&differences))))
}

fn shown(
    manifest: &Manifest<'_>,
    reconciled: Option<&Reconciliation>,
    found: Option<&Differences>,
) -> ReconciledManifest {
    let first = |documents: &[String]| documents.iter().take(SHOWN).cloned().collect();
    ReconciledManifest {
        id: manifest.id(),
        unit: manifest.unit,
        unit_name: manifest.unit.name(),
        kind: manifest.kind,
        kind_title: manifest.kind.title().to_owned(),
        from: manifest.from,
        to: manifest.to,
        count: manifest.count,
        by_document: manifest.count == 0 || !manifest.documents.is_empty(),
        state: reconciled.map(|reconciled| reconciled.state),
        state_title: reconciled.map(|reconciled| reconciled.state.title().to_owned()),
        reconciliation: reconciled.cloned(),
        differences: found.map(|found| ManifestDifferences {
            matched: found.matched,
            missing: first(&found.missing),
            unknown: first(&found.unknown),
        }),
    }
}

/// What became of this version of a manifest.
fn compared_already(filed: &FiledManifest) -> Option<&Reconciliation> {
    filed.reconciliation.as_ref().filter(|_| filed.is_compared)
}

/// `GET /reconciliations`: a page of a unit's manifests and what became of them. One Query.
pub(crate) async fn list(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let (unit, actor, now) = (reader.unit(asked.unit)?, request.actor(&app.address_key), app.clock.now());
    let action = Action::ReconciliationsListed;
    reader.note_unit_read(&app.registry, unit, (&actor, now), action, "manifests").await?;
    let page = app.registry.manifests(unit, asked.cursor.as_ref(), PAGE).await?;
    let page = page.map(|filed| shown(&filed.manifest, compared_already(&filed), None));
    Ok(HttpResponse::of(&LIST, &page))
}

/// One GetItem, and a PutItem for the unit's audit when it is not the reader itself.
pub(super) async fn filed(
    app: &App,
    reader: Official,
    request: &HttpRequest,
    (path, asked): (ManifestPath, UnitQuery),
) -> Result<FiledManifest, Problem> {
    let (unit, actor, now) = (reader.unit(asked.unit)?, request.actor(&app.address_key), app.clock.now());
    let filed = app.registry.manifest(unit, &path.id).await?.ok_or(MANIFEST_UNKNOWN)?;
    let object = path.id.to_string();
    reader.note_unit_read(&app.registry, unit, (&actor, now), Action::ReconciliationRead, &object).await?;
    Ok(filed)
}

/// `GET /reconciliations/{id}`: compared now, with what differs. One GetItem, a Query for each month, and a
/// TransactWriteItems when something has changed.
pub(crate) async fn one(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let filed = filed(app, reader, request, (request.path_of(&READ)?, request.query_of(&READ)?)).await?;
    let (reconciled, found) = compared(app, &filed).await?;
    Ok(HttpResponse::of(&READ, &shown(&filed.manifest, Some(&reconciled), Some(&found))))
}
