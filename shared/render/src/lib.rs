//! Rendering: the content of a report -> a PDF. Pure and deterministic: the same content gives the same bytes.
//!
//! ```text
//! content + template ─ document ─▶ flow ─▶ sheets (content streams), glyphs ─ skeleton ─▶ printpdf ─ writing ─▶ bytes
//! ```
//!
//! printpdf makes the file: pages, page tree, fonts with their widths and ToUnicode maps. Layout, line breaking, font
//! subsetting and the pages' content are done here.

mod compression;
mod document;
mod error;
mod flow;
mod font_objects;
mod fonts;
mod glyphs;
mod line_breaking;
mod metadata;
mod outline;
mod qr;
mod record_fields;
mod seal_place;
mod shared_fonts;
mod sheet;
mod skeleton;
mod specimen;
mod srgb;
mod subset;
mod template;
mod text_string;
mod watermark;
mod writing;

use xinzheng_domain::{ReportContent, VerificationCode};

pub use error::RenderError;
pub use record_fields::{Field, of as fields};
pub use seal_place::SealPlace;
pub use template::{Template, TemplateError};

use document::Matter;
use fonts::Fonts;
use shared_fonts::SharedFonts;
use writing::Written;

#[derive(Clone, Debug)]
pub struct Rendered {
    pub pdf: Vec<u8>,
    pub pages: usize,
    /// Characters that no font has, each once, in order. A visible placeholder stands for each of them.
    pub missing: Vec<char>,
    /// Where a signature goes; the file without it is whole. `None` when the file has no seal block.
    pub seal: Option<SealPlace>,
}

/// Renders a report.
///
/// `code` and `verification_url` are printed on it; the QR code holds the address.
pub fn render(
    content: &ReportContent,
    code: &VerificationCode,
    verification_url: &str,
    template: &Template,
) -> Result<Rendered, RenderError> {
    rendered(Matter { content, code, verification_url, specimen: false }, template)
}

/// Renders a made-up report by a template, every page of which says that it is a specimen (样张) and proves nothing.
pub fn preview(template: &Template) -> Result<Rendered, RenderError> {
    let content = specimen::specimen();
    let code = specimen::code(&content);
    let matter = Matter { content: &content, code: &code, verification_url: specimen::ADDRESS, specimen: true };
    rendered(matter, template)
}

/// The glyphs that all reports of the program's own template share, cut and compressed, as they are kept in
/// `fonts/template-glyphs.pdf`: for writing that file again when the template or a font has changed.
pub fn template_glyphs() -> Result<Vec<u8>, RenderError> {
    shared_fonts::kept_glyphs()
}

fn rendered(matter: Matter<'_>, template: &Template) -> Result<Rendered, RenderError> {
    let fonts = Fonts::get();
    let shared = SharedFonts::of(template)?;
    let laid_out = document::lay_out(matter, template, glyphs::Glyphs::new(fonts, Some(&shared.places)))?;
    let (pages, missing) = (laid_out.sheets.len(), laid_out.glyphs.missing());
    let Written { bytes, seal } = writing::write(laid_out, matter, template, &shared.objects, fonts)?;
    Ok(Rendered { pdf: bytes, pages, missing, seal })
}
