//! What speaks for each item, while a search adds it up.

/// Sums by slot, one per stage.
pub(super) struct Evidence {
    /// BM25 over the item.
    pub(super) lexical: Vec<f64>,
    /// BM25 over the item with its neighbours.
    pub(super) window: Vec<f64>,
    /// How telling the query's terms are that stand in the item's metadata, 0 to 1: the most telling counts.
    pub(super) named: Vec<f32>,
    /// Exact keys and identifiers, in units of the score.
    pub(super) boost: Vec<f64>,
    /// The slots that any of these speaks for, each once.
    touched: Vec<u32>,
    is_touched: Vec<bool>,
    /// The sum of the idfs of the query's terms: what lexical parts are compared with.
    pub(super) idfs: f64,
}

impl Evidence {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            lexical: vec![0.0; slots],
            window: vec![0.0; slots],
            named: vec![0.0; slots],
            boost: vec![0.0; slots],
            touched: Vec::new(),
            is_touched: vec![false; slots],
            idfs: 0.0,
        }
    }

    /// Adds to the lexical part of an item. What adds up to nothing leaves an item unfound.
    pub(super) fn add_lexical(&mut self, slot: u32, amount: f64) {
        self.add(slot, amount, |evidence| &mut evidence.lexical);
    }

    /// Adds to the part of an item that comes from its window.
    pub(super) fn add_window(&mut self, slot: u32, amount: f64) {
        self.add(slot, amount, |evidence| &mut evidence.window);
    }

    /// Adds to the boost of an item.
    pub(super) fn add_boost(&mut self, slot: u32, amount: f64) {
        self.add(slot, amount, |evidence| &mut evidence.boost);
    }

    /// Notes a term of the query in the item's metadata.
    pub(super) fn add_name(&mut self, slot: u32, weight: f32) {
        if let Some(named) = self.named.get_mut(slot as usize) {
            *named = named.max(weight);
        }
    }

    fn add(&mut self, slot: u32, amount: f64, part: impl Fn(&mut Self) -> &mut Vec<f64>) {
        if let Some(sum) = part(self).get_mut(slot as usize) {
            *sum += amount;
            if amount > 0.0
                && let Some(touched) = self.is_touched.get_mut(slot as usize)
                && !std::mem::replace(touched, true)
            {
                self.touched.push(slot);
            }
        }
    }

    /// Whether anything speaks for the item.
    pub(super) fn is_touched(&self, slot: u32) -> bool {
        self.is_touched.get(slot as usize).copied().unwrap_or(false)
    }

    /// The slots that anything speaks for, each once.
    pub(super) fn touched(&self) -> &[u32] {
        &self.touched
    }
}
