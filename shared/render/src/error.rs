//! What can go wrong when a report is rendered.

use thiserror::Error;

/// Why a report could not be rendered.
#[derive(Debug, Error)]
pub enum RenderError {
    /// A font of the program could not be cut.
    #[error("a font cannot be used: {0}")]
    Font(String),
    /// The verification address does not fit into a QR code.
    #[error("the verification address does not fit into a QR code")]
    QrCode,
    /// The file could not be written.
    #[error("the file cannot be written: {0}")]
    File(String),
}
