//! From bytes to a judgement.

use jiff::Timestamp;

use crate::additions::{self, Added, AdditionsKind};
use crate::certified::{self, Certified, Found};
use crate::cms::{self, CmsFault, Content, Signed};
use crate::judgement::{
    Chain, Document, Judgement, Level, Revision, Revocation, Signature, SignatureState, Signer, Stamped, TimeStamp,
    TimeStampState, Verdict,
};
use crate::path::{self, PathFault, Usage};
use crate::pdf::View;
use crate::reason::{Reason, ReasonCode};
use crate::revocation::{self, Evidence};
use crate::time_stamp::{self, Token};
use crate::trust::Trust;
use crate::{algorithm, certificate, contents};

/// The most bytes of a file that are read.
pub const LARGEST: usize = 64 << 20;

/// Judges a file by those who are trusted, as of a moment.
///
/// A signature whose time a pinned authority stamped is judged as of then: its certificate may have ended since.
#[must_use]
pub fn judge(file: &[u8], trust: &Trust, at: Timestamp) -> Judgement {
    let document = Document { bytes: file.len(), sha256: algorithm::sha_256(file), ..Document::default() };
    let mut judgement = Judgement {
        verdict: Verdict::Unreadable,
        reasons: vec![],
        at,
        document,
        signature: Signature::default(),
        certification: crate::Certification::default(),
        time_stamps: vec![],
        revocation: Revocation::Unknown,
        level: None,
        additions: additions::Additions::default(),
    };
    let (verdict, reasons) = if file.len() > LARGEST {
        (Verdict::Unreadable, vec![ReasonCode::TooLarge.into()])
    } else if !file.starts_with(b"%PDF-") {
        (Verdict::Unreadable, vec![ReasonCode::NotPdf.into()])
    } else {
        match certified::find(file) {
            Found::Nothing => (Verdict::Unreadable, vec![ReasonCode::Malformed.into()]),
            Found::Unsigned(view) => {
                read(&view, &mut judgement.document);
                (Verdict::Unsigned, vec![ReasonCode::NotSigned.into()])
            }
            Found::Signed(certified) => signed(file, &certified, trust, at, &mut judgement),
        }
    };
    Judgement { verdict, reasons, ..judgement }
}

fn read(view: &View<'_>, document: &mut Document) {
    document.pages = contents::pages(view).map(|pages| pages.len());
    document.number = contents::number(view);
    document.data = contents::data(view, document.number.as_deref());
}

fn signed(
    file: &[u8],
    certified: &Certified<'_>,
    trust: &Trust,
    at: Timestamp,
    judgement: &mut Judgement,
) -> (Verdict, Vec<Reason>) {
    judgement.certification = certified.certification;
    read(&certified.view, &mut judgement.document);
    judgement.signature.state = SignatureState::Broken;
    let Some(covered) = &certified.covered else {
        return (Verdict::Altered, vec![ReasonCode::ByteRangeWrong.into()]);
    };
    let part = file.get(..covered.end).unwrap_or_default();
    judgement.document.signed_bytes = Some(covered.end);
    judgement.document.signed_sha256 =
        Some(if covered.end == file.len() { judgement.document.sha256.clone() } else { algorithm::sha_256(part) });
    let signature = match cms::verify(&covered.structure, Content::Detached(&covered.parts)) {
        Ok(signature) => signature,
        Err(fault) => return unsigned_by(fault, &mut judgement.signature),
    };
    judgement.signature.state = SignatureState::Valid;
    judgement.signature.signer = signer(&signature.certificate);
    let added = additions::judge(file, &certified.view, covered.end);
    judgement.additions = added.additions.clone();
    judgement.document.revisions = revisions(file, covered.end, &added.ends);
    let proven = stamps(&signature, &added, trust, at);
    judgement.time_stamps = proven.stamps.clone();
    judgement.signature.moment = Some(proven.moment);
    judgement.signature.is_moment_proven = proven.moment != at || proven.stamp_path.is_some();
    let path = chain(&signature, &added, trust, proven.moment);
    judgement.signature.chain = path.as_ref().map_or_else(|fault| Chain::from(*fault), |_| Chain::Pinned);
    if let Ok(path) = &path {
        judgement.revocation = revocation::of_path(path, &added.store.evidence, proven.moment, at);
        judgement.level = Some(level(judgement.revocation, &proven, &added.store.evidence, at));
    }
    verdict(certified, &signature, path.as_deref(), trust, judgement)
}

