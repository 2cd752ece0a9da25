//! `GET /uploads…`: how far an upload has come, its receipt, and what was rejected.

use xinzheng_api::link::Download;
use xinzheng_api::log::UPLOAD_PROOF;
use xinzheng_api::page::Page;
use xinzheng_api::upload::{
    self, EFFECTS, EffectsFile, LIST, READ, REJECTIONS, RejectionsFile, RejectionsFormat, UploadListQuery, UploadState,
    Uploads, WAITING, WaitingMarks,
};
use xinzheng_domain::audit::Action;
use xinzheng_domain::china_time;
use xinzheng_domain::month::Month;
use xinzheng_domain::record::effect::{EffectKind, ReceiptEffects};
use xinzheng_domain::record::upload_key::announced_name;
use xinzheng_domain::{RowCount, UnitCode, UploadId, UploadKey};
use xinzheng_intake::{Counts, Receipt};
use xinzheng_runtime::problem::{
    EFFECTS_NONE, INTERNAL, LOG_PENDING, REJECTIONS_NONE, UPLOAD_NOT_INDEXED, UPLOAD_NOT_READ, UPLOAD_UNKNOWN,
};
use xinzheng_runtime::sought::sought;
use xinzheng_runtime::{HttpRequest, HttpResponse, Official, Problem};
use xinzheng_store::batch::{Batch, BatchId, BatchState};
use xinzheng_store::log::Logged;
use xinzheng_store::objects;
use xinzheng_store::uploads::Upload;

use crate::App;

/// The most uploads listed.
const LISTED: i32 = 50;
/// Rows that are about another unit's records.
const CONFLICT: RowCount = RowCount::Effect(EffectKind::Conflict);

fn shown(upload: &Upload, batch: Option<&Batch>, receipt: Option<Receipt>) -> upload::Upload {
    let key = UploadKey::parse(&upload.key).ok();
    upload::Upload {
        id: upload.id.clone(),
        key: upload.key.clone(),
        unit: key.as_ref().map(|key| key.unit),
        table: key.as_ref().map(|key| key.table),
        file: key.map(|key| key.file),
        listed_at: upload.listed_at,
        state: batch.map_or(UploadState::Announced, |batch| match batch.state {
            BatchState::Processing => UploadState::Processing,
            BatchState::Refused => UploadState::Refused,
            BatchState::Indexing => UploadState::Indexing,
            BatchState::Indexed => UploadState::Indexed,
        }),
        progress_percent: batch.map_or(0, Batch::progress),
        conflicts: batch.and_then(|batch| batch.effects.get(&CONFLICT).copied()).unwrap_or(0),
        effects: batch.map(|batch| batch.effects.clone()).unwrap_or_default(),
        // A list has no receipts: the statement counts the same rows.
        returned_for: batch.map(|batch| batch.returned_for.clone()).unwrap_or_default(),
        counts: receipt.as_ref().map(|receipt| receipt.reading.counts).or_else(|| batch.and_then(counted)),
        statement: batch.and_then(|batch| batch.statement.clone()).filter(|_| receipt.is_some()),
        log: batch.filter(|batch| batch.chunks.is_some()).map(|batch| Logged::standing(batch.logged.as_ref())),
        receipt,
    }
}

/// How many rows became what, as a batch states it.
fn counted(batch: &Batch) -> Option<Counts> {
    serde_json::from_str(batch.statement.as_deref()?).ok()
}

/// A page of a unit's uploads, newest first. `unit` names another than the caller's. One Query, one BatchGetItem; where some
/// alone are wanted, up to ten of each, until there are enough for a page.
pub(crate) async fn list(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&LIST)?;
    let unit = reader.unit(asked.unit)?;
    note(app, reader, request, unit, Action::UploadsListed, "uploads").await?;
    let some = asked.table.is_some() || asked.month.is_some() || asked.reason.is_some();
    let asked = &asked;
    let page = sought(!some, asked.cursor.clone(), LISTED as usize, |from| async move {
        let page = app.registry.uploads_of(unit, from.as_ref(), LISTED).await?;
        let ids: Vec<BatchId> = page.items.iter().filter_map(|upload| upload.batch.clone()).collect();
        let batches = app.registry.batches(&ids).await?;
        let with_batch = page.items.iter().map(|upload| {
            let batch = upload.batch.as_ref().and_then(|id| batches.get(id.as_str()));
            (shown(upload, batch, None), batch)
        });
        let wanted = with_batch.filter(|(upload, batch)| is_wanted(asked, upload, *batch)).map(|(upload, _)| upload);
        Ok::<_, Problem>(Page { items: wanted.collect(), next: page.next })
    });
    Ok(HttpResponse::of(&LIST, &Uploads { unit, page: page.await? }))
}

