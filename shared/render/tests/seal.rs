//! The seal block: the picture of a seal, the certificate's fingerprint, and what an update that signs is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lopdf::{Document, Object};
use serde_json::{Value, json};
use xinzheng_domain::ReportContent;
use xinzheng_domain::report::ContentDigest;
use xinzheng_render::{Rendered, Template, preview};

#[path = "../benches/subject_matter/mod.rs"]
mod subject_matter;

/// The program's template with a picture of two red pixels, one of them half transparent.
fn pictured() -> Template {
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&[200, 16, 24, 255, 200, 16, 24, 128]).unwrap();
    let mut template: Value = serde_json::from_str(Template::builtin_json()).unwrap();
    template["seal_picture"] = json!(STANDARD.encode(bytes));
    Template::parse(&template.to_string()).unwrap()
}

fn signed_by(content: &ReportContent, certificate: Option<&ContentDigest>, template: &Template) -> Rendered {
    subject_matter::rendered_by(content, &content.canonical_json().unwrap(), certificate, template)
}

fn last_page(document: &Document) -> String {
    let last = *document.get_pages().keys().last().unwrap();
    document.extract_text(&[last]).unwrap().split_whitespace().collect()
}

#[test]
fn the_seal_is_drawn_with_its_opacity() {
    let content = subject_matter::content(1);
    let rendered = signed_by(&content, None, &pictured());
    let document = Document::load_mem(&rendered.pdf).unwrap();
    let pictures: Vec<_> = document
        .objects
        .values()
        .filter_map(|object| object.as_stream().ok())
        .filter(|stream| stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Image"))
        .collect();
    let [mask, picture] = pictures[..] else { panic!("a picture and its opacity: {pictures:?}") };
    assert_eq!(picture.decompressed_content().unwrap(), [200, 16, 24, 200, 16, 24]);
    assert_eq!(mask.decompressed_content().unwrap(), [255, 128]);
    assert!(picture.dict.has(b"SMask"));
    let tall = |rendered: &Rendered| {
        let [_, bottom, _, top] = rendered.seal.as_ref().unwrap().rect;
        top - bottom
    };
    let without = signed_by(&content, None, Template::builtin());
    assert!(tall(&rendered) > tall(&without) + 50.0);
    assert_eq!(rendered.pdf, signed_by(&content, None, &pictured()).pdf);
}

#[test]
fn the_block_shows_which_certificate_signs() {
    let content = subject_matter::content(0);
    let certificate = ContentDigest::of(b"certificate");
    let rendered = signed_by(&content, Some(&certificate), Template::builtin());
    let text = last_page(&Document::load_mem(&rendered.pdf).unwrap());
    let expected = format!("签名证书SHA-256指纹{}", certificate.to_string().to_uppercase());
    assert!(text.contains(&expected), "{text}");
    let without = subject_matter::rendered(&content, b"{}");
    assert!(!last_page(&Document::load_mem(&without.pdf).unwrap()).contains("指纹"));
}

#[test]
fn an_update_is_told_how_the_field_joins_the_structure() {
    let rendered = preview(Template::builtin()).unwrap();
    let seal = rendered.seal.unwrap();
    let document = Document::load_mem(&rendered.pdf).unwrap();
    assert!(document.objects.keys().all(|(number, _)| *number < seal.next));
    let [(number, form)] = seal.structure.as_slice() else { panic!("one element") };
    let place = document.get_dictionary((*number, 0)).unwrap();
    assert_eq!(place.get(b"S").unwrap().as_name().unwrap(), b"Div");
    assert!(!place.has(b"K"), "nothing until there is a field");
    let form = String::from_utf8(form.clone()).unwrap();
    let parent = place.get(b"P").unwrap().as_reference().unwrap().0;
    let (page, field) = (seal.page, seal.next + 1);
    let expected = format!("<</S/Form/P {parent} 0 R/K<</Type/OBJR/Pg {page} 0 R/Obj {field} 0 R>>>>");
    assert_eq!(form, expected);
    let root = document.catalog().unwrap().get(b"StructTreeRoot").unwrap().as_reference().unwrap();
    let root = document.get_dictionary(root).unwrap();
    let key = i64::from(seal.structure_parent.unwrap());
    assert_eq!(root.get(b"ParentTreeNextKey").unwrap().as_i64().unwrap(), key + 1);
    let parents = document.get_dictionary(root.get(b"ParentTree").unwrap().as_reference().unwrap()).unwrap();
    let parents = parents.get(b"Nums").unwrap().as_array().unwrap();
    let kept = parents.chunks(2).find(|pair| pair[0].as_i64().unwrap() == key).unwrap();
    assert_eq!(kept[1].as_reference().unwrap(), (*number, 0));
}
