//! The file of a report that is set: printpdf's skeleton with contents, resources, links, outline, metadata, ids and
//! data.

use lopdf::{Document, Object, ObjectId, StringFormat, dictionary};
use sha2::{Digest, Sha256};
use xinzheng_domain::ReportContent;

use crate::compression::{LEVEL, compress, deflated};
use crate::document::{LaidOut, Matter};
use crate::error::RenderError;
use crate::file_structure;
use crate::font_objects::{FontObjects, font_dictionary};
use crate::fonts::Fonts;
use crate::manuscript::Manuscript;
use crate::outline::outline;
use crate::seal_picture::SealPicture;
use crate::seal_place::SealPlace;
use crate::sheet::{Area, SEAL_PICTURE, Sheet};
use crate::skeleton::skeleton;
use crate::structure::ElementId;
use crate::structure_tree::StructureTree;
use crate::subset::mark_subsets;
use crate::template::Template;
use crate::text_string::text_string;
use crate::watermark::watermark;
use crate::{associated_files, metadata, srgb};

pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) missing: Vec<char>,
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
    let Manuscript { content, code, verification_url, .. } = matter.manuscript;
    // The code binds number and content.
    let digest = Sha256::digest(format!("{} {code}", content.number));
    let wrong = |error: lopdf::Error| RenderError::File(error.to_string());
    let missing = laid_out.glyphs.missing();
    let mut file = skeleton(&template.title, laid_out.sheets.len(), laid_out.glyphs.cut())?;
    file.version = "1.7".to_owned();
    mark_subsets(&mut file, digest.as_slice());
    let pages: Vec<ObjectId> = file.page_iter().collect();
    let resources = resources(&mut file, &pages, shared, content.number.as_str(), fonts).map_err(wrong)?;
    if let Some(picture) = template.picture() {
        add_picture(&mut file, resources, picture).map_err(wrong)?;
    }
    let LaidOut { sheets, bookmarks, structure, seal, .. } = laid_out;
    let (contents, links) = fill_pages(&mut file, &pages, sheets, resources, verification_url)?;
    if !matter.specimen {
        associated_files::embed(&mut file, matter.manuscript, template, &missing)?;
    }
    let outlines = outline(&mut file, &bookmarks, &pages);
    describe(&mut file, content, template, outlines).map_err(wrong)?;
    let id = Object::String(digest.iter().take(16).copied().collect(), StringFormat::Hexadecimal);
    file.trailer.set("ID", vec![id.clone(), id]);
    file.prune_objects();
    compress(&mut file, LEVEL)?;

    let first = file.max_id + 1;
    file.catalog_mut().map_err(wrong)?.set("StructTreeRoot", Object::Reference((first, 0)));
    let tree =
        StructureTree { structure: &structure, pages: pages.iter().copied().zip(contents).collect(), links, first };
    let written = file_structure::write(&file, &tree.write())?;
    let seal = seal
        .and_then(|(page, area)| Some((*pages.get(page)?, area)))
        .and_then(|(page, area)| SealPlace::of(&file, &written, page, area.rect(), &tree));
    Ok(Written { bytes: written.bytes, missing, seal })
}

/// What the pages' marked content belongs to, page by page, and the annotations of links with their pages.
type Filled = (Vec<Vec<ElementId>>, Vec<(ObjectId, ObjectId)>);

/// Puts what stands on the sheets in the place of the empty pages' content.
fn fill_pages(
    file: &mut Document,
    pages: &[ObjectId],
    sheets: Vec<Sheet>,
    resources: ObjectId,
    url: &str,
) -> Result<Filled, RenderError> {
    let (mut contents, mut links) = (vec![], vec![]);
    for (index, (mut sheet, &page)) in sheets.into_iter().zip(pages).enumerate() {
        contents.push(std::mem::take(&mut sheet.contents));
        let mut annotations = vec![];
        for area in std::mem::take(&mut sheet.links) {
            // The keys of the pages in the parent tree are their numbers from 0; those of the links follow.
            let link = link_to(file, area, url, pages.len() + links.len());
            links.push((link, page));
            annotations.push(Object::Reference(link));
        }
        fill(file, page, index, sheet, resources)?;
        if !annotations.is_empty() {
            let page = file.get_dictionary_mut(page).map_err(|error| RenderError::File(error.to_string()))?;
            page.set("Annots", annotations);
        }
    }
    Ok((contents, links))
}

fn fill(
    file: &mut Document,
    page: ObjectId,
    index: usize,
    sheet: Sheet,
    resources: ObjectId,
) -> Result<(), RenderError> {
    let wrong = |error: lopdf::Error| RenderError::File(error.to_string());
    let contents = file.get_dictionary(page).and_then(|page| page.get(b"Contents")?.as_reference()).map_err(wrong)?;
    let own = file.get_dictionary(page).and_then(|page| page.get(b"Resources")?.as_reference()).map_err(wrong)?;
    file.objects.remove(&own);
    file.objects.insert(contents, Object::Stream(deflated(dictionary! {}, &sheet.into_content(), LEVEL)?));
    let page = file.get_dictionary_mut(page).map_err(wrong)?;
    page.set("Resources", resources);
    page.set("StructParents", index as i64);
    // From one annotation to the next in the order of the structure.
    page.set("Tabs", "S");
    Ok(())
}

/// What the file says of itself, and how it is to be shown.
fn describe(
    file: &mut Document,
    content: &ReportContent,
    template: &Template,
    outlines: ObjectId,
) -> lopdf::Result<()> {
    let metadata_stream = file.add_object(metadata::stream(content, template));
    let intent = srgb::output_intent(file);
    let catalog = file.catalog_mut()?;
    catalog.set("Lang", Object::string_literal("zh-CN"));
    catalog.set("Metadata", metadata_stream);
    catalog.set("OutputIntents", vec![Object::Dictionary(intent)]);
    catalog.set("PageMode", "UseOutlines");
    catalog.set("PageLayout", "OneColumn");
    catalog.set("ViewerPreferences", dictionary! { "DisplayDocTitle" => true });
    catalog.set("MarkInfo", dictionary! { "Marked" => true });
    catalog.set("Outlines", outlines);
    let information = file.add_object(metadata::information(content, template));
    file.trailer.set("Info", information);
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

fn add_picture(file: &mut Document, resources: ObjectId, picture: &SealPicture) -> lopdf::Result<()> {
    let picture = picture.add_to(file);
    file.get_dictionary_mut(resources)?.get_mut(b"XObject")?.as_dict_mut()?.set(SEAL_PICTURE, picture);
    Ok(())
}

/// Links an area to the verification address; `key` is the link's in the parent tree.
fn link_to(file: &mut Document, area: Area, url: &str, key: usize) -> ObjectId {
    file.add_object(dictionary! {
        "Type" => "Annot",
        "Subtype" => "Link",
        "Rect" => area.rect().map(Object::Real).to_vec(),
        "Border" => vec![0.into(), 0.into(), 0.into()],
        "F" => 4,
        "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal(url) },
        "Contents" => text_string(&format!("打开核验页：{url}")),
        "StructParent" => key as i64,
    })
}
