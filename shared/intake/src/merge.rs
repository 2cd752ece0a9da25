//! Merged cells of a worksheet.

use crate::reference::place;

/// Merged cells: rows from 1, columns from 0, the last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) first_row: u64,
    pub(crate) last_row: u64,
    pub(crate) first_column: usize,
    pub(crate) last_column: usize,
}

impl Merge {
    /// `A1:B2`.
    pub(crate) fn parse(reference: &str) -> Option<Self> {
        let (first, last) = reference.split_once(':')?;
        let ((first_row, first_column), (last_row, last_column)) = (place(first)?, place(last)?);
        Some(Self { first_row, last_row, first_column, last_column })
    }

    /// True when a cell is one of these, but not the one that holds their value.
    pub(crate) fn covers(&self, row: u64, column: usize) -> bool {
        (self.first_row..=self.last_row).contains(&row)
            && (self.first_column..=self.last_column).contains(&column)
            && (row, column) != (self.first_row, self.first_column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_cells_are_covered_but_the_first() {
        let merge = Merge::parse("B2:C3").unwrap();
        assert!(merge.covers(2, 2) && merge.covers(3, 1) && !merge.covers(2, 1) && !merge.covers(4, 1));
    }
}
