//! How much is remembered and recalled.

use super::names;
use super::reader::{Checked, Parsed, Reader, number, one_of};

/// What a project does with a new item when its memory is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitPolicy {
    /// Refuses the new item; nothing is lost.
    Reject,
    /// Drops the oldest item.
    EvictOldest,
}

/// How much is remembered and recalled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Memory {
    /// Live items of one project; 0 = no limit.
    pub max_items: usize,
    /// What happens at that limit.
    pub limit_policy: LimitPolicy,
    /// How long an item without a `ttl` lives, in seconds; `None` = for ever.
    pub default_ttl_seconds: Option<u32>,
    /// How many items a recall, and how many messages a context, answers by default; 1 to 1000.
    pub context_window_size: usize,
    /// From which confidence on a context counts as sufficient; 0 to 1.
    pub confidence_threshold: f64,
    /// How much memory the recall indexes of all projects may take, in MiB.
    pub index_memory_mb: u64,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Checked<Memory> {
    let max_items = reader.value(&names::MAX_MEMORY_ITEMS, number(0..=10_000_000, "; 0 = no limit"));
    let limit_policy = reader.value(
        &names::MEMORY_LIMIT_POLICY,
        one_of(&[("reject", LimitPolicy::Reject), ("evict_oldest", LimitPolicy::EvictOldest)]),
    );
    let default_ttl_seconds = reader.optional(
        &names::DEFAULT_TTL_SECONDS,
        number(1..=315_360_000, " (ten years), or leave it out to keep items for ever"),
    );
    let context_window_size = reader.value(&names::CONTEXT_WINDOW_SIZE, number(1..=1000, ""));
    let confidence_threshold = reader.value(&names::CONFIDENCE_THRESHOLD, fraction);
    let index_memory_mb = reader.value(&names::INDEX_MEMORY_MB, number(1..=1_048_576, " (MiB)"));
    Some(Memory {
        max_items: max_items?,
        limit_policy: limit_policy?,
        default_ttl_seconds,
        context_window_size: context_window_size?,
        confidence_threshold: confidence_threshold?,
        index_memory_mb: index_memory_mb?,
    })
}

fn fraction(text: &str) -> Parsed<f64> {
    // The range also keeps out NaN and the infinities.
    text.parse()
        .ok()
        .filter(|number| (0.0..=1.0).contains(number))
        .ok_or_else(|| "give a number from 0 to 1".to_owned())
}
