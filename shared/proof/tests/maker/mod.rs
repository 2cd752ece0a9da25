//! Makes small files: signed by drawn keys, stamped, extended, prepared to deceive.
#![allow(dead_code, unused_imports, reason = "each test uses a part of it")]

mod people;
mod structure;

pub(crate) use people::{Person, at};
pub(crate) use structure::{signature, token};

use std::fmt::Write as _;

/// How cross-references are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Table,
    Stream,
}

/// Makes the structure of the bytes that are covered.
pub(crate) type Seal<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

/// The objects of an update, by number, as they are written; those with `GAP` are signed.
pub(crate) struct Edit<'a> {
    pub(crate) objects: Vec<(u32, String)>,
    pub(crate) form: Form,
    pub(crate) seal: Option<Seal<'a>>,
    pub(crate) trailer: &'static str,
}

pub(crate) const GAP: &str = "/ByteRange[0 0000000000 0000000000 0000000000]/Contents<GAP>";
const ROOM: usize = 4_000;

/// A file of one page without a signature: 1 catalog, 2 pages, 3 page, 4 content, 5 information, 6 metadata.
pub(crate) fn unsigned(form: Form) -> Vec<u8> {
    let packet = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
                  <r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"/></x:xmpmeta>";
    let data = r#"{"number":"CZXY-20251103-AAAAAAAA"}"#;
    let objects = vec![
        (1, format!("<</Type/Catalog/Pages 2 0 R/Metadata 6 0 R/AF[7 0 R]{}>>", "")),
        (2, "<</Type/Pages/Count 1/Kids[3 0 R]>>".to_owned()),
        (3, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R>>".to_owned()),
        (4, stream("", "0 0 10 10 re f")),
        (5, "<</Title(Report CZXY-20251103-AAAAAAAA)/Producer(Xinzheng)>>".to_owned()),
        (6, stream("/Type/Metadata/Subtype/XML", packet)),
        (7, "<</Type/Filespec/F(report.json)/UF(report.json)/AFRelationship/Data/EF<</F 8 0 R>>>>".to_owned()),
        (8, stream("/Type/EmbeddedFile", data)),
    ];
    write(b"%PDF-1.7\n", &Edit { objects, form, seal: None, trailer: "" })
}

pub(crate) fn stream(entries: &str, data: &str) -> String {
    format!("<<{entries}/Length {}>>\nstream\n{data}\nendstream", data.len())
}

/// A stream of bytes, which are written as hexadecimal digits and put in by `write`.
pub(crate) fn bytes(data: &[u8]) -> String {
    let digits: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("HEX{digits}")
}

/// The update behind a file.
pub(crate) fn write(file: &[u8], edit: &Edit<'_>) -> Vec<u8> {
    let mut out = file.to_vec();
    let previous = last_number(file, b"startxref\n");
    let size = edit
        .objects
        .iter()
        .map(|(number, _)| number + 1)
        .max()
        .unwrap_or(1)
        .max(last_number(file, b"/Size ").map_or(0, |n| n as u32));
    let mut offsets = vec![];
    for (number, body) in &edit.objects {
        offsets.push((*number, out.len()));
        out.extend(format!("{number} 0 obj\n").bytes());
        if let Some(digits) = body.strip_prefix("HEX") {
            let data: Vec<u8> =
                (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect();
            out.extend(format!("<</Length {}>>\nstream\n", data.len()).bytes());
            out.extend(data);
            out.extend(b"\nendstream");
        } else {
            out.extend(body.replace("<GAP>", &format!("<{}>", "0".repeat(2 * ROOM))).bytes());
        }
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    let mut trailer = format!("/Size {}/Root 1 0 R/Info 5 0 R/ID[<00><00>]{}", size + 1, edit.trailer);
    if let Some(previous) = previous {
        let _ = write!(trailer, "/Prev {previous}");
    }
    match edit.form {
        Form::Table => {
            out.extend(b"xref\n");
            for (number, offset) in &offsets {
                out.extend(format!("{number} 1\n{offset:010} 00000 n \n").bytes());
            }
            out.extend(format!("trailer\n<<{trailer}>>\n").bytes());
        }
        Form::Stream => {
            offsets.push((size, start));
            let index: String = offsets.iter().map(|(number, _)| format!("{number} 1 ")).collect();
            let rows: Vec<u8> =
                offsets.iter().flat_map(|(_, at)| [&[1][..], &(*at as u32).to_be_bytes(), &[0]].concat()).collect();
            out.extend(
                format!(
                    "{size} 0 obj\n<</Type/XRef/W[1 4 1]/Index[{index}]{trailer}/Length {}>>\nstream\n",
                    rows.len()
                )
                .bytes(),
            );
            out.extend(rows);
            out.extend(b"\nendstream\nendobj\n");
        }
    }
    out.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    if let Some(seal) = edit.seal {
        fill(&mut out, seal);
    }
    out
}

fn fill(out: &mut [u8], seal: &dyn Fn(&[u8]) -> Vec<u8>) {
    let gap = find_last(out, b"/Contents<").unwrap() + b"/Contents".len();
    let end = gap + 2 * ROOM + 2;
    let range = find_last(out, b"/ByteRange[0 ").unwrap() + b"/ByteRange[0 ".len();
    let numbers = format!("{gap:010} {end:010} {:010}", out.len() - end);
    out[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
    let structure = seal(&[&out[..gap], &out[end..]].concat());
    for (at, byte) in structure.iter().enumerate() {
        out[gap + 1 + 2 * at..gap + 3 + 2 * at].copy_from_slice(format!("{byte:02X}").as_bytes());
    }
}

pub(crate) fn find_last(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).rposition(|window| window == mark)
}

fn last_number(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    let digits: String = bytes[find_last(bytes, mark)? + mark.len()..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .map(|b| *b as char)
        .collect();
    digits.parse().ok()
}

/// The next number that no object has.
pub(crate) fn next(file: &[u8]) -> u32 {
    last_number(file, b"/Size ").unwrap() as u32
}

/// What `certified` writes otherwise.
pub(crate) struct Otherwise {
    pub(crate) permissions: &'static str,
    pub(crate) perms: bool,
    pub(crate) catalog: &'static str,
}

impl Default for Otherwise {
    fn default() -> Self {
        Self { permissions: "/P 1", perms: true, catalog: "" }
    }
}

/// The file with a certifying signature.
pub(crate) fn certified(file: &[u8], form: Form, seal: &dyn Fn(&[u8]) -> Vec<u8>, otherwise: &Otherwise) -> Vec<u8> {
    let signature = next(file);
    let field = signature + 1;
    let perms = if otherwise.perms { format!("/Perms<</DocMDP {signature} 0 R>>") } else { String::new() };
    let reference =
        format!("/Reference[<</TransformMethod/DocMDP/TransformParams<<{}/V/1.2>>>>]", otherwise.permissions);
    let objects = vec![
        (signature, format!("<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached{reference}{GAP}>>")),
        (field, format!("<</Subtype/Widget/FT/Sig/T(Seal)/Rect[0 0 9 9]/P 3 0 R/V {signature} 0 R>>")),
        (3, format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Annots[{field} 0 R]>>")),
        (1, catalog(&format!("/AcroForm<</Fields[{field} 0 R]/SigFlags 3>>{perms}{}", otherwise.catalog))),
    ];
    write(file, &Edit { objects, form, seal: Some(seal), trailer: "" })
}

pub(crate) fn catalog(more: &str) -> String {
    format!("<</Type/Catalog/Pages 2 0 R/Metadata 6 0 R/AF[7 0 R]{more}>>")
}

/// The numbers of signature and field of a file that was `certified` at once.
pub(crate) fn sealed(unsigned: &[u8]) -> (u32, u32) {
    (next(unsigned), next(unsigned) + 1)
}

/// A security store, as objects from a number on, and the catalog that has it.
pub(crate) fn store(
    from: u32,
    seal: (u32, u32),
    certificates: &[Vec<u8>],
    lists: &[Vec<u8>],
    more: &str,
) -> Vec<(u32, String)> {
    let mut objects: Vec<_> = certificates
        .iter()
        .chain(lists)
        .map(|data| bytes(data))
        .zip(from + 1..)
        .map(|(body, number)| (number, body))
        .collect();
    let references = |range: std::ops::Range<u32>| range.map(|number| format!("{number} 0 R ")).collect::<String>();
    let lists_from = from + 1 + certificates.len() as u32;
    let dss = format!(
        "<</Certs[{}]/CRLs[{}]>>",
        references(from + 1..lists_from),
        references(lists_from..lists_from + lists.len() as u32)
    );
    objects.push((from, dss));
    let form = format!("/AcroForm<</Fields[{} 0 R]/SigFlags 3>>/Perms<</DocMDP {} 0 R>>", seal.1, seal.0);
    objects.push((1, catalog(&format!("{form}/DSS {from} 0 R{more}"))));
    objects
}

/// A document time stamp, as objects from a number on, with the page and catalog that have it.
pub(crate) fn stamp(from: u32, seal: (u32, u32), more: &str, rect: &str) -> Vec<(u32, String)> {
    let field = from + 1;
    vec![
        (from, format!("<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161{GAP}>>")),
        (field, format!("<</Subtype/Widget/FT/Sig/T(Stamp{from})/F 132/Rect[{rect}]/P 3 0 R/V {from} 0 R>>")),
        (
            3,
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Annots[{} 0 R {field} 0 R]>>",
                seal.1
            ),
        ),
        (
            1,
            catalog(&format!(
                "/AcroForm<</Fields[{} 0 R {field} 0 R]/SigFlags 3>>/Perms<</DocMDP {} 0 R>>{more}",
                seal.1, seal.0
            )),
        ),
    ]
}
