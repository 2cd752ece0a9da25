//! The finishing pass over the file: metadata, bookmarks, the link, the watermark, ids from the content, compression.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};
use sha2::{Digest, Sha256};
use skrifa::outline::OutlinePen;
use skrifa::raw::{FontRef, TableProvider};
use xinzheng_domain::ReportContent;
use xinzheng_domain::china_time::CHINA;

use crate::RenderError;
use crate::anchor::Anchor;
use crate::document::{LaidOut, Matter};
use crate::flow::Bookmark;
use crate::font_objects::{FontObjects, font_dictionary};
use crate::fonts::Fonts;
use crate::sheet::{Area, HEIGHT, WIDTH};
use crate::srgb;
use crate::template::Template;
use crate::writing::SharedFonts;

/// zlib's level for what each report has of its own: 6 costs a tenth more time for two hundredths of the size, the best twice
/// as much.
const LEVEL: u32 = 4;
/// The one for the fonts that reports share, which are compressed once; higher ones gain nothing.
pub(crate) const SHARED_LEVEL: u32 = 6;

/// A finished file, and what an incremental update of it needs to know.
pub(crate) struct Finished {
    pub(crate) bytes: Vec<u8>,
    pub(crate) anchor: Option<Anchor>,
}

/// The page furniture of a file is put in: contents, resources, watermark, link, outline, metadata, ids.
pub(crate) fn finish(
    mut file: Document,
    laid_out: LaidOut<'_>,
    matter: Matter<'_>,
    template: &Template,
    shared: &SharedFonts,
    fonts: &Fonts,
) -> Result<Finished, RenderError> {
    let content = matter.content;
    // The code binds number and content.
    let digest = Sha256::digest(format!("{} {}", content.number, matter.code));
    let wrong = |error: lopdf::Error| RenderError::File(error.to_string());
    file.version = "1.7".to_owned();
    finish_fonts(&mut file, digest.as_slice());
    let pages: Vec<ObjectId> = file.page_iter().collect();
    let resources = resources(&mut file, &pages, &shared.objects, content.number.as_str(), fonts).map_err(wrong)?;
    let LaidOut { sheets, bookmarks, seal, .. } = laid_out;
    for (sheet, &id) in sheets.into_iter().zip(&pages) {
        let link = sheet.link;
        let contents = file.get_dictionary(id).and_then(|page| page.get(b"Contents")?.as_reference()).map_err(wrong)?;
        let own = file.get_dictionary(id).and_then(|page| page.get(b"Resources")?.as_reference()).map_err(wrong)?;
        file.objects.remove(&own);
        file.objects.insert(contents, Object::Stream(deflated(dictionary! {}, &sheet.into_content(), LEVEL)?));
        if let Some(area) = link {
            let link = link_to(&mut file, area, matter.verification_url);
            file.get_dictionary_mut(id).map_err(wrong)?.set("Annots", vec![Object::Reference(link)]);
        }
        file.get_dictionary_mut(id).map_err(wrong)?.set("Resources", resources);
    }
    let outlines = outline(&mut file, &bookmarks, &pages);
    let metadata = file.add_object(Stream::new(
        dictionary! { "Type" => "Metadata", "Subtype" => "XML" },
        xmp(content, template).into_bytes(),
    ));
    let profile = Stream::new(dictionary! { "N" => 3 }, srgb::profile());
    let profile = file.add_object(profile);
    let intent = dictionary! {
        "Type" => "OutputIntent",
        "S" => "GTS_PDFA1",
        "OutputConditionIdentifier" => Object::string_literal("sRGB IEC61966-2.1"),
        "Info" => Object::string_literal("sRGB IEC61966-2.1"),
        "RegistryName" => Object::string_literal("http://www.color.org"),
        "DestOutputProfile" => profile,
    };
    let catalog = file.catalog_mut().map_err(wrong)?;
    catalog.set("Lang", Object::string_literal("zh-CN"));
    catalog.set("Metadata", metadata);
    catalog.set("OutputIntents", vec![Object::Dictionary(intent)]);
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
    compress(&mut file, LEVEL)?;
    let mut bytes = vec![];
    file.save_to(&mut bytes).map_err(|error| RenderError::File(error.to_string()))?;
    let anchor = seal
        .and_then(|(page, area)| Some((*pages.get(page)?, area)))
        .and_then(|(page, area)| Anchor::of(&file, &bytes, page, area.rect()));
    Ok(Finished { bytes, anchor })
}

