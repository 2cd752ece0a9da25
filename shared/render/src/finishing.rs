//! The finishing pass over the file: metadata, bookmarks, the link, the watermark, ids from the content, compression.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};
use sha2::{Digest, Sha256};
use ttf_parser::OutlineBuilder;
use xinzheng_domain::ReportContent;
use xinzheng_domain::china_time::CHINA;

use crate::RenderError;
use crate::document::LaidOut;
use crate::fonts::{Fonts, Weight};
use crate::sheet::{HEIGHT, WIDTH};
use crate::template::Template;

/// zlib's level: the best costs twice the time for two hundredths of the size.
const LEVEL: u32 = 6;

pub(crate) fn finish(
    mut file: Document,
    laid_out: &LaidOut,
    content: &ReportContent,
    verification_url: &str,
    template: &Template,
    fonts: &Fonts,
) -> Result<Vec<u8>, RenderError> {
    let digest = Sha256::digest(content.canonical_json()?);
    let wrong = |error: lopdf::Error| RenderError::File(error.to_string());
    file.version = "1.7".to_owned();
    tag_fonts(&mut file, digest.as_slice());
    let pages: Vec<ObjectId> = file.get_pages().into_values().collect();
    watermark(&mut file, &pages, content.number.as_str(), fonts).map_err(wrong)?;
    link(&mut file, laid_out, &pages, verification_url).map_err(wrong)?;
    let outlines = bookmarks(&mut file, laid_out, &pages);
    let metadata = file.add_object(Stream::new(
        dictionary! { "Type" => "Metadata", "Subtype" => "XML" },
        xmp(content, template).into_bytes(),
    ));
    let catalog = file.catalog_mut().map_err(wrong)?;
    catalog.set("Lang", Object::string_literal("zh-CN"));
    catalog.set("Metadata", metadata);
    catalog.set("PageMode", "UseOutlines");
    catalog.set("PageLayout", "OneColumn");
    catalog.set("ViewerPreferences", dictionary! { "DisplayDocTitle" => true });
    catalog.set("MarkInfo", dictionary! { "Marked" => false });
    catalog.set("Outlines", outlines);
    let information = file.add_object(information(content, template));
    file.trailer.set("Info", information);
    let id = Object::String(digest.iter().take(16).copied().collect(), StringFormat::Hexadecimal);
    file.trailer.set("ID", vec![id.clone(), id]);
    file.prune_objects();
    compress(&mut file)?;
    let mut bytes = vec![];
    file.save_to(&mut bytes).map_err(|error| RenderError::File(error.to_string()))?;
    Ok(bytes)
}

/// A text of the document information: UTF-16 with a byte order mark.
fn text(value: &str) -> Object {
    let bytes = [0xfe, 0xff].into_iter().chain(value.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    Object::String(bytes, StringFormat::Hexadecimal)
}

fn title(content: &ReportContent, template: &Template) -> String {
    format!("{} {}", template.title, content.number)
}

fn information(content: &ReportContent, template: &Template) -> Dictionary {
    let issued = CHINA.to_datetime(content.issued_at).strftime("D:%Y%m%d%H%M%S+08'00'").to_string();
    dictionary! {
        "Title" => text(&title(content, template)),
        "Author" => text(&template.issuer),
        "Subject" => text(&content.subject.name),
        "Creator" => text("信证 Xinzheng"),
        "Producer" => text("Xinzheng"),
        "CreationDate" => Object::string_literal(issued.as_str()),
        "ModDate" => Object::string_literal(issued.as_str()),
    }
}

fn xmp(content: &ReportContent, template: &Template) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let issued = CHINA.to_datetime(content.issued_at).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string();
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\">\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         <dc:creator><rdf:Seq><rdf:li>{issuer}</rdf:li></rdf:Seq></dc:creator>\n\
         <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{subject}</rdf:li></rdf:Alt></dc:description>\n\
         <dc:language><rdf:Bag><rdf:li>zh-CN</rdf:li></rdf:Bag></dc:language>\n\
         <xmp:CreatorTool>信证 Xinzheng</xmp:CreatorTool><xmp:CreateDate>{issued}</xmp:CreateDate>\
         <xmp:ModifyDate>{issued}</xmp:ModifyDate><pdf:Producer>Xinzheng</pdf:Producer>\n\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>",
        title = escape(&title(content, template)),
        issuer = escape(&template.issuer),
        subject = escape(&content.subject.name),
    )
}

