//! A primary with two replicas, and three sentinels that watch them.

use std::thread;
use std::time::Duration;

use crate::server::{Role, quoted, user};
use crate::{Product, Reply, Server, until};

/// How the sentinels call what they watch.
const SERVICE: &str = "mymaster";
const REPLICAS: usize = 2;
const SENTINELS: usize = 3;
/// How long things may take to settle.
const PATIENCE: Duration = Duration::from_secs(30);

/// Three servers, of which one is the primary, and three sentinels, of which two must agree that it is gone. A primary
/// that does not answer for a second is replaced.
pub struct Sentinels {
    /// The servers. The first is the primary at the start.
    pub servers: Vec<Server>,
    /// Those who watch.
    pub sentinels: Vec<Server>,
}

impl Sentinels {
    /// Starts them and waits until all know each other and both replicas are in sync.
    #[track_caller]
    pub fn start(product: Product) -> Self {
        Self::start_with(product, &[])
    }

    /// The same with lines for the configuration of the servers. A `requirepass` among them is what the replicas and
    /// the sentinels say too; the sentinels themselves ask for nothing.
    #[track_caller]
    pub fn start_with(product: Product, configs: &[(&str, &str)]) -> Self {
        let primary = Server::builder(product).configs(configs).start();
        let address = format!("127.0.0.1 {}", primary.port());
        let replica = || Server::builder(product).configs(configs).config("replicaof", &address).start();
        let replicas = together((0..REPLICAS).map(|_| replica));
        until(PATIENCE, "both replicas are in sync", || {
            replicas.iter().all(|replica| replica.follows().is_some())
        });
        let auth = primary.password().map(|password| format!("auth-pass {SERVICE} {}", quoted(password)));
        let watch = || {
            let sentinel = Server::builder(product)
                .role(Role::Sentinel)
                .config("sentinel", &format!("monitor {SERVICE} {address} 2"))
                .config("sentinel", &format!("down-after-milliseconds {SERVICE} 1000"))
                .config("sentinel", &format!("failover-timeout {SERVICE} 3000"))
                .config("sentinel", &format!("parallel-syncs {SERVICE} 1"));
            let sentinel = auth.iter().fold(sentinel, |sentinel, line| sentinel.config("sentinel", line));
            let sentinel = sentinel.start();
            // They tell each other more often what they see: all is found out in less time.
            sentinel.cli(&["SENTINEL", "DEBUG", "publish-period", "300", "info-period", "1000"]).ok();
            sentinel
        };
        let sentinels = together((0..SENTINELS).map(|_| watch));
        let servers = [primary].into_iter().chain(replicas).collect();
        let all = Self { servers, sentinels };
        until(PATIENCE, "the sentinels know each other and the replicas", || {
            all.sentinels.iter().all(|sentinel| {
                View::of(sentinel).is_some_and(|view| {
                    (view.replicas, view.others) == (REPLICAS, SENTINELS - 1) && view.flags == "master"
                })
            })
        });
        all.wait_until_in_sync();
        all
    }

    /// Waits until the servers that are neither killed nor frozen replicate the primary, and have all that was written
    /// before. A failover without that may lose what was written last.
    ///
    /// # Panics
    /// Where that is not so within 30 seconds.
    #[track_caller]
    pub fn wait_until_in_sync(&self) {
        let replicas = |primary: u16| {
            self.servers.iter().filter(move |server| server.answers() && server.port() != primary)
        };
        until(PATIENCE, "the replicas follow the primary", || {
            let primary = self.primary();
            replicas(primary).all(|replica| replica.follows() == Some(primary))
        });
        streamed(&self.servers);
    }

