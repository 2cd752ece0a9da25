//! Rendering: the content of a report -> a PDF. Pure and deterministic: the same content gives the same bytes.
//!
//! ```text
//! manuscript + template ─ document ─▶ flow ─▶ sheets (content streams), structure, glyphs
//!     ─ skeleton ─▶ printpdf ─ writing, structure_tree, file_structure ─▶ bytes
//! ```
//!
//! printpdf makes the objects of the file: pages, page tree, fonts with their widths and ToUnicode maps. Layout, line
//! breaking, font subsetting, the pages' content and the bytes of the file are done here.

mod associated_files;
mod compression;
mod document;
mod error;
mod file_structure;
mod flow;
mod font_objects;
mod fonts;
mod glyphs;
mod line_breaking;
mod manuscript;
mod metadata;
mod outline;
mod qr;
mod record_fields;
mod seal_picture;
mod seal_place;
mod shared_fonts;
mod sheet;
mod skeleton;
mod specimen;
mod srgb;
mod structure;
mod structure_tree;
mod subset;
mod syntax;
mod template;
mod text_string;
mod watermark;
mod writing;

pub use error::RenderError;
pub use manuscript::Manuscript;
pub use record_fields::{Field, of as fields};
pub use seal_picture::SealPictureError;
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

/// Renders a report, which carries its data.
pub fn render(manuscript: Manuscript<'_>, template: &Template) -> Result<Rendered, RenderError> {
    rendered(Matter { manuscript, specimen: false }, template)
}

/// Renders a made-up report by a template, every page of which says that it is a specimen (样张) and proves nothing. It
/// carries no data.
pub fn preview(template: &Template) -> Result<Rendered, RenderError> {
    let content = specimen::specimen();
    let code = specimen::code(&content);
    rendered(Matter { manuscript: specimen::manuscript(&content, &code, None), specimen: true }, template)
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
    let pages = laid_out.sheets.len();
    let Written { bytes, missing, seal } = writing::write(laid_out, matter, template, &shared.objects, fonts)?;
    Ok(Rendered { pdf: bytes, pages, missing, seal })
}