/// True of an upload of the table, month and reason that were asked for.
fn is_wanted(asked: &UploadListQuery, upload: &upload::Upload, batch: Option<&Batch>) -> bool {
    let month = batch.and_then(|batch| batch.taken_in_at).and_then(|at| Month::of(china_time::date(at)));
    asked.table.is_none_or(|table| upload.table == Some(table))
        && asked.month.is_none_or(|wanted| month == Some(wanted))
        && asked.reason.is_none_or(|reason| upload.returned_for.contains_key(reason.code()))
}

/// An upload that the reader may see, with its batch. Two GetItem.
async fn found(app: &App, reader: Official, id: &UploadId) -> Result<Found, Problem> {
    let upload = app.registry.upload(id).await?.ok_or(UPLOAD_UNKNOWN)?;
    // Another unit's upload is as unknown as one that does not exist.
    let owner = UploadKey::parse(&upload.key).ok().map(|key| key.unit);
    let owner = owner.filter(|owner| reader.may_read(*owner)).ok_or(UPLOAD_UNKNOWN)?;
    let batch = match &upload.batch {
        None => None,
        Some(id) => app.registry.batch(id).await?.map(|batch| (id.clone(), batch)),
    };
    Ok(Found { upload, owner, batch })
}

/// An upload, whose it is, and its batch once its file has come.
struct Found {
    upload: Upload,
    owner: UnitCode,
    batch: Option<(BatchId, Batch)>,
}

/// Notes with the unit whose it is that somebody else looked at something of its. One PutItem; none for the unit itself.
async fn note(
    app: &App,
    reader: Official,
    request: &HttpRequest,
    unit: UnitCode,
    action: Action,
    object: &str,
) -> Result<(), Problem> {
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    reader.note_unit_read(&app.registry, unit, (&actor, now), action, object).await
}

async fn receipt(app: &App, batch: Option<&(BatchId, Batch)>) -> Result<Option<Receipt>, Problem> {
    let Some((id, batch)) = batch.filter(|(_, batch)| batch.chunks.is_some()) else { return Ok(None) };
    let stored = app.intake.get(&objects::receipt_key(&batch.key, id)).await?;
    serde_json::from_slice(&stored.bytes).map(Some).map_err(|error| {
        tracing::error!(batch = %id, line = error.line(), "a receipt is damaged");
        INTERNAL.into()
    })
}

/// One upload. Two GetItem, one GetObject once it was read.
pub(crate) async fn one(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let id = request.path_of(&READ)?.id;
    let Found { upload, owner, batch } = found(app, reader, &id).await?;
    note(app, reader, request, owner, Action::UploadRead, id.as_str()).await?;
    let receipt = receipt(app, batch.as_ref()).await?;
    Ok(HttpResponse::of(&READ, &shown(&upload, batch.as_ref().map(|(_, batch)| batch), receipt)))
}

/// The proof that the public log has an upload. Two GetItem, then as
/// [`xinzheng_store::published_log::PublishedLog::proof`].
pub(crate) async fn proof(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let id = request.path_of(&UPLOAD_PROOF)?.id;
    let Found { batch, .. } = found(app, reader, &id).await?;
    let logged = batch.map(|(_, batch)| batch).filter(|batch| batch.chunks.is_some()).ok_or(UPLOAD_NOT_READ)?.logged;
    let proof = match logged {
        Some(logged) => app.log.proof(logged.index).await?,
        None => None,
    };
    let text = String::from_utf8_lossy(&proof.ok_or(LOG_PENDING)?.to_bytes()).into_owned();
    let name = format!("attachment; filename=\"{id}.tlog-proof\"");
    Ok(HttpResponse::text(200, "text/plain; charset=utf-8", text).header("content-disposition", &name))
}

