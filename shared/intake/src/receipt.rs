//! The receipt of an upload: what was read, taken, rejected and normalised.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xinzheng_domain::{TableId, UnitCode};

use crate::cell::Normalisation;
use crate::encoding::TextEncoding;
use crate::format::Format;
use crate::header::Header;

/// How many rows came to what. `accepted + rejected + blank` is `rows`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows below the header.
    pub rows: u64,
    /// Rows that became entries.
    pub accepted: u64,
    /// Rows with at least one fault.
    pub rejected: u64,
    /// Rows without any visible cell, and notes such as 填报人 below the data.
    pub blank: u64,
}

/// A normalisation made in a column, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptNormalisation {
    /// The column's header in the standard.
    pub column: String,
    /// What was done.
    pub normalisation: Normalisation,
    /// In how many cells.
    pub cells: u64,
}

/// What reading a file came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The format found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The encoding found, for text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<TextEncoding>,
    /// The worksheets read, for workbooks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// Worksheets that were not read: hidden ones, and those without a header of the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread_sheets: Vec<String>,
    /// The row of the header, in the first worksheet read; 0 for JSON, whose keys are the header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u64>,
    /// Headers that the standard does not know; their cells were not read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_columns: Vec<String>,
    /// Rows by outcome.
    pub counts: Counts,
    /// What was normalised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub normalisations: Vec<ReceiptNormalisation>,
    /// Faults of rejected rows, by their code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub faults: BTreeMap<String, u64>,
}

impl Reading {
    /// The same with the header of a table, in a worksheet when it has one.
    pub(crate) fn with_header(mut self, sheet: Option<&str>, header: &Header) -> Self {
        self.header_row.get_or_insert(header.row);
        self.sheets.extend(sheet.map(str::to_owned));
        for unknown in &header.unknown {
            if !self.unknown_columns.contains(unknown) {
                self.unknown_columns.push(unknown.clone());
            }
        }
        self
    }

    /// Adds what reading another part of the same file came to.
    pub fn add(&mut self, part: &Self) {
        self.counts.rows += part.counts.rows;
        self.counts.accepted += part.counts.accepted;
        self.counts.rejected += part.counts.rejected;
        self.counts.blank += part.counts.blank;
        for (code, times) in &part.faults {
            *self.faults.entry(code.clone()).or_default() += times;
        }
        for note in &part.normalisations {
            let same = |known: &&mut ReceiptNormalisation| {
                known.column == note.column && known.normalisation == note.normalisation
            };
            match self.normalisations.iter_mut().find(same) {
                Some(known) => known.cells += note.cells,
                None => self.normalisations.push(note.clone()),
            }
        }
    }
}

/// What a unit gets back for an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The id of the upload batch.
    pub batch: String,
    /// The key of the uploaded file.
    pub key: String,
    /// The unit; `None` when the key does not name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitCode>,
    /// The table; `None` when the key does not name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<TableId>,
    /// When the file reached the object store.
    pub stored_at: Timestamp,
    /// When intake was done with it.
    pub processed_at: Timestamp,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The code of the refusal of the whole file, if it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<ReceiptRefusal>,
    /// What was read.
    #[serde(flatten)]
    pub reading: Reading,
    /// The cells of the header as the file writes them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    /// The chunks written.
    pub chunks: u32,
    /// For each part of the file, how many objects of rejected rows there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected_objects: Vec<u32>,
    /// The key of the rejections file, when there are rejections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejections: Option<String>,
}

/// Why a whole file was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptRefusal {
    /// For programs.
    pub code: String,
    /// For people.
    pub reason: String,
    /// How to mend it.
    pub hint: String,
}
