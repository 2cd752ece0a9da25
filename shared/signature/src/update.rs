//! Incremental updates (ISO 32000-1, 7.5.6): objects behind the end of a file, and a cross-reference stream (7.5.8) that
//! leads on from the file's own.

use sha2::{Digest, Sha256};

use crate::error::SignatureError;
use crate::revision::{Revision, Store};

/// What the catalog's form begins with.
pub(crate) const ACRO_FORM: &str = "/AcroForm<</Fields[";
/// What leads to the security store.
pub(crate) const SECURITY_STORE: &str = "/DSS ";
/// What the security store begins with.
pub(crate) const DSS: &str = "<</Type/DSS";
/// What a page's list of annotations begins with.
pub(crate) const ANNOTATIONS: &str = "/Annots[";
/// What a cross-reference stream begins with: a byte for the kind, four for the place, one for the generation.
pub(crate) const CROSS_REFERENCES: &str = "<</Type/XRef/W[1 4 1]/Index[";
/// That the file has what PDF 1.7 has not: a security store and time stamps (ETSI EN 319 142-1, 5.6).
const EXTENSIONS: &str = "/Extensions<</ESIC<</BaseVersion/1.7/ExtensionLevel 5>>>>";
/// The end of a stream's line, which is no part of its content, and its keyword. A line feed alone would, behind a content
/// that ends with a carriage return (one certificate in 256 does), be taken for half of an end of line.
const END_OF_STREAM: &[u8] = b"\r\nendstream";
/// Digits left for each number of the byte range.
const DIGITS: usize = 10;

/// An update that is being written.
pub(crate) struct Update {
    bytes: Vec<u8>,
    offsets: Vec<(u32, usize)>,
    gap: Gap,
}

/// Where a structure goes: the place of the byte range's numbers, where the gap begins and ends, its angle brackets included.
#[derive(Clone, Copy, Default)]
struct Gap {
    range: usize,
    begin: usize,
    end: usize,
}

impl Update {
    /// Begins an update of a file.
    pub(crate) fn of(file: Vec<u8>) -> Self {
        let mut bytes = file;
        if bytes.last() != Some(&b'\n') {
            bytes.push(b'\n');
        }
        Self { bytes, offsets: vec![], gap: Gap::default() }
    }

    pub(crate) fn object(&mut self, number: u32, parts: &[&[u8]]) {
        self.offsets.push((number, self.bytes.len()));
        self.bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.bytes.extend_from_slice(b"\nendobj\n");
    }

    pub(crate) fn stream(&mut self, number: u32, content: &[u8]) {
        let head = format!("<</Length {}>>\nstream\n", content.len());
        self.object(number, &[head.as_bytes(), content, END_OF_STREAM]);
    }

    /// A signature dictionary with a gap for a structure of `room` bytes (ISO 32000-1, 12.8.1).
    pub(crate) fn signature(&mut self, number: u32, entries: &str, room: usize) {
        let blank = format!("{:>width$}", "", width = 3 * (DIGITS + 1));
        let head = format!("<<{entries}/ByteRange[0");
        let range = self.bytes.len() + format!("{number} 0 obj\n").len() + head.len();
        let begin = range + blank.len() + "]\n/Contents".len();
        self.gap = Gap { range, begin, end: begin + 2 * room + 2 };
        let zeros = vec![b'0'; 2 * room];
        self.object(number, &[head.as_bytes(), blank.as_bytes(), b"]\n/Contents<", &zeros, b">>>"]);
    }

    /// The page and the catalog as they are with these fields, annotations, and store.
    pub(crate) fn page_and_catalog(&mut self, revision: &Revision) {
        let annotations = format!("{ANNOTATIONS}{}]>>", references(&revision.annotations));
        self.object(revision.page, &[b"<<", &revision.page_entries, annotations.as_bytes()]);
        let store = revision.store.as_ref().map(|store| format!("{SECURITY_STORE}{} 0 R", store.number));
        let form = format!(
            "{ACRO_FORM}{}]/SigFlags 3>>{EXTENSIONS}{}>>",
            references(&revision.fields),
            store.unwrap_or_default()
        );
        self.object(revision.catalog, &[b"<<", &revision.catalog_entries, form.as_bytes()]);
    }

