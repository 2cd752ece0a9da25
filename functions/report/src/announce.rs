//! The public log is told of the platform's keys: of each when it is first used, and when it is used no more.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tracing::info;
use xinzheng_store::StoreError;
use xinzheng_tlog::{Digest, Fact, KeyPurpose};

use crate::App;

/// A key as it was announced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Announced {
    purpose: KeyPurpose,
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    retired: bool,
}

/// Announces what is new of the keys, and what is not used any more. One GetItem; one TransactWriteItems when there is something.
pub(crate) async fn announce(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    loop {
        let kept = app.registry.announced_keys().await?;
        let before: Vec<Announced> = match &kept {
            None => vec![],
            Some(text) => serde_json::from_str(text).map_err(|error| StoreError::Damaged {
                what: "what was announced of the keys".to_owned(),
                why: format!("column {}", error.column()),
            })?,
        };
        let mut after = used(app);
        // What is not published any more is not used any more.
        let gone = before.iter().filter(|known| !after.iter().any(|key| key.is_same(known)));
        let gone: Vec<Announced> = gone.map(|known| Announced { retired: true, ..known.clone() }).collect();
        after.extend(gone);
        after.sort();
        let facts: Vec<Fact> = after.iter().flat_map(|key| key.news(&before, now)).collect();
        if facts.is_empty() {
            return Ok(());
        }
        let written = serde_json::to_string(&after)
            .map_err(|error| StoreError::Damaged { what: "the keys".to_owned(), why: error.to_string() })?;
        if app.registry.announce_keys(kept.as_deref(), &written, &facts, now).await? {
            info!(keys = facts.len(), "the public log is told of keys");
            return Ok(());
        }
    }
}

impl Announced {
    fn is_same(&self, other: &Self) -> bool {
        self.purpose == other.purpose && self.key == other.key
    }

    /// What of it was not told before.
    fn news(&self, before: &[Self], at: jiff::Timestamp) -> Vec<Fact> {
        let known = before.iter().find(|known| known.is_same(self));
        let certificate: Option<Digest> = self.certificate.as_deref().and_then(|digest| digest.parse().ok());
        let (purpose, key) = (self.purpose, self.key.clone());
        let announced = known.is_none().then(|| Fact::KeyAnnounced { purpose, key: key.clone(), certificate, at });
        let is_told = known.is_some_and(|known| known.retired);
        let retired = (self.retired && !is_told).then_some(Fact::KeyRetired { purpose, key, certificate, at });
        announced.into_iter().chain(retired).collect()
    }
}

/// The keys of now and before.
fn used(app: &App) -> Vec<Announced> {
    let signing =
        app.signer.to_jwks().unwrap_or_default().into_iter().map(|key| published(KeyPurpose::ReportSignature, &key));
    let answers = app.answer_keys.to_jwks().zip(std::iter::once(false).chain(std::iter::repeat(true)));
    let answers = answers.map(|(key, retired)| Announced { retired, ..published(KeyPurpose::SignedAnswer, &key) });
    let codes = app.code_keys.ids().map(|(id, is_active)| Announced {
        purpose: KeyPurpose::VerificationCode,
        key: id.to_owned(),
        certificate: None,
        retired: !is_active,
    });
    signing.chain(answers).chain(codes).collect()
}

/// A key of the published key set.
fn published(purpose: KeyPurpose, key: &Map<String, Value>) -> Announced {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let thumbprint = text("x5t#S256").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let thumbprint = thumbprint.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    Announced {
        purpose,
        key: text("kid").unwrap_or_default().to_owned(),
        certificate: thumbprint.map(|bytes| Digest::from(bytes).to_string()),
        retired: key.contains_key("retired_at"),
    }
}
