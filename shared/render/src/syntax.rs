//! Objects as they are written (ISO 32000-1, 7.3).

use lopdf::{Dictionary, Object, StringFormat};

/// Writes a number without a format's cost: a long report has tens of thousands.
pub(crate) fn decimal(to: &mut Vec<u8>, value: u32) {
    if value >= 10 {
        decimal(to, value / 10);
    }
    to.push(b'0' + (value % 10) as u8);
}

/// Writes an object; of a stream its dictionary.
pub(crate) fn write(to: &mut Vec<u8>, object: &Object) {
    match object {
        Object::Null => to.extend_from_slice(b"null"),
        Object::Boolean(value) => to.extend_from_slice(value.to_string().as_bytes()),
        Object::Integer(value) => to.extend_from_slice(value.to_string().as_bytes()),
        Object::Real(value) => to.extend_from_slice(value.to_string().as_bytes()),
        Object::Name(name) => write_name(to, name),
        Object::String(text, StringFormat::Literal) if text.iter().all(|byte| matches!(byte, b' '..=b'~')) => {
            write_literal(to, text);
        }
        Object::String(text, _) => {
            to.push(b'<');
            text.iter().for_each(|byte| to.extend_from_slice(format!("{byte:02X}").as_bytes()));
            to.push(b'>');
        }
        Object::Array(values) => {
            to.push(b'[');
            for value in values {
                write(to, value);
                to.push(b' ');
            }
            to.push(b']');
        }
        Object::Dictionary(dictionary) => write_dictionary(to, dictionary),
        Object::Stream(stream) => write_dictionary(to, &stream.dict),
        Object::Reference((number, generation)) => {
            to.extend_from_slice(format!("{number} {generation} R").as_bytes());
        }
    }
}

fn write_dictionary(to: &mut Vec<u8>, dictionary: &Dictionary) {
    to.extend_from_slice(b"<<");
    to.extend(entries(dictionary));
    to.extend_from_slice(b">>");
}

fn write_name(to: &mut Vec<u8>, name: &[u8]) {
    to.push(b'/');
    for &byte in name {
        if byte.is_ascii_graphic() && !b"#()<>[]{}/%".contains(&byte) {
            to.push(byte);
        } else {
            to.extend_from_slice(format!("#{byte:02X}").as_bytes());
        }
    }
}

fn write_literal(to: &mut Vec<u8>, text: &[u8]) {
    to.push(b'(');
    for &byte in text {
        if b"()\\".contains(&byte) {
            to.push(b'\\');
        }
        to.push(byte);
    }
    to.push(b')');
}

/// The entries of a dictionary, without the brackets around them.
pub(crate) fn entries(dictionary: &Dictionary) -> Vec<u8> {
    let mut bytes = vec![];
    for (key, value) in dictionary.iter() {
        write_name(&mut bytes, key);
        bytes.push(b' ');
        write(&mut bytes, value);
        bytes.push(b'\n');
    }
    bytes
}

#[cfg(test)]
mod tests {
    use lopdf::dictionary;

    use super::*;

    #[test]
    fn numbers_have_all_their_digits() {
        for value in [0, 7, 10, 109, 4_294_967_295] {
            let mut bytes = vec![];
            decimal(&mut bytes, value);
            assert_eq!(String::from_utf8(bytes).unwrap(), value.to_string());
        }
    }

    #[test]
    fn objects_are_written_as_the_standard_has_them() {
        let dictionary = dictionary! {
            "Subtype" => "application/json",
            "K" => vec![Object::Real(-0.5), Object::Null, Object::Boolean(true), Object::Reference((7, 0))],
            "T" => Object::string_literal("a)"),
            "U" => Object::string_literal("\r"),
        };
        let mut bytes = vec![];
        write(&mut bytes, &Object::Dictionary(dictionary));
        let expected = "<</Subtype /application#2Fjson\n/K [-0.5 null true 7 0 R ]\n/T (a\\))\n/U <0D>\n>>";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
