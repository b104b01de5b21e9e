//! Buckets of tokens that all nodes share.

use std::time::Duration;

use async_trait::async_trait;
use pm_core::Result;
use pm_core::ports::{Digest, Lease, Quota, QuotaPolicy};

use super::{RedisStore, number};

#[async_trait]
impl Quota for RedisStore {
    async fn lease(&self, bucket: &Digest, policy: QuotaPolicy, wanted: u32) -> Result<Lease> {
        let inner = &self.inner;
        let micros = policy.interval.as_secs_f64() * 1e6;
        let args = vec![number(micros), number(policy.burst), number(wanted)];
        // It waits for no replica: a bucket is worth less than the wait.
        let said = inner.read(&inner.scripts.lease, inner.keys.on_bucket(bucket), args).await?;
        let mut reply = said.ok()?;
        let mut count = || reply.number().map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let (granted, remaining) = (count()?, count()?);
        Ok(Lease { granted, remaining, retry_after: Duration::from_micros(reply.number()?) })
    }
}
