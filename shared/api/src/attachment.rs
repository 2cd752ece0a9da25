//! Attachments of objections and applications for repair.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::audit::Role::Subject;
use xinzheng_domain::case::attachment::AttachmentId;

use crate::endpoint::{Endpoint, Topic};
use crate::link::UploadAddress;

/// Announces an attachment.
pub const ANNOUNCE: Endpoint<(), (), AttachmentAnnouncement, AnnouncedAttachment> =
    Endpoint::post("/attachments", Topic::Objections, "Announce an attachment")
.about("First of two steps: the answer has an address that takes exactly these bytes for some minutes. Then `id` is named in an objection or an application for repair, which looks at what is inside. PDF, JPEG or PNG, up to 10 MB")
        .callers(&[Subject])
        .creates()
        .problems(&[422]);

/// The file that a subject is about to send: PDF, JPEG or PNG.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentAnnouncement {
    /// Its name, with its extension.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// Its size; up to 10 MB.
    #[schemars(range(min = 1, max = 10_485_760))]
    pub bytes: u64,
    /// Its SHA-256, hexadecimal: the address takes these bytes and no others.
    #[schemars(regex(pattern = "^[0-9A-Fa-f]{64}$"))]
    pub sha256: String,
}

/// An attachment that may be sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnnouncedAttachment {
    /// By which a case takes it.
    pub id: AttachmentId,
    /// How to send it.
    pub upload: UploadAddress,
}
