//! A file as bytes (ISO 32000-1, 7.5): its streams, the other objects packed into object streams (7.5.7), and a
//! cross-reference stream (7.5.8).

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use crate::compression::{LEVEL, deflated};
use crate::error::RenderError;
use crate::syntax;

/// Objects that are no streams, as they are written, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    pub(crate) bytes: Vec<u8>,
    /// The number of each, and where it begins.
    starts: Vec<(u32, usize)>,
}

impl Packed {
    /// Begins the object with this number: what is written to `bytes` from here on is its own.
    pub(crate) fn begin(&mut self, number: u32) {
        self.starts.push((number, self.bytes.len()));
    }
}

/// A file that is written.
pub(crate) struct FileBytes {
    pub(crate) bytes: Vec<u8>,
    /// Where its cross-reference stream stands.
    pub(crate) cross_references: usize,
    /// The first number that no object has.
    pub(crate) next: u32,
}

/// The objects of one object stream: a reader unpacks all of them for one.
const TOGETHER: usize = 400;

/// Behind the header, so that programs take the file for a binary one (7.5.2).
const BINARY: &[u8] = b"%\xbb\xad\xc0\xde\n";

/// Where an object is found (7.5.8.3).
#[derive(Clone, Copy)]
enum Place {
    Nowhere,
    At(usize),
    In { stream: u32, index: usize },
}

/// Writes a file with its objects and these, whose numbers lie above theirs.
pub(crate) fn write(file: &Document, added: &Packed) -> Result<FileBytes, RenderError> {
    let highest = added.starts.iter().map(|(number, _)| *number).fold(file.max_id, u32::max);
    let mut writer = Writer { bytes: vec![], places: vec![Place::Nowhere; highest as usize + 1] };
    writer.bytes.extend_from_slice(format!("%PDF-{}\n", file.version).as_bytes());
    writer.bytes.extend_from_slice(BINARY);
    let mut own = Packed::default();
    for (&(number, _), object) in &file.objects {
        if let Object::Stream(stream) = object {
            writer.stream(number, stream);
        } else {
            own.begin(number);
            syntax::write(&mut own.bytes, object);
            own.bytes.push(b'\n');
        }
    }
    writer.pack(&own)?;
    writer.pack(added)?;
    writer.end(&file.trailer)
}

struct Writer {
    bytes: Vec<u8>,
    /// By number.
    places: Vec<Place>,
}

impl Writer {
    fn put(&mut self, number: u32, place: Place) {
        if let Some(known) = self.places.get_mut(number as usize) {
            *known = place;
        }
    }

    fn next(&self) -> u32 {
        self.places.len() as u32
    }

    fn stream(&mut self, number: u32, stream: &Stream) {
        self.put(number, Place::At(self.bytes.len()));
        let mut dictionary = stream.dict.clone();
        dictionary.set("Length", stream.content.len() as i64);
        self.bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        syntax::write(&mut self.bytes, &Object::Dictionary(dictionary));
        self.bytes.extend_from_slice(b"\nstream\n");
        self.bytes.extend_from_slice(&stream.content);
        // The end of line is no part of the content. A line feed alone would, behind a content that ends with a
        // carriage return, be taken for half of one.
        self.bytes.extend_from_slice(b"\r\nendstream\nendobj\n");
    }

    fn pack(&mut self, objects: &Packed) -> Result<(), RenderError> {
        let ends = objects.starts.iter().skip(1).map(|(_, start)| *start).chain([objects.bytes.len()]);
        let ranges: Vec<(u32, usize, usize)> =
            objects.starts.iter().zip(ends).map(|(&(number, start), end)| (number, start, end)).collect();
        for together in ranges.chunks(TOGETHER) {
            let stream = self.next();
            self.places.push(Place::Nowhere);
            let (first, last) = (together.first().map_or(0, |of| of.1), together.last().map_or(0, |of| of.2));
            let mut content = vec![];
            for (index, &(number, start, _)) in together.iter().enumerate() {
                syntax::decimal(&mut content, number);
                content.push(b' ');
                syntax::decimal(&mut content, (start - first) as u32);
                content.push(b' ');
                self.put(number, Place::In { stream, index });
            }
            let head = content.len() as i64;
            content.extend_from_slice(objects.bytes.get(first..last).unwrap_or_default());
            let dictionary = dictionary! { "Type" => "ObjStm", "N" => together.len() as i64, "First" => head };
            self.stream(stream, &deflated(dictionary, &content, LEVEL)?);
        }
        Ok(())
    }

    /// Ends the file with the cross-reference stream, which is the trailer too.
    fn end(mut self, trailer: &Dictionary) -> Result<FileBytes, RenderError> {
        let (number, at) = (self.next(), self.bytes.len());
        self.places.push(Place::At(at));
        let mut dictionary = dictionary! {
            "Type" => "XRef",
            "Size" => i64::from(number) + 1,
            "W" => vec![1.into(), 4.into(), 2.into()],
            // Each row as its difference from the one above it.
            "DecodeParms" => dictionary! { "Predictor" => 12, "Columns" => 7 },
        };
        for key in [b"Root".as_slice(), b"Info", b"ID"] {
            if let Ok(value) = trailer.get(key) {
                dictionary.set(key.to_vec(), value.clone());
            }
        }
        let mut rows = vec![];
        let mut above = [0_u8; 7];
        for place in &self.places {
            let row = row(*place);
            rows.push(2);
            rows.extend(row.iter().zip(above).map(|(byte, above)| byte.wrapping_sub(above)));
            above = row;
        }
        self.stream(number, &deflated(dictionary, &rows, LEVEL)?);
        self.bytes.extend_from_slice(format!("startxref\n{at}\n%%EOF\n").as_bytes());
        Ok(FileBytes { bytes: self.bytes, cross_references: at, next: number + 1 })
    }
}

fn row(place: Place) -> [u8; 7] {
    let (kind, second, third) = match place {
        Place::Nowhere => (0, 0, u16::MAX),
        Place::At(offset) => (1, offset as u32, 0),
        Place::In { stream, index } => (2, stream, index as u16),
    };
    let ([a, b, c, d], [e, f]) = (second.to_be_bytes(), third.to_be_bytes());
    [kind, a, b, c, d, e, f]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_found_again() {
        let mut file = Document::with_version("1.7");
        let root = file.add_object(dictionary! { "Type" => "Catalog" });
        let stream = file.add_object(Stream::new(dictionary! {}, b"content\n".to_vec()));
        file.trailer.set("Root", root);
        let mut added = Packed::default();
        for number in 4..1494 {
            added.begin(number);
            added.bytes.extend_from_slice(format!("<</Number {number}>>\n").as_bytes());
        }
        let FileBytes { bytes, cross_references, next } = write(&file, &added).unwrap();
        assert!(bytes[cross_references..].starts_with(format!("{} 0 obj", next - 1).as_bytes()));
        let read = Document::load_mem(&bytes).unwrap();
        assert_eq!(read.trailer.get(b"Root").unwrap().as_reference().unwrap(), root);
        assert_eq!(read.get_object(stream).unwrap().as_stream().unwrap().content, b"content\n");
        for number in 4..1494 {
            let object = read.get_dictionary((number, 0)).unwrap();
            assert_eq!(object.get(b"Number").unwrap().as_i64().unwrap(), i64::from(number));
        }
        assert!(read.get_object((3, 0)).is_err(), "nothing has this number");
    }
}
