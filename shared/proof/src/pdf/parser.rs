//! Bytes to values and objects (ISO 32000-1, 7.2 and 7.3).

use std::ops::Range;

use super::value::{Dictionary, Entry, Value};

/// How deep arrays and dictionaries may stand in each other.
const DEPTH: usize = 64;
/// How many values an object may have.
const VALUES: usize = 1 << 18;

/// How many bytes of white space may follow each other where readers must agree.
const SPACES: usize = 64;

/// An indirect object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) number: u32,
    pub(crate) value: Value,
    /// Where in the file its stream's bytes are; none of an object without a stream or inside of another's stream.
    pub(crate) stream: Option<Range<usize>>,
}

/// Reads bytes from a place on. What is not well-formed is none.
pub(crate) struct Parser<'b> {
    bytes: &'b [u8],
    pub(crate) at: usize,
    /// Whether a comment was passed over: where nothing may hide, there is none.
    pub(crate) has_comments: bool,
    /// Whether there was white space that readers take otherwise: NUL, a form feed, or a long run.
    pub(crate) has_odd_space: bool,
    left: usize,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

const fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

pub(crate) fn hex_digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

impl<'b> Parser<'b> {
    pub(crate) const fn at(bytes: &'b [u8], at: usize) -> Self {
        Self { bytes, at, has_comments: false, has_odd_space: false, left: VALUES }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    pub(crate) fn skip_space(&mut self) {
        let start = self.at;
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                self.has_comments = true;
                while self.peek().is_some_and(|byte| !matches!(byte, 10 | 13)) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.has_odd_space |= matches!(byte, 0 | 12) || self.at - start > SPACES;
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Goes on behind these bytes, when they are the next.
    pub(crate) fn take(&mut self, word: &[u8]) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }

    /// The same of a whole word: what follows is no part of it.
    pub(crate) fn keyword(&mut self, word: &[u8]) -> Option<()> {
        self.skip_space();
        let start = self.at;
        self.take(word)?;
        if self.peek().is_some_and(is_regular) {
            self.at = start;
            return None;
        }
        Some(())
    }

    /// The end of a line: one of the three.
    pub(crate) fn end_of_line(&mut self) -> Option<()> {
        self.take(b"\r\n").or_else(|| self.take(b"\n")).or_else(|| self.take(b"\r"))
    }

    /// The next bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'b [u8]> {
        let end = self.at.checked_add(count)?;
        let bytes = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(bytes)
    }

