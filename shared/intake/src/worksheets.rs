//! The worksheets of a workbook that are read: found by looking through all of it.

use std::ops::ControlFlow;
use std::sync::Arc;

use xinzheng_domain::identity::citizen_id::mask_within;
use xinzheng_domain::record::effect::{EFFECTS_HEADER, EFFECTS_SHEET};
use xinzheng_domain::record::table::Table;

use crate::admission::accept_header;
use crate::format::Format;
use crate::header::{self, Header};
use crate::limits::Limits;
use crate::merge::Merge;
use crate::origin::Origin;
use crate::receipt::{Notice, Reading};
use crate::reference::COLUMNS;
use crate::refusal::FileRefusal;
use crate::repeated_header::header_again;
use crate::sender::Sender;
use crate::workbook::{Sheet, Workbook};

pub(crate) struct Worksheet {
    /// Where it stands among the workbook's worksheets.
    pub(crate) index: usize,
    pub(crate) name: String,
    /// `None` for a sheet whose rows look like data, but stand under no header.
    pub(crate) header: Option<Header>,
    /// How many columns of its rows are kept.
    pub(crate) width: usize,
    pub(crate) merges: Vec<Merge>,
}

/// Opens a workbook and looks through all of its worksheets, so that damage anywhere refuses the file.
pub(crate) fn open(
    bytes: Arc<[u8]>,
    format: Format,
    sender: &Sender,
    table: &'static Table,
    limits: &Limits,
) -> Result<(Reading, Workbook, Vec<Worksheet>), FileRefusal> {
    let mut workbook = Workbook::open(bytes, format, limits)?;
    let mut reading = Reading::begun(format, None, sender.confirmed);
    let mut sheets: Vec<Worksheet> = vec![];
    let mut refusal = None;
    for (index, Sheet { name, visible }) in workbook.sheets().into_iter().enumerate() {
        if visible && name == EFFECTS_SHEET && is_of_effects(&mut workbook, index)? {
            continue;
        }
        // Sheets are found by their place; what is told of them names nobody's number.
        let name = mask_within(&name).unwrap_or(name);
        if !visible {
            reading.notice(Notice::SheetUnread { sheet: name, hidden: true });
            continue;
        }
        let found = look_through(&mut workbook, index, table, sender)?;
        let Some(header) = found.header else {
            if found.data_rows > 0 {
                sheets.push(Worksheet { index, name, header: None, width: COLUMNS, merges: vec![] });
            } else if found.cells > 0 {
                reading.notice(Notice::SheetUnread { sheet: name, hidden: false });
            }
            continue;
        };
        match accept_header(header, table, sender, &mut reading).and_then(|header| found.origin.map(|()| header)) {
            Ok(header) => {
                reading = reading.with_header(Some(&name), &header);
                let width = found.width.max(header.kept());
                sheets.push(Worksheet { index, name, header: Some(header), width, merges: found.merges });
            }
            Err(FileRefusal::MissingColumns { missing, looks, .. }) => {
                refusal.get_or_insert(FileRefusal::MissingColumns { missing, sheet: Some(name), looks });
            }
            Err(other) => _ = refusal.get_or_insert(other),
        }
    }
    if let Some(refusal) = refusal {
        // A sheet that is meant to be read and cannot be would be lost in silence.
        return Err(refusal);
    }
    if sheets.iter().all(|sheet| sheet.header.is_none()) {
        return Err(FileRefusal::NoHeader(None));
    }
    Ok((reading, workbook, sheets))
}

/// True of the worksheet that a marked workbook has beside the returned rows, which tells what the others came to.
fn is_of_effects(workbook: &mut Workbook, index: usize) -> Result<bool, FileRefusal> {
    let mut is_of_effects = false;
    workbook.rows(index, &std::cell::Cell::new(EFFECTS_HEADER.len()), false, &mut |row| {
        is_of_effects = row.written(EFFECTS_HEADER.len()) == EFFECTS_HEADER;
        ControlFlow::Break(())
    })?;
    Ok(is_of_effects)
}

/// What a look through a worksheet found.
struct Found {
    header: Option<Header>,
    /// How many columns its headers need.
    width: usize,
    cells: u64,
    /// Rows that have as many cells as rows of the table, whatever they say.
    data_rows: u64,
    merges: Vec<Merge>,
    origin: Result<(), FileRefusal>,
}

/// Looks through a worksheet to its end, although the header stands at the beginning: damage below must not come up half
/// way.
fn look_through(
    workbook: &mut Workbook,
    index: usize,
    table: &'static Table,
    sender: &Sender,
) -> Result<Found, FileRefusal> {
    let names = header::names(table);
    let mut first: Vec<(u64, Vec<String>)> = vec![];
    let (mut header, mut origin): (Option<Header>, Option<Origin<'_>>) = (None, None);
    let (mut cells, mut data_rows) = (0, 0);
    let width = std::cell::Cell::new(COLUMNS);
    let settle = |first: &[(u64, Vec<String>)]| {
        let header = header::search(table, names, first)?;
        let mut origin = Origin::new(sender, &header);
        for (_, cells) in first.iter().filter(|(number, _)| *number > header.row) {
            origin.see(|place| cells.get(place).map_or("", String::as_str).into());
        }
        width.set(header.kept());
        Some((header, origin))
    };
    let mut settled = false;
    let merges = workbook.rows(index, &width, false, &mut |row| {
        let filled = row.filled();
        cells += filled as u64;
        data_rows += u64::from(header::is_data(filled, table));
        if first.len() < header::SEARCHED {
            first.push((row.number, row.written(COLUMNS)));
            return ControlFlow::Continue(());
        }
        if !settled {
            settled = true;
            (header, origin) = settle(&first).unzip();
        }
        if let Some(current) = &header
            && filled > 0
            && let Some(again) = header_again(&row, table, current)
        {
            width.set(width.get().max(again.kept()));
        }
        if let Some(origin) = &mut origin {
            origin.see(|place| row.cell(place).display().into_owned().into());
        }
        ControlFlow::Continue(())
    })?;
    if !settled {
        (header, origin) = settle(&first).unzip();
    }
    for (number, row) in &first {
        if let Some(current) = header.as_ref().filter(|header| *number > header.row) {
            let again = header::read(table, names, *number, row.clone());
            if header::is_again(&again, current) {
                width.set(width.get().max(again.kept()));
            }
        }
    }
    let verdict = match origin {
        Some(origin) if !sender.confirmed.origin => origin.verdict(),
        _ => Ok(()),
    };
    Ok(Found { header, width: width.get(), cells, data_rows, merges, origin: verdict })
}
