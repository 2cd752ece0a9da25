//! A time-stamping authority (RFC 3161) that says when something existed: with its token a signature is PAdES baseline B-T (ETSI
//! EN 319 142-1, 6.3), and a file is proven for as long as the authority's certificate.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerIdentifier};
use der::asn1::{Int, OctetString};
use der::oid::ObjectIdentifier;
use der::{Decode, Encode};
use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::spki::AlgorithmIdentifier;
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

use crate::answer::answer;
use crate::cms::SHA_256;
use crate::error::SignatureError;
use crate::evidence::held_in;
use crate::revocation::{Revocation, moment};

/// How long an authority or an issuer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of a token that is taken: certificates of three generations and then some.
const LONGEST_TOKEN: usize = 16384;
/// By how much tokens of one authority may differ: numbers and signatures are not always of one length.
const DIFFERENCE: usize = 24;
/// The content type of a token's content, TSTInfo.
pub(crate) const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// A time-stamping authority behind HTTP.
#[derive(Clone, Debug)]
pub struct TimestampAuthority {
    client: reqwest::Client,
    address: String,
    /// What it gave last.
    last: Arc<Mutex<Option<Token>>>,
    pub(crate) revocation: Revocation,
}

/// What an authority gave.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) der: Vec<u8>,
    pub(crate) certificates: Vec<Certificate>,
    /// The certificate by which it was signed.
    pub(crate) signed_by: Certificate,
    /// Until when the certificate is valid by which it was signed.
    pub(crate) until: Timestamp,
}

impl TimestampAuthority {
    /// The authority at this address.
    pub fn at(address: &str) -> Result<Self, SignatureError> {
        // Who is asked is named by certificates and by configuration, not by others.
        let client = xinzheng_roots::client().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| SignatureError::Configuration(error.without_url().to_string()))?;
        let revocation = Revocation::by(client.clone());
        Ok(Self { client, address: address.to_owned(), last: Arc::default(), revocation })
    }

    /// How much room the next token needs: one request when none was given yet.
    pub(crate) async fn room(&self) -> Result<usize, SignatureError> {
        Ok(self.last().await?.der.len() + DIFFERENCE)
    }

    /// The token that was given last: one request when none was given yet.
    pub(crate) async fn last(&self) -> Result<Token, SignatureError> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match last {
            Some(token) => Ok(token),
            None => self.stamp(&[0; 32]).await,
        }
    }

    /// A token for what has this SHA-256: one request. The token is of this digest and of this request, or it is refused; whether
    /// the authority is one to trust is for whoever checks it.
    pub(crate) async fn stamp(&self, digest: &[u8; 32]) -> Result<Token, SignatureError> {
        let imprint = MessageImprint {
            hash_algorithm: AlgorithmIdentifier { oid: SHA_256, parameters: None },
            hashed_message: OctetString::new(digest.as_slice())?,
        };
        let request = TimeStampReq {
            version: TspVersion::V1,
            message_imprint: imprint,
            req_policy: None,
            nonce: Some(nonce()?),
            cert_req: true,
            extensions: None,
        };
        let asked = self.client.post(&self.address).header("content-type", "application/timestamp-query");
        let bytes = answer(asked.body(request.to_der()?), LONGEST_TOKEN).await.map_err(wrong)?;
        let token = token_of(&bytes, &request)?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(token)
    }
}

fn wrong(why: impl Into<String>) -> SignatureError {
    SignatureError::TimestampAuthority(why.into())
}

/// A random positive number of 64 bits at most.
fn nonce() -> Result<Int, SignatureError> {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| wrong("there is no randomness"))?;
    // The first byte is neither zero nor negative: the shortest form of the number.
    if let Some(first) = bytes.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    Ok(Int::new(&bytes)?)
}

/// The token of an answer, when it was granted to this request.
fn token_of(answer: &[u8], request: &TimeStampReq) -> Result<Token, SignatureError> {
    let answer = TimeStampResp::from_der(answer).map_err(|_| wrong("its answer is none of RFC 3161"))?;
    let token = answer.time_stamp_token.ok_or_else(|| wrong(format!("it refused: {:?}", answer.status.status)))?;
    let of_this = || -> Option<SignedData> {
        let data: SignedData = token.content.decode_as().ok()?;
        let content = &data.encap_content_info;
        let info = content.econtent.as_ref().filter(|_| content.econtent_type == TST_INFO)?;
        let info: OctetString = info.decode_as().ok()?;
        let info = TstInfo::from_der(info.as_bytes()).ok()?;
        let imprint = &info.message_imprint;
        let same = imprint.hash_algorithm.oid == SHA_256
            && imprint.hashed_message == request.message_imprint.hashed_message
            && info.nonce == request.nonce;
        same.then_some(data)
    };
    let data = of_this().ok_or_else(|| wrong("its token is not of this signature"))?;
    let certificates = held_in(&data);
    let signing = data.signer_infos.0.iter().next().and_then(|signer| match &signer.sid {
        SignerIdentifier::IssuerAndSerialNumber(named) => certificates.iter().find(|certificate| {
            let own = &certificate.tbs_certificate;
            own.issuer == named.issuer && own.serial_number == named.serial_number
        }),
        SignerIdentifier::SubjectKeyIdentifier(_) => certificates.first(),
    });
    let signing = signing.ok_or_else(|| wrong("its token has no certificate"))?;
    let until = moment(signing.tbs_certificate.validity.not_after.to_unix_duration())?;
    let signed_by = signing.clone();
    Ok(Token { der: ContentInfo::to_der(&token)?, until, signed_by, certificates })
}
