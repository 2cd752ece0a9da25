//! `GET /uploads…`: how far an upload has come, its receipt, and what was rejected.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use xinzheng_domain::audit::Action;
use xinzheng_domain::effect::ToldEffects;
use xinzheng_domain::{EffectCounts, UnitCode, UploadKey};
use xinzheng_intake::{Counts, Receipt};
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, caller, cursor};
use xinzheng_store::Page;
use xinzheng_store::batch::{Batch, BatchId, BatchState};
use xinzheng_store::objects;
use xinzheng_store::uploads::{Upload, UploadId};

use crate::{App, Reader};

/// The most uploads listed.
const LISTED: i32 = 50;

/// How far an upload has come.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// The file has not arrived yet.
    Announced,
    /// It is being read.
    Processing,
    /// It was refused as a whole; the receipt says why.
    Refused,
    /// It is read and being indexed.
    Indexing,
    /// Every accepted row is in the registry, or was told why not.
    Indexed,
}

#[derive(Serialize)]
struct Described<'a> {
    id: &'a str,
    key: &'a str,
    unit: Option<UnitCode>,
    table: Option<&'static str>,
    file: Option<String>,
    listed_at: Timestamp,
    state: State,
    /// From 0 to 100: reading is the first half, indexing the second.
    progress_percent: u8,
    /// Rows that were refused while indexing because they are about another unit's records: `conflict` of `effects`.
    conflicts: u64,
    /// How many accepted rows came to what, of those that are indexed.
    effects: EffectCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<Counts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
}

fn described<'a>(upload: &'a Upload, batch: Option<&Batch>, receipt: Option<Receipt>) -> Described<'a> {
    let key = UploadKey::parse(&upload.key).ok();
    Described {
        id: upload.id.as_str(),
        key: &upload.key,
        unit: key.as_ref().map(|key| key.unit),
        table: key.as_ref().map(|key| key.table.code()),
        file: key.map(|key| key.file),
        listed_at: upload.listed_at,
        state: batch.map_or(State::Announced, |batch| match batch.state {
            BatchState::Processing => State::Processing,
            BatchState::Refused => State::Refused,
            BatchState::Indexing => State::Indexing,
            BatchState::Indexed => State::Indexed,
        }),
        progress_percent: batch.map_or(0, Batch::progress),
        conflicts: batch.and_then(|batch| batch.effects.get("conflict").copied()).unwrap_or(0),
        effects: batch.map(|batch| batch.effects.clone()).unwrap_or_default(),
        counts: receipt.as_ref().map(|receipt| receipt.reading.counts),
        receipt,
    }
}

/// The unit that is asked about: the caller's, or for the platform and municipal units the one of `?unit=`.
fn unit_of(reader: &Reader, request: &HttpRequest) -> Result<UnitCode, Problem> {
    let unit = match (request.query_parameter("unit"), reader) {
        (Some(code), _) => UnitCode::parse(code).ok_or_else(|| Problem::new(422, "unit-unknown", "单位代码不存在"))?,
        (None, Reader::Unit(unit)) => *unit,
        (None, Reader::Platform) => {
            return Err(Problem::new(422, "unit-missing", "请指明单位").hint("在地址中加 ?unit=单位代码"));
        }
    };
    if !reader.may_read(unit) {
        return Err(Problem::new(403, "unit-not-yours", "不能查看其他单位的上传"));
    }
    Ok(unit)
}

/// A page of a unit's uploads, newest first. `unit` names another than the caller's. One
/// Query, one BatchGetItem.
pub(crate) async fn list(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let unit = unit_of(&reader, request)?;
    let cursor = cursor::of(request)?;
    let Page { items: uploads, next } = app.registry.uploads_of(unit, cursor.as_ref(), LISTED).await?;
    let ids: Vec<BatchId> = uploads.iter().filter_map(|upload| upload.batch.clone()).collect();
    let batches = app.registry.batches(&ids).await?;
    let described: Vec<Described<'_>> = uploads
        .iter()
        .map(|upload| described(upload, upload.batch.as_ref().and_then(|id| batches.get(id.as_str())), None))
        .collect();
    Ok(HttpResponse::json(200, &json!({ "unit": unit, "uploads": described, "next": next })))
}

/// An upload that the reader may see, with its batch. Two GetItem.
async fn found(app: &App, reader: &Reader, id: &str) -> Result<(Upload, Option<(BatchId, Batch)>), Problem> {
    let unknown = || Problem::new(404, "upload-unknown", "没有这次上传").hint("请核对上传编号");
    let id = UploadId::parse(id).ok_or_else(unknown)?;
    let upload = app.registry.upload(&id).await?.ok_or_else(unknown)?;
    // Another unit's upload is as unknown as one that does not exist.
    let owner = UploadKey::parse(&upload.key).ok().map(|key| key.unit);
    if !owner.is_some_and(|owner| reader.may_read(owner)) {
        return Err(unknown());
    }
    let batch = match &upload.batch {
        None => None,
        Some(id) => app.registry.batch(id).await?.map(|batch| (id.clone(), batch)),
    };
    Ok((upload, batch))
}