    /// A number of digits alone.
    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        self.skip_space();
        self.digits()
    }

    /// The same, without white space in front.
    pub(crate) fn digits(&mut self) -> Option<u64> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        std::str::from_utf8(self.bytes.get(start..self.at)?).ok()?.parse().ok()
    }

    /// An object with its number in front and `endobj` behind. `length` tells the length of a stream that stands in
    /// another object.
    pub(crate) fn object(&mut self, length: &dyn Fn(u32) -> Option<usize>) -> Option<Object> {
        let number = u32::try_from(self.unsigned()?).ok()?;
        (self.unsigned()? == 0).then_some(())?;
        self.keyword(b"obj")?;
        let value = self.value()?;
        let stream = match &value {
            Value::Dictionary(dictionary) => self.stream(dictionary, length)?,
            _ => None,
        };
        self.keyword(b"endobj")?;
        Some(Object { number, value, stream })
    }

    fn stream(
        &mut self,
        dictionary: &Dictionary,
        length: &dyn Fn(u32) -> Option<usize>,
    ) -> Option<Option<Range<usize>>> {
        self.skip_space();
        if self.take(b"stream").is_none() {
            return Some(None);
        }
        self.take(b"\r\n").or_else(|| self.take(b"\n"))?;
        let length = match dictionary.get("Length")? {
            Value::Reference(number) => length(*number)?,
            value => value.as_size()?,
        };
        let end = self.at.checked_add(length).filter(|end| *end <= self.bytes.len())?;
        let data = self.at..end;
        self.at = end;
        let _ = self.end_of_line();
        self.take(b"endstream")?;
        Some(Some(data))
    }

    pub(crate) fn value(&mut self) -> Option<Value> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        self.skip_space();
        match self.peek()? {
            b'/' => self.name().map(Value::Name),
            b'(' => self.literal().map(Value::Text),
            b'<' if self.bytes.get(self.at + 1) == Some(&b'<') => self.dictionary(depth).map(Value::Dictionary),
            b'<' => self.hexadecimal().map(Value::Text),
            b'[' => self.array(depth).map(Value::Array),
            b'+' | b'-' | b'.' | b'0'..=b'9' => self.number_or_reference(),
            _ => self
                .keyword(b"true")
                .map(|()| Value::Boolean(true))
                .or_else(|| self.keyword(b"false").map(|()| Value::Boolean(false)))
                .or_else(|| self.keyword(b"null").map(|()| Value::Null)),
        }
    }

    fn name(&mut self) -> Option<Vec<u8>> {
        self.take(b"/")?;
        let mut name = vec![];
        while let Some(byte) = self.peek().filter(|byte| is_regular(*byte)) {
            self.at += 1;
            name.push(if byte == b'#' { hex_digit(self.next()?)? * 16 + hex_digit(self.next()?)? } else { byte });
        }
        Some(name)
    }

    fn hexadecimal(&mut self) -> Option<Vec<u8>> {
        self.take(b"<")?;
        let (mut text, mut high) = (vec![], None);
        loop {
            let byte = self.next()?;
            match (byte, high) {
                (b'>', _) => break,
                _ if is_space(byte) => {}
                (_, None) => high = Some(hex_digit(byte)?),
                (_, Some(first)) => {
                    text.push(first * 16 + hex_digit(byte)?);
                    high = None;
                }
            }
        }
        text.extend(high.map(|digit| digit * 16));
        Some(text)
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        self.take(b"(")?;
        let (mut text, mut open) = (vec![], 1_usize);
        loop {
            match self.next()? {
                b'\\' => text.extend(self.escaped()?),
                b'(' => {
                    open += 1;
                    text.push(b'(');
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Some(text);
                    }
                    text.push(b')');
                }
                b'\r' => {
                    let _ = self.take(b"\n");
                    text.push(b'\n');
                }
                byte => text.push(byte),
            }
        }
    }

    /// What stands behind a backslash.
    fn escaped(&mut self) -> Option<Option<u8>> {
        Some(match self.next()? {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\r' => {
                let _ = self.take(b"\n");
                None
            }
            b'\n' => None,
            digit @ b'0'..=b'7' => {
                let mut code = u16::from(digit - b'0');
                for _ in 0..2 {
                    let Some(digit) = self.peek().filter(|byte| matches!(byte, b'0'..=b'7')) else { break };
                    self.at += 1;
                    code = code * 8 + u16::from(digit - b'0');
                }
                Some(u8::try_from(code & 0xff).ok()?)
            }
            byte => Some(byte),
        })
    }

    fn array(&mut self, depth: usize) -> Option<Vec<Value>> {
        self.take(b"[")?;
        let deeper = Some(depth + 1).filter(|depth| *depth < DEPTH)?;
        let mut values = vec![];
        loop {
            self.skip_space();
            if self.take(b"]").is_some() {
                return Some(values);
            }
            values.push(self.nested(deeper)?);
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Dictionary> {
        self.take(b"<<")?;
        let deeper = Some(depth + 1).filter(|depth| *depth < DEPTH)?;
        let mut entries = Dictionary::default();
        loop {
            self.skip_space();
            if self.take(b">>").is_some() {
                return Some(entries);
            }
            let key = self.name()?;
            self.skip_space();
            let start = self.at;
            let value = self.nested(deeper)?;
            let entry = Entry { value, span: start..self.at };
            if entries.0.insert(key, entry).is_some() {
                return None;
            }
        }
    }

    fn number_or_reference(&mut self) -> Option<Value> {
        let number = self.number()?;
        let Value::Integer(first) = number else { return Some(number) };
        let after = self.at;
        let has_comments = self.has_comments;
        let generation = self.unsigned();
        if generation.is_some() && self.keyword(b"R").is_some() {
            return (generation == Some(0)).then(|| u32::try_from(first).ok().map(Value::Reference))?;
        }
        (self.at, self.has_comments) = (after, has_comments);
        Some(number)
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.at;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        let digits = std::str::from_utf8(self.bytes.get(start..self.at)?).ok()?;
        let is_plain = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'));
        if !is_plain || digits.len() > 32 {
            return None;
        }
        if digits.contains('.') {
            return digits.parse().ok().map(Value::Real);
        }
        digits.parse().ok().map(Value::Integer)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn values_are_read_as_they_are_meant() {
        for (one, other) in [
            ("<</A 1/B[2 0 R (x)]>>", "<< /B [ 2 0 R <78> ] /A 1 >>"),
            ("(a\\(b\\)\\101)", "<6128622941>"),
            ("/A#42", "/AB"),
            ("(a\r\nb)", "(a\\nb)"),
            ("[1 2 .5 true null]", "[ 1 2 0.5 true null ]"),
        ] {
            let read = |text: &str| Parser::at(text.as_bytes(), 0).value().unwrap();
            assert_eq!(read(one), read(other), "{one}");
        }
    }

    #[test]
    fn what_readers_understand_differently_is_not_understood() {
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        for text in ["<</A 1/A 2>>", "<</A 1/#41 2>>", "1 1 R", "<</A>>", "(a", "<4", "[1", "1x", "--1", &deep, "tru"] {
            assert_eq!(Parser::at(text.as_bytes(), 0).value(), None, "{text}");
        }
    }
}
