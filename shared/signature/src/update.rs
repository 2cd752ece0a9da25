//! The incremental update (ISO 32000-1, 7.5.6 and 12.8) that a signature is: a signature dictionary with a gap, its field
//! over the seal block, and the page and catalog that know of it. It certifies the document (12.8.4): nothing may be added to it but
//! what proves it for longer (P = 1; ISO 32000-2, table 257).

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use xinzheng_domain::china_time::CHINA;

use crate::anchor::Anchor;
use crate::error::SignatureError;

/// A file with a gap for the signature.
pub(crate) struct Update {
    bytes: Vec<u8>,
    /// Where the gap begins and ends, its angle brackets included.
    gap: (usize, usize),
}

/// That no change is permitted (ISO 32000-1, tables 253 and 254).
const CERTIFIES: &str =
    "/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]";
/// Digits left for each number of the byte range.
const DIGITS: usize = 10;

/// Adds the update to a file, with a gap for a structure of `room` bytes.
pub(crate) fn with_gap(unsigned: Vec<u8>, anchor: &Anchor, issuer: &str, at: Timestamp, room: usize) -> Update {
    let mut bytes = unsigned;
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    let [signature, field, appearance] = [anchor.next, anchor.next + 1, anchor.next + 2];
    let mut offsets = vec![];
    let mut gap = (0, 0);
    let mut object = |bytes: &mut Vec<u8>, number: u32, parts: &[&[u8]]| {
        offsets.push((number, bytes.len()));
        bytes.extend(format!("{number} 0 obj\n").into_bytes());
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        bytes.extend_from_slice(b"\nendobj\n");
    };

    let time = CHINA.to_datetime(at).strftime("D:%Y%m%d%H%M%S+08'00'").to_string();
    let head = format!(
        "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Name{}/Reason{}/M({time})\n{CERTIFIES}/ByteRange[0",
        text(issuer),
        text("出具专项信用报告"),
    );
    let blank = format!("{:>width$}", "", width = 3 * (DIGITS + 1));
    let start = bytes.len() + format!("{signature} 0 obj\n").len() + head.len();
    gap.0 = start + blank.len() + "]\n/Contents".len();
    gap.1 = gap.0 + 2 * room + 2;
    let zeros = vec![b'0'; 2 * room];
    object(&mut bytes, signature, &[head.as_bytes(), blank.as_bytes(), b"]\n/Contents<", &zeros, b">>>"]);

    let [left, bottom, right, top] = anchor.rect;
    let widget = format!(
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal)/TU{}/F 132/Rect[{left:.2} {bottom:.2} {right:.2} {top:.2}]\
         /P {} 0 R/V {signature} 0 R/AP<</N {appearance} 0 R>>>>",
        text("电子签名"),
        anchor.page,
    );
    object(&mut bytes, field, &[widget.as_bytes()]);
    // The block itself is drawn on the page: it is part of what is signed.
    let (width, height) = (right - left, top - bottom);
    let empty = format!(
        "<</Type/XObject/Subtype/Form/BBox[0 0 {width:.2} {height:.2}]/Resources<<>>/Length 0>>\nstream\n\nendstream"
    );
    object(&mut bytes, appearance, &[empty.as_bytes()]);
    let annotations: String = anchor.annotations.iter().map(|number| format!("{number} 0 R ")).collect();
    let annotations = format!("/Annots[{annotations}{field} 0 R]>>");
    object(&mut bytes, anchor.page, &[b"<<", &anchor.page_entries, annotations.as_bytes()]);
    let form = format!("/AcroForm<</Fields[{field} 0 R]/SigFlags 3>>/Perms<</DocMDP {signature} 0 R>>>>");
    object(&mut bytes, anchor.catalog, &[b"<<", &anchor.catalog_entries, form.as_bytes()]);

    let table = bytes.len();
    offsets.sort_unstable();
    bytes.extend_from_slice(b"xref\n");
    for run in offsets.chunk_by(|a, b| a.0 + 1 == b.0) {
        let first = run.first().map_or(0, |(number, _)| *number);
        bytes.extend(format!("{first} {}\n", run.len()).into_bytes());
        for (_, offset) in run {
            bytes.extend(format!("{offset:010} 00000 n \n").into_bytes());
        }
    }
    bytes.extend(
        format!("trailer\n<</Size {}/Root {} 0 R/Prev {}\n", appearance + 1, anchor.catalog, anchor.cross_references)
            .into_bytes(),
    );
    bytes.extend_from_slice(&anchor.trailer_entries);
    bytes.extend(format!(">>\nstartxref\n{table}\n%%EOF\n").into_bytes());

    let range = format!("{:>width$}{:>width$}{:>width$}", gap.0, gap.1, bytes.len() - gap.1, width = DIGITS + 1);
    bytes.iter_mut().skip(start).zip(range.bytes()).for_each(|(to, from)| *to = from);
    Update { bytes, gap }
}

/// A text string of PDF: UTF-16 with a byte order mark.
fn text(value: &str) -> String {
    let units: String = value.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    format!("<FEFF{units}>")
}

impl Update {
    /// The SHA-256 of everything but the gap.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let before = self.bytes.get(..self.gap.0).unwrap_or_default();
        let after = self.bytes.get(self.gap.1..).unwrap_or_default();
        Sha256::new().chain_update(before).chain_update(after).finalize().into()
    }

    /// Puts the structure into the gap, in hexadecimal digits; what is left of it stays zeros.
    pub(crate) fn fill(&mut self, structure: &[u8]) -> Result<(), SignatureError> {
        let room = (self.gap.1 - self.gap.0 - 2) / 2;
        if structure.len() > room {
            return Err(SignatureError::TooLong(structure.len() - room));
        }
        let digits = structure.iter().flat_map(|byte| format!("{byte:02X}").into_bytes());
        self.bytes.iter_mut().skip(self.gap.0 + 1).zip(digits).for_each(|(to, from)| *to = from);
        Ok(())
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
