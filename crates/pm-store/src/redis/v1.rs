//! Reading what the first version of ai-pm left in a Redis: plain string keys, one an item. Nothing is changed there.

use std::sync::Arc;
use std::time::Duration;

use pm_core::{Error, Result};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, RedisResult, Value};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::link::{Address, Connector};
use super::options::{RedisOptions, Topology};

/// What its keys look like.
const PATTERN: &str = "project:*:memory:*";
/// About how many keys the server looks at in one step.
const STEP: usize = 500;
/// How long a step may take: there may be many foreign keys between ours.
const PATIENCE: Duration = Duration::from_secs(10);

/// One key with what it holds.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Vec<u8>,
    /// The text; `None` where it is no string.
    pub text: Option<Vec<u8>>,
    /// What is left of its life in seconds, rounded up.
    pub ttl: Option<u64>,
}

/// The data of the first version, read step by step. A key may come twice.
#[derive(Clone)]
pub struct FirstVersion {
    connection: MultiplexedConnection,
    /// Where the next step begins; `None`: at the end.
    cursor: Option<Vec<u8>>,
}

impl FirstVersion {
    /// Connects to the one server that the options name.
    pub async fn open(options: &RedisOptions) -> Result<Self> {
        let (Topology::Single, Some(address)) = (&options.topology, options.nodes.first()) else {
            return Err(Error::unavailable("the first version had one server; give redis:// or rediss://"));
        };
        let connector = Connector::new(options).map_err(Error::unavailable)?;
        let address: Address = address.clone();
        let connection = bounded(connector.data(&address, Arc::new(Notify::new()))).await?;
        Ok(Self { connection, cursor: Some(b"0".to_vec()) })
    }

    /// Begins again.
    pub fn rewind(&mut self) {
        self.cursor = Some(b"0".to_vec());
    }

    /// The next entries, perhaps none; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Entry>>> {
        let Some(cursor) = self.cursor.take() else { return Ok(None) };
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(PATTERN).arg("COUNT").arg(STEP);
        let answer = self.ask(&scan).await?;
        let (cursor, keys): (Vec<u8>, Vec<Vec<u8>>) =
            redis::from_redis_value(answer).map_err(Error::internal)?;
        let mut pipeline = Pipeline::new();
        for key in &keys {
            // Of another kind than a string: that is an answer too.
            pipeline.cmd("GET").arg(key).cmd("PTTL").arg(key);
        }
        let mut entries = Vec::with_capacity(keys.len());
        if !keys.is_empty() {
            let answers = bounded(self.connection.send_packed_commands(&pipeline, 0, pipeline.len())).await?;
            let mut answers = answers.into_iter();
            for key in keys {
                let text = match answers.next() {
                    // It has gone since the scan.
                    Some(Value::Nil) => {
                        answers.next();
                        continue;
                    }
                    Some(Value::BulkString(text)) => Some(text),
                    _ => None,
                };
                let ttl = match answers.next() {
                    Some(Value::Int(ms)) => u64::try_from(ms).ok().map(|ms| ms.div_ceil(1_000)),
                    _ => None,
                };
                entries.push(Entry { key, text, ttl });
            }
        }
        if cursor != b"0" {
            self.cursor = Some(cursor);
        }
        Ok(Some(entries))
    }

    async fn ask(&mut self, command: &Cmd) -> Result<Value> {
        bounded(self.connection.send_packed_command(command)).await
    }
}

impl std::fmt::Debug for FirstVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FirstVersion").field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

async fn bounded<T>(answer: impl Future<Output = RedisResult<T>>) -> Result<T> {
    match timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(Error::unavailable),
        Err(late) => Err(Error::unavailable(late)),
    }
}
