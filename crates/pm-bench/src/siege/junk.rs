//! Heads and bodies that are too large, or as large as may be, several at a time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Counts;

/// Below `MAX_BODY_BYTES` as it is by default, and above it.
const WITHIN: usize = 8_300_000;
const BEYOND: usize = 12_000_000;
const HEAD_BYTES: usize = 400_000;
/// How long a body stands still before its last byte.
const STALL: Duration = Duration::from_secs(5);
/// The id of a project that is not there: all is read and checked, and nothing kept.
const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

/// The kinds of junk, each as its name, and all that is sent of it.
fn kinds() -> [(&'static str, Vec<u8>, bool); 7] {
    let post = |length: Option<usize>| {
        let length =
            length.map_or("Transfer-Encoding: chunked".to_owned(), |it| format!("Content-Length: {it}"));
        format!(
            "POST /api/memory/store/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Connection: close\r\n{length}\r\n\r\n"
        )
    };
    let whole = |body: String| format!("{}{body}", post(Some(body.len()))).into_bytes();
    let items = |value: &str| {
        let item = |n| format!(r#"{{"type":"context","key":"{n}","value":"{value}"}},"#);
        let items: String = (0..1000).map(item).collect();
        format!(r#"{{"project_id":"{NOWHERE}","items":[{}]}}"#, items.trim_end_matches(','))
    };
    let many = |element: &str| {
        format!(r#"{{"items":[{}]}}"#, element.repeat(WITHIN / element.len()).trim_end_matches(','))
    };
    let chunked = format!("{}{:x}\r\n{}", post(None), BEYOND, "x".repeat(BEYOND));
    [
        ("head", format!("GET / HTTP/1.1\r\nX-Junk: {}\r\n\r\n", "x".repeat(HEAD_BYTES)).into_bytes(), false),
        ("too large", whole("x".repeat(BEYOND)), false),
        ("too large in chunks", format!("{chunked}\r\n0\r\n\r\n").into_bytes(), false),
        ("large texts", whole(items(&"word ".repeat(1600))), false),
        ("many numbers", whole(many("1,")), false),
        ("many objects", whole(many(r#"{"a":0},"#)), false),
        ("large and stalled", whole(items(&"word ".repeat(1600))), true),
    ]
}

/// Throws until `bytes` were sent; how often each kind was answered with which status (0: with none).
pub async fn throw(
    server: SocketAddr,
    bytes: u64,
    at_a_time: usize,
    counts: &Arc<Counts>,
) -> Vec<(String, u64)> {
    let kinds = Arc::new(kinds());
    let throwers = (0..at_a_time).map(|first| {
        let (kinds, counts) = (Arc::clone(&kinds), Arc::clone(counts));
        tokio::spawn(async move {
            let mut answers = Vec::new();
            for (name, junk, stalls) in kinds.iter().cycle().skip(first) {
                if counts.sent.load(Ordering::Relaxed) >= bytes {
                    break;
                }
                let status = one(server, junk, *stalls, &counts).await.unwrap_or(0);
                answers.push(format!("{name}: {status}"));
            }
            answers
        })
    });
    let throwers: Vec<_> = throwers.collect();
    let mut sum = BTreeMap::new();
    for thrower in throwers {
        for answer in thrower.await.unwrap_or_default() {
            *sum.entry(answer).or_insert(0) += 1;
        }
    }
    sum.into_iter().collect()
}

/// Sends one piece of junk; the status of its answer.
async fn one(server: SocketAddr, junk: &[u8], stalls: bool, counts: &Counts) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(server).await?;
    let (mut reading, mut writing) = stream.split();
    let send = async {
        let (last, before) = junk.split_last().unwrap_or((&0, &[]));
        for piece in before.chunks(64 * 1024) {
            writing.write_all(piece).await?;
            counts.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        if stalls {
            tokio::time::sleep(STALL).await;
        }
        writing.write_all(&[*last]).await?;
        std::io::Result::Ok(())
    };
    let receive = async {
        let mut head = [0; 12];
        reading.read_exact(&mut head).await?;
        let status = head.get(9..).and_then(|status| std::str::from_utf8(status).ok()?.parse().ok());
        std::io::Result::Ok(status.unwrap_or(0))
    };
    let both = async {
        tokio::pin!(receive);
        tokio::select! {
            answered = &mut receive => answered,
            // The answer may have come before all was taken.
            _ = send => receive.await,
        }
    };
    tokio::time::timeout(Duration::from_secs(90), both).await?
}