/// Gives each embedded font the six capitals that mark a subset (ISO 32000-1, 9.6.4), from the content's digest.
fn tag_fonts(file: &mut Document, digest: &[u8]) {
    let tag = |place: usize| -> String {
        digest.iter().skip(place * 6).take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
    };
    let tagged = |name: &[u8]| -> Option<Vec<u8>> {
        let place = match name {
            b"NotoSansSC-Regular" => 0,
            b"NotoSansSC-Bold" => 1,
            _ => return None,
        };
        Some([tag(place).as_bytes(), b"+", name].concat())
    };
    for object in file.objects.values_mut() {
        retag(object, &tagged);
    }
}

fn retag(object: &mut Object, tagged: &dyn Fn(&[u8]) -> Option<Vec<u8>>) {
    match object {
        Object::Dictionary(dictionary) => {
            for (_, value) in dictionary.iter_mut() {
                retag(value, tagged);
            }
        }
        Object::Array(values) => values.iter_mut().for_each(|value| retag(value, tagged)),
        Object::Name(name) => {
            if let Some(new) = tagged(name) {
                *name = new;
            }
        }
        _ => {}
    }
}

/// The number across each page, very light, as paths: it is seen and does not get into copied text.
fn watermark(file: &mut Document, pages: &[ObjectId], number: &str, fonts: &Fonts) -> lopdf::Result<()> {
    let size = 36.0_f32;
    let font = fonts.weight(Weight::Bold);
    let width = font.width(number, size);
    let (sin, cos) = (0.5_f32, 0.866_f32);
    let (x, y) =
        (WIDTH / 2.0 - cos * width / 2.0 + sin * size / 3.0, HEIGHT / 2.0 - sin * width / 2.0 - cos * size / 3.0);
    let mut path = Outline {
        stream: format!("0.935 0.945 0.96 rg {cos} {sin} {} {cos} {x:.2} {y:.2} cm\n", -sin),
        scale: size / font.units(),
        x: 0.0,
        at: (0.0, 0.0),
    };
    for character in number.chars() {
        font.outline(character, &mut path);
        path.x += font.advance(character) * size;
    }
    path.stream.push_str("f\n");
    let form = file.add_object(Stream::new(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "BBox" => vec![0.into(), 0.into(), Object::Real(WIDTH), Object::Real(HEIGHT)],
        },
        path.stream.into_bytes(),
    ));
    let objects = file.add_object(dictionary! { "Wm" => form });
    for &page in pages {
        let resources = file.get_dictionary(page)?.get(b"Resources")?.as_reference()?;
        file.get_dictionary_mut(resources)?.set("XObject", objects);
        let contents = file.get_dictionary(page)?.get(b"Contents")?.as_reference()?;
        if let Object::Stream(stream) = file.get_object_mut(contents)? {
            let before: &[u8] = b"/Artifact <</Type /Pagination /Subtype /Watermark>> BDC q /Wm Do Q EMC\n";
            stream.set_content([before, &stream.content].concat());
        }
    }
    Ok(())
}

/// Glyph outlines as path operators.
struct Outline {
    stream: String,
    scale: f32,
    x: f32,
    /// The current point in font units, for quadratic curves.
    at: (f32, f32),
}

