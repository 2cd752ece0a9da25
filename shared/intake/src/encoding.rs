//! Which encoding a text file is in, and its rows as UTF-8. What cannot be decoded becomes U+FFFD and makes its cell a
//! fault: it never enters a name.

use std::io::{Chain, Cursor, Read};

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};
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

/// What the first bytes tell about a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Detected {
    pub(crate) encoding: TextEncoding,
    /// The length of the byte order mark.
    pub(crate) mark: usize,
}

/// Tells the encoding from the head of a file.
///
/// A text without a byte order mark is UTF-8 when its head is, or when most of the characters beyond ASCII are whole
/// UTF-8 sequences, which GB 18030 text hardly ever forms: so a single damaged byte rejects its row and does not turn
/// the whole file's text. Tables have Chinese headers, so the head is never ASCII alone without saying nothing.
pub(crate) fn detect(head: &[u8]) -> Detected {
    if head.starts_with(b"\xef\xbb\xbf") {
        return Detected { encoding: TextEncoding::Utf8, mark: 3 };
    }
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        return Detected { encoding: TextEncoding::Utf16, mark: 2 };
    }
    let encoding = match std::str::from_utf8(head) {
        Ok(_) => TextEncoding::Utf8,
        // The head may end inside a character.
        Err(error) if error.error_len().is_none() => TextEncoding::Utf8,
        Err(_) if mostly_utf8(head) => TextEncoding::Utf8,
        Err(_) => TextEncoding::Gb18030,
    };
    Detected { encoding, mark: 0 }
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
    let encoding = if head.starts_with(b"\xfe\xff") { UTF_16BE } else { UTF_16LE };
    DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(Cursor::new(head).chain(rest))
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
}
