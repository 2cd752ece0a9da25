//! What the checks find in a row: faults, and what is told of it although it is none.

use xinzheng_domain::identity::citizen_id::mask_within;

use crate::header::Place;
use crate::normalisation::Normalisation;
use crate::rejection::{Rejection, RejectionCode, shown};
use crate::row::Row;

/// What the checks found in a row so far.
pub(crate) struct Findings<'c> {
    row: u64,
    sheet: Option<&'c str>,
    rejections: Vec<Rejection>,
    notes: &'c mut Notes,
    /// The column of the table whose cell is looked at, and the normalisations that it has a note of.
    column: usize,
    noted: u32,
}

/// What is told of a row although it is no fault.
#[derive(Default)]
pub(crate) struct Notes {
    /// Column indexes of the table, and what was normalised in them.
    pub(crate) normalised: Vec<(usize, Normalisation)>,
    /// True when the decision's text names sums, none of which is the fine.
    pub(crate) amount_unlike_text: bool,
}

/// The column that a fault is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'h> {
    pub(crate) header: &'h str,
    pub(crate) cell: Option<usize>,
}

/// The whole row.
pub(crate) const ROW: At<'static> = At { header: "", cell: None };

impl<'h> From<&'h Place> for At<'h> {
    fn from(place: &'h Place) -> Self {
        Self { header: &place.written, cell: Some(place.index) }
    }
}

impl<'c> Findings<'c> {
    /// Nothing yet, of the row of this number in its worksheet.
    pub(crate) const fn new(row: u64, sheet: Option<&'c str>, notes: &'c mut Notes) -> Self {
        Self { row, sheet, rejections: vec![], notes, column: 0, noted: 0 }
    }

    pub(crate) fn into_rejections(self) -> Vec<Rejection> {
        self.rejections
    }

    pub(crate) const fn is_faultless(&self) -> bool {
        self.rejections.is_empty()
    }

    /// How many faults and notes there are.
    pub(crate) const fn count(&self) -> (usize, usize) {
        (self.rejections.len(), self.notes.normalised.len())
    }

    pub(crate) fn reject(
        &mut self,
        column: At<'_>,
        value: &str,
        code: RejectionCode,
        reason: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.rejections.push(rejection((self.row, self.sheet), column, value, code, reason, hint));
    }

    /// The faults found, and one of the whole row.
    pub(crate) fn with_row(
        mut self,
        row: &Row<'_>,
        code: RejectionCode,
        reason: impl Into<String>,
        hint: impl Into<String>,
    ) -> Vec<Rejection> {
        self.reject(ROW, &row.cell(0).display(), code, reason, hint);
        self.rejections
    }

    /// Begins a cell of this column of the table.
    pub(crate) const fn begin(&mut self, column: usize) {
        (self.column, self.noted) = (column, 0);
    }

    /// Notes a normalisation of the cell.
    pub(crate) fn note(&mut self, normalisation: Normalisation) {
        self.notes.normalised.push((self.column, normalisation));
    }

    /// The same, once for a cell however many characters it touched.
    pub(crate) fn note_once(&mut self, normalisation: Normalisation) {
        let bit = 1_u32 << (normalisation as u32);
        if self.noted & bit == 0 {
            self.noted |= bit;
            self.note(normalisation);
        }
    }

    /// Notes that the decision's text names sums, none of which is the fine.
    pub(crate) const fn note_amount_unlike_text(&mut self) {
        self.notes.amount_unlike_text = true;
    }
}

/// A rejection of what stands in a row of a sheet, identity numbers in it hidden.
pub(crate) fn rejection(
    (row, sheet): (u64, Option<&str>),
    column: At<'_>,
    value: &str,
    code: RejectionCode,
    reason: impl Into<String>,
    hint: impl Into<String>,
) -> Rejection {
    Rejection {
        row,
        sheet: sheet.map(str::to_owned),
        cell: column.cell,
        column: column.header.to_owned(),
        value: mask_within(value).map_or_else(|| shown(value), |masked| shown(&masked)),
        code,
        reason: hidden(reason.into()),
        hint: hidden(hint.into()),
    }
}

/// What a rejection says, which may quote the cell, without identity numbers.
fn hidden(text: String) -> String {
    mask_within(&text).unwrap_or(text)
}
