//! What a report is set from.

use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::{ReportContent, VerificationCode};

/// What a report is set from, beside its template.
#[derive(Clone, Copy, Debug)]
pub struct Manuscript<'m> {
    pub content: &'m ReportContent,
    /// The canonical JSON of the content, whose digest the code binds: the file carries these bytes.
    pub data: &'m [u8],
    pub code: &'m VerificationCode,
    /// Printed on the report; the QR code holds it.
    pub verification_url: &'m str,
    /// The SHA-256 of the certificate that is going to sign, when the seal block is to show it.
    pub certificate: Option<&'m ContentDigest>,
}
