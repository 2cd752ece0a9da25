//! The public log is told of the platform's keys: of each when it is first used, and when it is used no more.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tracing::info;
use xinzheng_store::StoreError;
use xinzheng_tlog::{Digest, Fact, KeyPurpose};

use crate::App;

/// What was announced last.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Told {
    /// When the secrets were read that this was told from.
    read_at: Timestamp,
    keys: Vec<Announced>,
}

/// A key as it was announced. With another certificate it is announced anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Announced {
    purpose: KeyPurpose,
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<Digest>,
    retired: bool,
}

/// Announces what is new of the keys, and what is not used any more. A process that read its secrets before those were read
/// that the last announcement was told from tells nothing: it may still have the keys of before a rotation. One GetItem; one
/// TransactWriteItems when there is something.
pub(crate) async fn announce(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    if app.seal.fault().is_some() {
        // What signs nothing is not announced.
        return Ok(());
    }
    loop {
        let kept = app.registry.announced_keys().await?;
        let before: Result<Option<Told>, _> = kept.as_deref().map(serde_json::from_str).transpose();
        let before = before.map_err(|error| damaged("what was announced of the keys", &error))?.unwrap_or_default();
        if app.secrets_read_at < before.read_at {
            return Ok(());
        }
        let mut keys = used(app)?;
        // What is not published any more is not used any more.
        let gone = before.keys.iter().filter(|known| !keys.iter().any(|key| key.is_same(known)));
        let gone: Vec<Announced> = gone.map(|known| Announced { retired: true, ..known.clone() }).collect();
        keys.extend(gone);
        let facts: Vec<Fact> = keys.iter().flat_map(|key| key.news(&before.keys, now)).collect();
        if facts.is_empty() {
            return Ok(());
        }
        let told = serde_json::to_string(&Told { read_at: app.secrets_read_at, keys });
        let told = told.map_err(|error| damaged("what is announced of the keys", &error))?;
        if app.registry.announce_keys(kept.as_deref(), &told, &facts, now).await? {
            info!(keys = facts.len(), "the public log is told of keys");
            return Ok(());
        }
    }
}

fn damaged(what: &str, why: &impl ToString) -> StoreError {
    StoreError::Damaged { what: what.to_owned(), why: why.to_string() }
}

impl Announced {
    fn is_same(&self, other: &Self) -> bool {
        (self.purpose, &self.key, self.certificate) == (other.purpose, &other.key, other.certificate)
    }

    /// What of it was not told before.
    fn news(&self, before: &[Self], at: Timestamp) -> Vec<Fact> {
        let (purpose, key, certificate) = (self.purpose, self.key.clone(), self.certificate);
        let announced = Fact::KeyAnnounced { purpose, key: key.clone(), certificate, at };
        let retired = Fact::KeyRetired { purpose, key, certificate, at };
        match (before.iter().find(|known| known.is_same(self)).map(|known| known.retired), self.retired) {
            (None | Some(true), false) => vec![announced],
            (None, true) => vec![announced, retired],
            (Some(false), true) => vec![retired],
            (Some(false), false) | (Some(true), true) => vec![],
        }
    }
}

/// The keys of now and before, each once.
fn used(app: &App) -> Result<Vec<Announced>, StoreError> {
    let signer = app.seal.published().map_err(|problem| damaged("the signing keys", &problem.code()))?;
    let signing = signer
        .to_jwks()
        .map_err(|error| damaged("the signing keys", &error))?
        .into_iter()
        .map(|key| published(KeyPurpose::ReportSignature, &key));
    let answers = app.answer_keys.to_jwks().zip(std::iter::once(false).chain(std::iter::repeat(true)));
    let answers = answers.map(|(key, retired)| Announced { retired, ..published(KeyPurpose::SignedAnswer, &key) });
    let codes = app.code_keys.ids().map(|(id, is_active)| Announced {
        purpose: KeyPurpose::VerificationCode,
        key: id.to_owned(),
        certificate: None,
        retired: !is_active,
    });
    let mut keys: Vec<Announced> = signing.chain(answers).chain(codes).collect();
    // In order, what is in use first: the same key as retired, beside it, is not told.
    keys.sort();
    keys.dedup_by(|later, earlier| earlier.is_same(later));
    Ok(keys)
}

/// A key of the published key set.
fn published(purpose: KeyPurpose, key: &Map<String, Value>) -> Announced {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let thumbprint = text("x5t#S256").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let thumbprint = thumbprint.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    Announced {
        purpose,
        key: text("kid").unwrap_or_default().to_owned(),
        certificate: thumbprint.map(Digest::from),
        retired: key.contains_key("retired_at"),
    }
}
