//! One JSON document of many things: `{"files":[…],"all":2}`, written as they come.

use std::io::{self, BufRead, Write};

use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) struct Document<W: Write> {
    to: W,
    is_empty: bool,
}

impl<W: Write> Document<W> {
    /// Begins a document whose list has this name.
    pub(crate) fn begin(mut to: W, list: &str) -> io::Result<Self> {
        write!(to, "{{\"{list}\":[")?;
        Ok(Self { to, is_empty: true })
    }

    pub(crate) fn item(&mut self, item: &impl Serialize) -> io::Result<()> {
        self.next()?;
        Ok(serde_json::to_writer(&mut self.to, item)?)
    }

    /// Items that are written already, a line each.
    pub(crate) fn lines(&mut self, lines: impl BufRead) -> io::Result<()> {
        for line in lines.lines() {
            self.next()?;
            self.to.write_all(line?.as_bytes())?;
        }
        Ok(())
    }

    /// Ends it with what else is said.
    pub(crate) fn end(mut self, said: &Map<String, Value>) -> io::Result<()> {
        self.to.write_all(b"]")?;
        for (name, value) in said {
            write!(self.to, ",{}:{value}", Value::from(name.as_str()))?;
        }
        self.to.write_all(b"}\n")?;
        self.to.flush()
    }

    fn next(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.is_empty) {
            self.to.write_all(b",")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_document_is_json_whatever_is_in_it() {
        for (items, lines, expected) in [
            (vec![], "", r#"{"a":[],"n":1}"#),
            (vec!["x"], "", r#"{"a":["x"],"n":1}"#),
            (vec!["x", "\"y"], "{\"z\":1}\n2\n", r#"{"a":["x","\"y",{"z":1},2],"n":1}"#),
        ] {
            let mut bytes = vec![];
            let mut document = Document::begin(&mut bytes, "a").unwrap();
            for item in &items {
                document.item(item).unwrap();
            }
            document.lines(lines.as_bytes()).unwrap();
            document.end(&Map::from_iter([("n".to_owned(), Value::from(1))])).unwrap();
            assert_eq!(String::from_utf8(bytes).unwrap().trim_end(), expected);
        }
    }
}
