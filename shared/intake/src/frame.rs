//! Rows of a text file as bytes: where each begins and ends, without looking into it. Memory holds one row and a
//! buffer, however long the file is.

use std::io::{self, Read};

use memchr::{memchr, memchr2, memchr2_iter};

/// How much is read at once.
const BUFFER: usize = 256 * 1024;

/// How much is kept of a line that is too long.
const KEPT: usize = 1024;

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The byte that ends the lines of a text: a carriage return alone where the text's head has more of these than line feeds,
/// as old Macs and some programs write.
pub(crate) fn line_end(head: &[u8]) -> u8 {
    let (mut returns, mut feeds) = (0, 0);
    for at in memchr2_iter(b'\n', b'\r', head) {
        match (head.get(at), head.get(at + 1)) {
            (Some(b'\r'), next) => returns += usize::from(next != Some(&b'\n')),
            _ => feeds += 1,
        }
    }
    // A cell may hold the other one.
    if returns > feeds { b'\r' } else { b'\n' }
}

/// How rows end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// At a line break outside quotes; fields that begin with a quote may hold line breaks.
    Delimited(u8),
    /// At every line break.
    Lines,
}

/// A row's bytes, without its line break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame<'b> {
    /// No field is quoted.
    Plain(&'b [u8]),
    /// Some field may be quoted.
    Quoted(&'b [u8]),
    /// A quote opens in this line and is not closed within the longest row, or in the file. Reading goes on with the
    /// next line, so that one forgotten quote does not swallow the rest of the file.
    Unclosed(&'b [u8]),
    /// A line longer than the longest row; holds its beginning.
    TooLong(&'b [u8]),
}

/// Cuts what it reads into rows.
pub(crate) struct Framer<R> {
    source: R,
    framing: Framing,
    line_end: u8,
    longest: usize,
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
    /// Where in the file `buffer` begins.
    offset: u64,
    /// The beginning of a line that was too long.
    kept: Vec<u8>,
}

impl<R: Read> Framer<R> {
    /// Reads `head` and then `rest`, whose lines end with `line_end`; `offset` is where in the file `head` begins. No row is longer than `longest`.
    pub(crate) fn new(head: Vec<u8>, rest: R, framing: Framing, line_end: u8, longest: usize, offset: u64) -> Self {
        Self { source: rest, framing, line_end, longest, buffer: head, start: 0, ended: false, offset, kept: vec![] }
    }

    /// Where in the file the next row begins.
    pub(crate) fn position(&self) -> u64 {
        self.offset + self.start as u64
    }

    /// The next row; `None` at the end of the file.
    pub(crate) fn next(&mut self) -> io::Result<Option<Frame<'_>>> {
        loop {
            let unread = self.buffer.get(self.start..).unwrap_or_default();
            if unread.is_empty() && self.ended {
                return Ok(None);
            }
            // Exactly so far and no further, so that the same rows are found however the file arrives.
            let window = unread.get(..unread.len().min(self.longest)).unwrap_or_default();
            let ended = self.ended && window.len() == unread.len();
            match find(window, self.framing, self.line_end, ended) {
                Found::Row { length, line_break, kind } => {
                    let begin = self.start;
                    self.start += length + line_break;
                    let bytes = without_return(self.buffer.get(begin..begin + length).unwrap_or_default());
                    return Ok(Some(match kind {
                        Kind::Plain => Frame::Plain(bytes),
                        Kind::Quoted => Frame::Quoted(bytes),
                    }));
                }
                Found::Broken if memchr(self.line_end, window).is_some() => return self.first_line().map(Some),
                Found::MoreNeeded | Found::Broken if window.len() == self.longest || ended => {
                    return self.first_line().map(Some);
                }
                Found::MoreNeeded | Found::Broken => self.fill()?,
            }
        }
    }

    /// The row has no end in sight: takes its first line by itself.
    fn first_line(&mut self) -> io::Result<Frame<'_>> {
        let unread = self.buffer.get(self.start..).unwrap_or_default();
        let window = unread.get(..unread.len().min(self.longest)).unwrap_or_default();
        let length =
            memchr(self.line_end, window).or((self.ended && window.len() == unread.len()).then_some(window.len()));
        if let Some(length) = length {
            let begin = self.start;
            self.start = (begin + length + 1).min(self.buffer.len());
            return Ok(Frame::Unclosed(without_return(self.buffer.get(begin..begin + length).unwrap_or_default())));
        }
        // One line longer than the longest row: its beginning is kept, the rest is passed over.
        self.kept.clear();
        self.kept.extend_from_slice(window.get(..window.len().min(KEPT)).unwrap_or_default());
        loop {
            let unread = self.buffer.get(self.start..).unwrap_or_default();
            if let Some(length) = memchr(self.line_end, unread) {
                self.start += length + 1;
                return Ok(Frame::TooLong(&self.kept));
            }
            self.start = self.buffer.len();
            if self.ended {
                return Ok(Frame::TooLong(&self.kept));
            }
            self.fill()?;
        }
    }

    /// Reads on; what was returned before leaves the buffer.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.offset += self.start as u64;
        self.start = 0;
        let unread = self.buffer.len();
        self.buffer.resize(unread + BUFFER, 0);
        let read = loop {
            match self.source.read(self.buffer.get_mut(unread..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.buffer.truncate(unread + read.as_ref().map_or(0, |&read| read));
        self.ended = read? == 0;
        Ok(())
    }
}

enum Kind {
    Plain,
    Quoted,
}

enum Found {
    Row {
        length: usize,
        line_break: usize,
        kind: Kind,
    },
    /// A field that spans lines, or holds a delimiter, is closed before other text: its quote is a stray one.
    Broken,
    MoreNeeded,
}

/// The end of the row that `bytes` begin with.
fn find(bytes: &[u8], framing: Framing, line_end: u8, ended: bool) -> Found {
    let line = memchr(line_end, bytes);
    let line_bytes = bytes.get(..line.unwrap_or(bytes.len())).unwrap_or_default();
    let Framing::Delimited(delimiter) = framing else { return plain(line, bytes.len(), ended) };
    let Some(quote) = memchr(b'"', line_bytes) else { return plain(line, bytes.len(), ended) };
    // Fields before the first quote hold none; the field with it begins behind the last delimiter.
    let field = memchr::memrchr(delimiter, line_bytes.get(..quote).unwrap_or_default()).map_or(0, |at| at + 1);
    quoted(bytes, field, delimiter, line_end, ended)
}

fn plain(line: Option<usize>, length: usize, ended: bool) -> Found {
    match line {
        Some(length) => Found::Row { length, line_break: 1, kind: Kind::Plain },
        None if ended => Found::Row { length, line_break: 0, kind: Kind::Plain },
        None => Found::MoreNeeded,
    }
}

/// Goes from field to field until a line break outside quotes.
fn quoted(bytes: &[u8], mut at: usize, delimiter: u8, line_end: u8, ended: bool) -> Found {
    loop {
        let field = bytes.get(at..).unwrap_or_default();
        let opening = opening_quote(field);
        if let Some(opening) = opening {
            let inner = field.get(opening..).unwrap_or_default();
            let Some(length) = closing_quote(inner) else { return Found::MoreNeeded };
            if at + opening + length == bytes.len() && !ended {
                // The quote may be the first half of a doubled one.
                return Found::MoreNeeded;
            }
            at += opening + length;
            let inside = inner.get(..length).unwrap_or_default();
            if memchr2(delimiter, line_end, inside).is_some() {
                let behind = bytes.get(at..).unwrap_or_default();
                match behind.iter().find(|&&byte| !matches!(byte, b' ' | b'\r')) {
                    None if !ended => return Found::MoreNeeded,
                    Some(&byte) if byte != delimiter && byte != line_end => return Found::Broken,
                    _ => {}
                }
            }
        }
        let rest = bytes.get(at..).unwrap_or_default();
        match memchr2(delimiter, line_end, rest) {
            Some(next) if rest.get(next) == Some(&line_end) => {
                return Found::Row { length: at + next, line_break: 1, kind: Kind::Quoted };
            }
            Some(next) => at += next + 1,
            None if ended => return Found::Row { length: bytes.len(), line_break: 0, kind: Kind::Quoted },
            None => return Found::MoreNeeded,
        }
    }
}

/// Where the quote stands that a field begins with, perhaps behind spaces.
pub(crate) fn opening_quote(field: &[u8]) -> Option<usize> {
    let spaces = field.iter().take_while(|&&byte| byte == b' ').count();
    (field.get(spaces) == Some(&b'"')).then_some(spaces)
}

/// The length of a quoted field up to and with its closing quote; `None` when it is not closed.
pub(crate) fn closing_quote(field: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr(b'"', field.get(at..)?)? + 1;
        if field.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time of a short text, and of a long one a hundredth, as a slow network would.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let (given, rest) = self.0.split_at(self.1.min(self.0.len()));
            to[..given.len()].copy_from_slice(given);
            self.0 = rest;
            Ok(given.len())
        }
    }

    fn frames(text: &str, longest: usize) -> Vec<(String, u64)> {
        let mut framer = Framer::new(
            vec![],
            Trickle(text.as_bytes(), text.len() / 100 + 1),
            Framing::Delimited(b','),
            b'\n',
            longest,
            0,
        );
        let mut found = vec![];
        loop {
            let position = framer.position();
            let Some(frame) = framer.next().unwrap() else { break };
            let (kind, bytes) = match frame {
                Frame::Plain(bytes) => ("", bytes),
                Frame::Quoted(bytes) => ("q:", bytes),
                Frame::Unclosed(bytes) => ("u:", bytes),
                Frame::TooLong(bytes) => ("l:", bytes),
            };
            found.push((format!("{kind}{}", String::from_utf8_lossy(bytes)), position));
        }
        found
    }

    #[test]
    fn rows_end_at_line_breaks_outside_quotes() {
        for (text, expected) in [
            ("a,b\n1,2\n", vec![("a,b", 0), ("1,2", 4)]),
            ("a,b\r\n\r\n1,2", vec![("a,b", 0), ("", 5), ("1,2", 7)]),
            ("a,\"x\ny\",2\n3\n", vec![("q:a,\"x\ny\",2", 0), ("3", 10)]),
            ("\"a\"\"\nb\"\nc", vec![("q:\"a\"\"\nb\"", 0), ("c", 8)]),
            ("5\" pipe,x\ny", vec![("q:5\" pipe,x", 0), ("y", 10)]),
            ("", vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(row, at)| (row.to_owned(), at)).collect();
            assert_eq!(frames(text, 100), expected, "{text:?}");
        }
    }

    #[test]
    fn a_forgotten_quote_costs_one_line() {
        let expected: Vec<_> = [("u:a,\"b", 0), ("c,d", 5), ("e", 9)].map(|(row, at)| (row.to_owned(), at)).into();
        assert_eq!(frames("a,\"b\nc,d\ne", 100), expected, "never closed");
        let text = format!("\"{}\nx\n\"y\n", "长".repeat(50));
        let kinds: Vec<String> = frames(&text, 40).into_iter().map(|(row, _)| row.chars().take(1).collect()).collect();
        assert_eq!(kinds, ["l", "x", "u"], "not closed within the longest row");
    }

    #[test]
    fn a_stray_quote_does_not_join_lines() {
        for (text, expected) in [
            // The second stray quote would close the first.
            ("a,\"b”,1\nc,d,2\ne,\"f”,3\ng\n", vec!["u:a,\"b”,1", "c,d,2", "u:e,\"f”,3", "g"]),
            ("\"x\ny\"z,1\nw\n", vec!["u:\"x", "q:y\"z,1", "w"]),
            ("\"x,y\"z,1\nw\n", vec!["u:\"x,y\"z,1", "w"]),
            ("\"x\"y,1\nw\n", vec!["q:\"x\"y,1", "w"]),
            ("\"x\ny\" ,1\nw\n", vec!["q:\"x\ny\" ,1", "w"]),
            (" \"x\ny\",1\nw\n", vec!["q: \"x\ny\",1", "w"]),
        ] {
            let rows: Vec<String> = frames(text, 1000).into_iter().map(|(row, _)| row).collect();
            assert_eq!(rows, expected, "{text:?}");
        }
    }

    #[test]
    fn lines_may_end_with_a_return_alone() {
        assert_eq!(line_end(b"a\rb\r"), b'\r');
        assert_eq!(line_end(b"a\r\nb"), b'\n');
        let mut framer =
            Framer::new(b"a,b\r\"c\rd\",e\r".to_vec(), io::empty(), Framing::Delimited(b','), b'\r', 99, 0);
        let mut rows = vec![];
        while let Some(Frame::Plain(bytes) | Frame::Quoted(bytes)) = framer.next().unwrap() {
            rows.push(String::from_utf8(bytes.to_vec()).unwrap());
        }
        assert_eq!(rows, ["a,b", "\"c\rd\",e"]);
    }

    #[test]
    fn a_line_without_end_is_passed_over() {
        let text = format!("a\n{}\nb\n", "x".repeat(5000));
        let found = frames(&text, 100);
        assert_eq!((found[0].0.as_str(), found[2].0.as_str()), ("a", "b"));
        assert_eq!(found[1].0, format!("l:{}", "x".repeat(found[1].0.len() - 2)));
        assert_eq!(found[2].1, 5003, "positions stay right");
        assert_eq!(frames(&"y".repeat(3000), 100).len(), 1);
    }
}
