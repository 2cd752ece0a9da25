//! A report that proves nothing: for cutting the glyphs that reports share, and for previews of a template.

use xinzheng_domain::report::ContentDigest;
use xinzheng_domain::report::verification_code::CodeKey;
use xinzheng_domain::{ReportContent, VerificationCode};

use crate::manuscript::Manuscript;

/// The address on a specimen; of the characters that addresses have.
const ADDRESS: &str = "https://credit.example.invalid/verify";

/// A made-up report with a record.
pub(crate) fn specimen() -> ReportContent {
    #[expect(clippy::expect_used, reason = "part of the program: no report could be set without it")]
    serde_json::from_str(include_str!("../data/specimen.json")).expect("the specimen is a report")
}

/// The code of a specimen; it is never printed.
pub(crate) fn code(content: &ReportContent) -> VerificationCode {
    VerificationCode::new(&CodeKey::new("specimen", "specimen"), &content.number, &ContentDigest::of(b"specimen"))
}

/// What a specimen is set from.
pub(crate) fn manuscript<'m>(
    content: &'m ReportContent,
    code: &'m VerificationCode,
    certificate: Option<&'m ContentDigest>,
) -> Manuscript<'m> {
    Manuscript { content, data: &[], code, verification_url: ADDRESS, certificate }
}

/// The specimen without its record and without the words that are the subject's own.
pub(crate) fn bare() -> ReportContent {
    let mut content = specimen();
    content.records = vec![];
    content.subject.name = String::new();
    if let Some(registration) = &mut content.subject.registration {
        registration.address = None;
        registration.legal_representative = String::new();
        registration.authority = String::new();
    }
    content
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_specimen_is_a_report() {
        assert_eq!(super::specimen().records.len(), 1);
    }
}
