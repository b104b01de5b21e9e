//! The vectors of recent queries.

use std::collections::HashMap;
use std::sync::Arc;

/// The most queries that are remembered, and the bytes that they may take.
const QUERIES: usize = 1024;
const BYTES: usize = 8 << 20;

/// The vectors of recent queries; the least recently used go first.
#[derive(Debug, Default)]
pub(super) struct Recent {
    by_text: HashMap<Arc<str>, Entry>,
    bytes: usize,
    /// How often something was used.
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    vector: Arc<[f32]>,
    used: u64,
}

impl Recent {
    /// The vector of the query, if it is remembered.
    pub(super) fn get(&mut self, text: &str) -> Option<Arc<[f32]>> {
        self.uses += 1;
        let entry = self.by_text.get_mut(text)?;
        entry.used = self.uses;
        Some(entry.vector.clone())
    }

    /// Remembers a query.
    pub(super) fn put(&mut self, text: &Arc<str>, vector: Arc<[f32]>) {
        self.uses += 1;
        self.bytes += weight(text, &vector);
        let before = self.by_text.insert(text.clone(), Entry { vector, used: self.uses });
        if let Some(before) = before {
            self.bytes -= weight(text, &before.vector);
        }
        while self.by_text.len() > QUERIES || self.bytes > BYTES {
            // A look at a thousand numbers, once for a query that took milliseconds.
            let oldest =
                self.by_text.iter().min_by_key(|(_, entry)| entry.used).map(|(text, _)| text.clone());
            let Some((text, entry)) = oldest.and_then(|text| self.by_text.remove_entry(&text)) else {
                return;
            };
            self.bytes -= weight(&text, &entry.vector);
        }
    }
}

/// About how many bytes it takes.
fn weight(text: &str, vector: &[f32]) -> usize {
    size_of::<(Arc<str>, Entry)>() + text.len() + size_of_val(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(recent: &mut Recent, text: &str, dimensions: usize) {
        recent.put(&text.into(), vec![0.0; dimensions].into());
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let mut recent = Recent::default();
        for n in 0..QUERIES {
            put(&mut recent, &n.to_string(), 3);
        }
        assert!(recent.get("0").is_some());
        put(&mut recent, "new", 3);
        assert!(recent.get("0").is_some() && recent.get("1").is_none() && recent.get("new").is_some());
        assert_eq!(recent.by_text.len(), QUERIES);
    }

    #[test]
    fn bytes_are_counted_up_and_down() {
        let mut recent = Recent::default();
        for n in 0..2000 {
            put(&mut recent, &(n % 900).to_string(), 4096);
            assert!(recent.bytes <= BYTES);
        }
        let counted: usize = recent.by_text.iter().map(|(text, entry)| weight(text, &entry.vector)).sum();
        assert_eq!(recent.bytes, counted);
        put(&mut recent, "larger than all that is allowed", BYTES);
        assert_eq!((recent.by_text.len(), recent.bytes), (0, 0));
    }
}
