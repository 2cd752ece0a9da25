//! Which network addresses are public (IANA's special-purpose registries, RFC 6890), and a resolver that gives no other: what
//! a third party's name leads to is looked at each time, and what was looked at is what is connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Networks of IPv4 that are not public: address and bits of the prefix.
const SPECIAL_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Networks within 2000::/3, outside of which nothing is public, that are not: protocols, documentation, and those that lead to
/// addresses of IPv4 (6to4, Teredo).
const SPECIAL_V6: [([u16; 2], u32); 4] =
    [([0x2001, 0], 23), ([0x2001, 0x0db8], 32), ([0x2002, 0], 16), ([0x3fff, 0], 20)];

/// True of an address that anyone can reach.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|(network, bits)| within_v4(address, *network, *bits)),
        IpAddr::V6(address) => {
            address.segments().first().is_some_and(|first| first >> 13 == 1)
                && !SPECIAL_V6.iter().any(|(network, bits)| within_v6(address, *network, *bits))
        }
    }
}

fn within_v4(address: Ipv4Addr, network: [u8; 4], bits: u32) -> bool {
    let prefix = |address: u32| address.checked_shr(32 - bits);
    prefix(address.to_bits()) == prefix(u32::from_be_bytes(network))
}

fn within_v6(address: Ipv6Addr, [first, second]: [u16; 2], bits: u32) -> bool {
    let network = Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0);
    address.to_bits() >> (128 - bits) == network.to_bits() >> (128 - bits)
}

/// Resolves names that lead to public addresses alone: one among them that is not, and there are none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PublicResolver;

/// A name leads to an address that is not public, or to none.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the name leads to no public address")]
pub(crate) struct NotPublic;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.is_empty() || !found.iter().all(|address| is_public(address.ip())) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_none_of_ours() {
        for (text, expected) in [
            ("8.8.8.8", true),
            ("114.114.114.114", true),
            ("172.15.255.255", true),
            ("172.32.0.0", true),
            ("100.128.0.0", true),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("169.254.79.129", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.168.1.1", false),
            ("198.19.0.1", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("2400:3200::1", true),
            ("2606:4700:4700::1111", true),
            ("2001:4860:4860::8888", true),
            ("::", false),
            ("::1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", false),
            ("64:ff9b::7f00:1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::1", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_not_resolved() {
        let refused = PublicResolver.resolve("localhost".parse().unwrap()).await.err().unwrap();
        assert!(refused.downcast_ref::<NotPublic>().is_some(), "{refused}");
    }
}