    pub(crate) fn store(&mut self, store: &Store) {
        let text = format!(
            "{DSS}/Certs[{}]/OCSPs[{}]/CRLs[{}]>>",
            references(&store.certificates),
            references(&store.responses),
            references(&store.lists)
        );
        self.object(store.number, &[text.as_bytes()]);
    }

    /// Ends the update of a revision: the cross-reference stream has the next number.
    pub(crate) fn end(mut self, revision: &Revision) -> Gapped {
        let own = revision.next;
        let at = self.bytes.len();
        self.offsets.push((own, at));
        self.offsets.sort_unstable();
        let (mut index, mut data) = (vec![], vec![]);
        for run in self.offsets.chunk_by(|a, b| a.0 + 1 == b.0) {
            let first = run.first().map_or(0, |(number, _)| *number);
            index.push(format!("{first} {}", run.len()));
            for (_, offset) in run {
                data.push(1);
                // A file of 4 GiB would be none of a report.
                data.extend(u32::try_from(*offset).unwrap_or(u32::MAX).to_be_bytes());
                data.push(0);
            }
        }
        let digits = |id: &[u8]| id.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        let second = Sha256::digest(&self.bytes);
        let head = format!(
            "{CROSS_REFERENCES}{}]/Size {}/Root {} 0 R/Info {} 0 R/ID[<{}><{}>]/Prev {}/Length {}>>\nstream\n",
            index.join(" "),
            own + 1,
            revision.catalog,
            revision.information,
            digits(&revision.id),
            digits(second.get(..16).unwrap_or_default()),
            revision.cross_references,
            data.len(),
        );
        let end = format!("\nendobj\nstartxref\n{at}\n%%EOF\n");
        self.bytes.extend_from_slice(format!("{own} 0 obj\n{head}").as_bytes());
        self.bytes.extend_from_slice(&data);
        self.bytes.extend_from_slice(END_OF_STREAM);
        self.bytes.extend_from_slice(end.as_bytes());
        let Gap { range, begin, end } = self.gap;
        let numbers = format!("{begin:>width$}{end:>width$}{:>width$}", self.bytes.len() - end, width = DIGITS + 1);
        self.bytes.iter_mut().skip(range).zip(numbers.bytes()).for_each(|(to, from)| *to = from);
        Gapped { bytes: self.bytes, gap: (begin, end) }
    }
}

/// A file with a gap for a structure.
pub(crate) struct Gapped {
    bytes: Vec<u8>,
    gap: (usize, usize),
}

impl Gapped {
    /// The SHA-256 of everything but the gap.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let before = self.bytes.get(..self.gap.0).unwrap_or_default();
        let after = self.bytes.get(self.gap.1..).unwrap_or_default();
        Sha256::new().chain_update(before).chain_update(after).finalize().into()
    }

    /// Puts the structure into the gap, in hexadecimal digits; what is left of it stays zeros.
    pub(crate) fn filled(mut self, structure: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let room = (self.gap.1 - self.gap.0 - 2) / 2;
        if structure.len() > room {
            return Err(SignatureError::TooLong(structure.len() - room));
        }
        let digits = structure.iter().flat_map(|byte| format!("{byte:02X}").into_bytes());
        self.bytes.iter_mut().skip(self.gap.0 + 1).zip(digits).for_each(|(to, from)| *to = from);
        Ok(self.bytes)
    }
}

/// A text string of PDF: UTF-16 with a byte order mark.
pub(crate) fn text(value: &str) -> String {
    let units: String = value.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    format!("<FEFF{units}>")
}

fn references(numbers: &[u32]) -> String {
    let texts: Vec<String> = numbers.iter().map(|number| format!("{number} 0 R")).collect();
    texts.join(" ")
}
