//! A recalled item as it is answered.

use std::sync::Arc;

use pm_core::model::MemoryItem;
use pm_core::operations::Recalled;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

/// An item with its relevance and, where it was asked for, why it was recalled.
#[derive(Serialize)]
pub struct RecalledItem {
    #[serde(flatten)]
    item: Arc<MemoryItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relevance: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explain>,
}

struct Explain(pm_core::operations::recall::Explained);

impl RecalledItem {
    /// `recalled` as it is answered; `explain` says whether the caller wants to see why.
    pub fn of(recalled: Recalled, explain: bool) -> Self {
        let explain = recalled.explain.filter(|_| explain).map(Explain);
        Self { item: recalled.item, relevance: recalled.relevance, explain }
    }
}

impl Serialize for Explain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_map(None)?;
        for (name, share) in self.0.parts() {
            parts.serialize_entry(name, &share)?;
        }
        parts.serialize_entry("score", &self.0.score)?;
        if let Some(why) = self.0.transformer {
            parts.serialize_entry("transformer", why)?;
        }
        parts.end()
    }
}
