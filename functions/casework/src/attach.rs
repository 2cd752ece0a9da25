//! Attachments: announced, sent to the object store by the address that is given out, and checked when a case takes them.

use serde::Deserialize;
use serde_json::{Value, json};
use xinzheng_domain::SubjectId;
use xinzheng_domain::attachment::{Attachment, AttachmentId, AttachmentRefusal, HEAD, MOST};
use xinzheng_domain::audit::Action;
use xinzheng_domain::sha256::parse_sha256;
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::randomness::random_wide;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject};
use xinzheng_store::{StoreError, objects};

use crate::{App, Party, named};

/// The file that a subject is about to send.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Announcement {
    name: String,
    bytes: u64,
    sha256: String,
}

fn refused(refusal: AttachmentRefusal) -> Problem {
    Problem::new(422, refusal.code(), refusal.to_string())
}

/// `POST /attachments`: 201 with an address that takes these bytes and no others. One TransactWriteItems.
pub(crate) async fn announce(
    app: &App,
    caller: Subject,
    request: &HttpRequest,
    wanted: Announcement,
) -> Result<HttpResponse, Problem> {
    let sha256 = parse_sha256(&wanted.sha256).ok_or_else(|| {
        Problem::new(422, "digest-unreadable", "文件摘要应为 64 位十六进制的 SHA-256").hint("请重新计算文件的 SHA-256")
    })?;
    let id = AttachmentId::new(random_wide()?);
    let attachment = Attachment::announced(id, &wanted.name, wanted.bytes, &sha256).map_err(refused)?;
    let key = objects::attachment_key(&attachment.id);
    let bytes = i64::try_from(attachment.bytes).map_err(|_| refused(AttachmentRefusal::Bytes))?;
    let (url, headers) = app.attachments.presigned_upload(&key, bytes, &sha256, &[], app.link_valid).await?;
    let headers: serde_json::Map<String, Value> =
        headers.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let mut response = HttpResponse::json(
        201,
        &json!({
            "id": attachment.id,
            "upload": { "method": "PUT", "url": url, "headers": headers, "valid_seconds": app.link_valid.as_secs() },
        }),
    );
    let actor = answering(app.actor(request), &mut response);
    app.registry.announce_attachment(&caller.id, &attachment, &actor, app.clock.now()).await?;
    Ok(response)
}

/// The attachments with these ids, when they are the subject's, in no case yet, sent, and what they were announced as. A
/// GetItem and a GetObject of a few bytes for each.
pub(crate) async fn checked(app: &App, caller: &Subject, ids: &[AttachmentId]) -> Result<Vec<Attachment>, Problem> {
    let mut unique = ids.to_vec();
    unique.sort_unstable();
    unique.dedup();
    if ids.len() > MOST || unique.len() < ids.len() {
        return Err(refused(AttachmentRefusal::TooMany));
    }
    let mut attachments = vec![];
    for id in ids {
        let unknown = || Problem::new(404, "attachment-unknown", "没有这个附件").hint("请重新上传附件");
        let attachment = app.registry.attachment(&caller.id, id).await?.ok_or_else(unknown)?;
        let head = match app.attachments.head(&objects::attachment_key(id), HEAD).await {
            Ok(head) => head,
            Err(StoreError::NoObject(_)) => return Err(refused(AttachmentRefusal::Missing)),
            Err(error) => return Err(error.into()),
        };
        attachment.check_content(&head).map_err(refused)?;
        attachments.push(attachment);
    }
    Ok(attachments)
}

/// `GET /objections/{id}/attachments/{attachment}`: sends whoever may see the objection on to the file.
pub(crate) async fn download(app: &App, party: Party, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let objection = named(app, &party, request).await?;
    handed_out(app, &objection.subject, &objection.attachments, request).await
}

/// The way to the attachment that the path names: the object store hands it out, as a download. A PutItem for the audit.
pub(crate) async fn handed_out(
    app: &App,
    subject: &SubjectId,
    attachments: &[Attachment],
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let wanted = request.path_parameter("attachment");
    let attachment = attachments.iter().find(|attachment| attachment.id.as_str() == wanted);
    let attachment = attachment.ok_or_else(|| Problem::new(404, "attachment-unknown", "没有这个附件"))?;
    let (actor, now) = (app.actor(request), app.clock.now());
    app.registry.note_access(subject, &actor, now, Action::AttachmentDownloaded, wanted).await?;
    let name = format!("{}.{}", attachment.id, attachment.kind.extension());
    let key = objects::attachment_key(&attachment.id);
    Ok(HttpResponse::see_other(&app.attachments.presigned_download(&key, &name, app.link_valid).await?))
}
