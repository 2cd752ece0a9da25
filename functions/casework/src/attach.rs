//! Attachments: announced, sent to the object store by the address that is given out, and checked when a case takes them.

use xinzheng_api::attachment::{ANNOUNCE, AnnouncedAttachment};
use xinzheng_api::link::{UploadAddress, UploadMethod};
use xinzheng_domain::SubjectId;
use xinzheng_domain::audit::{Action, LookReason};
use xinzheng_domain::case::attachment::{Attachment, AttachmentId, AttachmentRefusal, HEAD, MOST};
use xinzheng_domain::sha256::parse_sha256;
use xinzheng_runtime::idempotency::answering;
use xinzheng_runtime::problem::{ATTACHMENT_UNKNOWN, DIGEST_UNREADABLE};
use xinzheng_runtime::randomness::random_wide;
use xinzheng_runtime::{HttpRequest, HttpResponse, Problem, Subject};
use xinzheng_store::{StoreError, objects};

use crate::App;

/// `POST /attachments`: 201 with an address that takes these bytes and no others. One TransactWriteItems.
pub(crate) async fn announce(app: &App, caller: Subject, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let wanted = request.body_of(&ANNOUNCE)?;
    let sha256 = parse_sha256(&wanted.sha256).ok_or(DIGEST_UNREADABLE)?;
    let id = AttachmentId::new(random_wide()?);
    let attachment = Attachment::announced(id, &wanted.name, wanted.bytes, &sha256)?;
    let key = objects::attachment_key(&attachment.id);
    let bytes = i64::try_from(attachment.bytes).map_err(|_| AttachmentRefusal::Bytes)?;
    let (url, headers) = app.attachments.presigned_upload(&key, bytes, &sha256, &[], app.link_valid).await?;
    let upload = UploadAddress {
        method: UploadMethod::Put,
        url,
        headers: headers.into_iter().collect(),
        valid_seconds: app.link_valid.as_secs(),
    };
    let announced = AnnouncedAttachment { id: attachment.id.clone(), upload };
    let mut response = HttpResponse::of(&ANNOUNCE, &announced);
    let actor = answering(request.actor(&app.address_key), &mut response);
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
        return Err(AttachmentRefusal::TooMany.into());
    }
    let mut attachments = vec![];
    for id in ids {
        let attachment = app.registry.attachment(&caller.id, id).await?;
        let attachment = attachment.ok_or_else(|| ATTACHMENT_UNKNOWN.hint("请重新上传附件"))?;
        let head = match app.attachments.head(&objects::attachment_key(id), HEAD).await {
            Ok(head) => head,
            Err(StoreError::NoObject(_)) => return Err(AttachmentRefusal::Missing.into()),
            Err(error) => return Err(error.into()),
        };
        attachment.check_content(&head)?;
        attachments.push(attachment);
    }
    Ok(attachments)
}

/// The way to the attachment with this id: the object store hands it out, as a download. A PutItem for the audit.
pub(crate) async fn handed_out(
    app: &App,
    subject: &SubjectId,
    attachments: &[Attachment],
    wanted: &AttachmentId,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let attachment = attachments.iter().find(|attachment| attachment.id == *wanted).ok_or(ATTACHMENT_UNKNOWN)?;
    let (actor, now) = (request.actor(&app.address_key), app.clock.now());
    let what = (Action::AttachmentDownloaded, wanted.as_str());
    app.registry.note_seen(subject, (&actor, now), what, LookReason::Case).await?;
    let name = format!("{}.{}", attachment.id, attachment.kind.extension());
    let key = objects::attachment_key(&attachment.id);
    Ok(HttpResponse::see_other(&app.attachments.presigned_download(&key, &name, app.link_valid).await?))
}
