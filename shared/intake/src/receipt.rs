//! The receipt of an upload: what was read, taken, rejected and normalised.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xinzheng_domain::{TableId, UnitCode};

use crate::cell::Normalisation;
use crate::encoding::TextEncoding;
use crate::format::Format;

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
    /// The format found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The encoding found, for text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<TextEncoding>,
    /// The worksheet read, for workbooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Worksheets that were not read: hidden ones, and further ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread_sheets: Vec<String>,
    /// The row of the header.
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
    /// The chunks written.
    pub chunks: u32,
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