/// Each part up to one of these ends.
fn revisions(file: &[u8], signed: usize, ends: &[usize]) -> Vec<Revision> {
    let (mut read, mut digest) = (0, algorithm::Running::default());
    let mut revision = |end: usize| {
        digest.update(file.get(read..end).unwrap_or_default());
        read = end;
        Revision { bytes: end, sha256: digest.so_far() }
    };
    std::iter::once(signed).chain(ends.iter().copied()).map(&mut revision).collect()
}

fn unsigned_by(fault: CmsFault, signature: &mut Signature) -> (Verdict, Vec<Reason>) {
    match fault {
        CmsFault::Malformed => (Verdict::Altered, vec![ReasonCode::SignatureMalformed.into()]),
        CmsFault::Content | CmsFault::Value => (Verdict::Altered, vec![ReasonCode::SignatureBroken.into()]),
        CmsFault::Unsupported(name) => {
            signature.state = SignatureState::Unsupported;
            (Verdict::Unreadable, vec![ReasonCode::AlgorithmUnsupported.with(&name)])
        }
    }
}

fn signer(der: &[u8]) -> Option<Signer> {
    let read = certificate::read(der)?;
    let validity = &read.tbs_certificate.validity;
    Some(Signer {
        name: certificate::holder(&read),
        issuer: read.tbs_certificate.issuer.to_string(),
        sha256: algorithm::sha_256(der),
        not_before: certificate::moment(validity.not_before),
        not_after: certificate::moment(validity.not_after),
    })
}

impl From<PathFault> for Chain {
    fn from(fault: PathFault) -> Self {
        match fault {
            PathFault::NotPinned => Self::NotPinned,
            PathFault::OutOfTime => Self::OutOfTime,
            PathFault::OtherPurpose => Self::OtherPurpose,
            PathFault::Unsupported => Self::Unsupported,
        }
    }
}

/// What time stamps prove.
struct Proven {
    stamps: Vec<TimeStamp>,
    /// When the signature existed at the latest.
    moment: Timestamp,
    /// The path of the oldest stamp's certificate that counts, and as of when it was looked at.
    stamp_path: Option<(Vec<Vec<u8>>, Timestamp)>,
    /// Whether a stamp that counts is of the whole file with its security store.
    is_archived: bool,
}

/// Looks at the stamps from the newest to the oldest: each proves that what is older existed by its time, so that the
/// certificates of that one count as of then.
fn stamps(signature: &Signed, added: &Added<'_>, trust: &Trust, at: Timestamp) -> Proven {
    let mut proven = Proven { stamps: vec![], moment: at, stamp_path: None, is_archived: false };
    for stamp in added.stamps.iter().rev() {
        let covered = &stamp.field.covered;
        let token = time_stamp::verify(&covered.structure, &covered.parts);
        if proven.look_at(Stamped::Document, token, added, trust) {
            proven.is_archived |= stamp.is_of_store;
        }
    }
    for token in signature.tokens.iter().rev() {
        proven.look_at(Stamped::Signature, time_stamp::verify(token, &[&signature.value]), added, trust);
    }
    proven.stamps.reverse();
    proven
}

impl Proven {
    /// Whether the stamp counts.
    fn look_at(&mut self, of: Stamped, token: Result<Token, CmsFault>, added: &Added<'_>, trust: &Trust) -> bool {
        let Ok(token) = token else {
            let state = match token {
                Err(CmsFault::Unsupported(_)) => TimeStampState::Unsupported,
                _ => TimeStampState::Broken,
            };
            self.stamps.push(TimeStamp { of, state, time: None, authority: None });
            return false;
        };
        let others = [token.signed.others.as_slice(), &added.store.evidence.certificates].concat();
        let end = &token.signed.certificate;
        let path = path::find(end, &others, &trust.stamping, self.moment, Usage::TimeStamping).ok();
        let path = path.filter(|_| token.time <= self.moment);
        let state = match &path {
            _ if !certificate::are_whole(&token.signed.others, path.as_deref()) => TimeStampState::Broken,
            Some(_) => TimeStampState::Valid,
            None => TimeStampState::NotPinned,
        };
        self.stamps.push(TimeStamp { of, state, time: Some(token.time), authority: signer(end) });
        let Some(path) = path.filter(|_| state == TimeStampState::Valid) else { return false };
        self.stamp_path = Some((path, self.moment));
        self.moment = token.time;
        true
    }
}

