//! Whether what signs is fit to: proven before a file is signed, so that none is issued that does not hold.

use der::{Decode, Encode};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use xinzheng_proof::{ChainFault, signing_chain};

use crate::certificates::{Certificates, validity_of};
use crate::document_signer::DocumentSigner;
use crate::error::SignatureError;

/// What is signed to see whether the key can.
const PROBE: &[u8] = b"xinzheng: is this the key of the certificate?";

impl DocumentSigner {
    /// Proves that files can be signed at this moment: each certificate is valid, they lead to a root that is among them, they are
    /// for signing, and the key is the one of the first. One Sign of the key service, none with a key at hand.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Unfit`] with what is wrong; [`SignatureError::KeyService`] when it does not answer.
    pub async fn prove(&self, at: Timestamp) -> Result<(), SignatureError> {
        self.certificates().assert_fit(at)?;
        self.sign_message(&Sha256::digest(PROBE).into(), PROBE).await.map(|_| ())
    }

    /// That each certificate is valid at this moment. No call.
    pub fn assert_in_time(&self, at: Timestamp) -> Result<(), SignatureError> {
        self.certificates().assert_in_time(at)
    }

    /// Until when the certificates are valid: the first of them to end. No call.
    pub fn certified_until(&self) -> Result<Timestamp, SignatureError> {
        first_to_end(self.certificates().chain())
    }

    /// Until when the time-stamping authority's certificates are valid, by what it gave last: the first to end from the one that
    /// stamps to the pinned one. `None` without an authority. One request when it has given nothing yet.
    ///
    /// # Errors
    ///
    /// When it does not answer, or its certificate leads to none that is pinned.
    pub async fn stamped_until(&self, at: Timestamp) -> Result<Option<Timestamp>, SignatureError> {
        let Some(authority) = self.authority() else { return Ok(None) };
        let token = authority.last().await?;
        let others: Vec<Vec<u8>> = token.certificates.iter().map(Encode::to_der).collect::<Result<_, _>>()?;
        let path = match self.published().stamping_chain(&token.signed_by.to_der()?, &others, at) {
            Ok(path) => path,
            // One has ended already.
            Err(ChainFault::OutOfTime) => return Ok(Some(first_to_end(&token.certificates)?.min(at))),
            Err(fault) => return Err(SignatureError::TimestampAuthority(fault.to_string())),
        };
        let path = path.iter().map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>()?;
        first_to_end(&path).map(Some)
    }
}

impl Certificates {
    /// That they are fit to sign documents at this moment, whatever the key.
    pub(crate) fn assert_fit(&self, at: Timestamp) -> Result<(), SignatureError> {
        self.assert_in_time(at)?;
        let unfit = |fault: ChainFault| SignatureError::Unfit(fault.to_string());
        signing_chain(&self.der()?, at).map(|_| ()).map_err(unfit)
    }

    fn assert_in_time(&self, at: Timestamp) -> Result<(), SignatureError> {
        for certificate in self.chain() {
            let (from, until) = validity_of(certificate)?;
            if !(from..=until).contains(&at) {
                let whose = &certificate.tbs_certificate.subject;
                return Err(SignatureError::Unfit(format!(
                    "the certificate of {whose} is valid from {from} to {until}"
                )));
            }
        }
        Ok(())
    }
}

fn first_to_end(certificates: &[Certificate]) -> Result<Timestamp, SignatureError> {
    let mut first = Timestamp::MAX;
    for certificate in certificates {
        first = first.min(validity_of(certificate)?.1);
    }
    Ok(first)
}
