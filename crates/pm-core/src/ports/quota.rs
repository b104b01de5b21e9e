//! Buckets of tokens that all nodes share.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::Digest;
use crate::Result;

/// How many tokens a bucket has, and how fast they come back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuotaPolicy {
    /// The time in which one token comes back, at least a nanosecond.
    pub interval: Duration,
    /// Tokens of a full bucket, at least 1.
    pub burst: u32,
}

/// What was had of a bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// Tokens that are the caller's now; 0: there are none.
    pub granted: u32,
    /// Tokens that are left for all.
    pub remaining: u32,
    /// How long until there is one, where none was granted; else zero.
    pub retry_after: Duration,
}

/// Buckets of tokens that all nodes share.
///
/// A bucket that nobody has asked for is full. What is granted is taken from it at once, for all nodes, and does not come
/// back but with time. A bucket that is full again leaves nothing behind.
#[async_trait]
pub trait Quota: Send + Sync + fmt::Debug {
    /// Takes up to `wanted` tokens of a bucket, as one step. Every call for a bucket names the same policy.
    async fn lease(&self, bucket: &Digest, policy: QuotaPolicy, wanted: u32) -> Result<Lease>;
}
