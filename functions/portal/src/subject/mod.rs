//! `/portal/my`: what a subject sees and does.

mod access;
mod cases;
mod commitments;
mod grants;
mod living_codes;
mod notices;
mod overview;
mod records;
mod reports;
mod request;

use std::collections::BTreeMap;

pub(crate) use cases::attachment;
pub(crate) use grants::titled as grant_title;
pub(crate) use reports::pdf;
use serde::Serialize;
use xinzheng_api::attachment::{self, AttachmentAnnouncement};
use xinzheng_api::link::{UploadAddress, UploadMethod};
use xinzheng_api::token::Account;
use xinzheng_domain::case::attachment::AttachmentId;
use xinzheng_runtime::{HttpResponse, Problem};

use crate::{PageRequest, no_page};

/// Pages.
pub(crate) async fn get(asked: &PageRequest<'_>, rest: &[&str]) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::Subject)?;
    match rest {
        [] => overview::page(asked).await,
        ["records"] => records::page(asked).await,
        ["records", id, "object"] => cases::objecting(asked, id).await,
        ["records", id, "repair"] => cases::repairing(asked, id).await,
        ["request"] => request::page(asked).await,
        ["request", "count"] => request::count(asked).await,
        ["reports"] => reports::page(asked).await,
        ["reports", number] => reports::one(asked, number).await,
        ["reports", number, "file"] => reports::file(asked, number).await,
        ["grants"] => grants::page(asked).await,
        ["living"] => living_codes::page(asked).await,
        ["cases"] => cases::page(asked).await,
        ["objections", id, proof] => attachment(asked, "objections", id, proof).await,
        ["repairs", id, proof] => attachment(asked, "repairs", id, proof).await,
        ["commitments"] => commitments::page(asked).await,
        ["notices"] => notices::page(asked).await,
        ["access"] => access::page(asked).await,
        _ => Err(no_page()),
    }
}

/// Forms.
pub(crate) async fn post(asked: &PageRequest<'_>, rest: &[&str]) -> Result<HttpResponse, Problem> {
    asked.visitor.signed_in_as(Account::Subject)?;
    match rest {
        ["request"] => request::send(asked).await,
        ["records", id, "object"] => cases::object(asked, id).await,
        ["records", id, "repair"] => cases::repair(asked, id).await,
        ["objections", id, "retraction"] => cases::retract_objection(asked, id).await,
        ["repairs", id, "retraction"] => cases::retract_repair(asked, id).await,
        ["notices"] => notices::see(asked).await,
        ["grants"] => grants::give(asked).await,
        ["grants", code, "revocation"] => grants::revoke(asked, code).await,
        ["living"] => living_codes::make(asked).await,
        ["living", code, "end"] => living_codes::end(asked, code).await,
        ["commitments"] => commitments::make(asked).await,
        ["attachments"] => announce(asked).await,
        _ => Err(no_page()),
    }
}

/// An announced attachment, as the page's script reads it.
#[derive(Serialize)]
struct Announced {
    id: AttachmentId,
    upload: Upload,
}

/// How the script sends it.
#[derive(Serialize)]
struct Upload {
    method: UploadMethod,
    url: String,
    headers: BTreeMap<String, String>,
}

/// Announces an attachment for the page's script.
async fn announce(asked: &PageRequest<'_>) -> Result<HttpResponse, Problem> {
    let form = &asked.form;
    let announcement = AttachmentAnnouncement {
        name: form.text("name").to_owned(),
        bytes: form.text("bytes").parse().unwrap_or_default(),
        sha256: form.text("sha256").to_owned(),
    };
    let announced = asked.api().submit(&attachment::ANNOUNCE, &(), &announcement, "").await?;
    let UploadAddress { method, url, headers, .. } = announced.upload;
    Ok(HttpResponse::json(201, &Announced { id: announced.id, upload: Upload { method, url, headers } }))
}
