//! Which headers and first rows a file may have: whether it is the table and the unit's that its sender says.

use xinzheng_domain::record::table::Table;

use crate::cell::Cell;
use crate::header::{self, Header};
use crate::origin::{self, Origin};
use crate::receipt::{Notice, Reading};
use crate::refusal::FileRefusal;
use crate::row::Row;
use crate::sender::Sender;

/// A header that a file may be read under, or the refusal of the file.
pub(crate) fn accept_header(
    header: Header,
    table: &'static Table,
    sender: &Sender,
    reading: &mut Reading,
) -> Result<Header, FileRefusal> {
    let looks = origin::other_table(&header, table).map(|other| other.title.clone());
    let missing = header.missing(table);
    if !missing.is_empty() {
        return Err(FileRefusal::MissingColumns { missing, sheet: None, looks });
    }
    if let Some(looks) = looks.filter(|_| !sender.confirmed.origin) {
        return Err(FileRefusal::OtherTable { looks, sent: table.title.clone() });
    }
    let near = header.near_misses(table);
    if !near.is_empty() {
        if !sender.confirmed.columns {
            return Err(FileRefusal::NearMisses(near));
        }
        reading
            .notice(Notice::NearlyKnownLeftOut { columns: near.into_iter().filter_map(|near| near.nearest).collect() });
    }
    Ok(header)
}

/// Refuses a file whose first rows another unit decided, unless the clerk said that it is right.
pub(crate) fn check_origin(
    sender: &Sender,
    header: &Header,
    rows: impl FnOnce(&mut dyn FnMut(&Row<'_>) -> bool),
) -> Result<(), FileRefusal> {
    if sender.confirmed.origin {
        return Ok(());
    }
    let mut origin = Origin::new(sender, header);
    rows(&mut |row| {
        if !row.is_blank() {
            origin.see(|place| match row.cell(place) {
                Cell::Text(text) => text.into(),
                cell => cell.display().into_owned().into(),
            });
        }
        !origin.has_enough()
    });
    origin.verdict()
}

/// The header that the keys of objects make.
pub(crate) fn accept_keys(
    table: &'static Table,
    keys: Vec<String>,
    sender: &Sender,
    reading: &mut Reading,
) -> Result<Header, FileRefusal> {
    let header = header::read(table, header::names(table), 0, keys);
    if header.matches() < 2 { Err(FileRefusal::NoHeader(None)) } else { accept_header(header, table, sender, reading) }
}
