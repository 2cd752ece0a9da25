//! Intake: bytes of an uploaded table -> rows -> records or rejections. Pure: no I/O but the reader it is given, no
//! clock.
//!
//! Nothing is dropped in silence: each row of the file is accepted, rejected with a reason for every faulty cell, or
//! blank, and the counts of the three add up to the rows (R4).
//!
//! ```text
//! bytes ─ format ─▶ rows (delimited | JSON | workbook) ─ header ─▶ columns ─ cell ─▶ values ─ check ─▶ Entry | Rejections
//! ```
//!
//! Text is read row by row: memory does not grow with the file, and a valid row of a text costs no allocation. Rows are
//! borrowed from the reader's buffer, so they are given to a closure one by one.

mod admission;
mod amount;
mod assembly;
mod cell;
mod character;
mod check;
mod cleaning;
mod codes;
mod date;
mod delimited;
mod delimiter;
mod doubles;
mod encoding;
mod fields;
mod findings;
mod format;
mod frame;
mod header;
mod intake;
mod json;
mod json_cell;
mod limits;
mod lines;
mod merge;
mod normalisation;
mod number;
mod number_form;
mod objects;
mod origin;
mod parts;
mod placeholder;
mod receipt;
mod reference;
mod refusal;
mod rejection;
mod remembered;
mod repeated_header;
mod return_reason;
mod row;
mod sender;
mod sheet_cell;
mod sums;
mod surroundings;
mod tally;
mod value;
mod workbook;
mod worksheets;

pub use encoding::TextEncoding;
pub use format::Format;
pub use header::{MARKED_BEYOND, MARKED_FAULTS, MARKED_ROW};
pub use intake::{Intake, OpenError};
pub use limits::Limits;
pub use normalisation::Normalisation;
pub use parts::{Layout, Part};
pub use receipt::{Counts, Notice, Reading, Receipt, ReceiptHeader, ReceiptNormalisation, ReceiptRefusal};
pub use refusal::FileRefusal;
pub use rejection::{RejectedRow, Rejection, RejectionCode, rejections_csv, rejections_header};
pub use return_reason::ReturnReason;
pub use sender::{Confirmed, Sender};
pub use tally::RowOutcome;
