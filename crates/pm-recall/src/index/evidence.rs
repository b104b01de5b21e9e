//! What speaks for each item, while a search adds it up.

/// A sum of one kind for each slot. It takes room only in searches that add to it.
#[derive(Default)]
pub(super) struct Sums<T> {
    by_slot: Vec<T>,
    slots: usize,
}

impl<T: Copy + Default> Sums<T> {
    fn reset(&mut self, slots: usize) {
        self.by_slot.clear();
        self.slots = slots;
    }

    /// All of them, to be added to.
    pub(super) fn all(&mut self) -> &mut [T] {
        if self.by_slot.is_empty() {
            self.by_slot.resize(self.slots, T::default());
        }
        &mut self.by_slot
    }

    /// All of them, or none where nothing was added to any.
    pub(super) fn added(&self) -> &[T] {
        &self.by_slot
    }

    fn of(&self, slot: u32) -> T {
        self.by_slot.get(slot as usize).copied().unwrap_or_default()
    }

    fn memory_bytes(&self) -> usize {
        self.by_slot.capacity() * size_of::<T>()
    }
}

/// The sums of one slot.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub(super) lexical: f64,
    pub(super) window: f64,
    pub(super) boost: f64,
    pub(super) named: f32,
}

/// Sums by slot, each kind by itself: most searches go through one kind of all slots, one after the other.
#[derive(Default)]
pub(super) struct Evidence {
    /// BM25 over the item.
    pub(super) lexical: Sums<f64>,
    /// BM25 over the item with its neighbours.
    pub(super) window: Sums<f64>,
    /// Exact keys and identifiers, in units of the score.
    pub(super) boost: Sums<f64>,
    /// How telling the query's terms are that stand in the item's metadata, 0 to 1: the most telling counts.
    pub(super) named: Sums<f32>,
    /// The sum of the idfs of the query's terms: what lexical parts are compared with.
    pub(super) idfs: f64,
}

impl Evidence {
    /// Forgets all, and is ready for so many slots.
    pub(super) fn reset(&mut self, slots: usize) {
        self.lexical.reset(slots);
        self.window.reset(slots);
        self.boost.reset(slots);
        self.named.reset(slots);
        self.idfs = 0.0;
    }

    /// Bytes that it takes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.lexical.memory_bytes()
            + self.window.memory_bytes()
            + self.boost.memory_bytes()
            + self.named.memory_bytes()
    }

    /// Adds to the boost of an item.
    pub(super) fn add_boost(&mut self, slot: u32, amount: f64) {
        if let Some(sum) = self.boost.all().get_mut(slot as usize) {
            *sum += amount;
        }
    }

    /// What speaks for the item.
    pub(super) fn of(&self, slot: u32) -> Said {
        Said {
            lexical: self.lexical.of(slot),
            window: self.window.of(slot),
            boost: self.boost.of(slot),
            named: self.named.of(slot),
        }
    }

    /// The slots that anything speaks for.
    pub(super) fn touched(&self) -> impl Iterator<Item = bool> {
        let slots = self.lexical.slots;
        // A kind that nothing was added to says nothing of any.
        let of = |sums: &'_ [f64], at: usize| sums.get(at).is_some_and(|sum| *sum > 0.0);
        let (lexical, window, boost) = (self.lexical.added(), self.window.added(), self.boost.added());
        (0..slots).map(move |at| of(lexical, at) || of(window, at) || of(boost, at))
    }
}