    /// `redis+sentinel://127.0.0.1:1,127.0.0.1:2,127.0.0.1:3/mymaster`, with the password of the servers if they have
    /// one.
    pub fn url(&self) -> String {
        let hosts: Vec<_> =
            self.sentinels.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port())).collect();
        let user = user(self.servers.first().and_then(Server::password));
        format!("redis+sentinel://{user}{}/{SERVICE}", hosts.join(","))
    }

    /// The port of the primary, as the sentinel says that knows of the latest failover.
    ///
    /// # Panics
    /// Where no sentinel answers.
    #[track_caller]
    pub fn primary(&self) -> u16 {
        let latest = self.views().into_iter().max_by_key(|view| view.epoch);
        let Some(latest) = latest else { panic!("no sentinel answers") };
        latest.port
    }

    /// The index in [`Sentinels::servers`] of the primary.
    ///
    /// # Panics
    /// Where no sentinel answers.
    #[track_caller]
    pub fn primary_index(&self) -> usize {
        let port = self.primary();
        let index = self.servers.iter().position(|server| server.port() == port);
        index.unwrap_or_else(|| panic!("the sentinels name a primary on port {port}, which is none of ours"))
    }

    /// Makes a replica the primary, though nothing is wrong with the one there is. Returns when all sentinels that
    /// answer name the same new one, and it takes writes.
    ///
    /// # Panics
    /// Where that does not come about.
    #[track_caller]
    pub fn force_failover(&self) {
        let old = self.primary();
        let ask = |sentinel: &Server| sentinel.try_cli(&["SENTINEL", "FAILOVER", SERVICE]);
        let agreed = |reply| matches!(reply, Ok(Reply::Simple(answer)) if answer == "OK");
        // Soon after another failover they refuse.
        until(PATIENCE, "a sentinel takes the order", || {
            self.primary() != old || self.sentinels.iter().any(|sentinel| agreed(ask(sentinel)))
        });
        self.wait_for_primary_other_than(old);
    }

    /// Waits for the failover that must come after the death of the primary on port `old`: all sentinels that answer
    /// name the same new one, and it takes writes.
    ///
    /// # Panics
    /// Where that does not come about.
    #[track_caller]
    pub fn wait_for_primary_other_than(&self, old: u16) {
        until(PATIENCE, "there is a new primary", || {
            let views = self.views();
            let Some(new) = views.first().map(|view| view.port) else { return false };
            let server = self.servers.iter().find(|server| server.port() == new);
            new != old
                && views.iter().all(|view| view.port == new)
                && server.is_some_and(|server| server.info("replication", "role") == "master")
        });
    }

    fn views(&self) -> Vec<View> {
        self.sentinels.iter().filter_map(View::of).collect()
    }
}

/// What one sentinel sees.
struct View {
    port: u16,
    flags: String,
    epoch: u64,
    replicas: usize,
    others: usize,
}

impl View {
    fn of(sentinel: &Server) -> Option<Self> {
        let Reply::Array(pairs) = sentinel.try_cli(&["SENTINEL", "MASTER", SERVICE]).ok()? else {
            return None;
        };
        let field = |name: &str| {
            let mut words = pairs.iter().filter_map(|word| match word {
                Reply::Bulk(Some(bytes)) => std::str::from_utf8(bytes).ok(),
                _ => None,
            });
            words.find(|word| *word == name)?;
            words.next()
        };
        Some(Self {
            port: field("port")?.parse().ok()?,
            flags: field("flags")?.to_owned(),
            epoch: field("config-epoch")?.parse().ok()?,
            replicas: field("num-slaves")?.parse().ok()?,
            others: field("num-other-sentinels")?.parse().ok()?,
        })
    }
}

/// Waits until every replica among `servers` has what its primary among them was told before. More than that, in
/// fact: at first a replica has all there is and is told nothing more until it has said so, which takes it a second.
/// Primaries speak every second.
#[track_caller]
pub(crate) fn streamed(servers: &[Server]) {
    let goal = |replica: &Server| {
        let port = replica.follows()?;
        servers.iter().find(|server| server.port() == port)?.replicated()
    };
    let answering = servers.iter().filter(|server| server.answers());
    let mut behind: Vec<_> = answering.filter_map(|server| Some((server, goal(server)?))).collect();
    until(PATIENCE, "the replicas have what was written", || {
        behind.retain(|(replica, goal)| replica.replicated().is_none_or(|has| has <= *goal));
        behind.is_empty()
    });
}

/// Starts servers side by side.
pub(crate) fn together<S: FnOnce() -> Server + Send>(starts: impl Iterator<Item = S>) -> Vec<Server> {
    thread::scope(|scope| {
        let threads: Vec<_> = starts.map(|start| scope.spawn(start)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Server>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}
