//! A text in parts, each of which can be worked on by itself.

use std::io;

use serde::{Deserialize, Serialize};

use crate::delimited::Shape;
use crate::header::Header;
use crate::receipt::Reading;
use crate::sender::Confirmed;

/// How the rows of a text are read: what a part of a file needs to know about its beginning.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Layout {
    pub(crate) reading: Reading,
    /// Each header that stands in the file, and each that stands there again.
    pub(crate) headers: Vec<Header>,
    pub(crate) shape: Option<Shape>,
}

impl Layout {
    /// What the clerk said of the file.
    pub const fn confirmed(&self) -> Confirmed {
        self.reading.confirmed
    }
}

/// Rows of a file that are worked on by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The first byte.
    pub start: u64,
    /// The byte behind the last.
    pub end: u64,
    /// The number of its first row.
    pub first_row: u64,
    /// Which of the layout's headers its first rows stand under.
    #[serde(default)]
    pub header: usize,
}

/// Goes from row to row and parts the file where a part is full. `next` says where the row behind the next one begins, its
/// number, and the header that it stands under.
pub(crate) fn plan(
    parts: &mut Vec<Part>,
    bytes: u64,
    (mut start, mut first_row): (u64, u64),
    mut next: impl FnMut() -> io::Result<Option<((u64, u64), usize)>>,
) -> io::Result<()> {
    let (mut end, mut header) = (start, 0);
    while let Some(((position, row), under)) = next()? {
        end = position;
        if end - start >= bytes.max(1) {
            parts.push(Part { start, end, first_row, header });
            (start, first_row, header) = (end, row, under);
        }
    }
    if end > start {
        parts.push(Part { start, end, first_row, header });
    }
    Ok(())
}
