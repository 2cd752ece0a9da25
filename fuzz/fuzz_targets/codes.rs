//! What people type and what issuers send: identifiers, and the claims of an id token.
#![no_main]

use std::fmt::Display;

use xinzheng_domain::identity::citizen_id::CitizenId;
use xinzheng_domain::month::Month;
use xinzheng_domain::record::document_number::DocumentNumber;
use xinzheng_domain::{RecordId, ReportNumber, SubjectId, UnitCode, UploadKey, Uscc, VerificationCode};

#[path = "../../functions/portal/src/id_token.rs"]
mod id_token;

/// What can be read is read the same from how it is written.
fn again<T: PartialEq + Display>(text: &str, parse: impl Fn(&str) -> Option<T>) {
    if let Some(value) = parse(text) {
        assert!(parse(&value.to_string()) == Some(value), "{text:?}");
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let text = text.as_ref();
    again(text, |text| VerificationCode::parse(text).ok());
    again(text, ReportNumber::parse);
    again(text, |text| Uscc::parse(text).ok());
    again(text, SubjectId::parse);
    again(text, UnitCode::parse);
    again(text, RecordId::parse);
    again(text, Month::parse);
    again(text, |text| UploadKey::parse(text).ok());
    let _read = CitizenId::parse(text);
    if let Ok(number) = DocumentNumber::parse(text) {
        let written = number.to_string();
        assert!(DocumentNumber::parse(written.as_str()).is_ok_and(|same| same.to_string() == written), "{text:?}");
    }
    if let Some(token) = id_token::IdToken::read(text) {
        let _checked = token.check("https://id.example", "portal", "n", jiff::Timestamp::UNIX_EPOCH);
    }
});
