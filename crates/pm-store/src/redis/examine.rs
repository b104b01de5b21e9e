//! What a Redis says of itself, for whoever looks whether it is set up well.

use jiff::Timestamp;
use pm_core::Result;
use pm_core::ports::Store;
use redis::Value;

use super::RedisStore;
use super::link::facts;

/// The settings that decide what an acknowledgement is worth.
const SETTINGS: [&str; 5] = ["appendonly", "appendfsync", "save", "maxmemory", "maxmemory-policy"];

/// What one server says of itself; of a cluster, one of its nodes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// `redis` or `valkey`.
    pub product: String,
    /// Its version.
    pub version: String,
    /// How the nodes belong together.
    pub mode: &'static str,
    /// Those of the settings that decide what an acknowledgement is worth that it tells, with their values.
    pub settings: Vec<(String, String)>,
    /// Its time.
    pub time: Option<Timestamp>,
}

impl Facts {
    /// A setting that it told.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

impl RedisStore {
    /// Asks it. What its access rules keep to itself is left out.
    pub async fn examine(&self) -> Result<Facts> {
        self.ping().await?;
        let time = self.inner.link.command("time", b"", redis::cmd("TIME")).await.ok();
        let mut settings = Vec::new();
        for name in SETTINGS {
            let mut command = redis::cmd("CONFIG");
            command.arg("GET").arg(name);
            let told = self.inner.link.command("config", b"", command).await.ok();
            settings.extend(told.and_then(facts::value_of).map(|value| (name.to_owned(), value)));
        }
        let server = self.server();
        let server = server.ok_or_else(|| pm_core::Error::unavailable("it is not there any more"))?;
        Ok(Facts {
            product: server.product,
            version: server.version,
            mode: server.mode,
            settings,
            time: time.and_then(|answer| read_time(&answer)),
        })
    }
}

/// The answer of `TIME`: seconds since 1970, and microseconds.
fn read_time(answer: &Value) -> Option<Timestamp> {
    let Value::Array(parts) = answer else { return None };
    let number = |index: usize| facts::text(parts.get(index)?)?.parse::<i64>().ok();
    Timestamp::from_microsecond(number(0)?.checked_mul(1_000_000)?.checked_add(number(1)?)?).ok()
}
