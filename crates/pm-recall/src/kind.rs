//! Item types, as the index sees them.

/// A small number that names the type of an item, `0..=7`; what it means is the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(u8);

impl Kind {
    /// The kind numbered `number`, or `None` above 7.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 8 { Some(Self(number)) } else { None }
    }

    /// The number, `0..=7`.
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A set of kinds: which items a query may return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KindSet(u8);

impl KindSet {
    /// Every kind.
    pub const ALL: Self = Self(u8::MAX);
    /// No kind at all: such a query finds nothing.
    pub const EMPTY: Self = Self(0);

    /// Whether `kind` is in the set.
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind.0) != 0
    }

    /// The set with `kind` added.
    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | (1 << kind.0))
    }
}

impl FromIterator<Kind> for KindSet {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        kinds.into_iter().fold(Self::EMPTY, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_eight_and_a_set_holds_what_was_put_in() {
        assert_eq!(Kind::new(8), None);
        let [error, context] = [0, 7].map(|number| Kind::new(number).unwrap());
        let set: KindSet = [context].into_iter().collect();
        assert!(set.contains(context) && !set.contains(error));
        assert!(set.with(error).contains(error));
        assert!(KindSet::ALL.contains(error) && !KindSet::EMPTY.contains(error));
    }
}
