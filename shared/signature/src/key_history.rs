//! Keys have a history: who checks an old report finds the certificate by which it was signed among those of earlier keys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use x509_cert::Certificate;

use crate::certificates::Certificates;
use crate::error::SignatureError;

/// The configuration of who signs, as the secret holds it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    /// PEM: the signing certificate first, and those that lead to its root.
    pub(crate) certificates: String,
    /// PKCS#8 PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) private_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key_id: Option<String>,
    /// Of earlier keys, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<EarlierConfiguration>,
    /// PEM: what leads to the roots of the time-stamping authorities of now and before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp_certificates: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EarlierConfiguration {
    pub(crate) certificates: String,
    pub(crate) retired_at: Timestamp,
}

impl Configuration {
    pub(crate) fn parse(json: &str) -> Result<Self, SignatureError> {
        let unreadable = || SignatureError::Configuration("it is not JSON with certificates and a key".to_owned());
        serde_json::from_str(json).map_err(|_| unreadable())
    }
}

/// The certificates of earlier keys and of time stamps.
#[derive(Clone, Debug, Default)]
pub struct KeyHistory {
    /// The latest first.
    pub earlier: Vec<EarlierKey>,
    /// What leads to the roots of time stamps.
    pub timestamps: Vec<Certificate>,
}

/// A key that signs no more.
#[derive(Clone, Debug)]
pub struct EarlierKey {
    /// The signing certificate first.
    pub certificates: Certificates,
    /// Since when.
    pub retired_at: Timestamp,
}

impl KeyHistory {
    pub(crate) fn of(configuration: &Configuration) -> Result<Self, SignatureError> {
        let earlier = configuration.earlier.iter().map(|earlier| {
            let certificates = Certificates::parse(&earlier.certificates)?;
            Ok(EarlierKey { certificates, retired_at: earlier.retired_at })
        });
        let timestamps = configuration.timestamp_certificates.as_deref().map(Certificates::list).transpose()?;
        Ok(Self {
            earlier: earlier.collect::<Result<_, SignatureError>>()?,
            timestamps: timestamps.unwrap_or_default(),
        })
    }
}

/// A signing configuration with another key, whose own becomes the latest of the earlier ones.
///
/// `next` is the configuration of the new key. What leads to roots of time stamps is kept, and added to by what `next` has.
/// [`SignatureError::Configuration`] when one of them cannot be used, or both are of one key; [`SignatureError::Unfit`] when the new
/// certificates are not fit to sign at this moment. Whether the key is theirs is seen by who signs with it.
pub fn rotated(current: &str, next: &str, at: Timestamp) -> Result<String, SignatureError> {
    let (current, mut next) = (Configuration::parse(current)?, Configuration::parse(next)?);
    let [signing, signing_next] = [&current, &next].map(|one| Certificates::parse(&one.certificates));
    let signing_next = signing_next?;
    if signing?.thumbprint()? == signing_next.thumbprint()? {
        return Err(SignatureError::Configuration("both have the same signing certificate".to_owned()));
    }
    signing_next.assert_fit(at)?;
    KeyHistory::of(&current)?;
    let retired = EarlierConfiguration { certificates: current.certificates, retired_at: at };
    next.earlier = std::iter::once(retired).chain(current.earlier).chain(next.earlier).collect();
    let known = [current.timestamp_certificates, next.timestamp_certificates].into_iter().flatten();
    next.timestamp_certificates = known.reduce(|known, more| if known == more { known } else { known + "\n" + &more });
    KeyHistory::of(&next)?;
    serde_json::to_string(&next).map_err(|error| SignatureError::Configuration(error.to_string()))
}
