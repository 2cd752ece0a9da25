//! Granting time stamps (RFC 3161, 2.4): the other side of [`TimestampAuthority`](crate::TimestampAuthority), for places
//! that have no authority of their own, such as the local stack.

use ::cms::content_info::ContentInfo;
use cmpv2::status::{PkiStatus, PkiStatusInfo};
use der::asn1::Int;
use der::oid::ObjectIdentifier;
use der::{Decode, Encode};
use jiff::Timestamp;
use x509_tsp::{TimeStampReq, TimeStampResp, TspVersion, TstInfo};

use crate::answering::generalized;
use crate::cms;
use crate::cms::{Content, SHA_256};
use crate::document_signer::DocumentSigner;
use crate::error::SignatureError;
use crate::timestamp::TST_INFO;

/// The policy of the stamps: none in particular (anyPolicy, RFC 5280, 4.2.1.4).
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32.0");

impl DocumentSigner {
    /// Answers a request for a time stamp (`application/timestamp-query`) with one of this moment and serial number
    /// (`application/timestamp-reply`). The certificate must be one for time stamping alone.
    ///
    /// A request that is none, or that has another digest than SHA-256, gets a refusal.
    pub async fn grant_timestamp(&self, request: &[u8], at: Timestamp, serial: u64) -> Result<Vec<u8>, SignatureError> {
        let request = TimeStampReq::from_der(request).ok();
        let Some(request) = request.filter(|request| request.message_imprint.hash_algorithm.oid == SHA_256) else {
            return Ok(answer(PkiStatus::Rejection, None)?);
        };
        // A positive number in its shortest form: never with a leading zero that is not a sign.
        let serial = [&[0x01][..], &serial.to_be_bytes()].concat();
        let info = TstInfo {
            version: TspVersion::V1,
            policy: POLICY,
            message_imprint: request.message_imprint,
            serial_number: Int::new(&serial)?,
            gen_time: generalized(at)?,
            accuracy: None,
            ordering: false,
            nonce: request.nonce,
            tsa: None,
            extensions: None,
        };
        let info = info.to_der()?;
        let content = Content::Enclosed(TST_INFO, &info);
        let signature = self.signature_of(content).await?;
        let token = cms::signed_data(self.certificates(), content, signature, None)?;
        Ok(answer(PkiStatus::Accepted, Some(ContentInfo::from_der(&token)?))?)
    }
}

fn answer(status: PkiStatus, token: Option<ContentInfo>) -> Result<Vec<u8>, der::Error> {
    let status = PkiStatusInfo { status, status_string: None, fail_info: None };
    TimeStampResp { status, time_stamp_token: token }.to_der()
}
