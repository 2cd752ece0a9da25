//! Whether a file looks like another table's or another unit's.

use std::borrow::Cow;
use std::collections::BTreeMap;

use xinzheng_domain::identity::catalogue::Unit;
use xinzheng_domain::record::table::Table;
use xinzheng_domain::{Catalogue, Field, TableId};

use crate::header::{self, Header};
use crate::refusal::FileRefusal;
use crate::sender::Sender;

/// How many rows are looked at.
const ROWS: usize = 200;

/// The table that a header fits better: it has every mandatory column of that table, and more of its columns.
pub(crate) fn other_table(header: &Header, table: &'static Table) -> Option<&'static Table> {
    let fits = |other: &'static Table| {
        let found = header::read(other, header::names(other), header.row, header.cells.clone());
        let whole = other
            .columns
            .iter()
            .zip(&found.places)
            .all(|(column, place)| place.is_some() || !column.required.is_mandatory());
        whole && found.matches() > header.matches()
    };
    TableId::ALL.into_iter().filter(|&id| id != table.table).map(TableId::standard).find(|other| fits(other))
}

/// Which units' names stand in the columns that say who decided.
pub(crate) struct Origin<'s> {
    sender: &'s Sender,
    places: Vec<usize>,
    seen: usize,
    rows: usize,
    ours: usize,
    others: BTreeMap<u8, usize>,
    /// The text that was looked at last, and the unit named in it: an authority's is the same in most rows.
    last: (String, Option<u8>),
}

impl<'s> Origin<'s> {
    pub(crate) fn new(sender: &'s Sender, header: &Header) -> Self {
        let table = sender.table.standard();
        let place = |field: Field| header.places.get(table.index_of(field)?)?.as_ref().map(|place| place.index);
        let places = [Field::Authority, Field::SourceUnit].into_iter().filter_map(place).collect();
        Self { sender, places, seen: 0, rows: 0, ours: 0, others: BTreeMap::new(), last: (String::new(), None) }
    }

    /// Looks at a row below the header, whose cells `text` gives.
    pub(crate) fn see<'c>(&mut self, text: impl Fn(usize) -> Cow<'c, str>) {
        if self.seen == ROWS {
            return;
        }
        self.seen += 1;
        let own = self.sender.unit.row();
        let mut named = vec![];
        for &place in &self.places {
            let text = text(place);
            if *text != self.last.0 {
                self.last = (text.clone().into_owned(), find_unit(&text).map(|unit| unit.no));
            }
            named.extend(self.last.1);
        }
        if !named.is_empty() {
            self.rows += 1;
            if named.contains(&own) {
                self.ours += 1;
            } else if let Some(other) = named.first() {
                *self.others.entry(*other).or_default() += 1;
            }
        }
    }

    /// True when no further rows are looked at.
    pub(crate) const fn has_enough(&self) -> bool {
        self.seen >= ROWS
    }

    /// Refuses a file in which most rows name one other unit of the directory as the one that decided.
    pub(crate) fn verdict(&self) -> Result<(), FileRefusal> {
        let Some((&other, &count)) = self.others.iter().max_by_key(|(_, count)| **count) else { return Ok(()) };
        if count * 2 <= self.rows || self.ours >= count {
            return Ok(());
        }
        let name = Catalogue::get().unit(other).map_or_else(String::new, |unit| unit.name.clone());
        let unit = self.sender.unit.name();
        Err(FileRefusal::OtherUnit { looks: name, rows: count as u64, seen: self.seen as u64, unit })
    }
}

/// The unit of the directory whose name stands in a text: the longest of those that do.
fn find_unit(text: &str) -> Option<&'static Unit> {
    let named = Catalogue::get().units.iter().filter(|unit| text.contains(unit.name.trim_start_matches('市')));
    named.max_by_key(|unit| unit.name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_told_from_what_authorities_call_themselves() {
        for (text, code) in [
            ("长治市市场监督管理局（虚构）", Some("market-supervision")),
            ("长治市潞州区市场监督管理局", Some("market-supervision")),
            ("长治市交通运输局", Some("transport")),
            ("长治市交通运输综合行政执法队", None),
            ("", None),
        ] {
            assert_eq!(find_unit(text).map(|unit| unit.code.as_str()), code, "{text}");
        }
    }
}
