//! The file's skeleton, made by printpdf: pages, page tree, and the fonts with their widths and ToUnicode maps.
//!
//! The pages' content streams are written by [`crate::sheet`] itself: as printpdf's operations they take ten times the
//! memory and most of the time.

use printpdf::{FontId, Mm, Op, PdfDocument, PdfFont, PdfFontHandle, PdfPage, PdfSaveOptions, Pt, TextItem};

use crate::RenderError;
use crate::document::{LaidOut, Matter};
use crate::font_objects::FontObjects;
use crate::fonts::{Font, Fonts};
use crate::glyphs::{Glyphs, Shared, Slot};
use crate::sheet::{HEIGHT, WIDTH};
use crate::template::Template;
use crate::{document, finishing, specimen};

/// The fonts that all reports of a template share: their places, and their objects, compressed.
pub(crate) struct SharedFonts {
    pub(crate) places: Shared,
    pub(crate) objects: FontObjects,
}

impl std::fmt::Debug for SharedFonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedFonts(..)")
    }
}

/// The glyphs of the template that comes with the program, cut beforehand (`examples/keep_glyphs.rs`).
const KEPT: &[u8] = include_bytes!("../fonts/template-glyphs.pdf");

impl SharedFonts {
    /// The fonts of a template, and its characters, cut from a specimen without records, so that they are the same
    /// whichever report comes first.
    fn cut(template: &Template, fonts: &Fonts) -> Result<(Self, Vec<char>), RenderError> {
        let mut glyphs = Glyphs::new(fonts, None);
        // Numbers and codes are of these; the rest is the template's and the catalogue's wording.
        for character in (' '..='~').filter(|c| c.is_ascii_alphanumeric() || "-.:/ ".contains(*c)) {
            glyphs.place(character);
        }
        let content = &specimen::bare()?;
        let code = &specimen::code(content);
        let matter = Matter { content, code, verification_url: specimen::ADDRESS, specimen: false };
        let laid_out = document::lay_out(matter, template, glyphs)?;
        let (places, characters) = laid_out.glyphs.into_shared();
        let cut = std::iter::once((Slot::Shared, &fonts.regular, &*characters));
        let objects = FontObjects::taken_from(skeleton("", 1, cut)?)?;
        Ok((Self { places, objects }, characters))
    }

    /// The fonts of the template that comes with the program.
    fn kept(fonts: &Fonts) -> Result<Self, RenderError> {
        let (objects, characters) = FontObjects::of_file(KEPT)?;
        let mut glyphs = Glyphs::new(fonts, None);
        for character in characters {
            glyphs.place(character);
        }
        Ok(Self { places: glyphs.into_shared().0, objects })
    }
}

/// The file `fonts/template-glyphs.pdf` as the program's template and fonts ask for it.
pub(crate) fn kept_glyphs() -> Result<Vec<u8>, RenderError> {
    let (shared, characters) = SharedFonts::cut(Template::builtin(), Fonts::get()?)?;
    shared.objects.to_file(&characters)
}

impl Template {
    /// The fonts that its reports share: those that are kept for the program's own template; cut when first asked for of
    /// another.
    pub(crate) fn shared_fonts(&self, fonts: &Fonts) -> Result<&SharedFonts, RenderError> {
        if let Some(shared) = self.shared.get() {
            return Ok(shared);
        }
        let is_own = std::ptr::eq(self, Self::builtin());
        let shared = if is_own { SharedFonts::kept(fonts)? } else { SharedFonts::cut(self, fonts)?.0 };
        // Another thread may have been quicker; both made the same.
        Ok(self.shared.get_or_init(|| shared))
    }
}

/// A file of empty pages, with these fonts. Every character is shown once on the first page, so that printpdf takes the
/// font in; the page's content is put in its place later.
fn skeleton<'a>(
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

/// Writes the file of a report that is set.
pub(crate) fn write(
    laid_out: LaidOut<'_>,
    matter: Matter<'_>,
    template: &Template,
    shared: &SharedFonts,
    fonts: &Fonts,
) -> Result<finishing::Finished, RenderError> {
    let file = skeleton(&template.title, laid_out.sheets.len(), laid_out.glyphs.cut())?;
    finishing::finish(file, laid_out, matter, template, shared, fonts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kept_glyphs_are_those_of_the_template_and_the_fonts() {
        assert!(kept_glyphs().unwrap() == KEPT, "write them again: cargo run -p xinzheng-render --example keep_glyphs");
    }

    #[test]
    fn reports_with_kept_glyphs_are_those_with_glyphs_cut_anew() {
        let again = Template::parse(Template::builtin_json()).unwrap();
        let (kept, cut) = (crate::preview(Template::builtin()).unwrap(), crate::preview(&again).unwrap());
        assert!(kept.pdf == cut.pdf);
    }
}