impl Outline {
    fn point(&mut self, x: f32, y: f32) {
        // Writing to a string cannot fail.
        let _written = write!(self.stream, "{:.2} {:.2} ", self.x + x * self.scale, y * self.scale);
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.point(x, y);
        self.stream.push_str("m\n");
        self.at = (x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.point(x, y);
        self.stream.push_str("l\n");
        self.at = (x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (x0, y0) = self.at;
        self.curve_to(
            x0 + (x1 - x0) * 2.0 / 3.0,
            y0 + (y1 - y0) * 2.0 / 3.0,
            x + (x1 - x) * 2.0 / 3.0,
            y + (y1 - y) * 2.0 / 3.0,
            x,
            y,
        );
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.point(x1, y1);
        self.point(x2, y2);
        self.point(x, y);
        self.stream.push_str("c\n");
        self.at = (x, y);
    }

    fn close(&mut self) {
        self.stream.push_str("h\n");
    }
}

/// Links the areas that lead to the verification address.
fn link(file: &mut Document, laid_out: &LaidOut, pages: &[ObjectId], url: &str) -> lopdf::Result<()> {
    for (sheet, &page) in laid_out.sheets.iter().zip(pages) {
        let Some(area) = sheet.link else { continue };
        let rect = [area.x, HEIGHT - area.y - area.height, area.x + area.width, HEIGHT - area.y];
        let annotation = file.add_object(dictionary! {
            "Type" => "Annot",
            "Subtype" => "Link",
            "Rect" => rect.map(Object::Real).to_vec(),
            "Border" => vec![0.into(), 0.into(), 0.into()],
            "F" => 4,
            "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal(url) },
        });
        file.get_dictionary_mut(page)?.set("Annots", vec![Object::Reference(annotation)]);
    }
    Ok(())
}

/// The outline: parts, and domains inside the details.
fn bookmarks(file: &mut Document, laid_out: &LaidOut, pages: &[ObjectId]) -> ObjectId {
    let root = file.new_object_id();
    let ids: Vec<ObjectId> = laid_out.bookmarks.iter().map(|_| file.new_object_id()).collect();
    // The parent of each: the last part before it, or the root.
    let mut part = root;
    let mut parents = vec![];
    for (bookmark, &id) in laid_out.bookmarks.iter().zip(&ids) {
        if bookmark.level == 0 {
            parents.push(root);
            part = id;
        } else {
            parents.push(part);
        }
    }
    let children = |parent: ObjectId| -> Vec<ObjectId> {
        ids.iter().zip(&parents).filter(|(_, p)| **p == parent).map(|(&id, _)| id).collect()
    };
    for ((bookmark, &id), &parent) in laid_out.bookmarks.iter().zip(&ids).zip(&parents) {
        let page = pages.get(bookmark.sheet).copied().unwrap_or(root);
        let mut entry = dictionary! {
            "Title" => text(&bookmark.title),
            "Parent" => parent,
            "Dest" => vec![page.into(), "XYZ".into(), Object::Null, Object::Real(HEIGHT - bookmark.y + 4.0), Object::Null],
        };
        let siblings = children(parent);
        let place = siblings.iter().position(|&sibling| sibling == id).unwrap_or(0);
        if let Some(&previous) = place.checked_sub(1).and_then(|place| siblings.get(place)) {
            entry.set("Prev", previous);
        }
        if let Some(&next) = siblings.get(place + 1) {
            entry.set("Next", next);
        }
        let own = children(id);
        if let (Some(&first), Some(&last)) = (own.first(), own.last()) {
            entry.set("First", first);
            entry.set("Last", last);
            entry.set("Count", own.len() as i64);
        }
        file.objects.insert(id, Object::Dictionary(entry));
    }
    let top = children(root);
    let mut outlines = dictionary! { "Type" => "Outlines", "Count" => ids.len() as i64 };
    if let (Some(&first), Some(&last)) = (top.first(), top.last()) {
        outlines.set("First", first);
        outlines.set("Last", last);
    }
    file.objects.insert(root, Object::Dictionary(outlines));
    root
}

/// Compresses every stream but the metadata, which PDF/A wants readable.
fn compress(file: &mut Document) -> Result<(), RenderError> {
    let wrong = |error: std::io::Error| RenderError::File(error.to_string());
    for object in file.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        let is_metadata = stream.dict.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"Metadata");
        if is_metadata || stream.dict.has(b"Filter") {
            continue;
        }
        let mut encoder = ZlibEncoder::new(Vec::with_capacity(stream.content.len() / 2), Compression::new(LEVEL));
        encoder.write_all(&stream.content).map_err(wrong)?;
        let compressed = encoder.finish().map_err(wrong)?;
        stream.set_content(compressed);
        stream.dict.set("Filter", "FlateDecode");
        stream.allows_compression = false;
    }
    Ok(())
}
