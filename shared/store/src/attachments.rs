//! Attachments: announced under their subject, and bound to the case that they are sent with. What is never sent with a
//! case is forgotten.

use jiff::Timestamp;
use xinzheng_domain::SubjectId;
use xinzheng_domain::case::attachment::{Attachment, AttachmentId};

use crate::audit::Actor;
use crate::idempotency::kept_answer;
use crate::table::{Cancelled, Put, Update, lacks, there};
use crate::{Registry, StoreError, keys};

/// Seconds that an attachment without a case is kept.
const KEPT: i64 = 2 * 24 * 3600;

/// An attachment has the id already.
#[derive(Clone, Copy, Debug)]
struct Taken;

impl Registry {
    /// Files an attachment that is about to be sent. One TransactWriteItems.
    pub async fn announce_attachment(
        &self,
        subject: &SubjectId,
        attachment: &Attachment,
        actor: &Actor,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let announced = Put::new_at(&keys::attachment(&attachment.id))
            .body(attachment, "an attachment")?
            .text("subject", subject.to_string())
            .count("expires_at", at.as_second() + KEPT);
        match self.transaction().answers(kept_answer(actor)).put_when(Taken, announced).commit().await {
            Ok(()) => Ok(()),
            Err(Cancelled::Failed(_) | Cancelled::Conflict) => Err(StoreError::NumberTaken),
            Err(Cancelled::Store(error)) => Err(error),
        }
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
