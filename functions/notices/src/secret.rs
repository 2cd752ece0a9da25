//! Secrets of webhooks and the signatures made with them (Standard Webhooks, "Signature scheme").

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use xinzheng_domain::case::webhook::Webhook;
use xinzheng_domain::secrets_by_id::{self, SecretWithId, SecretsError};

/// The deployment's secrets that those of webhooks are made of: nothing secret of a webhook is kept.
#[derive(Clone)]
pub(crate) struct WebhookKeys {
    active: SecretWithId,
    earlier: Vec<SecretWithId>,
}

impl fmt::Debug for WebhookKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookKeys({})", self.active.0)
    }
}

/// The secret of a webhook: 32 bytes. As text, it is how Standard Webhooks writes it.
pub(crate) struct WebhookSecret(hmac::Tag);

impl fmt::Display for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "whsec_{}", STANDARD.encode(self.0.as_ref()))
    }
}

impl WebhookKeys {
    /// Reads them as they are kept: `{"active": "2", "1": "<secret>", "2": "<secret>"}`; `active` names the one for new webhooks.
    pub(crate) fn parse(json: &str) -> Result<Self, SecretsError> {
        let (active, earlier) = secrets_by_id::parse(json)?;
        Ok(Self { active, earlier })
    }

    /// The id of the one for new webhooks.
    pub(crate) fn active(&self) -> &str {
        &self.active.0
    }

    /// The secret of a webhook; `None` when the key that it was made of is not there any more.
    pub(crate) fn secret(&self, webhook: &Webhook) -> Option<WebhookSecret> {
        let (_, key) = std::iter::once(&self.active).chain(&self.earlier).find(|(id, _)| *id == webhook.key)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        Some(WebhookSecret(hmac::sign(&key, format!("xinzheng webhook {}", webhook.id).as_bytes())))
    }
}

impl WebhookSecret {
    /// The header `webhook-signature` of a message.
    pub(crate) fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_ref());
        let signature = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(signature.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use xinzheng_domain::case::webhook::WebhookId;

    use super::*;

    fn webhook(id: u128, key: &str) -> Webhook {
        let id = WebhookId::new(id << 64);
        Webhook { id, address: String::new(), key: key.to_owned(), registered_at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_webhook_has_a_secret_of_its_own_that_stays() {
        let long = "0123456789abcdef0123456789abcdef";
        let keys = WebhookKeys::parse(&format!(r#"{{"active":"1","1":"{long}"}}"#)).unwrap();
        let rotated = WebhookKeys::parse(&format!(r#"{{"active":"2","1":"{long}","2":"{long}x"}}"#)).unwrap();
        let secret = |keys: &WebhookKeys, id, key| keys.secret(&webhook(id, key)).map(|secret| secret.to_string());
        let own = secret(&keys, 1, "1").unwrap();
        assert!(own.starts_with("whsec_") && STANDARD.decode(&own[6..]).unwrap().len() == 32, "{own}");
        assert_eq!(secret(&rotated, 1, "1").as_ref(), Some(&own), "also when new ones are made of another key");
        assert_ne!(secret(&keys, 2, "1"), Some(own.clone()));
        assert_ne!(secret(&rotated, 1, "2"), Some(own));
        assert_eq!(secret(&keys, 1, "2"), None);
        assert!(!format!("{keys:?}").contains(long));
    }
}
