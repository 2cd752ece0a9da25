//! Who signs, and the signed file.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use xinzheng_domain::report::file_version::SignatureLevel;
use xinzheng_proof::{Judgement, Level, TimeStampState, Trust, judge};

use crate::anchor::Anchor;
use crate::certificates::Certificates;
use crate::cms::{self, Content};
use crate::error::SignatureError;
use crate::evidence::{Evidence, certificates_of};
use crate::key_history::{Configuration, KeyHistory};
use crate::revision::Signed as SignedFile;
use crate::revocation::SKEW;
use crate::signer::Signer;
use crate::timestamp::TimestampAuthority;
use crate::{archiving, certification, publication};

/// Who signs: certificates, the key that belongs to the first of them, and who says when.
#[derive(Clone, Debug)]
pub struct DocumentSigner {
    certificates: Certificates,
    signer: Signer,
    timestamps: Option<TimestampAuthority>,
    history: KeyHistory,
    /// What is published, as who judges files pins it.
    published: Trust,
}

impl DocumentSigner {
    /// Reads the configuration:
    /// `{"certificates": "<PEM, the signing certificate first>", "private_key": "<PKCS#8 PEM>"}`, or with
    /// `"kms_key_id": "<ARN>"` instead of a key at hand; and what [`KeyHistory`] is read from.
    pub fn parse(json: &str, key_service: &aws_sdk_kms::Client) -> Result<Self, SignatureError> {
        let wrong = |why: &str| SignatureError::Configuration(why.to_owned());
        let configuration = Configuration::parse(json)?;
        let history = KeyHistory::of(&configuration)?;
        let Configuration { certificates, private_key, kms_key_id, .. } = configuration;
        let certificates = Certificates::parse(&certificates)?;
        let signer = match (private_key, kms_key_id) {
            (Some(key), None) => Signer::with_key(&key, certificates.algorithm())?,
            (None, Some(id)) => Signer::with_key_service(key_service.clone(), id, certificates.algorithm()),
            _ => return Err(wrong("give either private_key or kms_key_id")),
        };
        let published = publication::trust(&certificates, &history)?;
        Ok(Self { certificates, signer, timestamps: None, history, published })
    }

    /// The certificates, for whoever checks signatures.
    pub const fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// The certificates of this and of earlier keys, and the roots of time stamps.
    pub const fn history(&self) -> &KeyHistory {
        &self.history
    }

    /// The same, whose signatures a time-stamping authority stamps.
    #[must_use]
    pub fn stamped_by(self, authority: Option<TimestampAuthority>) -> Self {
        Self { timestamps: authority, ..self }
    }

    /// True when there is an authority: files can be proven for longer than the certificate.
    pub const fn is_stamped(&self) -> bool {
        self.timestamps.is_some()
    }

    /// Signs a file: returns the signed one, of which the unsigned is a prefix. One Sign of the key service, none with a
    /// key at hand; with a time-stamping authority two requests to it (three the first time), and one for each certificate
    /// about which nobody was asked within the hour.
    ///
    /// An authority that fails is told with the file: its signature holds without. [`SignatureError::Revoked`] when the
    /// certificate is revoked, [`SignatureError::Unfit`] when the signature or a certificate does not hold.
    pub async fn sign(
        &self,
        unsigned: Vec<u8>,
        anchor: &Anchor,
        issuer: &str,
        at: Timestamp,
    ) -> Result<Signed, SignatureError> {
        self.assert_in_time(at)?;
        let Some(authority) = &self.timestamps else {
            let (file, _) = self.certify(unsigned, anchor, (issuer, at), None).await?;
            return Ok(Signed { file, level: SignatureLevel::BasicB, shortfall: None, stamped_until: None });
        };
        let (mut file, mut unstamped) = self.certify(unsigned.clone(), anchor, (issuer, at), Some(authority)).await?;
        if let Err(error) = self.assert_stamped(&file, at) {
            // A token that does not hold would be in the file for ever: it is signed without.
            (file, _) = self.certify(unsigned, anchor, (issuer, at), None).await?;
            unstamped = unstamped.or(Some(error));
        }
        if let Some(error) = unstamped {
            let level = SignatureLevel::BasicB;
            return Ok(Signed { file, level, shortfall: Some(error), stamped_until: None });
        }
        match self.archive(&file, authority, at).await {
            Ok((file, until)) => {
                let level = SignatureLevel::LongTermArchive;
                Ok(Signed { file, level, shortfall: None, stamped_until: Some(until) })
            }
            Err(error @ SignatureError::Revoked(_)) => Err(error),
            Err(error) => {
                Ok(Signed { file, level: SignatureLevel::Timestamped, shortfall: Some(error), stamped_until: None })
            }
        }
    }

