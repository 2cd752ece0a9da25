//! The subject register.

use std::collections::HashMap;

use xinzheng_domain::{SubjectId, SubjectProfile};

use crate::{Registry, StoreError, keys};

impl Registry {
    /// The register's entry for a subject, as of now (a consistent read); `None` when it has none. One GetItem.
    pub async fn profile(&self, id: &SubjectId) -> Result<Option<SubjectProfile<'static>>, StoreError> {
        self.get(keys::profile(id)).parsed("a register entry").await
    }

    /// The names of subjects in the register; those that it does not have are left out. One BatchGetItem for each hundred.
    pub async fn registered_names(&self, ids: &[SubjectId]) -> Result<HashMap<SubjectId, String>, StoreError> {
        let places: Vec<_> = ids.iter().map(keys::profile).collect();
        let mut names = HashMap::new();
        for item in self.get_all(&places).await? {
            let profile: SubjectProfile<'static> = item.body("a register entry")?;
            names.insert(SubjectId::Organisation(profile.uscc), profile.name.into_owned());
        }
        Ok(names)
    }
}
