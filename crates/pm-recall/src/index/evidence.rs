//! What speaks for each item, while a search adds it up.

/// Sums by slot, one per part of the score. Each stage of a search adds to its own.
pub(super) struct Evidence {
    lexical: Vec<f64>,
    boost: Vec<f64>,
    /// The slots that anything speaks for, each once.
    touched: Vec<u32>,
}

impl Evidence {
    pub(super) fn new(slots: usize) -> Self {
        Self { lexical: vec![0.0; slots], boost: vec![0.0; slots], touched: Vec::new() }
    }

    /// Adds amounts, none negative, to the parts of an item. What adds up to nothing leaves the item unfound.
    pub(super) fn add(&mut self, slot: u32, lexical: f64, boost: f64) {
        let at = slot as usize;
        if let (Some(lexical_sum), Some(boost_sum)) = (self.lexical.get_mut(at), self.boost.get_mut(at)) {
            if *lexical_sum + *boost_sum <= 0.0 && lexical + boost > 0.0 {
                self.touched.push(slot);
            }
            *lexical_sum += lexical;
            *boost_sum += boost;
        }
    }

    /// Slot, lexical part and boost of each item found.
    pub(super) fn found(&self) -> impl Iterator<Item = (u32, f64, f64)> {
        let part = |parts: &[f64], slot: u32| parts.get(slot as usize).copied().unwrap_or(0.0);
        self.touched.iter().map(move |&slot| (slot, part(&self.lexical, slot), part(&self.boost, slot)))
    }
}
