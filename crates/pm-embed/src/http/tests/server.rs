//! A server that answers as it is told, byte by byte.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// A vector for each text: its length in bytes and 1.
    Good,
    /// The same, in reverse order.
    Reversed,
    /// A status and headers, and a body with its length.
    Whole(&'static str, String),
    /// These bytes, and then nothing, on an open connection.
    Stuck(&'static str),
    /// An answer that does not end.
    Endless,
}

/// A request that came in.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) head: String,
    pub(super) body: Value,
}

/// A server on a free port.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) url: String,
    pub(super) seen: UnboundedReceiver<Seen>,
}

impl Server {
    /// Gives these replies, and good ones after them.
    pub(super) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, seen) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, replies.clone(), sender.clone()));
            }
        });
        Self { url, seen }
    }

    /// How many requests came in since it was last asked.
    pub(super) fn count(&mut self) -> usize {
        std::iter::from_fn(|| self.seen.try_recv().ok()).count()
    }
}

/// Serves a connection until the client or a reply ends it.
async fn serve(
    mut stream: TcpStream,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    sender: UnboundedSender<Seen>,
) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let request = request(&mut stream, &mut buffer).await?;
        let reply = replies.lock().unwrap().pop_front().unwrap_or(Reply::Good);
        let good = good(&request.body, matches!(reply, Reply::Reversed));
        sender.send(request).ok()?;
        let (head, body) = match reply {
            Reply::Good | Reply::Reversed => ("200 OK", good),
            Reply::Whole(head, body) => (head, body),
            Reply::Stuck(bytes) => {
                stream.write_all(bytes.as_bytes()).await.ok()?;
                // Until the client closes it.
                stream.read_u8().await.ok()?;
                return None;
            }
            Reply::Endless => {
                stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.ok()?;
                let chunk = format!("100000\r\n{}\r\n", " ".repeat(0x10_0000));
                loop {
                    stream.write_all(chunk.as_bytes()).await.ok()?;
                }
            }
        };
        let answer = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    loop {
        let text = String::from_utf8_lossy(buffer).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
            if body.len() >= length.parse().ok()? {
                buffer.clear();
                return Some(Seen { head: head.to_owned(), body: serde_json::from_str(body).ok()? });
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

fn good(body: &Value, reversed: bool) -> String {
    let texts = body["input"].as_array().map_or(&[][..], Vec::as_slice);
    let entry = |(index, text): (usize, &Value)| json!({"object": "embedding", "index": index, "embedding": [text.as_str().map_or(0, str::len), 1]});
    let mut entries: Vec<Value> = texts.iter().enumerate().map(entry).collect();
    if reversed {
        entries.reverse();
    }
    json!({"object": "list", "data": entries, "model": body["model"]}).to_string()
}
