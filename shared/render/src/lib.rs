//! Rendering: the content of a report -> a PDF. Pure and deterministic: the same content gives the same bytes.
//!
//! ```text
//! content + template ─ document ─▶ flow ─▶ sheets (text, rules, areas) ─ writing ─▶ printpdf ─ finishing ─▶ bytes
//! ```
//!
//! printpdf is used as a writer of pages and fonts; layout, line breaking and font subsetting are done here.

mod document;
mod finishing;
mod flow;
mod fonts;
mod line_breaking;
mod qr;
mod record_fields;
mod sheet;
mod template;
mod writing;

use thiserror::Error;
use xinzheng_domain::{ReportContent, VerificationCode};

pub use template::{Template, TemplateError};

/// A rendered report.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The PDF.
    pub pdf: Vec<u8>,
    /// Its pages.
    pub pages: usize,
    /// Characters that no font has, each once, in order. A visible placeholder stands for each of them.
    pub missing: Vec<char>,
}

/// Why a report could not be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A font of the program could not be read or cut.
    #[error("a font cannot be used: {0}")]
    Font(String),
    /// The verification address does not fit into a QR code.
    #[error("the verification address does not fit into a QR code")]
    QrCode,
    /// The content has no canonical form.
    #[error("the content cannot be written as JSON: {0}")]
    Content(#[from] serde_json::Error),
    /// The file could not be written.
    #[error("the file cannot be written: {0}")]
    File(String),
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
    let fonts = fonts::Fonts::get()?;
    let laid_out = document::lay_out(content, code, verification_url, template, fonts)?;
    let pages = laid_out.sheets.len();
    let missing = laid_out.missing.iter().copied().collect();
    let pdf = writing::write(&laid_out, content, verification_url, template, fonts)?;
    Ok(Rendered { pdf, pages, missing })
}
