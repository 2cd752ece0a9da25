//! The rows of JSONL: an object in each line.

use std::io::{self, Read};

use xinzheng_domain::record::table::Table;

use crate::encoding::{self, TextEncoding};
use crate::frame::{Frame, Framer, Framing};
use crate::json::{self, JsonObject, Keys};
use crate::json_cell::JsonCell;
use crate::refusal::FileRefusal;
use crate::row::{Cells, Row, RowFault};

pub(crate) struct JsonLines<R> {
    framer: Framer<R>,
    encoding: TextEncoding,
    number: u64,
    keys: Keys,
    decoded: String,
    cells: Vec<JsonCell>,
}

impl<R: Read> JsonLines<R> {
    /// Reads `head` and then `rest`, from the row of number `first` on; `offset` is where in the file `head` begins.
    pub(crate) fn new(
        head: Vec<u8>,
        rest: R,
        encoding: TextEncoding,
        longest: usize,
        offset: u64,
        first: u64,
        keys: Keys,
    ) -> Self {
        Self {
            framer: Framer::new(head, rest, Framing::Lines, b'\n', longest, offset),
            encoding,
            number: first - 1,
            keys,
            decoded: String::new(),
            cells: vec![],
        }
    }

    /// Where in the file the next row begins, and its number.
    pub(crate) fn position(&self) -> (u64, u64) {
        (self.framer.position(), self.number + 1)
    }

    /// Passes over a row without looking into it; false at the end.
    pub(crate) fn pass_over(&mut self) -> io::Result<bool> {
        let passed = self.framer.next()?.is_some();
        self.number += u64::from(passed);
        Ok(passed)
    }

    /// Keys that came later than the header was told from, and that the table does not know.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = &String> {
        self.keys.unknown.iter()
    }

    /// The next row; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Row<'_>>> {
        let Some(frame) = self.framer.next()? else { return Ok(None) };
        self.number += 1;
        let (raw, mut fault) = match frame {
            Frame::Plain(raw) | Frame::Quoted(raw) => (raw, None),
            Frame::Unclosed(raw) | Frame::TooLong(raw) => (raw, Some(RowFault::TooLong)),
        };
        let text = encoding::text(self.encoding, raw, &mut self.decoded);
        self.cells = if fault.is_some() || text.trim().is_empty() {
            vec![JsonCell::Text(text.to_owned())]
        } else {
            match serde_json::from_str::<JsonObject>(text) {
                Ok(object) => self.keys.align(object),
                Err(error) => {
                    fault = Some(RowFault::NoObject(error.column()));
                    vec![JsonCell::Text(text.to_owned())]
                }
            }
        };
        Ok(Some(Row { number: self.number, plain: false, hidden: false, fault, cells: Cells::Json(&self.cells) }))
    }
}

impl JsonLines<io::Empty> {
    /// The keys of the first objects; `cut` when the head may end inside a line.
    pub(crate) fn keys(
        table: &'static Table,
        head: &[u8],
        cut: bool,
        encoding: TextEncoding,
        longest: usize,
        searched: usize,
    ) -> Result<Vec<String>, FileRefusal> {
        let end = memchr::memrchr(b'\n', head).filter(|_| cut);
        let whole = end.map_or(head, |end| head.get(..end).unwrap_or_default());
        let mut framer = Framer::new(whole.to_vec(), io::empty(), Framing::Lines, b'\n', longest, 0);
        let (mut objects, mut scratch) = (vec![], String::new());
        let mut failed = None;
        let mut line = 0;
        while let Ok(Some(frame)) = framer.next() {
            line += 1;
            let Frame::Plain(raw) = frame else { continue };
            let text = encoding::text(encoding, raw, &mut scratch);
            if text.trim().is_empty() {
                continue;
            }
            match serde_json::from_str::<JsonObject>(text) {
                Ok(object) => objects.push(object),
                Err(error) => {
                    failed.get_or_insert((line, error.column()));
                }
            }
            if objects.len() == searched {
                break;
            }
        }
        match failed {
            Some((line, column)) if objects.is_empty() => Err(FileRefusal::DamagedJson(line, column)),
            _ => Ok(json::keys(table, &objects)),
        }
    }
}
