//! Which encoding a text file is in, and its rows as UTF-8. What cannot be decoded becomes U+FFFD and makes its cell a
//! fault: it never enters a name.

use std::io::{Chain, Cursor, Read};

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

/// What the first bytes tell about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Detected {
    pub(crate) encoding: TextEncoding,
    /// The length of the byte order mark.
    pub(crate) mark: usize,
}

impl TextEncoding {
    /// The name of the encoding, for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB 18030",
            Self::Utf16 => "UTF-16",
        }
    }
}

/// Tells the encoding from the head of a file.
///
/// A text without a byte order mark is what its first lines are, in which the header stands: UTF-8 when they are, or when
/// most of their characters beyond ASCII are whole UTF-8 sequences, which GB 18030 text hardly ever forms. So a single
/// damaged byte rejects its row, and rows of another encoding below do not turn the whole file's text. A byte order mark
/// of UTF-8 in front of text that is none is not believed.
pub(crate) fn detect(head: &[u8]) -> Detected {
    let mark = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    if let Some(mark) = utf16_mark(head) {
        return Detected { encoding: TextEncoding::Utf16, mark };
    }
    let text = head.get(mark..).unwrap_or_default();
    let first = first_lines(text);
    let encoding = match std::str::from_utf8(first) {
        Ok(_) => TextEncoding::Utf8,
        // The head may end inside a character.
        Err(error) if error.error_len().is_none() => TextEncoding::Utf8,
        Err(_) if mostly_utf8(first) => TextEncoding::Utf8,
        Err(_) => TextEncoding::Gb18030,
    };
    Detected { encoding, mark }
}

/// The length of the byte order mark of UTF-16; 0 when there is none, but every other byte of the first ASCII characters is
/// zero. `None` for other texts.
pub(crate) fn utf16_mark(head: &[u8]) -> Option<usize> {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Some(2);
    }
    little_endian(head).map(|_| 0)
}

/// Whether a text of UTF-16 without a byte order mark has its low byte first; `None` when it is no UTF-16.
fn little_endian(head: &[u8]) -> Option<bool> {
    let head = head.get(..head.len().min(4096)).unwrap_or_default();
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // Delimiters, digits and line breaks have a zero byte in one half, Chinese characters in none.
    let many = |zeros: usize| zeros >= 4 && zeros * 25 > head.len();
    if many(odd) && even * 10 < odd {
        Some(true)
    } else if many(even) && odd * 10 < even {
        Some(false)
    } else {
        None
    }
}

/// The first lines, until enough bytes beyond ASCII stand in them to tell.
fn first_lines(text: &[u8]) -> &[u8] {
    const ENOUGH: usize = 64;
    let (mut seen, mut end) = (0, 0);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        seen += line.iter().filter(|byte| !byte.is_ascii()).count();
        end += line.len();
        if seen >= ENOUGH {
            break;
        }
    }
    text.get(..end).unwrap_or_default()
}

fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut faulty) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        faulty += usize::from(!chunk.invalid().is_empty());
    }
    whole > 4 * faulty
}

/// UTF-16 read as UTF-8; lone surrogates become U+FFFD.
pub(crate) fn from_utf16<R: Read>(head: Vec<u8>, rest: R) -> DecodeReaderBytes<Chain<Cursor<Vec<u8>>, R>, Vec<u8>> {
    let big = head.starts_with(b"\xfe\xff") || little_endian(&head) == Some(false);
    let encoding = if big { UTF_16BE } else { UTF_16LE };
    DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(Cursor::new(head).chain(rest))
}

/// A whole text of UTF-16 as UTF-8; what cannot be decoded is left out.
pub(crate) fn of_utf16(bytes: &[u8]) -> String {
    let mut text = String::new();
    // Reading from memory cannot fail.
    let _read = from_utf16(bytes.to_vec(), std::io::empty()).read_to_string(&mut text);
    text
}