    /// Proves a file that was signed here for longer: what is missing in its security store, and a time stamp over all of it, as an
    /// update of which the file is a prefix. Requests as for [`Self::sign`], without a Sign.
    ///
    /// [`SignatureError::Foreign`] when the file is not one that was signed here, or others have added to it.
    pub async fn prolong(&self, file: &[u8], at: Timestamp) -> Result<Prolonged, SignatureError> {
        let authority = self.timestamps.as_ref();
        let authority = authority.ok_or_else(|| SignatureError::Configuration("there is no authority".to_owned()))?;
        let (file, stamped_until) = self.archive(file, authority, at).await?;
        Ok(Prolonged { file, stamped_until })
    }

    /// The signed file, and why it has no token when it should have one. The gap has room for what is put into it: a token that
    /// turns out longer than the last is asked for again.
    async fn certify(
        &self,
        unsigned: Vec<u8>,
        anchor: &Anchor,
        signed_by: (&str, Timestamp),
        authority: Option<&TimestampAuthority>,
    ) -> Result<(Vec<u8>, Option<SignatureError>), SignatureError> {
        // The structure with a signature of the longest form says how much room is needed.
        let placeholder = vec![0; self.certificates.longest_signature()?];
        let room = cms::signed_data(&self.certificates, Content::Detached(&[0; 32]), placeholder, None)?.len();
        let (mut authority, mut unstamped) = (authority, None);
        for _ in 0..ATTEMPTS {
            let for_token = match authority {
                None => 0,
                Some(asked) => match asked.room().await {
                    Ok(length) => length + ATTRIBUTE,
                    Err(error) => {
                        (authority, unstamped) = (None, Some(error));
                        0
                    }
                },
            };
            let gapped = certification::with_gap(unsigned.clone(), anchor, signed_by, room + for_token);
            let digest = gapped.digest();
            let content = Content::Detached(&digest);
            let signature = self.signature_of(content).await?;
            let token = match authority {
                None => None,
                Some(asked) => match asked.stamp(&Sha256::digest(&signature).into()).await {
                    Ok(token) => Some(token.der),
                    Err(error) => {
                        (authority, unstamped) = (None, Some(error));
                        continue;
                    }
                },
            };
            match gapped.filled(&cms::signed_data(&self.certificates, content, signature, token.as_deref())?) {
                Err(SignatureError::TooLong(_)) if token.is_some() => {}
                filled => return Ok((filled?, unstamped)),
            }
        }
        Err(SignatureError::TimestampAuthority("its tokens grow".to_owned()))
    }

