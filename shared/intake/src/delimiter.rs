//! The delimiter and the header of delimited text: whichever delimiter finds the best header.

use std::io;

use xinzheng_domain::table::Table;

use crate::encoding::TextEncoding;
use crate::header::{self, Header};
use crate::rows::DelimitedRows;

const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Looks for the header in the head of a file; `None` when no row of its first looks like one.
pub(crate) fn find(head: &[u8], encoding: TextEncoding, table: &Table, longest: usize) -> Option<(u8, Header)> {
    let names = header::names(table);
    let mut best: Option<(u8, Header)> = None;
    for delimiter in DELIMITERS {
        let mut rows = DelimitedRows::new(head.to_vec(), io::empty(), encoding, delimiter, longest, 0, 1);
        let mut found: Option<Header> = None;
        for _ in 0..header::SEARCHED {
            let Ok(Some(row)) = rows.next() else { break };
            header::better(&mut found, header::read(table, &names, row.number, row.written()));
        }
        if let Some(found) = found
            && best.as_ref().is_none_or(|(_, best)| found.matches() > best.matches())
        {
            best = Some((delimiter, found));
        }
    }
    best
}