fn chain(signature: &Signed, added: &Added<'_>, trust: &Trust, moment: Timestamp) -> Result<Vec<Vec<u8>>, PathFault> {
    let others = [signature.others.as_slice(), &added.store.evidence.certificates].concat();
    path::find(&signature.certificate, &others, &trust.signing, moment, Usage::Signing)
}

fn level(revocation: Revocation, proven: &Proven, evidence: &Evidence, at: Timestamp) -> Level {
    let Some((path, moment)) = &proven.stamp_path else { return Level::B };
    let stamp = revocation::of_path(path, evidence, *moment, at);
    let is_known = |state| matches!(state, Revocation::Good { .. });
    // Of the last stamp its issuer alone can say later whether it was taken back.
    let is_last = proven.is_archived && *moment == at && !matches!(stamp, Revocation::Revoked { .. });
    match (is_known(revocation) && (is_last || is_known(stamp)), proven.is_archived) {
        (false, _) => Level::T,
        (true, false) => Level::Lt,
        (true, true) => Level::Lta,
    }
}

/// What the file itself has against it comes first, then whose it is.
fn verdict(
    certified: &Certified<'_>,
    signature: &Signed,
    path: Result<&[Vec<u8>], &PathFault>,
    trust: &Trust,
    judgement: &Judgement,
) -> (Verdict, Vec<Reason>) {
    let strangers = strangers(path, trust, judgement);
    let mut changes = changes(certified, signature, path, judgement);
    if !strangers.is_empty() {
        changes.retain(|reason| matches!(reason.code, ReasonCode::AdditionsNotAllowed | ReasonCode::TimeStampBroken));
        return (Verdict::NotOurs, [strangers, changes].concat());
    }
    // A stamp that cannot be judged here is no change, and may hide one.
    if judgement.time_stamps.iter().any(|stamp| stamp.state == TimeStampState::Unsupported) && changes.is_empty() {
        return (Verdict::Unreadable, vec![ReasonCode::TimeStampUnsupported.into()]);
    }
    if !changes.is_empty() {
        return (Verdict::Altered, changes);
    }
    let is_stamped_by_others = judgement.time_stamps.iter().any(|stamp| stamp.state == TimeStampState::NotPinned);
    if judgement.additions.kind == AdditionsKind::ProofsOnly || is_stamped_by_others {
        return (Verdict::GenuineWithProofsAdded, vec![ReasonCode::ProofsAdded.into()]);
    }
    (Verdict::Genuine, vec![ReasonCode::Intact.into()])
}

fn strangers(path: Result<&[Vec<u8>], &PathFault>, trust: &Trust, judgement: &Judgement) -> Vec<Reason> {
    let code = match path {
        Err(_) if trust.is_empty() => ReasonCode::NoTrust,
        Err(PathFault::NotPinned) => ReasonCode::NotPinned,
        Err(PathFault::OutOfTime) => ReasonCode::OutOfTime,
        Err(PathFault::OtherPurpose) => ReasonCode::OtherPurpose,
        Err(PathFault::Unsupported) => ReasonCode::AlgorithmUnsupported,
        Ok(_) => match (judgement.revocation, judgement.signature.moment) {
            (Revocation::Revoked { at }, Some(moment)) if at <= moment => ReasonCode::Revoked,
            _ => return vec![],
        },
    };
    vec![code.into()]
}

fn changes(
    certified: &Certified<'_>,
    signature: &Signed,
    path: Result<&[Vec<u8>], &PathFault>,
    judgement: &Judgement,
) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = vec![];
    if !judgement.additions.changes.is_empty() {
        let told: Vec<_> = judgement.additions.changes.iter().take(5).map(crate::Change::text).collect();
        reasons.push(ReasonCode::AdditionsNotAllowed.with(&told.join("、")));
    }
    let certification = judgement.certification;
    if !certification.is_in_catalog || certification.permissions != Some(1) {
        reasons.push(ReasonCode::NotCertified.into());
    }
    if !certified.is_alone {
        reasons.push(ReasonCode::NotFirst.into());
    }
    let has = |state| judgement.time_stamps.iter().any(|stamp| stamp.state == state);
    if has(TimeStampState::Broken) {
        reasons.push(ReasonCode::TimeStampBroken.into());
    }
    let unused = signature.others.iter().any(|other| path.is_ok_and(|path| !path.contains(other)));
    if unused || signature.has_more {
        reasons.push(ReasonCode::UnusedCertificates.into());
    }
    if judgement.document.data.as_ref().is_some_and(|data| !data.has_number_of_title) {
        reasons.push(ReasonCode::NumbersDiffer.into());
    }
    reasons
}
