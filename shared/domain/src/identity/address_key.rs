//! The secret under which network addresses become marks in the audit: which steps came from the same place can be seen,
//! from where cannot (R19).

use std::fmt;
use std::net::Ipv6Addr;

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

    /// The mark of the network that an address is of: an IPv4 address itself, the first 64 bits of an IPv6 one, which a single
    /// client has all the others of.
    pub fn network_mark(&self, address: &str) -> String {
        match address.parse::<Ipv6Addr>().map(|address| address.to_ipv4_mapped().ok_or(address)) {
            Ok(Err(address)) => self.mark(&format!("{}/64", Ipv6Addr::from_bits(address.to_bits() >> 64 << 64))),
            Ok(Ok(address)) => self.mark(&address.to_string()),
            Err(_) => self.mark(address),
        }
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
        assert_eq!(one.network_mark("192.0.2.7"), mark);
        assert_eq!(one.network_mark("::ffff:192.0.2.7"), mark);
        let network = one.network_mark("2001:db8:1:2::7");
        assert_eq!(one.network_mark("2001:db8:1:2:ffff:0:0:1"), network);
        assert_ne!(one.network_mark("2001:db8:1:3::7"), network);
        assert_ne!(network, mark);
        let proof = one.vouch("192.0.2.7");
        assert!(one.holds("192.0.2.7", &proof));
        for (address, proof) in [("192.0.2.8", proof.as_str()), ("192.0.2.7", ""), ("192.0.2.7", &proof[1..])] {
            assert!(!one.holds(address, proof), "{address} {proof}");
        }
        assert!(!other.holds("192.0.2.7", &proof));
    }
}
