//! Time stamps (RFC 3161).

use der::asn1::{Any, ObjectIdentifier, OctetString};
use der::{Decode, Tag, Tagged};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::algorithm;
use crate::cms::{self, CmsFault, Content, Signed};

/// A token that is of its content, by the key of its certificate.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) time: Timestamp,
    pub(crate) signed: Signed,
}

/// Reads a token, and verifies that it is of these bytes.
pub(crate) fn verify(token: &[u8], parts: &[&[u8]]) -> Result<Token, CmsFault> {
    let signed = cms::verify(token, Content::TimeStamp)?;
    let (algorithm, imprint, time) = info(&signed.content).ok_or(CmsFault::Malformed)?;
    let digest =
        algorithm::digest(&algorithm, parts).ok_or_else(|| CmsFault::Unsupported(algorithm.oid.to_string()))?;
    if digest != imprint {
        return Err(CmsFault::Content);
    }
    Ok(Token { time, signed })
}

/// Algorithm and imprint of a TSTInfo (2.4.2), and its time.
fn info(der: &[u8]) -> Option<(AlgorithmIdentifierOwned, Vec<u8>, Timestamp)> {
    let fields = Vec::<Any>::from_der(der).ok()?;
    let [version, policy, imprint, _serial, time, ..] = fields.as_slice() else { return None };
    (version.value() == [1] && policy.decode_as::<ObjectIdentifier>().is_ok()).then_some(())?;
    let imprint: Vec<Any> = imprint.decode_as().ok()?;
    let [algorithm, digest] = imprint.as_slice() else { return None };
    let digest: OctetString = digest.decode_as().ok()?;
    (time.tag() == Tag::GeneralizedTime).then_some(())?;
    Some((algorithm.decode_as().ok()?, digest.into_bytes(), moment(time.value())?))
}

/// A GeneralizedTime, which here may have a fraction of a second.
fn moment(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    (whole.len() == 14 && fraction.bytes().all(|digit| digit.is_ascii_digit())).then_some(())?;
    Offset::UTC.to_timestamp(DateTime::strptime("%Y%m%d%H%M%S", whole).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_fractions() {
        for (text, read) in [
            ("20251103020005Z", Some("2025-11-03T02:00:05Z")),
            ("20251103020005.123Z", Some("2025-11-03T02:00:05Z")),
            ("20251103020005", None),
            ("20251303020005Z", None),
            ("2025110302000Z", None),
        ] {
            assert_eq!(moment(text.as_bytes()).map(|time| time.to_string()).as_deref(), read, "{text}");
        }
    }
}
