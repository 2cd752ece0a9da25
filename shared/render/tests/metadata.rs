//! What a file says of itself holds for every name, read by another XML parser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use lopdf::{Document, Object};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

#[path = "../benches/subject_matter/mod.rs"]
mod subject_matter;

/// What XML has (XML 1.0, 2.2).
fn is_of_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

/// The text of an element of whole XML.
fn text_in(xml: &str, element: &str) -> String {
    let mut reader = Reader::from_str(xml);
    let (mut told, mut depth, mut within) = (String::new(), 0, false);
    loop {
        match reader.read_event().expect("it is XML") {
            Event::Start(tag) => {
                depth += 1;
                within |= tag.name().as_ref() == element;
            }
            Event::End(tag) => {
                depth -= 1;
                within &= tag.name().as_ref() != element;
            }
            Event::Text(text) if within => told.push_str(&text),
            Event::GeneralRef(name) if within => {
                told.push_str(quick_xml::escape::resolve_predefined_entity(&name).expect("it is predefined"));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element ends");
    told
}

/// What a text string says (ISO 32000-1, 7.9.2.2).
fn said(object: &Object) -> String {
    let bytes = object.as_str().unwrap();
    assert_eq!(bytes[..2], [0xfe, 0xff]);
    let units: Vec<u16> = bytes[2..].chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

fn check(name: &str, expected: &str) {
    let mut content = subject_matter::content(0);
    name.clone_into(&mut content.subject.name);
    let pdf = subject_matter::rendered(&content, b"{}").pdf;
    let document = Document::load_mem(&pdf).unwrap();
    let metadata = document.catalog().unwrap().get(b"Metadata").unwrap().as_reference().unwrap();
    let metadata = document.get_object(metadata).unwrap().as_stream().unwrap().content.clone();
    let metadata = String::from_utf8(metadata).unwrap();
    assert!(metadata.chars().all(is_of_xml));
    assert_eq!(text_in(&metadata, "dc:description"), expected);
    assert_eq!((text_in(&metadata, "pdfaid:part"), text_in(&metadata, "pdfaid:conformance")), ("3".into(), "A".into()));
    assert_eq!(text_in(&metadata, "pdfuaid:part"), "1");
    let information = document.trailer.get(b"Info").unwrap().as_reference().unwrap();
    assert_eq!(said(document.get_dictionary(information).unwrap().get(b"Subject").unwrap()), expected);
}

#[test]
fn what_is_no_character_is_replaced() {
    for (name, expected) in [
        ("甲\u{ffff}乙\u{fffe}", "甲\u{fffd}乙\u{fffd}"),
        ("\u{0}\u{7}\u{1b}\n\u{85}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ("<甲>&amp;\"'𠁅\u{e000}", "<甲>&amp;\"'𠁅\u{e000}"),
    ] {
        check(name, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_name_is_told(name in proptest::collection::vec(any::<char>(), 1..12)) {
        let name: String = name.into_iter().collect();
        let no_character = |code: u32| code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code);
        let replaced = |c: char| c.is_control() || no_character(u32::from(c));
        let expected: String = name.chars().map(|c| if replaced(c) { '\u{fffd}' } else { c }).collect();
        check(&name, &expected);
    }
}
