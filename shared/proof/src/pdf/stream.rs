//! What stands in a stream (ISO 32000-1, 7.4): as it is, or deflated, with the predictors of PNG.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

use super::value::{Dictionary, Value};

/// The bytes of a stream, decoded; none when they are not understood or more than `most`.
pub(crate) fn decode(dictionary: &Dictionary, data: &[u8], most: usize) -> Option<Vec<u8>> {
    if dictionary.get("F").is_some() {
        return None;
    }
    let filter = only(dictionary.get("Filter"))?;
    let parameters = only(dictionary.get("DecodeParms"))?;
    match filter {
        None => (parameters.is_none() && data.len() <= most).then(|| data.to_vec()),
        Some(name) if name.is_name("FlateDecode") => {
            let mut decoded = vec![];
            let room = u64::try_from(most).ok()?.saturating_add(1);
            ZlibDecoder::new(data).take(room).read_to_end(&mut decoded).ok()?;
            let decoded = Some(decoded).filter(|decoded| decoded.len() <= most)?;
            match parameters {
                None | Some(Value::Null) => Some(decoded),
                Some(parameters) => unpredicted(parameters.as_dictionary()?, decoded),
            }
        }
        Some(_) => None,
    }
}

/// A value by itself or in an array of one.
fn only(value: Option<&Value>) -> Option<Option<&Value>> {
    match value {
        Some(Value::Array(values)) => match values.as_slice() {
            [] => Some(None),
            [value] => Some(Some(value)),
            _ => None,
        },
        value => Some(value),
    }
}

fn unpredicted(parameters: &Dictionary, data: Vec<u8>) -> Option<Vec<u8>> {
    let number = |key: &str, default: usize| parameters.get(key).map_or(Some(default), Value::as_size);
    if number("Predictor", 1)? == 1 {
        return Some(data);
    }
    let plain = number("Predictor", 1)? >= 10 && number("Colors", 1)? == 1 && number("BitsPerComponent", 8)? == 8;
    let columns = number("Columns", 1).filter(|columns| plain && (1..=1 << 20).contains(columns))?;
    let mut rows = Vec::with_capacity(data.len());
    let mut above = vec![0_u8; columns];
    for row in data.chunks(columns + 1) {
        let (kind, row) = row.split_first().filter(|(_, row)| row.len() == columns)?;
        let (mut left, mut corner) = (0_u8, 0_u8);
        for (byte, above) in row.iter().zip(&mut above) {
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => *above,
                3 => u8::midpoint(left, *above),
                4 => paeth(left, *above, corner),
                _ => return None,
            };
            corner = *above;
            left = byte.wrapping_add(guess);
            *above = left;
        }
        rows.extend_from_slice(&above);
    }
    Some(rows)
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(above) - i16::from(corner);
    let distance = |byte: u8| (guess - i16::from(byte)).abs();
    if distance(left) <= distance(above) && distance(left) <= distance(corner) {
        left
    } else if distance(above) <= distance(corner) {
        above
    } else {
        corner
    }
}
