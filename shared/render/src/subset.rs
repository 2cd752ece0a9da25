//! What marks an embedded font as a subset: its tag, its widths, and the set of its glyphs.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use skrifa::raw::{FontRef, TableProvider};

/// Gives each embedded font the six capitals that mark a subset (ISO 32000-1, 9.6.4), from a digest, and writes only the
/// widths that are not the default of 1,000.
pub(crate) fn mark_subsets(file: &mut Document, digest: &[u8]) {
    let mut programs = vec![];
    for (&id, object) in &mut file.objects {
        if let Object::Dictionary(dictionary) = object {
            mark_subset(dictionary, digest);
            if let Ok(program) = dictionary.get(b"FontFile2").and_then(Object::as_reference) {
                programs.push((id, program));
            }
        }
    }
    // Which glyphs a subset has (PDF/A-1, 6.3.5): all that its program has.
    for (descriptor, program) in programs {
        let Ok(Object::Stream(program)) = file.get_object(program) else { continue };
        let glyphs = FontRef::new(&program.content).and_then(|font| font.maxp()).map_or(0, |table| table.num_glyphs());
        let glyphs = usize::from(glyphs);
        let mut set = vec![0xff_u8; glyphs / 8];
        if !glyphs.is_multiple_of(8) {
            set.push(0xff << (8 - glyphs % 8));
        }
        let set = file.add_object(Stream::new(dictionary! {}, set));
        if let Ok(descriptor) = file.get_dictionary_mut(descriptor) {
            descriptor.set("CIDSet", set);
        }
    }
}

fn mark_subset(dictionary: &mut Dictionary, digest: &[u8]) {
    for key in [b"BaseFont".as_slice(), b"FontName"] {
        if let Ok(Object::Name(name)) = dictionary.get_mut(key)
            && let Some(place) = FACES.iter().position(|face| name == face)
        {
            let tag = digest.iter().skip(place * 6).take(6).map(|byte| b'A' + byte % 26);
            *name = tag.chain([b'+']).chain(name.iter().copied()).collect();
        }
    }
    if let Ok(Object::Array(widths)) = dictionary.get_mut(b"W") {
        *widths = uncommon(widths);
    }
    if let Ok(Object::Array(descendants)) = dictionary.get_mut(b"DescendantFonts") {
        for descendant in descendants {
            if let Object::Dictionary(descendant) = descendant {
                mark_subset(descendant, digest);
            }
        }
    }
}

/// The fonts' own names, by which [`crate::fonts`] opens them.
const FACES: [&[u8]; 2] = [b"NotoSansSC-Regular", b"BabelStoneHan"];

/// Of a list of widths (`first [w w w] first [w w]`, ISO 32000-1, 9.7.4.3) those that are not 1,000.
fn uncommon(widths: &[Object]) -> Vec<Object> {
    let mut short: Vec<Object> = vec![];
    let mut next = None;
    let mut pairs = widths.iter();
    while let (Some(Object::Integer(first)), Some(Object::Array(run))) = (pairs.next(), pairs.next()) {
        for (glyph, width) in (*first..).zip(run) {
            if matches!(width, Object::Integer(1000)) {
                continue;
            }
            match short.last_mut() {
                Some(Object::Array(run)) if next == Some(glyph) => run.push(width.clone()),
                _ => short.extend([Object::Integer(glyph), Object::Array(vec![width.clone()])]),
            }
            next = Some(glyph + 1);
        }
    }
    short
}