/// An address from which the rejections can be downloaded.
pub(crate) async fn rejections(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let (id, asked) = (request.path_of(&REJECTIONS)?.id, request.query_of(&REJECTIONS)?);
    let Found { upload, owner, batch } = found(app, reader, &id).await?;
    let receipt = receipt(app, batch.as_ref()).await?;
    let (Some((batch, _)), Some(receipt)) = (batch, receipt) else {
        return Err(UPLOAD_NOT_READ.into());
    };
    let csv = receipt.rejections.as_deref().ok_or(REJECTIONS_NONE)?;
    let (key, name) = match asked.format {
        None | Some(RejectionsFormat::Csv) => (csv.to_owned(), named_after(&upload, "退回的行.csv")),
        Some(RejectionsFormat::Xlsx) => {
            (crate::marked::marked(app, &batch, &receipt).await?, named_after(&upload, "退回的行.xlsx"))
        }
    };
    let download = download(app, owner, request, &id, Action::RejectionsDownloaded, (&key, &name)).await?;
    Ok(HttpResponse::of(&REJECTIONS, &RejectionsFile { rows: receipt.reading.counts.rejected, download }))
}

/// What a file about an upload is called: after the file that was sent.
fn named_after(upload: &Upload, what: &str) -> String {
    let file = UploadKey::parse(&upload.key).map(|key| announced_name(&key.file).to_owned()).unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file.as_str(), |(stem, _)| stem);
    format!("{stem}-{what}")
}

/// An address from which a file of an upload can be downloaded, under a name; in its unit's audit, as `action`. A PutItem.
async fn download(
    app: &App,
    owner: UnitCode,
    request: &HttpRequest,
    id: &UploadId,
    action: Action,
    (key, name): (&str, &str),
) -> Result<Download, Problem> {
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    app.registry.note_unit(owner, &actor, now, action, id.as_str()).await?;
    let url = app.intake.presigned_download(key, name, app.valid).await?;
    Ok(Download { url, valid_seconds: app.valid.as_secs() })
}

/// An address from which the table of what the accepted rows came to can be downloaded. Two GetItem, one GetObject, a PutItem
/// for the unit's audit.
pub(crate) async fn effects(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let id = request.path_of(&EFFECTS)?.id;
    let Found { upload, owner, batch } = found(app, reader, &id).await?;
    let over = batch.as_ref().is_some_and(|(_, batch)| batch.is_closed());
    let told = receipt(app, batch.as_ref()).await?.and_then(|receipt| receipt.effects);
    let told = told.or_else(|| over.then(ReceiptEffects::default)).ok_or(UPLOAD_NOT_INDEXED)?;
    let (key, name) = (told.file.ok_or(EFFECTS_NONE)?, named_after(&upload, "处理结果.csv"));
    let download = download(app, owner, request, &id, Action::EffectsDownloaded, (&key, &name)).await?;
    Ok(HttpResponse::of(&EFFECTS, &EffectsFile { counts: told.counts, download }))
}

/// `GET /waiting-marks`: repairs, withdrawals and removals of a unit whose document number matches no record yet. `unit` names
/// another than the caller's. The first page also has the rows that the unit should look at with another one. One Query for
/// each of the two.
pub(crate) async fn waiting(app: &App, reader: Official, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.query_of(&WAITING)?;
    let unit = reader.unit(asked.unit)?;
    note(app, reader, request, unit, Action::WaitingMarksRead, "marks").await?;
    let page = app.registry.waiting_marks(unit, asked.cursor.as_ref(), LISTED).await?;
    let doubts = match asked.cursor {
        None => app.registry.doubts(unit, app.clock.now()).await?,
        Some(_) => vec![],
    };
    Ok(HttpResponse::of(&WAITING, &WaitingMarks { unit, page, doubts }))
}
