//! The file's skeleton, made by printpdf: pages, page tree, and the fonts with their widths and ToUnicode maps.
//!
//! The pages' content streams are written by [`crate::sheet`] itself: as printpdf's operations they take ten times the
//! memory and most of the time.

use printpdf::{FontId, Mm, Op, PdfDocument, PdfFont, PdfFontHandle, PdfPage, PdfSaveOptions, Pt, TextItem};

use crate::error::RenderError;
use crate::fonts::Font;
use crate::glyphs::Slot;
use crate::sheet::{HEIGHT, WIDTH};

/// A file of empty pages, with these fonts. Every character is shown once on the first page, so that printpdf takes the
/// font in; the page's content is put in its place later.
pub(crate) fn skeleton<'a>(
    title: &str,
    pages: usize,
    fonts: impl Iterator<Item = (Slot, &'a Font, &'a [char])>,
) -> Result<lopdf::Document, RenderError> {
    let mut document = PdfDocument::new(title);
    let mut shown = vec![Op::StartTextSection];
    for (slot, font, characters) in fonts {
        let id = FontId(slot.name().to_owned());
        document.resources.fonts.map.insert(id.clone(), PdfFont::new(font.subset(characters)?));
        shown.push(Op::SetFont { font: PdfFontHandle::External(id), size: Pt(1.0) });
        shown.push(Op::ShowText { items: vec![TextItem::Text(characters.iter().collect())] });
    }
    shown.push(Op::EndTextSection);
    let page = |ops| PdfPage::new(Mm::from(Pt(WIDTH)), Mm::from(Pt(HEIGHT)), ops);
    document.pages = std::iter::once(page(shown)).chain((1..pages).map(|_| page(vec![]))).collect();
    let options = PdfSaveOptions { optimize: false, subset_fonts: false, secure: true, image_optimization: None };
    Ok(document.to_lopdf_document(&options, &mut vec![]))
}
