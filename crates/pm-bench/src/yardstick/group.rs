//! Many writers, and one thread that makes what has queued durable together.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use crate::process::cpu_seconds;
use crate::spread::Spread;
use crate::table::Run;
use crate::text::Writer;
use crate::{Outcome, bodies};

/// Values that are prepared for each writer, which takes them by turns, each time under a new key.
const PREPARED: usize = 1000;
/// After this long a writer gives up on a record.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where records go.
pub trait Sink {
    /// Makes them durable, all together.
    fn commit(&mut self, records: &[Record]) -> Outcome<()>;
}

/// What is written.
pub struct Record {
    /// Unlike that of any other.
    pub key: String,
    /// JSON of about 360 bytes.
    pub value: String,
}

/// A record, and whom to tell that it is durable.
type Order = (Record, SyncSender<()>);

/// Has so many writers write one record after the other, each waiting until the one before is durable.
pub fn run(sink: &mut dyn Sink, writers: usize, time: Duration, round: u64) -> Outcome<Run> {
    let texts: Vec<_> = (1..=writers as u64).map(values).collect();
    let cpu = cpu_seconds("self")?;
    let beginning = Instant::now();
    let millis = std::thread::scope(|scope| {
        let (orders, queue) = channel();
        let writers: Vec<_> = (0..writers)
            .zip(texts)
            .map(|(writer, values)| {
                let (orders, name) = (orders.clone(), format!("{round}-{writer}"));
                scope.spawn(move || write(&orders, &name, &values, time))
            })
            .collect();
        drop(orders);
        serve(sink, &queue).map_err(|error| error.to_string())?;
        let each = writers.into_iter().map(|one| one.join().map_err(|_| "a writer panicked".to_owned()));
        each.collect::<Result<Vec<_>, _>>()
    })?;
    let took = beginning.elapsed().as_secs_f64();
    let Spread { count, median, p99, .. } = Spread::of(&millis.concat())?;
    let count = f64::from(u32::try_from(count)?);
    let cpu_us = (cpu_seconds("self")? - cpu) * 1e6 / count;
    Ok(Run { rate: count / took, cpu_us: Some(cpu_us), p50: Some(median), p99: Some(p99), peak_mib: None })
}

/// Commits what has queued, until every writer has gone.
fn serve(sink: &mut dyn Sink, queue: &Receiver<Order>) -> Outcome<()> {
    while let Ok(first) = queue.recv() {
        let (records, waiting): (Vec<_>, Vec<_>) = std::iter::once(first).chain(queue.try_iter()).unzip();
        sink.commit(&records)?;
        for writer in waiting {
            // One that has given up does not hear it.
            writer.send(()).ok();
        }
    }
    Ok(())
}

/// The milliseconds that each record took.
fn write(orders: &Sender<Order>, name: &str, values: &[String], time: Duration) -> Vec<f64> {
    let (done, durable) = sync_channel(1);
    let mut millis = Vec::new();
    let beginning = Instant::now();
    for (n, value) in (0..).zip(values.iter().cycle()) {
        let sent = Instant::now();
        let record = Record { key: format!("{name}-{n}"), value: value.clone() };
        if beginning.elapsed() >= time
            || orders.send((record, done.clone())).is_err()
            || durable.recv_timeout(PATIENCE).is_err()
        {
            break;
        }
        millis.push(sent.elapsed().as_secs_f64() * 1000.0);
    }
    millis
}

fn values(seed: u64) -> Vec<String> {
    let (mut writer, project) = (Writer::new(seed), "0192f5a0-0000-7000-8000-000000000000");
    (0..PREPARED).map(|n| bodies::item(project, &n.to_string(), &mut writer)).collect()
}
