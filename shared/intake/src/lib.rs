//! Intake: bytes of an uploaded table -> rows -> records or rejections. Pure: no I/O, no clock.
//!
//! Nothing is dropped in silence: each row of the file is accepted, rejected with a reason for every faulty cell, or
//! blank, and the counts of the three add up to the rows (R4).
//!
//! ```text
//! bytes ─ format ─▶ rows (csv | workbook) ─ header ─▶ columns ─ cell ─▶ values ─ check ─▶ Entry | Rejections
//! ```

mod amount;
mod assembly;
mod cell;
mod check;
mod date;
mod encoding;
mod format;
mod header;
mod intake;
mod receipt;
mod refusal;
mod rejection;
mod rows;
mod workbook;

pub use cell::{Cell, Normalisation};
pub use check::Sender;
pub use encoding::TextEncoding;
pub use format::Format;
pub use intake::{Intake, Limits, RowOutcome};
pub use receipt::{Counts, Receipt, ReceiptNormalisation, ReceiptRefusal};
pub use refusal::FileRefusal;
pub use rejection::{Rejection, RejectionCode, rejections_csv};
