//! What speaks for each item, while a search adds it up.

/// The sums of one slot, side by side: a search touches slots here and there, and all of one at once.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    /// BM25 over the item.
    pub(super) lexical: f64,
    /// BM25 over the item with its neighbours.
    pub(super) window: f64,
    /// Exact keys and identifiers, in units of the score.
    pub(super) boost: f64,
    /// How telling the query's terms are that stand in the item's metadata, 0 to 1: the most telling counts.
    pub(super) named: f32,
    /// Whether any of these speaks for the item.
    is_touched: bool,
}

/// Sums by slot.
#[derive(Default)]
pub(super) struct Evidence {
    sums: Vec<Sums>,
    /// The slots that anything speaks for, each once.
    touched: Vec<u32>,
    /// The sum of the idfs of the query's terms: what lexical parts are compared with.
    pub(super) idfs: f64,
}

impl Evidence {
    /// Forgets all, and is ready for so many slots.
    pub(super) fn reset(&mut self, slots: usize) {
        // Only what was touched is emptied: an index may have far more slots than a query finds.
        for slot in self.touched.drain(..) {
            if let Some(sums) = self.sums.get_mut(slot as usize) {
                *sums = Sums::default();
            }
        }
        self.sums.resize(slots, Sums::default());
        self.idfs = 0.0;
    }

    /// Bytes that it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.sums.capacity() * size_of::<Sums>() + self.touched.capacity() * size_of::<u32>()
    }

    /// Adds to the lexical part of an item. What adds up to nothing leaves an item unfound.
    pub(super) fn add_lexical(&mut self, slot: u32, amount: f64) {
        if amount > 0.0 {
            self.touch(slot, |sums| sums.lexical += amount);
        }
    }

    /// Adds to the part of an item that comes from its window.
    pub(super) fn add_window(&mut self, slot: u32, amount: f64) {
        if amount > 0.0 {
            self.touch(slot, |sums| sums.window += amount);
        }
    }

    /// Adds to the boost of an item.
    pub(super) fn add_boost(&mut self, slot: u32, amount: f64) {
        if amount > 0.0 {
            self.touch(slot, |sums| sums.boost += amount);
        }
    }

    /// Notes a term of the query in the item's metadata, which is a term of the item as well.
    pub(super) fn add_name(&mut self, slot: u32, weight: f32) {
        self.touch(slot, |sums| sums.named = sums.named.max(weight));
    }

    fn touch(&mut self, slot: u32, change: impl FnOnce(&mut Sums)) {
        if let Some(sums) = self.sums.get_mut(slot as usize) {
            change(sums);
            if !std::mem::replace(&mut sums.is_touched, true) {
                self.touched.push(slot);
            }
        }
    }

    /// What speaks for the item.
    pub(super) fn of(&self, slot: u32) -> Sums {
        self.sums.get(slot as usize).copied().unwrap_or_default()
    }

    /// The slots that anything speaks for, each once.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }
}
