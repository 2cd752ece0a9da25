//! The colour space of the reports, sRGB (IEC 61966-2-1), as an ICC profile (ICC.1:2001-04, version 2.4): the output
//! intent of a PDF/A file carries it.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

/// Points of the tone curve.
const POINTS: u32 = 256;

/// Primaries and white point adapted to D50, as sRGB's own profile states them, in 1/65536.
const RED: [u32; 3] = [0x6fa2, 0x38f5, 0x0390];
const GREEN: [u32; 3] = [0x6299, 0xb785, 0x18da];
const BLUE: [u32; 3] = [0x24a0, 0x0f84, 0xb6cf];
const WHITE: [u32; 3] = [0xf6d6, 0x1_0000, 0xd32d];

/// The output intent of a file, whose profile is put into it.
pub(crate) fn output_intent(file: &mut Document) -> Dictionary {
    let profile = file.add_object(Stream::new(dictionary! { "N" => 3 }, profile()));
    dictionary! {
        "Type" => "OutputIntent",
        "S" => "GTS_PDFA1",
        "OutputConditionIdentifier" => Object::string_literal("sRGB IEC61966-2.1"),
        "Info" => Object::string_literal("sRGB IEC61966-2.1"),
        "RegistryName" => Object::string_literal("http://www.color.org"),
        "DestOutputProfile" => profile,
    }
}

fn profile() -> Vec<u8> {
    let tags: [(&[u8; 4], Vec<u8>); 7] = [
        (b"desc", description("sRGB IEC61966-2.1")),
        (b"cprt", [b"text\0\0\0\0".as_slice(), b"No rights reserved\0"].concat()),
        (b"wtpt", xyz(WHITE)),
        (b"rXYZ", xyz(RED)),
        (b"gXYZ", xyz(GREEN)),
        (b"bXYZ", xyz(BLUE)),
        (b"rTRC", curve()),
    ];
    // The three tone curves are one.
    let count = tags.len() as u32 + 2;
    let mut offset = 128 + 4 + 12 * count;
    let mut table = count.to_be_bytes().to_vec();
    let mut data = vec![];
    for (name, mut bytes) in tags {
        let names: &[&[u8; 4]] = if name == b"rTRC" { &[b"rTRC", b"gTRC", b"bTRC"] } else { &[name] };
        for name in names {
            table.extend([name.as_slice(), &offset.to_be_bytes(), &(bytes.len() as u32).to_be_bytes()].concat());
        }
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        offset += bytes.len() as u32;
        data.extend(bytes);
    }
    let mut header = vec![0; 128];
    let mut put = |at: usize, bytes: &[u8]| header.iter_mut().skip(at).zip(bytes).for_each(|(to, from)| *to = *from);
    put(0, &offset.to_be_bytes());
    put(8, &[2, 0x40, 0, 0]);
    put(12, b"mntrRGB XYZ ");
    // 2025-01-01.
    put(24, &[0x07, 0xe9, 0, 1, 0, 1]);
    put(36, b"acsp");
    // The illuminant of the connection space, D50.
    put(68, &[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    [header, table, data].concat()
}

fn description(text: &str) -> Vec<u8> {
    let mut bytes = b"desc\0\0\0\0".to_vec();
    bytes.extend((text.len() as u32 + 1).to_be_bytes());
    bytes.extend(text.as_bytes());
    // The end of the text; no Unicode and no Macintosh description.
    bytes.extend([0; 1 + 8 + 3 + 67]);
    bytes
}

fn xyz(values: [u32; 3]) -> Vec<u8> {
    b"XYZ \0\0\0\0".iter().copied().chain(values.into_iter().flat_map(u32::to_be_bytes)).collect()
}

/// sRGB's transfer function.
fn curve() -> Vec<u8> {
    let linear = |value: f64| if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
    let point = |at: u32| ((linear(f64::from(at) / f64::from(POINTS - 1)) * 65535.0).round() as u16).to_be_bytes();
    let mut bytes = b"curv\0\0\0\0".to_vec();
    bytes.extend(POINTS.to_be_bytes());
    bytes.extend((0..POINTS).flat_map(point));
    bytes
}
