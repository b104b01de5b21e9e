//! Which node of a cluster has which slot.

use redis::Value;

use super::connect::Address;
use super::facts::text;

/// How many slots a cluster has.
pub(super) const SLOTS: u16 = 16_384;

/// The slot of a key: CRC-16 (XMODEM) of its hash tag, or of all of it.
///
/// Source: the Redis cluster specification, "Key distribution model" and "Hash tags".
pub(super) fn of(key: &[u8]) -> u16 {
    crc16::State::<crc16::XMODEM>::calculate(tag(key)) % SLOTS
}

fn tag(key: &[u8]) -> &[u8] {
    let open = key.iter().position(|byte| *byte == b'{');
    let inside = open.and_then(|open| key.get(open + 1..));
    let close = inside.and_then(|inside| inside.iter().position(|byte| *byte == b'}'));
    match (inside, close) {
        (Some(inside), Some(close)) if close > 0 => inside.get(..close).unwrap_or(key),
        _ => key,
    }
}

/// Ranges of slots, and the addresses of the primaries that have them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Slots(Vec<(u16, u16, Address)>);

impl Slots {
    /// Reads the answer to `CLUSTER SLOTS` of the node at `asked`, which may leave out its own host.
    pub(super) fn read(answer: &Value, asked: &Address) -> Option<Self> {
        let Value::Array(ranges) = answer else { return None };
        let mut slots = Vec::with_capacity(ranges.len());
        for range in ranges {
            let Value::Array(parts) = range else { return None };
            let [Value::Int(first), Value::Int(last), Value::Array(primary), ..] = parts.as_slice() else {
                return None;
            };
            let [host, Value::Int(port), ..] = primary.as_slice() else { return None };
            let host = text(host).filter(|host| !host.is_empty() && host != "?");
            let host = host.unwrap_or_else(|| asked.0.clone());
            let address = (host, u16::try_from(*port).ok()?);
            slots.push((u16::try_from(*first).ok()?, u16::try_from(*last).ok()?, address));
        }
        Some(Self(slots))
    }

    /// Who has a slot.
    pub(super) fn owner(&self, slot: u16) -> Option<&Address> {
        self.0.iter().find(|(first, last, _)| (*first..=*last).contains(&slot)).map(|(_, _, owner)| owner)
    }

    /// All who have slots, each once.
    pub(super) fn owners(&self) -> Vec<&Address> {
        let mut owners: Vec<_> = self.0.iter().map(|(_, _, owner)| owner).collect();
        owners.sort();
        owners.dedup();
        owners
    }

    /// Whether every slot has an owner.
    pub(super) fn complete(&self) -> bool {
        let covered = |(first, last, _): &(u16, u16, Address)| u32::from(*last) + 1 - u32::from(*first);
        self.0.iter().map(covered).sum::<u32>() == u32::from(SLOTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_the_specification() {
        // From the specification: CRC-16 of "123456789" is 0x31C3.
        assert_eq!(of(b"123456789"), 0x31C3 % SLOTS);
        assert_eq!(of(b"{user1000}.following"), of(b"{user1000}.followers"));
        assert_eq!(tag(b"foo{{bar}}zap"), b"{bar");
        assert_eq!(tag(b"foo{}{bar}"), b"foo{}{bar}");
        assert_eq!(tag(b"foo{bar}{zap}"), b"bar");
    }
}
