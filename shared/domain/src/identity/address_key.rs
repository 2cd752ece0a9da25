//! The secret under which network addresses become marks in the audit: which steps came from the same place can be seen,
//! from where cannot (R19).

use std::fmt;

use crate::identity::subject::PersonKey;
use crate::sha256::{hexadecimal, parse_sha256};

/// The key of the addresses.
#[derive(Clone)]
pub struct AddressKey(PersonKey);

impl AddressKey {
    /// Takes the secret's bytes.
    pub fn new(secret: impl AsRef<[u8]>) -> Self {
        Self(PersonKey::new(secret))
    }

    /// The mark of an address: 16 hexadecimal digits of HMAC-SHA-256; empty for an unknown address.
    pub fn mark(&self, address: &str) -> String {
        if address.is_empty() {
            return String::new();
        }
        hexadecimal(self.0.digest(address).iter().take(8))
    }

    /// What shows that whoever passes an address on has this key: 64 hexadecimal digits.
    pub fn vouch(&self, address: &str) -> String {
        hexadecimal(&self.0.digest(&passed_on(address)))
    }

    /// True when `proof` is what [`vouch`](Self::vouch) gives for this address; as quick for any wrong one.
    pub fn holds(&self, address: &str, proof: &str) -> bool {
        parse_sha256(proof).is_some_and(|proof| self.0.verify(&passed_on(address), &proof))
    }
}

/// What is vouched for.
fn passed_on(address: &str) -> String {
    format!("passed on: {address}")
}

impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_of_the_address_and_the_key() {
        let (one, other) = (AddressKey::new("one"), AddressKey::new("other"));
        let mark = one.mark("192.0.2.7");
        assert_eq!((mark.len(), one.mark("192.0.2.7")), (16, mark.clone()));
        assert_ne!(mark, one.mark("192.0.2.8"));
        assert_ne!(mark, other.mark("192.0.2.7"));
        assert_eq!(one.mark(""), "");
        let proof = one.vouch("192.0.2.7");
        assert!(one.holds("192.0.2.7", &proof));
        for (address, proof) in [("192.0.2.8", proof.as_str()), ("192.0.2.7", ""), ("192.0.2.7", &proof[1..])] {
            assert!(!one.holds(address, proof), "{address} {proof}");
        }
        assert!(!other.holds("192.0.2.7", &proof));
    }
}
