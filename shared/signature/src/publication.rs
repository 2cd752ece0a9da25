//! What is published for whoever checks signatures without us: certificates of now and before, with their dates.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use der::pem::LineEnding;
use der::{Encode, EncodePem};
use serde_json::{Map, Value};
use x509_cert::Certificate;
use xinzheng_proof::Trust;

use crate::certificates::Certificates;
use crate::document_signer::DocumentSigner;
use crate::error::SignatureError;
use crate::key_history::KeyHistory;
use crate::revocation::moment;

impl DocumentSigner {
    /// The keys of now and before as JSON Web Keys, the present one first. A key that signs no more says since when
    /// (`retired_at`, seconds since 1970).
    pub fn to_jwks(&self) -> Result<Vec<Map<String, Value>>, SignatureError> {
        let earlier = self.history().earlier.iter().map(|earlier| {
            let mut key = earlier.certificates.to_jwk()?;
            key.insert("retired_at".to_owned(), earlier.retired_at.as_second().into());
            Ok(key)
        });
        std::iter::once(self.certificates().to_jwk()).chain(earlier).collect()
    }

    /// All certificates as PEM, each once, with a line above each that says what it is and from when until when it is valid (RFC
    /// 7468, 5.2): the signing ones and what leads to their roots, the present ones first, then what leads to the roots of time
    /// stamps.
    pub fn to_published_pem(&self) -> Result<String, SignatureError> {
        Ok(published(self.certificates(), self.history())?.text)
    }
}

/// What is published, as who judges files pins it: of reports those that sign them, of time stamps all.
pub(crate) fn trust(certificates: &Certificates, history: &KeyHistory) -> Result<Trust, SignatureError> {
    let signing = signing_certificates(certificates, history)?.text;
    let trust = Trust::apart(&signing, &published(certificates, history)?.text);
    trust.map_err(|error| SignatureError::Configuration(error.to_string()))
}

fn published(certificates: &Certificates, history: &KeyHistory) -> Result<Published, SignatureError> {
    let mut written = signing_certificates(certificates, history)?;
    for certificate in &history.timestamps {
        written.one(certificate, "时间戳证书链")?;
    }
    Ok(written)
}

fn signing_certificates(certificates: &Certificates, history: &KeyHistory) -> Result<Published, SignatureError> {
    let mut written = Published::default();
    written.chain(certificates, "签名证书（现用）")?;
    for earlier in &history.earlier {
        let day = xinzheng_domain::china_time::date(earlier.retired_at);
        written.chain(&earlier.certificates, &format!("签名证书（{day} 停用）"))?;
    }
    Ok(written)
}

#[derive(Default)]
struct Published {
    seen: BTreeSet<Vec<u8>>,
    text: String,
}

impl Published {
    fn chain(&mut self, certificates: &Certificates, what: &str) -> Result<(), SignatureError> {
        for (index, certificate) in certificates.chain().iter().enumerate() {
            let is_root = certificate.tbs_certificate.subject == certificate.tbs_certificate.issuer;
            let what = match (index, is_root) {
                (0, _) => what,
                (_, true) => "签名证书链的根证书",
                (_, false) => "签名证书链的中间证书",
            };
            self.one(certificate, what)?;
        }
        Ok(())
    }

    fn one(&mut self, certificate: &Certificate, what: &str) -> Result<(), SignatureError> {
        if !self.seen.insert(certificate.to_der()?) {
            return Ok(());
        }
        let validity = certificate.tbs_certificate.validity;
        let day = |time: x509_cert::time::Time| moment(time.to_unix_duration()).map(xinzheng_domain::china_time::date);
        let (from, until) = (day(validity.not_before)?, day(validity.not_after)?);
        // Writing to a text cannot fail.
        let _written = writeln!(self.text, "# {what}：{from} 至 {until}");
        self.text.push_str(&certificate.to_pem(LineEnding::LF)?);
        Ok(())
    }
}
