//! Items and queries that tests are written with.

use pm_recall::{Document, Index, Kind, Layout, Query};
use serde_json::Value;

pub const KIND_NAMES: [&str; 3] = ["error", "solution", "context"];

pub fn kind(number: u8) -> Kind {
    Kind::new(number).unwrap()
}

/// An item that owns what a [`Document`] borrows.
#[derive(Clone, Debug)]
pub struct Item {
    pub kind: u8,
    pub key: String,
    pub value: Value,
    pub metadata: Option<Value>,
    pub session: Option<String>,
    pub timestamp: i64,
    pub expires_at: Option<i64>,
    pub importance: f64,
    pub tied_to: Vec<(Kind, &'static str)>,
}

impl Item {
    pub fn new(key: &str, value: impl Into<Value>) -> Self {
        Self {
            kind: 0,
            key: key.to_owned(),
            value: value.into(),
            metadata: None,
            session: None,
            timestamp: 0,
            expires_at: None,
            importance: 0.5,
            tied_to: Vec::new(),
        }
    }

    pub fn document(&self) -> Document<'_> {
        Document {
            kind: kind(self.kind),
            kind_name: KIND_NAMES[usize::from(self.kind)],
            key: &self.key,
            value: &self.value,
            metadata: self.metadata.as_ref(),
            session: self.session.as_deref(),
            timestamp: self.timestamp,
            expires_at: self.expires_at,
            importance: self.importance,
            tied_to: &self.tied_to,
        }
    }
}

pub fn index<'a>(items: impl IntoIterator<Item = &'a Item>) -> Index {
    index_of(Layout::default(), items)
}

pub fn index_of<'a>(layout: Layout, items: impl IntoIterator<Item = &'a Item>) -> Index {
    let mut index = Index::new(layout);
    items.into_iter().for_each(|item| index.put(&item.document()));
    index
}

pub fn query(text: &str) -> Query<'_> {
    Query { is_reference: true, ..Query::unfiltered(text, 0, 10) }
}

/// Keys of what is found, in order.
pub fn keys(index: &Index, query: &Query<'_>) -> Vec<String> {
    index.search(query).into_iter().map(|hit| hit.key).collect()
}
