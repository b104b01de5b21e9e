//! Whose calls are counted together.

use std::net::{IpAddr, Ipv6Addr};

use pm_core::ports::Digest;
use sha2::Digest as _;

/// Whose calls are counted together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Caller {
    /// Who said who they are.
    Principal(String),
    /// Who did not, by [`Caller::of_address`].
    Address(IpAddr),
}

impl Caller {
    /// Who calls from this address. All of an IPv6 network of 64 bits are one: that is what one customer is given, who
    /// could else be a new one with each call.
    pub fn of_address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    /// What stands for them where others see it.
    pub fn digest(&self) -> Digest {
        let text = match self {
            Self::Principal(name) => format!("principal:{name}"),
            Self::Address(address) => format!("address:{address}"),
        };
        sha2::Sha256::digest(text).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Caller {
        Caller::of_address(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_one_network_are_one_caller() {
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1").digest(), Caller::Principal("192.0.2.1".to_owned()).digest());
    }
}
