//! Connections that send a byte now and then.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Counts;

/// Between two bytes.
const PAUSE: Duration = Duration::from_secs(2);
const HEAD: &str = "POST /api/memory/store HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

/// Holds a connection as long as the server lets it, and then the next, until the siege is over. Every other one is slow
/// with its head, the others with a body.
///
/// After the end of one and before the next it pauses for `again`.
pub async fn connection(server: SocketAddr, n: usize, again: Duration, counts: Arc<Counts>) {
    let mut first = true;
    while !counts.is_over() {
        if !std::mem::take(&mut first) {
            tokio::time::sleep(again).await;
        }
        let Ok(mut stream) = TcpStream::connect(server).await else {
            counts.refused.fetch_add(1, Ordering::Relaxed);
            continue;
        };
        let beginning = if n.is_multiple_of(2) {
            format!("{HEAD}X-Slow: ")
        } else {
            format!("{HEAD}Content-Length: 100000\r\n\r\n{{\"value\":\"")
        };
        if stream.write_all(beginning.as_bytes()).await.is_ok() {
            counts.open.fetch_add(1, Ordering::Relaxed);
            drip(&mut stream, &counts).await;
            counts.open.fetch_sub(1, Ordering::Relaxed);
        }
        if !counts.is_over() {
            counts.cut.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A byte now and then, until the server has had enough.
async fn drip(stream: &mut TcpStream, counts: &Counts) {
    let mut answer = [0; 512];
    while !counts.is_over() {
        tokio::select! {
            read = stream.read(&mut answer) => if !matches!(read, Ok(1..)) { return },
            () = tokio::time::sleep(PAUSE) => if stream.write_all(b"x").await.is_err() { return },
        }
    }
}
