//! What can go wrong while the sample is made or written.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use thiserror::Error;
use xinzheng_domain::record::upload_key::UploadKeyError;

/// Why the sample could not be made or written.
#[derive(Debug, Error)]
pub enum SampleError {
    /// A file or folder could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Text could not be laid out as CSV.
    #[error("cannot make CSV: {0}")]
    Csv(#[from] csv::Error),
    /// A workbook could not be made.
    #[error("cannot make a workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// A planned file's key is no upload key.
    #[error("{key} is no upload key: {source}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with it.
        source: UploadKeyError,
    },
    /// There is no sample for that day.
    #[error("there is a sample for each day from {from} to {to}, not for {day}")]
    Day {
        /// The day.
        day: Date,
        /// The first day that there is one for.
        from: Date,
        /// The last.
        to: Date,
    },
    /// The plan and its data do not fit together: a unit without wording, a field that its table has not.
    #[error("the sample's data are not whole: {0}")]
    NotWhole(String),
}

impl SampleError {
    /// Puts the path that could not be written in front of the system's reason.
    pub(crate) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.to_owned(), source }
    }
}
