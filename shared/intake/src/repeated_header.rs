//! A header that stands again below the first.

use xinzheng_domain::record::table::Table;

use crate::header::{self, Header};
use crate::row::Row;

/// The header that a row below one is again; `None` for a row of data.
pub(crate) fn header_again(row: &Row<'_>, table: &'static Table, current: &Header) -> Option<Header> {
    let cells = row.written(current.width());
    if row.fault.is_some() || !cells.iter().all(|cell| header::may_be(cell.as_bytes())) {
        return None;
    }
    // The same header, or a line of the same in two lines: what was read of it stays.
    if current.is_line(&cells) {
        return Some(current.clone());
    }
    let mut found = header::read(table, header::names(table), row.number, cells);
    if !header::is_again(&found, current) {
        return None;
    }
    let near = found.near_misses(table).into_iter().filter_map(|near| near.nearest);
    let near: Vec<String> = near.filter(|name| !current.unknown.contains(name)).collect();
    if !near.is_empty() {
        found.refusal = Some(format!("“{}”与归集标准的列名相近而不相同", near.join("、")));
    }
    Some(found)
}
