//! A range of addresses.

use std::fmt;
use std::net::IpAddr;

use super::reader::Parsed;

/// A range of addresses: one address, or a CIDR block such as `10.0.0.0/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    pub(crate) fn parse(text: &str) -> Parsed<Self> {
        let fault = || {
            format!(
                "{} is no network; give an address or a block, as in 10.0.0.7 or 10.0.0.0/8",
                text.escape_debug()
            )
        };
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let width = width(address);
        let prefix = match prefix {
            // `parse` would also take a sign.
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= width).ok_or_else(fault)?
            }
            Some(_) => return Err(fault()),
            None => width,
        };
        let network = Self { address, prefix };
        if network.host_bits(address) == 0 {
            Ok(network)
        } else {
            Err(format!("{text} has bits set behind its prefix; give the first address of the block"))
        }
    }

    /// Whether the address lies in the range. An IPv4 address that comes over an IPv6 socket is taken as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let network = self.address;
        network.is_ipv4() == address.is_ipv4()
            && bits(network) ^ self.host_bits(network) == bits(address) ^ self.host_bits(address)
    }

    /// The bits of an address behind the prefix.
    fn host_bits(&self, address: IpAddr) -> u128 {
        let host_width = u32::from(width(address) - self.prefix);
        bits(address) & 1u128.checked_shl(host_width).map_or(u128::MAX, |limit| limit - 1)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}
