//! Lists and their pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use xinzheng_api::{Cursor, Page};

use super::item::{Attributes, Item, PK, SK, text};
use crate::{Registry, StoreError};

/// Items of a partition whose sort keys begin alike, or lie between two.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pk: String,
    sort: Sort,
    index: Option<&'static str>,
}

#[derive(Clone, Debug)]
enum Sort {
    Begins(String),
    Between(String, String),
}

impl List {
    /// Those whose sort keys begin with `prefix`.
    pub(crate) fn new(pk: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { pk: pk.into(), sort: Sort::Begins(prefix.into()), index: None }
    }

    /// Those from `from` to `to`, both included.
    pub(crate) fn between(pk: impl Into<String>, from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { pk: pk.into(), sort: Sort::Between(from.into(), to.into()), index: None }
    }

    /// A partition of the index [`Registry::BY_UNIT`].
    pub(crate) fn of_index(partition: impl Into<String>) -> Self {
        Self { pk: partition.into(), sort: Sort::Begins(String::new()), index: Some(BY_UNIT.0) }
    }

    /// Those of a partition of that index from `from` to `to`, both included.
    pub(crate) fn between_of_index(
        partition: impl Into<String>,
        from: impl Into<String>,
        to: impl Into<String>,
    ) -> Self {
        Self { index: Some(BY_UNIT.0), ..Self::between(partition, from, to) }
    }

    /// What tells this list's cursors from those of others.
    fn mark(&self) -> [u8; 6] {
        let sort = match &self.sort {
            Sort::Begins(prefix) => prefix,
            Sort::Between(from, _) => from,
        };
        let digest = Sha256::digest(format!("{}|{}|{sort}", self.index.unwrap_or_default(), self.pk));
        digest.first_chunk().copied().unwrap_or_default()
    }
}

/// The index of records by the municipal unit and the month of their decision: its name, partition key and sort key.
pub(crate) const BY_UNIT: (&str, &str, &str) = ("by-unit", "unit_month", "decided");

/// Where a page of a list ends whose last item this is.
pub(crate) fn cursor_behind(list: &List, item: &Item) -> Cursor {
    let mut bytes = list.mark().to_vec();
    let names = list.index.map_or(&[SK][..], |_| &[BY_UNIT.2, PK, SK]);
    let parts: Vec<&str> = names.iter().map(|name| item.text(name).unwrap_or_default()).collect();
    bytes.extend_from_slice(parts.join("|").as_bytes());
    Cursor::from(bytes.as_slice())
}

/// The sort key that the page before ended with.
pub(crate) fn sort_key_of(cursor: &Cursor, list: &List) -> Result<String, StoreError> {
    let start = Item(start(cursor, list)?);
    Ok(start.sk().to_owned())
}

fn start(cursor: &Cursor, list: &List) -> Result<Attributes, StoreError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor.as_str()).map_err(|_| StoreError::ForeignCursor)?;
    let (mark, key) = bytes.split_first_chunk::<6>().ok_or(StoreError::ForeignCursor)?;
    let key = std::str::from_utf8(key).ok().filter(|_| *mark == list.mark()).ok_or(StoreError::ForeignCursor)?;
    let pairs = match list.index {
        None => vec![(PK, list.pk.as_str()), (SK, key)],
        Some(_) => {
            let mut parts = key.splitn(3, '|');
            let mut part = || parts.next().ok_or(StoreError::ForeignCursor);
            vec![(BY_UNIT.1, list.pk.as_str()), (BY_UNIT.2, part()?), (PK, part()?), (SK, part()?)]
        }
    };
    Ok(pairs.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect())
}

/// A query that is put together.
pub(crate) struct Query<'r> {
    registry: &'r Registry,
    list: List,
    newest_first: bool,
    consistent: bool,
    only: &'static [&'static str],
}

impl Registry {
    /// Reads a list, in the order of its sort keys.
    pub(crate) const fn query(&self, list: List) -> Query<'_> {
        Query { registry: self, list, newest_first: false, consistent: false, only: &[] }
    }
}