/// The resources that all pages share: the report's own fonts, the template's, and the watermark.
fn resources(
    file: &mut Document,
    pages: &[ObjectId],
    shared: &FontObjects,
    number: &str,
    fonts: &Fonts,
) -> lopdf::Result<ObjectId> {
    let first = pages.first().copied().unwrap_or_default();
    let dictionary = font_dictionary(file, first)?;
    let added = shared.add_to(file);
    let all = file.get_dictionary_mut(dictionary)?;
    for (name, id) in added {
        all.set(name, Object::Reference(id));
    }
    let watermark = file.add_object(watermark(number, fonts));
    Ok(file.add_object(dictionary! { "Font" => dictionary, "XObject" => dictionary! { "Wm" => watermark } }))
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
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" \
         xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n\
         <pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>\n\
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

/// Gives each embedded font the six capitals that mark a subset (ISO 32000-1, 9.6.4), from a digest, and writes only the
/// widths that are not the default of 1,000.
pub(crate) fn finish_fonts(file: &mut Document, digest: &[u8]) {
    let mut programs = vec![];
    for (&id, object) in &mut file.objects {
        if let Object::Dictionary(dictionary) = object {
            finish_font(dictionary, digest);
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

fn finish_font(dictionary: &mut Dictionary, digest: &[u8]) {
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
                finish_font(descendant, digest);
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

/// The number across each page, very light, as paths: it is seen and does not get into copied text.
fn watermark(number: &str, fonts: &Fonts) -> Stream {
    let size = 36.0_f32;
    let font = &fonts.regular;
    let advance = |character| font.glyph(character).map_or(0.0, |glyph| f32::from(font.advance(glyph)) / 1000.0);
    let width = number.chars().map(advance).sum::<f32>() * size;
    let (sin, cos) = (0.5_f32, 0.866_f32);
    let (x, y) =
        (WIDTH / 2.0 - cos * width / 2.0 + sin * size / 3.0, HEIGHT / 2.0 - sin * width / 2.0 - cos * size / 3.0);
    // Coordinates in font units are short numbers.
    let scale = size / font.units();
    let (along, across) = (cos * scale, sin * scale);
    let mut path = Outline {
        stream: format!("0.935 0.945 0.96 rg {along:.5} {across:.5} {:.5} {along:.5} {x:.2} {y:.2} cm\n", -across),
        x: 0.0,
        at: (0.0, 0.0),
    };
    for character in number.chars() {
        font.outline(character, &mut path);
        path.x += advance(character) * font.units();
    }
    path.stream.push_str("f\n");
    Stream::new(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "BBox" => vec![0.into(), 0.into(), Object::Real(WIDTH), Object::Real(HEIGHT)],
        },
        path.stream.into_bytes(),
    )
}

/// Glyph outlines as path operators.
struct Outline {
    stream: String,
    x: f32,
    /// The current point in font units, for quadratic curves.
    at: (f32, f32),
}

impl Outline {
    fn point(&mut self, x: f32, y: f32) {
        // Writing to a string cannot fail.
        let _written = write!(self.stream, "{:.0} {:.0} ", self.x + x, y);
    }
}

impl OutlinePen for Outline {
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

/// Links an area to the verification address.
fn link_to(file: &mut Document, area: Area, url: &str) -> ObjectId {
    file.add_object(dictionary! {
        "Type" => "Annot",
        "Subtype" => "Link",
        "Rect" => area.rect().map(Object::Real).to_vec(),
        "Border" => vec![0.into(), 0.into(), 0.into()],
        "F" => 4,
        "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal(url) },
    })
}

/// The outline: parts, and domains inside the details.
fn outline(file: &mut Document, bookmarks: &[Bookmark], pages: &[ObjectId]) -> ObjectId {
    let root = file.new_object_id();
    let ids: Vec<ObjectId> = bookmarks.iter().map(|_| file.new_object_id()).collect();
    // The parent of each: the last part before it, or the root.
    let mut part = root;
    let mut parents = vec![];
    for (bookmark, &id) in bookmarks.iter().zip(&ids) {
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
    for ((bookmark, &id), &parent) in bookmarks.iter().zip(&ids).zip(&parents) {
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
pub(crate) fn compress(file: &mut Document, level: u32) -> Result<(), RenderError> {
    for object in file.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        let is_metadata = stream.dict.get(b"Type").and_then(Object::as_name).is_ok_and(|name| name == b"Metadata");
        if !is_metadata && !stream.dict.has(b"Filter") {
            *stream = deflated(std::mem::take(&mut stream.dict), &stream.content, level)?;
        }
    }
    Ok(())
}

fn deflated(mut dictionary: Dictionary, content: &[u8], level: u32) -> Result<Stream, RenderError> {
    let wrong = |error: std::io::Error| RenderError::File(error.to_string());
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(content.len() / 2), Compression::new(level));
    encoder.write_all(content).map_err(wrong)?;
    dictionary.set("Filter", "FlateDecode");
    let mut stream = Stream::new(dictionary, encoder.finish().map_err(wrong)?);
    stream.allows_compression = false;
    Ok(stream)
}
