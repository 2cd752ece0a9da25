//! The subject register.

use xinzheng_domain::{SubjectId, SubjectProfile};

use crate::keys::{self, PK, SK};
use crate::{Registry, StoreError};

impl Registry {
    /// The register's entry for a subject, as of now (a consistent read); `None` when it has none. One GetItem.
    pub async fn profile(&self, id: &SubjectId) -> Result<Option<SubjectProfile<'static>>, StoreError> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(PK, keys::text(keys::subject(id)))
            .key(SK, keys::text(keys::PROFILE))
            .consistent_read(true)
            .send()
            .await
            .map_err(StoreError::service("GetItem"))?;
        let Some(item) = found.item else { return Ok(None) };
        let body = item.get("body").and_then(|body| body.as_s().ok()).map_or("", String::as_str);
        serde_json::from_str(body).map(Some).map_err(StoreError::damaged("a register entry"))
    }
}