async fn receipt(app: &App, batch: Option<&(BatchId, Batch)>) -> Result<Option<Receipt>, Problem> {
    let Some((id, _)) = batch.filter(|(_, batch)| batch.chunks.is_some()) else { return Ok(None) };
    let stored = app.intake.get(&objects::receipt_key(id)).await?;
    serde_json::from_slice(&stored.bytes).map(Some).map_err(|error| {
        tracing::error!(batch = %id, line = error.line(), "a receipt is damaged");
        Problem::internal()
    })
}

/// One upload. Two GetItem, one GetObject once it was read.
pub(crate) async fn one(app: &App, reader: Reader, id: &str) -> Result<HttpResponse, Problem> {
    let (upload, batch) = found(app, &reader, id).await?;
    let receipt = receipt(app, batch.as_ref()).await?;
    Ok(HttpResponse::json(200, &described(&upload, batch.as_ref().map(|(_, batch)| batch), receipt)))
}

/// An address from which the rejections can be downloaded.
pub(crate) async fn rejections(
    app: &App,
    reader: Reader,
    id: &str,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (_, batch) = found(app, &reader, id).await?;
    let receipt = receipt(app, batch.as_ref()).await?;
    let (Some((batch, _)), Some(receipt)) = (batch, receipt) else {
        return Err(Problem::new(409, "upload-not-read", "文件尚未处理完").hint("请稍后再试"));
    };
    let Some(csv) = receipt.rejections.as_deref() else {
        return Err(Problem::new(404, "rejections-none", "这次上传没有被退回的行"));
    };
    let (key, name) = match request.query_parameter("format") {
        None | Some("csv") => (csv.to_owned(), "rejections.csv"),
        Some("xlsx") => (crate::marked::marked(app, &batch, &receipt).await?, "rejections.xlsx"),
        Some(_) => {
            return Err(Problem::new(422, "format-unknown", "没有这种格式").hint("format 可选 csv、xlsx"));
        }
    };
    let download = download(app, &reader, request, Action::RejectionsDownloaded, (&key, name)).await?;
    Ok(HttpResponse::json(200, &json!({ "rows": receipt.reading.counts.rejected, "download": download })))
}

/// An address from which a file of the upload in the path can be downloaded, under a name; in the unit's audit, as `action`. A
/// PutItem for a unit.
async fn download(
    app: &App,
    reader: &Reader,
    request: &HttpRequest,
    action: Action,
    (key, name): (&str, &str),
) -> Result<Value, Problem> {
    if let Reader::Unit(unit) = reader {
        let (actor, now) = (caller::actor(request, &app.address_key), app.clock.now());
        app.registry.note_unit(*unit, &actor, now, action, request.path_parameter("id")).await?;
    }
    let url = app.intake.presigned_download(key, name, app.valid).await?;
    Ok(json!({ "url": url, "valid_seconds": app.valid.as_secs() }))
}

/// An address from which the table of what the accepted rows came to can be downloaded. Two GetItem, one GetObject, a PutItem
/// for the unit's audit.
pub(crate) async fn effects(
    app: &App,
    reader: Reader,
    id: &str,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (_, batch) = found(app, &reader, id).await?;
    let over = batch.as_ref().is_some_and(|(_, batch)| batch.is_closed());
    let told = receipt(app, batch.as_ref()).await?.and_then(|receipt| receipt.effects);
    let Some(told) = told.or_else(|| over.then(ToldEffects::default)) else {
        return Err(Problem::new(409, "upload-not-indexed", "文件尚未处理完").hint("请稍后再试"));
    };
    let Some(key) = told.file else {
        return Err(Problem::new(404, "effects-none", "接收的各行没有需要留意的情况"));
    };
    let download = download(app, &reader, request, Action::EffectsDownloaded, (&key, "effects.csv")).await?;
    Ok(HttpResponse::json(200, &json!({ "counts": told.counts, "download": download })))
}

/// `GET /waiting-marks`: repairs, withdrawals and removals of a unit whose document number matches no record yet. `unit` names
/// another than the caller's. The first page also has the rows that the unit should look at with another one. One Query for
/// each of the two.
pub(crate) async fn waiting(app: &App, reader: Reader, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let unit = unit_of(&reader, request)?;
    let cursor = cursor::of(request)?;
    let Page { items, next } = app.registry.waiting_marks(unit, cursor.as_ref(), LISTED).await?;
    let doubts = match cursor {
        None => app.registry.doubts(unit, app.clock.now()).await?,
        Some(_) => vec![],
    };
    Ok(HttpResponse::json(200, &json!({ "unit": unit, "marks": items, "doubts": doubts, "next": next })))
}
