//! Who sends a file, and what for.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xinzheng_domain::identity::catalogue::Unit;
use xinzheng_domain::identity::subject::PersonKey;
use xinzheng_domain::{Catalogue, TableId, UnitCode};

/// Who sends a file, and what for.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The unit in whose folder the file lies.
    pub unit: UnitCode,
    pub table: TableId,
    /// The China date against which "in the future" is judged.
    pub today: Date,
    /// The secret under which identity numbers become subject ids.
    pub person_key: PersonKey,
    /// What the clerk said of the file although it looks otherwise.
    pub confirmed: Confirmed,
}

impl Sender {
    pub(crate) fn directory_row(&self) -> Option<&'static Unit> {
        Catalogue::get().unit(self.unit.row())
    }
}

/// What a clerk said of a file although it looks otherwise. The receipt keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmed {
    /// Columns whose names are nearly those of the table are others, and may be left out (`columns`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub columns: bool,
    /// The table and the unit are right, although the file looks like another's (`origin`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub origin: bool,
}

impl Confirmed {
    /// Reads words separated by commas: `columns,origin`. Other words say nothing.
    pub fn parse(text: &str) -> Self {
        let says = |word: &str| text.split(',').any(|said| said.trim() == word);
        Self { columns: says("columns"), origin: says("origin") }
    }

    /// True when the clerk said nothing.
    pub const fn is_empty(&self) -> bool {
        !self.columns && !self.origin
    }
}

impl fmt::Display for Confirmed {
    /// The words that [`Confirmed::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(self.columns, "columns"), (self.origin, "origin")];
        let said: Vec<&str> = words.iter().filter(|(said, _)| *said).map(|(_, word)| *word).collect();
        f.write_str(&said.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_others_say_nothing() {
        for (text, columns, origin) in
            [("", false, false), ("columns", true, false), ("origin, columns", true, true), ("all", false, false)]
        {
            let confirmed = Confirmed { columns, origin };
            assert_eq!(Confirmed::parse(text), confirmed, "{text}");
            assert_eq!(Confirmed::parse(&confirmed.to_string()), confirmed, "{text}");
        }
    }
}
