//! What an upload is known by.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use crate::sha256::{hexadecimal, is_hexadecimal};

/// The id of an upload: what its unit asks for it by. It follows from the file's key, so that a file that came without
/// being announced has one too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct UploadId(String);

impl UploadId {
    /// The id of the upload with this key.
    pub fn of(key: &str) -> Self {
        Self(hexadecimal(Sha256::digest(key.as_bytes()).iter().take(16)))
    }

    /// Parses 32 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        is_hexadecimal(text, 32).then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UploadId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not an upload's id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_of_its_key_and_of_nothing_else() {
        let id = UploadId::of("uploads/tax/penalty/2025-07-01/a.csv");
        assert_eq!(UploadId::parse(id.as_str()), Some(id.clone()));
        assert_ne!(id, UploadId::of("uploads/tax/penalty/2025-07-01/b.csv"));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<UploadId>(&json).unwrap(), id);
        for text in ["", "x", &"0".repeat(31), &"0".repeat(33), &"A".repeat(32), &"g".repeat(32)] {
            assert_eq!(UploadId::parse(text), None, "{text}");
            assert!(serde_json::from_str::<UploadId>(&format!("\"{text}\"")).is_err(), "{text}");
        }
    }
}
