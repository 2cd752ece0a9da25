//! Text strings (ISO 32000-1, 7.9.2.2).

use lopdf::{Object, StringFormat};

/// A text in UTF-16 with a byte order mark.
pub(crate) fn text_string(value: &str) -> Object {
    let bytes = [0xfe, 0xff].into_iter().chain(value.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    Object::String(bytes, StringFormat::Hexadecimal)
}
