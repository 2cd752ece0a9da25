//! What the portal gives to browsers to keep for it: sealed (AES-256-GCM), so that they can neither read nor change it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use xinzheng_api::problem::INTERNAL;
use xinzheng_runtime::Problem;

/// The key of seals.
pub(crate) struct SealingKey {
    sealing: LessSafeKey,
    signing: hmac::Key,
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

impl SealingKey {
    /// From a secret of any length.
    pub(crate) fn new(secret: &str) -> Option<Self> {
        let key = digest(&SHA256, format!("seal: {secret}").as_bytes());
        Some(Self {
            sealing: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).ok()?),
            signing: hmac::Key::new(hmac::HMAC_SHA256, format!("form: {secret}").as_bytes()),
        })
    }

    /// Seals a value for a purpose: what is sealed for one cannot be opened for another.
    pub(crate) fn seal(&self, purpose: &str, value: &impl Serialize) -> Result<String, Problem> {
        let fail = |_| Problem::from(INTERNAL);
        let mut bytes = serde_json::to_vec(value).map_err(|_| Problem::from(INTERNAL))?;
        let nonce: [u8; NONCE_LEN] = random()?;
        let aad = Aad::from(purpose.as_bytes());
        let nonced = Nonce::assume_unique_for_key(nonce);
        self.sealing.seal_in_place_append_tag(nonced, aad, &mut bytes).map_err(fail)?;
        Ok(URL_SAFE_NO_PAD.encode([&nonce[..], &bytes].concat()))
    }

    /// Opens what was sealed for this purpose; `None` for anything else.
    pub(crate) fn open<T: DeserializeOwned>(&self, purpose: &str, sealed: &str) -> Option<T> {
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.sealing.open_in_place(nonce, Aad::from(purpose.as_bytes()), sealed).ok()?;
        serde_json::from_slice(opened).ok()
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
    fn a_seal_opens_for_its_purpose_and_key_alone() {
        let (key, other) = (SealingKey::new("a").unwrap(), SealingKey::new("b").unwrap());
        let sealed = key.seal("session", &"令牌").unwrap();
        assert_eq!(key.open::<String>("session", &sealed).as_deref(), Some("令牌"));
        assert_eq!(key.open::<String>("sign-in", &sealed), None);
        assert_eq!(other.open::<String>("session", &sealed), None);
        for changed in ["", "AAAA", &sealed[1..], &format!("{sealed}A")] {
            assert_eq!(key.open::<String>("session", changed), None);
        }
        assert_ne!(sealed, key.seal("session", &"令牌").unwrap());
    }
}
