//! Thousands of slow connections and a flood of junk, and what they leave a normal client.

mod junk;
mod normal;
mod slow;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::process::Server;
use crate::spread::Spread;
use crate::{Outcome, descriptors};

/// Items of the project that the normal client asks.
const ITEMS: usize = 300;
/// Connections that throw junk at a time.
const THROWERS: usize = 16;

/// What is asked of a siege.
#[derive(clap::Args)]
pub struct Siege {
    /// Slow connections at a time.
    #[arg(long, default_value_t = 10_000)]
    connections: usize,
    /// Megabytes of junk in all.
    #[arg(long, default_value_t = 200)]
    megabytes: u64,
    /// Milliseconds after which a slow connection that was cut is made again: what is slow to send is slow to come back.
    #[arg(long, default_value_t = 2_000)]
    again: u64,
    /// Seconds that the slow connections are held before the junk comes, and after it has.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
}

/// What the besiegers count.
#[derive(Default)]
pub struct Counts {
    /// Slow connections that are open.
    open: AtomicU64,
    /// Those that the server cut, with an answer before or without.
    cut: AtomicU64,
    /// Those that could not be made.
    refused: AtomicU64,
    /// Bytes of junk that were sent.
    sent: AtomicU64,
    /// Over: no more is to be begun.
    over: AtomicBool,
}

impl Counts {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// Prints the figures.
pub fn run(siege: &Siege) -> Outcome<()> {
    descriptors::raise()?;
    let folder = tempfile::tempdir()?;
    let server = Server::ai_pm(folder.path())?;
    let client = Client::new(&server.url, "");
    let project = client.project("besieged")?;
    client.fill(&project, ITEMS, 301)?;
    client.settle(Duration::from_mins(5))?;
    tell("before", &normal::ask_until(&server.url, &project, &after(Duration::from_secs(5))?)?, &server)?;

    let counts = Arc::new(Counts::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let url = server.url.clone();
    let pauses = (Duration::from_secs(siege.seconds), Duration::from_millis(siege.again));
    let authority: std::net::SocketAddr = server.authority().parse()?;
    std::thread::scope(|scope| {
        let besiegers = Arc::clone(&counts);
        let size = (siege.connections, siege.megabytes * 1_000_000);
        let besieging = scope.spawn(move || runtime.block_on(besiege(authority, size, pauses, besiegers)));
        let beginning = Instant::now();
        // Those with a body are not all let stay.
        while counts.open.load(Ordering::Relaxed) < siege.connections as u64
            && beginning.elapsed() < Duration::from_secs(10)
        {
            std::thread::sleep(Duration::from_millis(50));
        }
        println!(
            "{} slow connections are open after {:.1} s",
            counts.open.load(Ordering::Relaxed),
            beginning.elapsed().as_secs_f64()
        );
        let calm = normal::ask_until(&url, &project, &|| counts.sent.load(Ordering::Relaxed) > 0)?;
        tell("with the slow connections", &calm, &server)?;
        let throwing = Instant::now();
        let stormy = normal::ask_until(&url, &project, &|| counts.is_over())?;
        tell("and the junk", &stormy, &server)?;
        println!("the junk took {:.1} s", throwing.elapsed().as_secs_f64());
        let answers = besieging.join().map_err(|_| "the besiegers panicked")?;
        println!("answers to the junk: {answers:?}");
        Outcome::Ok(())
    })?;
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    println!(
        "slow connections cut by the server: {}, not taken: {}; junk sent: {} MB",
        count(&counts.cut),
        count(&counts.refused),
        count(&counts.sent) / 1_000_000
    );
    tell("after", &normal::ask_until(&server.url, &project, &after(Duration::from_secs(5))?)?, &server)
}

/// All of the siege, from its first connection to its end.
async fn besiege(
    server: std::net::SocketAddr,
    (connections, bytes): (usize, u64),
    (held, again): (Duration, Duration),
    counts: Arc<Counts>,
) -> Vec<(String, u64)> {
    for n in 0..connections {
        tokio::spawn(slow::connection(server, n, again, Arc::clone(&counts)));
        // The backlog of a listening socket is shorter than this crowd.
        if n % 50 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    tokio::time::sleep(held).await;
    let answers = junk::throw(server, bytes, THROWERS, &counts).await;
    counts.over.store(true, Ordering::Relaxed);
    answers
}

fn after(time: Duration) -> Outcome<impl Fn() -> bool> {
    let end = Instant::now().checked_add(time).ok_or("no such time")?;
    Ok(move || Instant::now() >= end)
}

fn tell(when: &str, asked: &normal::Asked, server: &Server) -> Outcome<()> {
    println!(
        "{when}: peak VmHWM {} kB, VmRSS {} kB; {} failed",
        server.peak_kb()?,
        server.resident_kb()?,
        asked.failed
    );
    for (name, millis) in &asked.millis {
        let Spread { count, median, p99, most, .. } = Spread::of(millis)?;
        println!("  {name}: {count} asked, p50 {median:.2} ms, p99 {p99:.2} ms, most {most:.2} ms");
    }
    Ok(())
}
