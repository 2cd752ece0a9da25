//! What of a record an objection has corrected: rows that are sent later do not undo it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use xinzheng_domain::Field;

use crate::StoreError;
use crate::table::Item;

/// The attribute that holds it.
pub(crate) const CORRECTED: &str = "corrected";

/// The latest case that corrected a record, and every field that was ever corrected so.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Corrected {
    pub(crate) case: String,
    pub(crate) fields: Vec<Field>,
}

impl Corrected {
    /// What stands on a record's item; `None` when it was never corrected.
    pub(crate) fn of(item: &Item) -> Result<Option<Self>, StoreError> {
        item.json(CORRECTED, "a correction")
    }

    /// With what another case corrects.
    pub(crate) fn with(item: &Item, case: &str, fields: &[Field]) -> Result<Self, StoreError> {
        let known = Self::of(item)?.map(|known| known.fields).unwrap_or_default();
        let mut seen = BTreeSet::new();
        let all = known.into_iter().chain(fields.iter().copied());
        Ok(Self { case: case.to_owned(), fields: all.filter(|field| seen.insert(*field as usize)).collect() })
    }
}
