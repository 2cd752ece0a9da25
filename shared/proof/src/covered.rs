//! What a signature dictionary (ISO 32000-1, 12.8.1) says that its signature is of.

use crate::cms;
use crate::pdf::parser::hex_digit;
use crate::pdf::{Dictionary, Value};

/// The bytes that a signature is of, and its structure.
#[derive(Clone, Debug)]
pub(crate) struct Covered<'b> {
    pub(crate) parts: [&'b [u8]; 2],
    /// Where they end.
    pub(crate) end: usize,
    /// The CMS structure in DER.
    pub(crate) structure: Vec<u8>,
}

impl<'b> Covered<'b> {
    /// Of a dictionary that stands in the file itself. The bytes must be all from the first one on, but for the value
    /// of this very dictionary's `Contents`, up to where the file ended once.
    pub(crate) fn read(bytes: &'b [u8], dictionary: &Dictionary) -> Option<Self> {
        let range = dictionary.get("ByteRange")?.as_array()?;
        let range: Vec<usize> = range.iter().map(Value::as_size).collect::<Option<_>>()?;
        let &[0, until, from, rest] = range.as_slice() else { return None };
        let end = from.checked_add(rest)?;
        (dictionary.span("Contents")? == (until..from)).then_some(())?;
        let parts = [bytes.get(..until)?, bytes.get(from..end)?];
        ends_a_file(bytes.get(..end)?).then_some(())?;
        let contents = decoded(bytes.get(until..from)?.strip_prefix(b"<")?.strip_suffix(b">")?)?;
        Some(Self { parts, end, structure: cms::structure(&contents)?.to_vec() })
    }
}

fn ends_a_file(bytes: &[u8]) -> bool {
    let [line, feed, both] = [b"\r".as_slice(), b"\n", b"\r\n"].map(|end| bytes.strip_suffix(end));
    [Some(bytes), line, feed, both].into_iter().flatten().any(|bytes| bytes.ends_with(b"%%EOF"))
}

/// Hexadecimal digits alone, two a byte, their letters all of one case: a letter of the other case is a changed byte.
fn decoded(digits: &[u8]) -> Option<Vec<u8>> {
    let has = |case: fn(&u8) -> bool| digits.iter().any(case);
    if !digits.len().is_multiple_of(2) || has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some(hex_digit(*pair.first()?)? * 16 + hex_digit(*pair.last()?)?)).collect()
}
