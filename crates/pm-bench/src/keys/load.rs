//! Clients that all ask at once and wait for all answers, for a moment.

use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use pm_testbed::text::Random;

use crate::Outcome;
use crate::latency;

const CONNECTIONS: usize = 32;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests that lie ready to be sent: to choose among them costs as much whatever they say.
pub(super) struct Load {
    connections: Vec<BufReader<TcpStream>>,
    requests: Vec<Vec<u8>>,
    random: Random,
}

impl Load {
    /// Of the server at this address.
    pub(super) fn new(authority: &str, requests: Vec<Vec<u8>>) -> Outcome<Self> {
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let stream = TcpStream::connect(authority)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            connections.push(BufReader::new(stream));
        }
        Ok(Self { connections, requests, random: Random(7) })
    }

    /// Sends each of the requests once.
    pub(super) fn all(&mut self) -> Outcome<()> {
        let Self { connections, requests, .. } = self;
        requests.chunks(CONNECTIONS).try_for_each(|some| exchange(connections, some.iter()))
    }

    /// Sends requests chosen at random for as long as this; how many. All are answered when it ends.
    pub(super) fn some(&mut self, time: Duration) -> Outcome<f64> {
        let Self { connections, requests, random } = self;
        let beginning = Instant::now();
        let mut count: u32 = 0;
        while beginning.elapsed() < time {
            let mut chosen = Vec::with_capacity(CONNECTIONS);
            for _ in 0..CONNECTIONS {
                chosen.extend(requests.get(usize::try_from(random.number())? % requests.len()));
            }
            exchange(connections, chosen.into_iter())?;
            count += u32::try_from(CONNECTIONS)?;
        }
        Ok(f64::from(count))
    }
}

/// Sends at most one request over each connection, and reads the answers; none may be a refusal.
fn exchange<'a>(
    connections: &mut [BufReader<TcpStream>],
    requests: impl ExactSizeIterator<Item = &'a Vec<u8>>,
) -> Outcome<()> {
    let count = requests.len();
    for (connection, request) in connections.iter_mut().zip(requests) {
        connection.get_mut().write_all(request)?;
    }
    connections.iter_mut().take(count).try_for_each(latency::answer)
}
