//! The rows of a file of JSON that is held whole.

use xinzheng_domain::record::table::Table;

use crate::admission::{accept_keys, check_origin};
use crate::encoding::{self, TextEncoding};
use crate::format::Format;
use crate::header::{self, Header};
use crate::json::{self, JsonFault, JsonObject, Keys};
use crate::receipt::{Notice, Reading, without_numbers};
use crate::refusal::FileRefusal;
use crate::row::{Cells, Row};
use crate::sender::Sender;

/// The objects of a file of JSON, with their header.
pub(crate) struct Objects {
    pub(crate) objects: Vec<JsonObject>,
    pub(crate) header: Header,
    pub(crate) keys: Keys,
}

/// Reads a file of JSON to its end.
pub(crate) fn open(bytes: &[u8], sender: &Sender, table: &'static Table) -> Result<(Reading, Objects), FileRefusal> {
    let detected = encoding::detect(bytes);
    let mut scratch = String::new();
    let decoded;
    let text = if detected.encoding == TextEncoding::Utf16 {
        decoded = encoding::of_utf16(bytes);
        decoded.as_str()
    } else {
        encoding::text(detected.encoding, bytes.get(detected.mark..).unwrap_or_default(), &mut scratch)
    };
    let mut lists = json::lists(text.as_bytes()).map_err(|fault| match fault {
        JsonFault::NoList => FileRefusal::NoList,
        JsonFault::TooMany => FileRefusal::TooManyObjects(json::MOST_OBJECTS as u64),
        JsonFault::Damaged(error) => FileRefusal::DamagedJson(error.line(), error.column()),
    })?;
    lists.retain(|(_, objects)| !objects.is_empty());
    let mut reading = Reading::begun(Format::Json, Some(detected.encoding), sender.confirmed);
    let matches =
        |objects: &[JsonObject]| header::read(table, header::names(table), 0, json::keys(table, objects)).matches();
    let known: Vec<usize> = lists.iter().map(|(_, objects)| matches(objects)).collect();
    let most = known.iter().copied().max().ok_or(FileRefusal::Empty)?;
    let mut objects = vec![];
    for ((key, list), known) in lists.into_iter().zip(known) {
        // Lists of other things have hardly a key in common with the table.
        if known * 2 >= most {
            objects.extend(list);
        } else {
            let key = without_numbers(key.unwrap_or_default());
            reading.notice(Notice::ListUnread { key, rows: list.len() as u64 });
        }
    }
    let mut header = accept_keys(table, json::keys(table, &objects), sender, &mut reading)?;
    let keys = Keys::complete(table, &mut header);
    let reading = reading.with_header(None, &header);
    let mut sample = Keys::complete(table, &mut header.clone());
    check_origin(sender, &header, |see| {
        for object in &objects {
            let cells = sample.align(object.clone());
            let cells = Cells::Json(&cells);
            if !see(&Row { number: 1, plain: false, hidden: false, fault: None, cells }) {
                break;
            }
        }
    })?;
    Ok((reading, Objects { objects, header, keys }))
}
