//! The file of a report that is set: printpdf's skeleton with contents, resources, links, outline, metadata and ids.

use lopdf::{Document, Object, ObjectId, StringFormat, dictionary};
use sha2::{Digest, Sha256};

use crate::compression::{LEVEL, compress, deflated};
use crate::document::{LaidOut, Matter};
use crate::error::RenderError;
use crate::font_objects::{FontObjects, font_dictionary};
use crate::fonts::Fonts;
use crate::outline::outline;
use crate::seal_place::SealPlace;
use crate::sheet::{Area, Sheet};
use crate::skeleton::skeleton;
use crate::subset::mark_subsets;
use crate::template::Template;
use crate::watermark::watermark;
use crate::{metadata, srgb};

pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) seal: Option<SealPlace>,
}

/// Writes the file; `shared` are the fonts that all reports of the template share.
pub(crate) fn write(
    laid_out: LaidOut<'_>,
    matter: Matter<'_>,
    template: &Template,
    shared: &FontObjects,
    fonts: &Fonts,
) -> Result<Written, RenderError> {
    let content = matter.content;
    // The code binds number and content.
    let digest = Sha256::digest(format!("{} {}", content.number, matter.code));
    let wrong = |error: lopdf::Error| RenderError::File(error.to_string());
    let mut file = skeleton(&template.title, laid_out.sheets.len(), laid_out.glyphs.cut())?;
    file.version = "1.7".to_owned();
    mark_subsets(&mut file, digest.as_slice());
    let pages: Vec<ObjectId> = file.page_iter().collect();
    let resources = resources(&mut file, &pages, shared, content.number.as_str(), fonts).map_err(wrong)?;
    let LaidOut { sheets, bookmarks, seal, .. } = laid_out;
    for (sheet, &page) in sheets.into_iter().zip(&pages) {
        fill(&mut file, page, sheet, resources, matter.verification_url)?;
    }
    let outlines = outline(&mut file, &bookmarks, &pages);
    let metadata_stream = file.add_object(metadata::stream(content, template));
    let intent = srgb::output_intent(&mut file);
    let catalog = file.catalog_mut().map_err(wrong)?;
    catalog.set("Lang", Object::string_literal("zh-CN"));
    catalog.set("Metadata", metadata_stream);
    catalog.set("OutputIntents", vec![Object::Dictionary(intent)]);
    catalog.set("PageMode", "UseOutlines");
    catalog.set("PageLayout", "OneColumn");
    catalog.set("ViewerPreferences", dictionary! { "DisplayDocTitle" => true });
    catalog.set("MarkInfo", dictionary! { "Marked" => false });
    catalog.set("Outlines", outlines);
    let information = file.add_object(metadata::information(content, template));
    file.trailer.set("Info", information);
    let id = Object::String(digest.iter().take(16).copied().collect(), StringFormat::Hexadecimal);
    file.trailer.set("ID", vec![id.clone(), id]);
    file.prune_objects();
    compress(&mut file, LEVEL)?;
    let mut bytes = vec![];
    file.save_to(&mut bytes).map_err(|error| RenderError::File(error.to_string()))?;
    let seal = seal
        .and_then(|(page, area)| Some((*pages.get(page)?, area)))
        .and_then(|(page, area)| SealPlace::of(&file, &bytes, page, area.rect()));
    Ok(Written { bytes, seal })
}

/// Puts what stands on a sheet in the place of an empty page's content.
fn fill(file: &mut Document, page: ObjectId, sheet: Sheet, resources: ObjectId, url: &str) -> Result<(), RenderError> {
    let wrong = |error: lopdf::Error| RenderError::File(error.to_string());
    let link = sheet.link;
    let contents = file.get_dictionary(page).and_then(|page| page.get(b"Contents")?.as_reference()).map_err(wrong)?;
    let own = file.get_dictionary(page).and_then(|page| page.get(b"Resources")?.as_reference()).map_err(wrong)?;
    file.objects.remove(&own);
    file.objects.insert(contents, Object::Stream(deflated(dictionary! {}, &sheet.into_content(), LEVEL)?));
    if let Some(area) = link {
        let link = link_to(file, area, url);
        file.get_dictionary_mut(page).map_err(wrong)?.set("Annots", vec![Object::Reference(link)]);
    }
    file.get_dictionary_mut(page).map_err(wrong)?.set("Resources", resources);
    Ok(())
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
