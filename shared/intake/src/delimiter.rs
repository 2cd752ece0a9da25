//! The delimiter and the header of delimited text: whichever delimiter finds the best header.

use std::io;

use xinzheng_domain::record::table::Table;

use crate::delimited::{DelimitedRows, Shape};
use crate::encoding::TextEncoding;
use crate::frame;
use crate::header::{self, Header};
use crate::reference::COLUMNS;

const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Looks for the header in the head of a file; `None` when no row of its first looks like one.
pub(crate) fn find(
    head: &[u8],
    encoding: TextEncoding,
    table: &'static Table,
    longest: usize,
) -> Option<(Shape, Header)> {
    let names = header::names(table);
    let line_end = frame::line_end(head);
    let mut best: Option<(Shape, Header)> = None;
    for delimiter in DELIMITERS {
        let shape = Shape { encoding, delimiter, line_end };
        let mut rows = DelimitedRows::new(head.to_vec(), io::empty(), shape, longest, 0, 1);
        let mut first = vec![];
        while first.len() < header::SEARCHED
            && let Ok(Some(row)) = rows.next()
        {
            first.push((row.number, row.written(COLUMNS)));
        }
        if let Some(found) = header::search(table, names, &first)
            && best.as_ref().is_none_or(|(_, best)| found.matches() > best.matches())
        {
            best = Some((shape, found));
        }
    }
    best
}
