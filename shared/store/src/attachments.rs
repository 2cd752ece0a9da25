//! Attachments: announced under their subject, and bound to the case that they are sent with. What is never sent with a
//! case is forgotten.

use jiff::Timestamp;
use xinzheng_domain::SubjectId;
use xinzheng_domain::attachment::{Attachment, AttachmentId};

use crate::table::{Put, Update, lacks, there};
use crate::{Registry, StoreError, keys};

/// Seconds that an attachment without a case is kept.
const KEPT: i64 = 2 * 24 * 3600;

impl Registry {
    /// Files an attachment that is about to be sent. One PutItem.
    pub async fn announce_attachment(
        &self,
        subject: &SubjectId,
        attachment: &Attachment,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let announced = Put::new_at(&keys::attachment(&attachment.id))
            .body(attachment, "an attachment")?
            .text("subject", subject.to_string())
            .count("expires_at", at.as_second() + KEPT);
        if self.put(announced).await?.is_done() { Ok(()) } else { Err(StoreError::NumberTaken) }
    }

    /// A subject's attachment that is in no case yet. One GetItem.
    pub async fn attachment(&self, subject: &SubjectId, id: &AttachmentId) -> Result<Option<Attachment>, StoreError> {
        let item = self.get(keys::attachment(id)).item().await?;
        let own = item.filter(|item| item.text("subject") == Some(&subject.to_string()) && !item.has("of_case"));
        own.map(|item| item.body("an attachment")).transpose()
    }
}

/// Binds an attachment to a case, once.
pub(crate) fn bound(id: &AttachmentId, case: &str) -> Update {
    let free = there().and(lacks("of_case"));
    Update::at(keys::attachment(id)).text("of_case", case).remove("expires_at").when(free)
}
