//! Sessions of the portal that somebody has ended: a session is a cookie, and would hold until its time is over.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use xinzheng_domain::sha256::hexadecimal;

use crate::table::{Key, Put};
use crate::{Registry, StoreError, keys};

fn place(session: &str) -> Key {
    keys::ended_session(&hexadecimal(&Sha256::digest(session)))
}

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
}
