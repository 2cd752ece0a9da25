//! What objections, applications for repair and commitments share: a versioned item, lists that point to it, and its steps in
//! the audit. What differs stands with each of them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::table::{Cursor, Item, Key, List, Page, Put, count, is};
use crate::{Registry, StoreError};

/// What a step of a case asks of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The case is not of the version that the step was decided on, or is there already.
    Version,
    /// The record is not what it was.
    Record,
    /// An attachment is in another case, or was never sent.
    Attachment,
    /// It was noted already.
    Noted,
}

/// The attribute of an item of a list that holds the case's id.
const CASE: &str = "case";

/// A case: an item with a version.
pub(crate) trait Case: Serialize + DeserializeOwned {
    /// What it is, in errors.
    const WHAT: &'static str;

    /// Where it stands.
    fn key(&self) -> Key;

    /// Where the case of this id stands; `None` when it is none.
    fn key_of(id: &str) -> Option<Key>;

    /// Its id.
    fn id(&self) -> &str;

    /// Its version, from 1.
    fn version(&self) -> u32;

    /// Its item, when there is none.
    fn filed(&self) -> Result<Put, StoreError> {
        Put::new_at(&self.key()).body(self, Self::WHAT).map(|put| put.count("version", self.version()))
    }

    /// Its item in place of the version before.
    fn moved_from(&self, before: &Self) -> Result<Put, StoreError> {
        let put = Put::at(&self.key()).body(self, Self::WHAT)?.count("version", self.version());
        Ok(put.when(is("version", count(before.version()))))
    }

    /// An item of a list that points to it.
    fn pointed_from(&self, place: &Key) -> Put {
        Put::at(place).text(CASE, self.id())
    }
}

/// The id of the case that an item of a list points to.
pub(crate) fn pointed(item: &Item) -> Option<&str> {
    item.text(CASE)
}

impl Registry {
    /// A page of the cases that a list points to. One Query and one BatchGetItem.
    pub(crate) async fn cases<C: Case>(
        &self,
        list: List,
        newest_first: bool,
        cursor: Option<&Cursor>,
        most: i32,
    ) -> Result<Page<C>, StoreError> {
        let query = self.query(list);
        let query = if newest_first { query.newest_first() } else { query };
        let Page { items, next } = query.page(cursor, most).await?;
        Ok(Page { items: self.pointed_cases(&items).await?, next })
    }

    /// The cases that items of a list point to, in the list's order. One BatchGetItem for each hundred.
    pub(crate) async fn pointed_cases<C: Case>(&self, items: &[Item]) -> Result<Vec<C>, StoreError> {
        let places: Vec<Key> = items.iter().filter_map(|item| C::key_of(pointed(item)?)).collect();
        let found = self.get_all(&places).await?;
        let mut cases = vec![];
        for place in &places {
            if let Some(item) = found.iter().find(|item| item.is_at(place)) {
                cases.push(item.body(C::WHAT)?);
            }
        }
        Ok(cases)
    }
}
