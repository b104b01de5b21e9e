//! Whose calls are counted together.

use std::net::{IpAddr, Ipv6Addr};

use pm_core::policy::{Name, Principal, PrincipalKind};
use pm_core::ports::Digest;
use sha2::Digest as _;
use uuid::Uuid;

/// Whose calls are counted together.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Caller {
    /// A key, by its id, which needs no place of its own in memory.
    Key(Uuid),
    /// Who said otherwise who they are.
    Principal(Name),
    /// Who did not, by [`Caller::of_address`].
    Address(IpAddr),
}

impl Caller {
    /// Who said that this is who they are.
    pub fn of_principal(principal: &Principal) -> Self {
        match principal.credential {
            Some(id) if principal.kind == PrincipalKind::Key => Self::Key(id),
            _ => Self::Principal(principal.identity().as_str().into()),
        }
    }

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
            Self::Key(id) => format!("principal:key:{}", id.simple()),
            Self::Principal(name) => format!("principal:{}", name.as_str()),
            Self::Address(address) => format!("address:{address}"),
        };
        sha2::Sha256::digest(text).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_told_apart_by_what_tells_them_apart_elsewhere() {
        let key = |id| Principal { kind: PrincipalKind::Key, credential: Some(id), ..Principal::shell() };
        let user = |session, name: &str| Principal {
            kind: PrincipalKind::User,
            credential: Some(session),
            name: name.into(),
            ..Principal::shell()
        };
        let all = [
            key(Uuid::nil()),
            key(Uuid::max()),
            user(Uuid::nil(), "ada"),
            user(Uuid::max(), "ada"),
            user(Uuid::nil(), "somebody with a long name"),
            Principal::bootstrap(),
        ];
        for one in &all {
            let caller = Caller::of_principal(one);
            let text = format!("principal:{}", one.identity());
            assert_eq!(caller.digest(), Digest::from(sha2::Sha256::digest(text)));
            for other in &all {
                let same = one.identity() == other.identity();
                assert_eq!(caller == Caller::of_principal(other), same, "{one:?} {other:?}");
            }
        }
    }

    fn of(text: &str) -> Caller {
        Caller::of_address(text.parse().unwrap())
    }

    #[test]
    fn addresses_of_one_network_are_one_caller() {
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1").digest(), Caller::Principal("192.0.2.1".into()).digest());
    }
}