/// A row's bytes as text; `scratch` holds it when it has to be transcribed.
///
/// Rows can be cut out of GB 18030 bytes at line breaks, because none occurs inside a multi-byte character (second
/// bytes start at 0x30).
pub(crate) fn text<'t>(encoding: TextEncoding, raw: &'t [u8], scratch: &'t mut String) -> &'t str {
    match encoding {
        TextEncoding::Utf8 | TextEncoding::Utf16 => match simdutf8::basic::from_utf8(raw) {
            Ok(text) => text,
            Err(_) => {
                scratch.clear();
                scratch.push_str(&String::from_utf8_lossy(raw));
                scratch
            }
        },
        TextEncoding::Gb18030 if raw.is_ascii() => std::str::from_utf8(raw).unwrap_or_default(),
        TextEncoding::Gb18030 => {
            let mut decoder = GB18030.new_decoder_without_bom_handling();
            scratch.clear();
            // Room for the longest that it can become: the decoder stops when it has none.
            scratch.reserve(decoder.max_utf8_buffer_length(raw.len()).unwrap_or(raw.len().saturating_mul(3)));
            let (_, read, _) = decoder.decode_to_string(raw, scratch, true);
            debug_assert_eq!(read, raw.len(), "the whole row was decoded");
            scratch
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let text_written = "行政相对人名称,统一社会信用代码\n长治市虚构商贸𬭎有限公司,91140403\n";
        let (gb, ..) = GB18030.encode(text_written);
        let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(text_written.encode_utf16().flat_map(bytes)).collect()
        };
        let with_mark = [b"\xef\xbb\xbf", text_written.as_bytes()].concat();
        for (bytes, expected) in [
            (text_written.as_bytes(), TextEncoding::Utf8),
            (with_mark.as_slice(), TextEncoding::Utf8),
            (&gb, TextEncoding::Gb18030),
            (&utf16([0xff, 0xfe], u16::to_le_bytes), TextEncoding::Utf16),
            (&utf16([0xfe, 0xff], u16::to_be_bytes), TextEncoding::Utf16),
        ] {
            let detected = detect(bytes);
            assert_eq!(detected.encoding, expected);
            let mut all = vec![];
            if expected == TextEncoding::Utf16 {
                from_utf16(bytes.to_vec(), std::io::empty()).read_to_end(&mut all).unwrap();
            } else {
                all.extend_from_slice(&bytes[detected.mark..]);
            }
            assert_eq!(text(expected, &all, &mut String::new()), text_written);
        }
    }

    #[test]
    fn one_damaged_byte_does_not_change_the_encoding() {
        let mut utf8 = "长治市虚构商贸有限公司".repeat(50).into_bytes();
        utf8[301] = 0xff;
        assert_eq!(detect(&utf8).encoding, TextEncoding::Utf8);
        let mut scratch = String::new();
        assert!(text(TextEncoding::Utf8, &utf8, &mut scratch).contains('\u{fffd}'));
        assert!(!text(TextEncoding::Utf8, &utf8[..300], &mut scratch).contains('\u{fffd}'));
        assert_eq!(detect(&utf8[..100]).encoding, TextEncoding::Utf8, "a head that ends inside a character");
    }

    #[test]
    fn undecodable_gb_shows_and_swallows_no_delimiter() {
        let (mut gb, ..) = {
            let (gb, a, b) = GB18030.encode("名称,代码");
            (gb.into_owned(), a, b)
        };
        gb[3] = 0xff;
        let mut scratch = String::new();
        let decoded = text(TextEncoding::Gb18030, &gb, &mut scratch);
        assert!(decoded.contains('\u{fffd}') && decoded.ends_with(",代码"), "{decoded}");
    }

    #[test]
    fn the_first_lines_tell_and_the_rest_is_judged_by_row() {
        let header = "行政相对人名称,统一社会信用代码,行政处罚决定书文号,违法事实\n";
        let row = "长治市虚构商贸有限公司,91140403,虚构一号,虚构事实\n".repeat(40);
        let (gb_header, ..) = GB18030.encode(header);
        let (gb_row, ..) = GB18030.encode(&row);
        let joined = |a: &[u8], b: &[u8]| [a, b].concat();
        let mark = b"\xef\xbb\xbf";
        for (bytes, expected) in [
            (joined(header.as_bytes(), &gb_row), Detected { encoding: TextEncoding::Utf8, mark: 0 }),
            (joined(&gb_header, row.as_bytes()), Detected { encoding: TextEncoding::Gb18030, mark: 0 }),
            (joined(mark, &joined(&gb_header, &gb_row)), Detected { encoding: TextEncoding::Gb18030, mark: 3 }),
        ] {
            assert_eq!(detect(&bytes), expected);
        }
    }

    #[test]
    fn utf16_is_told_without_its_mark() {
        let text = "名称,代码,日期\n虚某,1,2025-07-01\n";
        for convert in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            let bytes: Vec<u8> = text.encode_utf16().flat_map(convert).collect();
            assert_eq!(detect(&bytes), Detected { encoding: TextEncoding::Utf16, mark: 0 });
            let mut all = String::new();
            from_utf16(bytes, std::io::empty()).read_to_string(&mut all).unwrap();
            assert_eq!(all, text);
        }
        assert_eq!(utf16_mark(b"a,b\nc\0d,e\n"), None);
    }
}
