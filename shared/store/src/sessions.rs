//! What the portal keeps in the registry: sessions that somebody has ended, since a session is a cookie and would hold until its
//! time is over; and what was written into a form whose session was over when it was sent, encrypted by the portal.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use xinzheng_domain::sha256::hexadecimal;

use crate::table::{Key, Put};
use crate::{Registry, StoreError, keys};

fn hash(secret: &str) -> String {
    hexadecimal(&Sha256::digest(secret))
}

fn place(session: &str) -> Key {
    keys::ended_session(&hash(session))
}

/// The longest encrypted form that is kept, in bytes: an item has at most 400 kB.
pub const LONGEST_FORM: usize = 300_000;

impl Registry {
    /// Ends a session that would hold until `until`, for good. One PutItem.
    pub async fn end_session(&self, session: &str, until: Timestamp) -> Result<(), StoreError> {
        // DynamoDB takes it away some time after that: when nobody asks for it any more.
        self.put(Put::at(&place(session)).count("expires_at", until.as_second())).await?;
        Ok(())
    }

    /// True when it was ended. One GetItem, as of now.
    pub async fn session_has_ended(&self, session: &str) -> Result<bool, StoreError> {
        Ok(self.get(place(session)).item().await?.is_some())
    }

    /// Keeps an encrypted form of at most [`LONGEST_FORM`] bytes under a name that cannot be guessed, until then. One PutItem.
    pub async fn keep_form(&self, name: &str, encrypted: &str, until: Timestamp) -> Result<(), StoreError> {
        let put = Put::at(&keys::kept_form(&hash(name)));
        self.put(put.text("form", encrypted).count("expires_at", until.as_second())).await?;
        Ok(())
    }

    /// A form that was kept. One GetItem.
    pub async fn kept_form(&self, name: &str) -> Result<Option<String>, StoreError> {
        let item = self.get(keys::kept_form(&hash(name))).item().await?;
        Ok(item.and_then(|item| item.text("form").map(str::to_owned)))
    }
}
