//! The QR code: filled squares, joined along each row.

use qrcode::{EcLevel, QrCode};

use crate::error::RenderError;
use crate::flow::Flow;
use crate::sheet::Ink;

/// The modules that stay empty around the code (ISO/IEC 18004, 9.1).
const QUIET: usize = 4;

/// Draws the QR code of `text` into a square of `side` points, its quiet zone included.
pub(crate) fn draw(flow: &mut Flow<'_>, text: &str, x: f32, y: f32, side: f32) -> Result<(), RenderError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| RenderError::QrCode)?;
    let modules = code.width();
    let module = side / (modules + 2 * QUIET) as f32;
    let (x, y) = (x + QUIET as f32 * module, y + QUIET as f32 * module);
    let colors = code.to_colors();
    for (row, line) in colors.chunks(modules).enumerate() {
        let mut column = 0;
        for run in line.chunk_by(|a, b| a == b) {
            if run.first().is_some_and(|color| *color == qrcode::Color::Dark) {
                // A hair more height closes the seams that viewers draw between rows.
                let width = run.len() as f32 * module;
                flow.area(
                    x + column as f32 * module,
                    y + row as f32 * module,
                    width,
                    module + 0.05,
                    Ink(0.0, 0.0, 0.0),
                );
            }
            column += run.len();
        }
    }
    Ok(())
}
