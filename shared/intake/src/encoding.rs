//! Which encoding a text file is in, and strict decoding: an undecodable byte is a fault of its row, never U+FFFD.

use std::borrow::Cow;

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Serialize};

/// The encoding of a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextEncoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "UTF-8")]
    Utf8,
    /// GB 18030-2022, of which GBK and GB 2312 are parts.
    #[serde(rename = "GB18030")]
    Gb18030,
    /// UTF-16 with a byte order mark.
    #[serde(rename = "UTF-16")]
    Utf16,
}

/// Finds the encoding and returns it with the bytes to read on: without a byte order mark, UTF-16 as UTF-8.
///
/// A file is UTF-8 when all of it is, or when most of its characters beyond ASCII are whole UTF-8 sequences, which GB
/// 18030 text hardly ever forms: so a single damaged byte rejects its row and does not turn the whole file's text.
pub(crate) fn detect(bytes: &[u8]) -> (TextEncoding, Cow<'_, [u8]>) {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return (TextEncoding::Utf8, Cow::Borrowed(rest));
    }
    for (mark, encoding) in [(b"\xff\xfe", UTF_16LE), (b"\xfe\xff", UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(mark) {
            let (text, _) = encoding.decode_without_bom_handling(rest);
            return (TextEncoding::Utf16, Cow::Owned(text.into_owned().into_bytes()));
        }
    }
    let encoding = match std::str::from_utf8(bytes) {
        Ok(_) => TextEncoding::Utf8,
        Err(_) if mostly_utf8(bytes) => TextEncoding::Utf8,
        Err(_) => TextEncoding::Gb18030,
    };
    (encoding, Cow::Borrowed(bytes))
}

fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut faulty) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        faulty += usize::from(!chunk.invalid().is_empty());
    }
    whole > 4 * faulty
}

/// Decodes one field; `None` when a byte of it is undecodable.
///
/// Fields can be cut out of GB 18030 bytes at commas, quotes and line breaks, because none of these occurs inside a
/// multi-byte character (second bytes start at 0x30, and 0x2C, 0x22, 0x0A, 0x0D lie below).
pub(crate) fn decode(encoding: TextEncoding, field: &[u8]) -> Option<Cow<'_, str>> {
    match encoding {
        // A replacement character in UTF-16's transcription is a lone surrogate.
        TextEncoding::Utf16 => {
            std::str::from_utf8(field).ok().filter(|t| !t.contains(char::REPLACEMENT_CHARACTER)).map(Cow::Borrowed)
        }
        TextEncoding::Utf8 => std::str::from_utf8(field).ok().map(Cow::Borrowed),
        TextEncoding::Gb18030 => GB18030.decode_without_bom_handling_and_without_replacement(field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let text = "行政相对人名称,统一社会信用代码\n长治市虚构商贸𬭎有限公司,91140403\n";
        let (gb, ..) = GB18030.encode(text);
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(|unit| unit.to_le_bytes())).collect();
        let with_mark = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for (bytes, expected) in [
            (text.as_bytes(), TextEncoding::Utf8),
            (with_mark.as_slice(), TextEncoding::Utf8),
            (&gb, TextEncoding::Gb18030),
            (&utf16, TextEncoding::Utf16),
        ] {
            let (encoding, rest) = detect(bytes);
            assert_eq!(encoding, expected);
            let field = rest.split(|&b| b == b'\n').nth(1).unwrap();
            assert_eq!(decode(encoding, field).unwrap(), "长治市虚构商贸𬭎有限公司,91140403");
        }
    }

    #[test]
    fn one_damaged_byte_does_not_change_the_encoding() {
        let mut utf8 = "长治市虚构商贸有限公司".repeat(50).into_bytes();
        utf8[301] = 0xff;
        let (encoding, rest) = detect(&utf8);
        assert_eq!(encoding, TextEncoding::Utf8);
        assert_eq!(decode(encoding, &rest), None);
        assert!(decode(encoding, &rest[..300]).is_some());
    }
}