impl Query<'_> {
    /// From the end: sort keys begin with times.
    pub(crate) fn newest_first(self) -> Self {
        Self { newest_first: true, ..self }
    }

    /// As of now.
    pub(crate) fn consistent(self) -> Self {
        Self { consistent: true, ..self }
    }

    /// These attributes alone.
    pub(crate) fn only(self, names: &'static [&'static str]) -> Self {
        Self { only: names, ..self }
    }

    /// A page of at most `most` items behind `cursor`. One Query.
    ///
    /// [`StoreError::ForeignCursor`] when the cursor is another list's.
    pub(crate) async fn page(&self, cursor: Option<&Cursor>, most: i32) -> Result<Page<Item>, StoreError> {
        let start = cursor.map(|cursor| start(cursor, &self.list)).transpose()?;
        let (items, more) = self.read(start, Some(most)).await?;
        let next = items.last().filter(|_| more.is_some()).map(|last| cursor_behind(&self.list, last));
        Ok(Page { items, next })
    }

    /// A page of what the bodies hold.
    pub(crate) async fn bodies<T: DeserializeOwned>(
        &self,
        cursor: Option<&Cursor>,
        most: i32,
        what: &'static str,
    ) -> Result<Page<T>, StoreError> {
        self.page(cursor, most).await?.try_map(|item| item.body(what))
    }

    /// All of it. A Query for each MiB.
    pub(crate) async fn all(&self) -> Result<Vec<Item>, StoreError> {
        let (mut all, mut start) = (vec![], None);
        loop {
            let (items, next) = self.read(start, None).await?;
            all.extend(items);
            match next {
                Some(next) => start = Some(next),
                None => return Ok(all),
            }
        }
    }

    async fn read(
        &self,
        start: Option<Attributes>,
        most: Option<i32>,
    ) -> Result<(Vec<Item>, Option<Attributes>), StoreError> {
        let (pk, sk) = self.list.index.map_or((PK, SK), |_| (BY_UNIT.1, BY_UNIT.2));
        let query = self.registry.client.query().table_name(&self.registry.table);
        let query = query.expression_attribute_values(":pk", text(&self.list.pk));
        let query = query.expression_attribute_names("#pk", pk);
        let query = match &self.list.sort {
            Sort::Begins(prefix) if prefix.is_empty() => query.key_condition_expression("#pk = :pk"),
            Sort::Begins(prefix) => query
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":prefix", text(prefix)),
            Sort::Between(from, to) => query
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":from", text(from))
                .expression_attribute_values(":to", text(to)),
        };
        let query = (0..)
            .zip(self.only)
            .fold(query, |query, (place, name)| query.expression_attribute_names(format!("#o{place}"), *name));
        let only: Vec<String> = (0..self.only.len()).map(|place| format!("#o{place}")).collect();
        let found = query
            .set_projection_expression((!only.is_empty()).then(|| only.join(", ")))
            .set_index_name(self.list.index.map(str::to_owned))
            .set_exclusive_start_key(start)
            .scan_index_forward(!self.newest_first)
            .consistent_read(self.consistent)
            .set_limit(most)
            .send()
            .await
            .map_err(StoreError::service("Query"))?;
        let items = found.items.unwrap_or_default().into_iter().map(Item).collect();
        Ok((items, found.last_evaluated_key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_its_lists_alone() {
        let (own, other) = (List::new("UNIT#a", "UPLOAD#"), List::new("UNIT#b", "UPLOAD#"));
        let item =
            Item([(PK, "UNIT#a"), (SK, "UPLOAD#2|x")].map(|(name, value)| (name.to_owned(), text(value))).into());
        let cursor = cursor_behind(&own, &item);
        assert_eq!(Cursor::parse(cursor.as_str()), Some(cursor.clone()));
        assert_eq!(start(&cursor, &own).unwrap(), item.0);
        for list in [other, List::new("UNIT#a", "MANIFEST#"), List::of_index("UNIT#a")] {
            assert!(matches!(start(&cursor, &list), Err(StoreError::ForeignCursor)));
        }
        for text in ["", "ä", "a.b", &"a".repeat(2049)] {
            assert_eq!(Cursor::parse(text), None);
        }
    }
}
