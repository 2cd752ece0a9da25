//! What can go wrong when a report is rendered.

use thiserror::Error;

/// Why a report could not be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    #[error("a font cannot be used: {0}")]
    Font(String),
    #[error("the verification address does not fit into a QR code")]
    QrCode,
    #[error("the file cannot be written: {0}")]
    File(String),
}
