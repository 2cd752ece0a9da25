//! A time-stamping authority (RFC 3161) that says when a signature existed: with its token a signature is PAdES baseline
//! B-T (ETSI EN 319 142-1, 6.3).

use std::time::Duration;

use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::asn1::{Int, OctetString};
use der::oid::ObjectIdentifier;
use der::{Decode, Encode};
use sha2::{Digest, Sha256};
use x509_cert::spki::AlgorithmIdentifier;
use x509_tsp::{MessageImprint, TimeStampReq, TimeStampResp, TspVersion, TstInfo};

use crate::cms::SHA_256;
use crate::error::SignatureError;

/// How long an authority may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of a token that a signature has room for: certificates of three generations and then some.
pub(crate) const LONGEST_TOKEN: usize = 8192;
/// The content type of a token's content, TSTInfo.
pub(crate) const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// A time-stamping authority behind HTTP.
#[derive(Clone, Debug)]
pub struct TimestampAuthority {
    client: reqwest::Client,
    address: String,
}

impl TimestampAuthority {
    /// The authority at this address.
    pub fn at(address: &str) -> Result<Self, SignatureError> {
        let client = reqwest::Client::builder().timeout(PATIENCE).build();
        let client = client.map_err(|error| SignatureError::Configuration(error.without_url().to_string()))?;
        Ok(Self { client, address: address.to_owned() })
    }

    /// A token for a signature: one request. The token is of this signature and of this request, or it is refused;
    /// whether the authority is one to trust is for whoever checks the signature.
    pub(crate) async fn stamp(&self, signature: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let imprint = MessageImprint {
            hash_algorithm: AlgorithmIdentifier { oid: SHA_256, parameters: None },
            hashed_message: OctetString::new(Sha256::digest(signature).as_slice())?,
        };
        let request = TimeStampReq {
            version: TspVersion::V1,
            message_imprint: imprint,
            req_policy: None,
            nonce: Some(nonce()?),
            cert_req: true,
            extensions: None,
        };
        let failed = |error: reqwest::Error| wrong(error.without_url().to_string());
        let answer = self
            .client
            .post(&self.address)
            .header("content-type", "application/timestamp-query")
            .body(request.to_der()?)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(failed)?
            .bytes()
            .await
            .map_err(failed)?;
        token_of(&answer, &request)
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
fn token_of(answer: &[u8], request: &TimeStampReq) -> Result<Vec<u8>, SignatureError> {
    let answer = TimeStampResp::from_der(answer).map_err(|_| wrong("its answer is none of RFC 3161"))?;
    let token = answer.time_stamp_token.ok_or_else(|| wrong(format!("it refused: {:?}", answer.status.status)))?;
    let of_this = || -> Option<bool> {
        let data: SignedData = token.content.decode_as().ok()?;
        let content = data.encap_content_info;
        let info: OctetString = content.econtent.filter(|_| content.econtent_type == TST_INFO)?.decode_as().ok()?;
        let info = TstInfo::from_der(info.as_bytes()).ok()?;
        let imprint = &info.message_imprint;
        Some(
            imprint.hash_algorithm.oid == SHA_256
                && imprint.hashed_message == request.message_imprint.hashed_message
                && info.nonce == request.nonce,
        )
    };
    if of_this() != Some(true) {
        return Err(wrong("its token is not of this signature"));
    }
    let token = ContentInfo::to_der(&token)?;
    if token.len() > LONGEST_TOKEN {
        return Err(wrong("its token is too long"));
    }
    Ok(token)
}
