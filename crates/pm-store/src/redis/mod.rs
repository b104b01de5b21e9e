//! The Redis store: one server, Sentinel or Cluster, Redis 6.2 and later or Valkey, with no module.
//!
//! Each write is one Lua script in the slot of its project (`keys.rs` tells what is where), so that it happens whole or
//! not at all. What an acknowledgement is worth is up to the server's settings: see the README.
//!
//! Times are judged by the clock of the Redis server, which all nodes share.

mod changes;
mod examine;
mod follower;
mod item_list;
mod items;
mod keys;
mod link;
mod messages;
mod once;
mod options;
mod project_list;
mod projects;
mod quota;
mod ranges;
mod record;
mod registry;
mod reply;
mod scripts;
mod store;
mod sweep;
mod together;
mod v1;
mod vault;
mod vectors;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pm_core::Result;
use pm_core::ports::{Ids, RandomIds};

use self::keys::Keys;
use self::link::{Call, Link, Script};
use self::reply::Said;
use self::scripts::Scripts;
use self::together::Together;

pub use self::examine::Facts;
pub use self::link::OpenError;
pub use self::options::{Password, RedisOptions, Topology};
pub use self::v1::{Entry, FirstVersion};

/// The most bytes of records that one call answers, but for one record more; what is left is asked for again.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// The most entries of a list that one call reads, so that no call holds up the server for long.
const ENTRIES_AT_ONCE: usize = 5_000;
/// How often one operation takes expired items away before it gives up: 500 each time.
const PURGES: usize = 2_000;

/// A store in Redis.
pub struct RedisStore {
    inner: Arc<Inner>,
    /// Where the next sweep goes on in the list of projects.
    swept_to: Mutex<Option<Vec<u8>>>,
}

/// What operations and followers share.
struct Inner {
    link: Link,
    keys: Keys,
    scripts: Scripts,
    together: Together,
    /// What no other process has in its tokens.
    process: [u8; 8],
    calls: AtomicU64,
}

impl RedisStore {
    /// A store that connects by itself, now or later: it does not wait for Redis.
    pub fn open(options: RedisOptions) -> Result<Arc<Self>, OpenError> {
        let cluster = options.topology == Topology::Cluster;
        let keys = Keys::new(&options.prefix, cluster);
        let link = Link::open(options)?;
        let mut process = [0; 8];
        // The random half of an id.
        let id = RandomIds.next().into_bytes();
        process.iter_mut().zip(id.into_iter().skip(8)).for_each(|(to, from)| *to = from);
        let (scripts, together, calls) = (Scripts::new(), Together::default(), AtomicU64::new(0));
        let inner = Inner { link, keys, scripts, together, process, calls };
        Ok(Arc::new(Self { inner: Arc::new(inner), swept_to: Mutex::default() }))
    }

    /// Waits until Redis answers, or says why it does not.
    pub async fn ready(&self, within: Duration) -> Result<()> {
        self.inner.link.ready(within).await
    }
}

impl Inner {
    /// Sixteen bytes that no other call has, in this process or another.
    fn token(&self) -> Vec<u8> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        [self.process, call.to_be_bytes()].concat()
    }

    /// Runs a script that only reads (but for what has expired).
    async fn read(&self, script: &Script, call: Call, args: Vec<Vec<u8>>) -> Result<Said> {
        self.run(script, call, args, false).await
    }

    /// Runs a script that writes.
    async fn write(&self, script: &Script, call: Call, args: Vec<Vec<u8>>) -> Result<Said> {
        self.run(script, call, args, true).await
    }

    async fn run(&self, script: &Script, call: Call, args: Vec<Vec<u8>>, writes: bool) -> Result<Said> {
        let Call { keys, args: mut all } = call;
        all.push(self.token());
        all.extend(args);
        let call = Call { keys, args: all };
        for _ in 0..PURGES {
            let answer = if writes {
                self.link.write(script, &call).await?
            } else {
                self.link.read(script, &call).await?
            };
            let said = Said::read(answer)?;
            // So much has expired that the script only took a part of it away.
            if said.word != "again" {
                return Ok(said);
            }
        }
        Err(pm_core::Error::unavailable("items expire faster than they can be taken away"))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("link", &self.inner.link).finish_non_exhaustive()
    }
}

/// The words of an argument that is a number.
fn number(n: impl fmt::Display) -> Vec<u8> {
    format!("{n}").into_bytes()
}
