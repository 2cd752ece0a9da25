//! Where the seal block of a finished file stands, and what an incremental update of the file needs to know (ISO 32000-1,
//! 7.5.6): a signature is added as one, so that the unsigned file stays a prefix of the signed one.

use lopdf::{Dictionary, Document, Object, ObjectId};

/// The seal block of a finished file.
#[derive(Clone, Debug, PartialEq)]
pub struct SealPlace {
    /// The number of the page with the seal block.
    pub page: u32,
    /// The entries of its dictionary but `Annots`, as they are written.
    pub page_entries: Vec<u8>,
    /// The numbers of its annotations.
    pub annotations: Vec<u32>,
    /// The number of the catalog.
    pub catalog: u32,
    /// The entries of its dictionary, as they are written.
    pub catalog_entries: Vec<u8>,
    /// The entries of the trailer that an update repeats: `Info` and `ID`.
    pub trailer_entries: Vec<u8>,
    /// The first number that no object has.
    pub next: u32,
    /// Where the file's cross-reference table stands.
    pub cross_references: usize,
    /// The seal block: left, bottom, right, top, in points from the bottom left corner.
    pub rect: [f32; 4],
}

impl SealPlace {
    /// `None` when the file is not one of those that this program writes.
    pub(crate) fn of(file: &Document, bytes: &[u8], page: ObjectId, rect: [f32; 4]) -> Option<Self> {
        let catalog = file.trailer.get(b"Root").ok()?.as_reference().ok()?;
        let mut page_dictionary = file.get_dictionary(page).ok()?.clone();
        let annotations = match page_dictionary.remove(b"Annots") {
            Some(Object::Array(annotations)) => {
                annotations.iter().filter_map(|a| Some(a.as_reference().ok()?.0)).collect()
            }
            _ => vec![],
        };
        let mut trailer = Dictionary::new();
        for key in [b"Info".as_slice(), b"ID"] {
            trailer.set(key.to_vec(), file.trailer.get(key).ok()?.clone());
        }
        let tail = bytes.get(bytes.len().saturating_sub(64)..)?;
        let tail = String::from_utf8_lossy(tail);
        let (_, at) = tail.rsplit_once("startxref")?;
        Some(Self {
            page: page.0,
            page_entries: entries(&page_dictionary),
            annotations,
            catalog: catalog.0,
            catalog_entries: entries(file.get_dictionary(catalog).ok()?),
            trailer_entries: entries(&trailer),
            next: file.max_id + 1,
            cross_references: at.split_whitespace().next()?.parse().ok()?,
            rect,
        })
    }
}

fn entries(dictionary: &Dictionary) -> Vec<u8> {
    let mut bytes = vec![];
    for (key, value) in dictionary.iter() {
        write(&mut bytes, &Object::Name(key.clone()));
        bytes.push(b' ');
        write(&mut bytes, value);
        bytes.push(b'\n');
    }
    bytes
}

/// Writes an object as this program's files have them.
fn write(to: &mut Vec<u8>, object: &Object) {
    match object {
        Object::Null => to.extend_from_slice(b"null"),
        Object::Boolean(value) => to.extend_from_slice(value.to_string().as_bytes()),
        Object::Integer(value) => to.extend_from_slice(value.to_string().as_bytes()),
        Object::Real(value) => to.extend_from_slice(value.to_string().as_bytes()),
        Object::Name(name) => {
            to.push(b'/');
            for &byte in name {
                if byte.is_ascii_graphic() && !b"#()<>[]{}/%".contains(&byte) {
                    to.push(byte);
                } else {
                    to.extend_from_slice(format!("#{byte:02X}").as_bytes());
                }
            }
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
        Object::Dictionary(dictionary) => {
            to.extend_from_slice(b"<<");
            to.extend(entries(dictionary));
            to.extend_from_slice(b">>");
        }
        Object::Stream(stream) => write(to, &Object::Dictionary(stream.dict.clone())),
        Object::Reference((number, generation)) => {
            to.extend_from_slice(format!("{number} {generation} R").as_bytes());
        }
    }
}
