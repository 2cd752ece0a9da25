//! The values of a row by the fields of its table.

use std::borrow::Cow;

use jiff::civil::Date;
use smallvec::SmallVec;
use xinzheng_domain::record::Authority;
use xinzheng_domain::record::table::Column;
use xinzheng_domain::{Amount, DocumentNumber, Field, Uscc};

use crate::findings::{At, ROW};
use crate::reference::column_letters;
use crate::surroundings::Surroundings;
use crate::value::Value;

/// The columns of the widest table, and room for two more.
const WIDEST: usize = 32;

/// How many merged cells are looked at to explain a blank one.
const MERGES_LOOKED_AT: usize = 200;

/// A row's values by field, in the order of the table's columns, without an allocation.
pub(crate) struct Fields<'a, 'r> {
    pub(crate) surroundings: Surroundings<'a>,
    row: u64,
    values: [Value<'r>; WIDEST],
}

impl<'a, 'r> Fields<'a, 'r> {
    /// Blanks, of the row of this number.
    #[inline]
    pub(crate) const fn blank(surroundings: Surroundings<'a>, row: u64) -> Self {
        Self { surroundings, row, values: [const { Value::Blank }; WIDEST] }
    }

    /// The values to be, in the order of the table's columns.
    #[inline]
    pub(crate) const fn values_mut(&mut self) -> &mut [Value<'r>] {
        &mut self.values
    }

    /// The table's columns with what stands in them.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&'static Column, &Value<'r>)> {
        self.surroundings.table.columns.iter().zip(&self.values)
    }

    /// The value of a field; blank when the table has no such field.
    #[inline]
    pub(crate) fn get(&self, field: Field) -> &Value<'r> {
        self.surroundings.table.index_of(field).and_then(|index| self.values.get(index)).unwrap_or(&Value::Blank)
    }

    /// Takes the value of a field out of the row.
    #[inline]
    pub(crate) fn take(&mut self, field: Field) -> Value<'r> {
        let index = self.surroundings.table.index_of(field);
        let value = index.and_then(|index| self.values.get_mut(index));
        value.map_or(Value::Blank, |value| std::mem::replace(value, Value::Blank))
    }

    /// The column of a field as the file has it, or the standard's header for it.
    pub(crate) fn at(&self, field: Field) -> At<'_> {
        let Some(index) = self.surroundings.table.index_of(field) else { return ROW };
        match (self.surroundings.header.places.get(index), self.surroundings.table.columns.get(index)) {
            (Some(Some(place)), _) => At::from(place),
            (_, Some(column)) => At { header: &column.header, cell: None },
            _ => ROW,
        }
    }

    pub(crate) fn header(&self, field: Field) -> &str {
        self.at(field).header
    }

    /// The merged cells that cover a column's cell in this row, as a spreadsheet names them.
    pub(crate) fn merged(&self, field: Field) -> Option<String> {
        let cell = self.at(field).cell?;
        // Those that begin above, the nearest first; a sheet with very many is one that nobody made by hand.
        let above = self.surroundings.merges.partition_point(|merge| merge.first_row <= self.row);
        let near = self.surroundings.merges.get(..above)?.iter().rev().take(MERGES_LOOKED_AT);
        let merge = near.into_iter().find(|merge| merge.covers(self.row, cell))?;
        let place = |column, row| format!("{}{row}", column_letters(column));
        Some(format!("{}:{}", place(merge.first_column, merge.first_row), place(merge.last_column, merge.last_row)))
    }
}

/// Values by type. Texts are taken out of the row, each once.
impl<'r> Fields<'_, 'r> {
    pub(crate) fn text(&mut self, field: Field) -> Option<Cow<'r, str>> {
        match self.take(field) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn uscc(&self, field: Field) -> Option<Uscc> {
        match self.get(field) {
            Value::Uscc(uscc) => Some(*uscc),
            _ => None,
        }
    }

    pub(crate) fn date(&self, field: Field) -> Option<Date> {
        match self.get(field) {
            Value::Date(date) => Some(*date),
            _ => None,
        }
    }

    pub(crate) fn amount(&self, field: Field) -> Option<Amount> {
        match self.get(field) {
            Value::Amount(amount) => Some(*amount),
            _ => None,
        }
    }

    pub(crate) fn flag(&self, field: Field) -> Option<bool> {
        match self.get(field) {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    pub(crate) fn code(&self, field: Field) -> Option<&'static str> {
        match self.get(field) {
            Value::Code(code) => Some(code),
            _ => None,
        }
    }

    pub(crate) fn codes(&self, field: Field) -> Option<SmallVec<[Cow<'r, str>; 4]>> {
        match self.get(field) {
            Value::Codes(codes) => Some(codes.iter().map(|code| -> Cow<'r, str> { code.into() }).collect()),
            _ => None,
        }
    }

    pub(crate) fn list(&self, field: Field) -> Option<Cow<'r, str>> {
        match self.get(field) {
            Value::List(list) => Some(Cow::Borrowed(*list)),
            _ => None,
        }
    }

    pub(crate) fn document(&mut self, field: Field) -> Option<DocumentNumber<'r>> {
        match self.take(field) {
            Value::Document(document) => Some(document),
            _ => None,
        }
    }

    pub(crate) fn authority(&mut self, name: Field, uscc: Field) -> Option<Authority<'r>> {
        Some(Authority { name: self.text(name)?, uscc: self.uscc(uscc)? })
    }

    pub(crate) fn standard_header(&self, field: Field) -> &'static str {
        let table = self.surroundings.table;
        table.index_of(field).and_then(|index| table.columns.get(index)).map_or("", |c| c.header.as_str())
    }
}

#[cfg(test)]
mod tests {
    use xinzheng_domain::TableId;

    use super::*;

    #[test]
    fn every_table_has_room() {
        for table in TableId::ALL {
            assert!(table.standard().columns.len() <= WIDEST, "{table}");
        }
    }
}
