//! What speaks for each item, while a search adds it up.

/// Sums by slot, one per part of the score. The lexical stage comes first; the others know what it found.
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

    /// Adds to the lexical part of an item. What adds up to nothing leaves an item unfound.
    pub(super) fn add_lexical(&mut self, slot: u32, amount: f64) {
        if let Some(sum) = self.lexical.get_mut(slot as usize) {
            if *sum <= 0.0 && amount > 0.0 {
                self.touched.push(slot);
            }
            *sum += amount;
        }
    }

    /// Adds to the boost of an item.
    pub(super) fn add_boost(&mut self, slot: u32, amount: f64) {
        let at = slot as usize;
        if let (Some(lexical), Some(sum)) = (self.lexical.get(at), self.boost.get_mut(at)) {
            if *lexical + *sum <= 0.0 && amount > 0.0 {
                self.touched.push(slot);
            }
            *sum += amount;
        }
    }

    /// Slot, lexical part and boost of each item found.
    pub(super) fn found(&self) -> impl Iterator<Item = (u32, f64, f64)> {
        let part = |parts: &[f64], slot: u32| parts.get(slot as usize).copied().unwrap_or(0.0);
        self.touched.iter().map(move |&slot| (slot, part(&self.lexical, slot), part(&self.boost, slot)))
    }
}
