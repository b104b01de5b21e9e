//! The best few of many.

use std::cmp::Ordering;

/// Keeps the `limit` first items of an order, in O(1) amortised per item and O(`limit`) memory.
///
/// What is no better than the `limit`-th best seen so far is dropped at once; the rest is collected and cut by a
/// selection each time it has doubled. Unlike a binary heap it touches an item that cannot win only once.
pub(crate) struct Best<T, F> {
    limit: usize,
    order: F,
    kept: Vec<T>,
    /// The last of the first `limit` items, once there were so many.
    bar: Option<T>,
}

impl<T: Copy, F: Fn(&T, &T) -> Ordering> Best<T, F> {
    /// `order` puts the better item first and never answers `Equal` for different items.
    pub(crate) fn new(limit: usize, order: F) -> Self {
        Self { limit, order, kept: Vec::new(), bar: None }
    }

    pub(crate) fn push(&mut self, item: T) {
        if self.bar.as_ref().is_some_and(|bar| (self.order)(bar, &item).is_lt()) {
            return;
        }
        self.kept.push(item);
        if self.kept.len() >= self.limit.saturating_mul(2).max(64) {
            self.cut();
        }
    }

    /// What an item has to be as good as to be kept, once that is known.
    pub(crate) fn bar(&self) -> Option<&T> {
        self.bar.as_ref()
    }

    fn cut(&mut self) {
        if let Some(last) = self.limit.checked_sub(1).filter(|&last| last < self.kept.len()) {
            let (_, bar, _) = self.kept.select_nth_unstable_by(last, &self.order);
            self.bar = Some(*bar);
        }
        self.kept.truncate(self.limit);
    }

    /// The first `limit` items, in order.
    pub(crate) fn into_sorted(mut self) -> Vec<T> {
        self.cut();
        self.kept.sort_unstable_by(&self.order);
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keeps_what_sorting_would(numbers in prop::collection::vec(any::<u32>(), 0..600), limit in 0_usize..100) {
            let mut best = Best::new(limit, |a: &u32, b: &u32| b.cmp(a));
            for &number in &numbers {
                best.push(number);
            }
            let mut sorted = numbers;
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            sorted.truncate(limit);
            prop_assert_eq!(best.into_sorted(), sorted);
        }
    }
}
