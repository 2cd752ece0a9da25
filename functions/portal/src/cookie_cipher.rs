//! What the portal gives to browsers to keep for it: encrypted (AES-256-GCM), so that they can neither read nor change it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use xinzheng_api::problem::INTERNAL;
use xinzheng_runtime::Problem;

/// The key under which browsers keep things.
pub(crate) struct CookieCipher {
    cipher: LessSafeKey,
    signing: hmac::Key,
}

impl std::fmt::Debug for CookieCipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CookieCipher(..)")
    }
}

impl CookieCipher {
    /// From a secret of any length.
    pub(crate) fn new(secret: &str) -> Option<Self> {
        let key = digest(&SHA256, format!("cookie: {secret}").as_bytes());
        Some(Self {
            cipher: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).ok()?),
            signing: hmac::Key::new(hmac::HMAC_SHA256, format!("form: {secret}").as_bytes()),
        })
    }

    /// Encrypts a value for a purpose: what is for one cannot be read for another.
    pub(crate) fn encrypt(&self, purpose: &str, value: &impl Serialize) -> Result<String, Problem> {
        let fail = |_| Problem::from(INTERNAL);
        let mut bytes = serde_json::to_vec(value).map_err(|_| Problem::from(INTERNAL))?;
        let nonce: [u8; NONCE_LEN] = random()?;
        let aad = Aad::from(purpose.as_bytes());
        let nonced = Nonce::assume_unique_for_key(nonce);
        self.cipher.seal_in_place_append_tag(nonced, aad, &mut bytes).map_err(fail)?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &bytes].concat()))
    }

    /// Reads what was encrypted for this purpose; `None` for anything else.
    pub(crate) fn decrypt<T: DeserializeOwned>(&self, purpose: &str, encrypted: &str) -> Option<T> {
        let mut bytes = URL_SAFE_NO_PAD.decode(encrypted).ok()?;
        let (nonce, encrypted) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let bytes = self.cipher.open_in_place(nonce, Aad::from(purpose.as_bytes()), encrypted).ok()?;
        serde_json::from_slice(bytes).ok()
    }

    /// The token of forms for a visitor without a session: bound to its cookie.
    pub(crate) fn form_token(&self, cookie: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.signing, cookie.as_bytes()).as_ref())
    }
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no randomness");
        Problem::from(INTERNAL)
    })?;
    Ok(bytes)
}

/// A random text of 128 bits.
pub(crate) fn random_text() -> Result<String, Problem> {
    Ok(URL_SAFE_NO_PAD.encode(random::<16>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encrypted_is_read_for_its_purpose_and_key_alone() {
        let (key, other) = (CookieCipher::new("a").unwrap(), CookieCipher::new("b").unwrap());
        let encrypted = key.encrypt("session", &"令牌").unwrap();
        assert_eq!(key.decrypt::<String>("session", &encrypted).as_deref(), Some("令牌"));
        assert_eq!(key.decrypt::<String>("sign-in", &encrypted), None);
        assert_eq!(other.decrypt::<String>("session", &encrypted), None);
        for changed in ["", "AAAA", &encrypted[1..], &format!("{encrypted}A")] {
            assert_eq!(key.decrypt::<String>("session", changed), None);
        }
        assert_ne!(encrypted, key.encrypt("session", &"令牌").unwrap());
    }
}
