//! What of a record objections have corrected: rows that are sent later do not undo it.

use serde::{Deserialize, Serialize};
use xinzheng_domain::Field;

use crate::StoreError;
use crate::table::Item;

/// The attribute that holds it.
pub(crate) const CORRECTED: &str = "corrected";

/// Each field that was ever corrected, with the case that did so last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Corrected(Vec<(Field, String)>);

impl Corrected {
    /// What stands on a record's item; nothing when it was never corrected.
    pub(crate) fn of(item: &Item) -> Result<Self, StoreError> {
        Ok(item.json(CORRECTED, "a correction")?.unwrap_or_default())
    }

    /// With what another case corrects.
    pub(crate) fn and(mut self, case: &str, fields: &[Field]) -> Self {
        self.0.retain(|(field, _)| !fields.contains(field));
        self.0.extend(fields.iter().map(|field| (*field, case.to_owned())));
        self
    }

    /// Which of these fields were corrected, and the cases that did so.
    pub(crate) fn among(&self, fields: &[Field]) -> (Vec<Field>, Vec<&str>) {
        let (mut found, mut cases) = (vec![], vec![]);
        for (field, case) in self.0.iter().filter(|(field, _)| fields.contains(field)) {
            found.push(*field);
            if !cases.contains(&case.as_str()) {
                cases.push(case.as_str());
            }
        }
        (found, cases)
    }
}
