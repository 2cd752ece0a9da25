//! Rows that two units should look at together, because one of them is about somebody else than it says: a record under another
//! subject's name, a code that two registers have. They stand in both units' lists for some time after they were last sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xinzheng_domain::{RecordId, SourcePosition, UnitCode, Uscc};

use crate::table::{BODY, Update, below, json, lacks, text};
use crate::{Registry, StoreError, keys};

/// Seconds for which they stay in the lists after they were last sent: 90 days.
const KEPT: i64 = 90 * 24 * 3600;
/// The most that a list tells.
const LISTED: i32 = 200;

/// What two units should look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Questioned {
    /// A record.
    Record(RecordId),
    /// A subject's registration.
    Registration(Uscc),
}

/// A row in two units' lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedDoubt {
    /// What is doubtful: `name-of-another` or `two-registers`.
    pub doubt: String,
    /// The code that the row has.
    pub subject: Uscc,
    /// The name that it has.
    pub name: String,
    /// The record's document number, when it is a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The code that the register has for that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Uscc>,
    /// The units that are told: the sender and the keeper of the register; both keepers.
    pub units: Vec<UnitCode>,
    /// When it was last sent.
    pub since: Timestamp,
}

impl Registry {
    /// Puts a row into the lists of its units; what was sent later stands. An UpdateItem for each.
    pub(crate) async fn list_doubt(
        &self,
        questioned: Questioned,
        doubt: &ListedDoubt,
        position: &SourcePosition,
    ) -> Result<(), StoreError> {
        let body = json(doubt, "a doubt")?;
        for unit in &doubt.units {
            let listed = Update::at(keys::doubt(*unit, questioned))
                .text(BODY, &body)
                .text("revision", position.as_str())
                .count("expires_at", doubt.since.as_second() + KEPT)
                .when(lacks("revision").or(below("revision", text(position.as_str()))));
            self.update(listed).await?;
        }
        Ok(())
    }

    /// The rows that a unit should look at with another one as of `now`, the first [`LISTED`] by what they are about. One Query.
    pub async fn doubts(&self, unit: UnitCode, now: Timestamp) -> Result<Vec<ListedDoubt>, StoreError> {
        let page = self.query(keys::doubts_of(unit)).page(None, LISTED).await?;
        // The table takes expired items away when it comes to it.
        let stays = |item: &&crate::table::Item| item.number("expires_at").is_none_or(|at: i64| at > now.as_second());
        page.items.iter().filter(stays).map(|item| item.body("a doubt")).collect()
    }
}