    /// The file with evidence and a time stamp behind it, and until when that is valid.
    async fn archive(
        &self,
        file: &[u8],
        authority: &TimestampAuthority,
        at: Timestamp,
    ) -> Result<(Vec<u8>, Timestamp), SignatureError> {
        let signed = SignedFile::read(file).ok_or(SignatureError::Foreign)?;
        let structures = signed.structures().ok_or(SignatureError::Foreign)?;
        let mut certificates: Vec<Certificate> = self.history.timestamps.clone();
        for structure in structures {
            certificates.extend(certificates_of(&structure)?);
        }
        // Of what signs the time stamp itself the evidence is in the store before: it is stamped too.
        certificates.extend(authority.last().await?.certificates);
        let evidence = Evidence::of(certificates, &authority.revocation, at).await?;
        for _ in 0..ATTEMPTS {
            let room = authority.room().await?;
            let gapped = archiving::with_gap(&signed, &evidence, room);
            let token = authority.stamp(&gapped.digest()).await?;
            match gapped.filled(&token.der) {
                Err(SignatureError::TooLong(_)) => {}
                filled => {
                    let file = filled?;
                    self.assert_proven(&file, at)?;
                    return Ok((file, token.until));
                }
            }
        }
        Err(SignatureError::TimestampAuthority("its tokens grow".to_owned()))
    }

    /// That each time stamp in a file is one that holds.
    fn assert_stamped(&self, file: &[u8], at: Timestamp) -> Result<(), SignatureError> {
        let judgement = self.judged(file, at);
        match judgement.time_stamps.iter().find(|stamp| stamp.state != TimeStampState::Valid) {
            None => Ok(()),
            Some(stamp) => {
                Err(SignatureError::TimestampAuthority(format!("its token does not hold: {:?}", stamp.state)))
            }
        }
    }

    /// That whoever judges a file by what is published finds it proven for decades: what an authority gave, or who stood between,
    /// may be worth nothing.
    fn assert_proven(&self, file: &[u8], at: Timestamp) -> Result<(), SignatureError> {
        let judgement = self.judged(file, at);
        if judgement.verdict.is_genuine() && judgement.level == Some(Level::Lta) {
            return Ok(());
        }
        let reasons: Vec<&str> = judgement.reasons.iter().map(|reason| reason.code.code()).collect();
        Err(SignatureError::Unproven(format!("{}, {:?}", reasons.join(" "), judgement.level)))
    }

    fn judged(&self, file: &[u8], at: Timestamp) -> Judgement {
        // The authority's clock may be ahead, and its stamp came after.
        judge(file, &self.published, at.saturating_add(SKEW).unwrap_or(at))
    }

    /// A signature of what says which content it is of.
    pub(crate) async fn signature_of(&self, content: Content<'_>) -> Result<Vec<u8>, SignatureError> {
        let attributes = cms::to_sign(&cms::signed_attributes(&self.certificates, content)?)?;
        let digest: [u8; 32] = Sha256::digest(&attributes).into();
        self.sign_message(&digest, &attributes).await
    }

    /// A signature of a message whose SHA-256 is `digest`, by the key alone; one that the certificate does not confirm is refused.
    pub(crate) async fn sign_message(&self, digest: &[u8; 32], message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let signature = self.signer.sign(digest, message).await?;
        self.certificates.assert_signed(message, &signature)?;
        Ok(signature)
    }

    /// Whom those trust who judge files by what is published.
    pub(crate) const fn published(&self) -> &Trust {
        &self.published
    }

    pub(crate) const fn authority(&self) -> Option<&TimestampAuthority> {
        self.timestamps.as_ref()
    }
}

/// How often a file is signed or stamped again when a token has another length than the last.
const ATTEMPTS: usize = 4;
/// What the attribute around a token takes, and by how much the lengths around it may grow.
const ATTRIBUTE: usize = 40;

/// A signed file.
#[derive(Debug)]
pub struct Signed {
    pub file: Vec<u8>,
    /// What it is proven by.
    pub level: SignatureLevel,
    /// Why it is not proven for as long as it should be, when there is an authority.
    pub shortfall: Option<SignatureError>,
    /// Until when its time stamp is valid.
    pub stamped_until: Option<Timestamp>,
}

/// A file that is proven for longer.
#[derive(Debug)]
pub struct Prolonged {
    pub file: Vec<u8>,
    /// Until when its newest time stamp is valid.
    pub stamped_until: Timestamp,
}
