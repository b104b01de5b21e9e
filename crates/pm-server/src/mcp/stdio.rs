//! The protocol over standard input and output: one message a line. Nothing else may be written to standard output.
//!
//! A line that is no message is answered by an error, and the next is read. A client that stops reading is not read from
//! either, so that what it asked for and does not take stays bounded.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pm_core::input;
use rmcp::ErrorData;
use rmcp::model::{GetExtensions, JsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage, serve_directly};
use rmcp::transport::{Transport, stdio_pipes};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use super::Agents;
use super::http::{DEPTH, id_in, line, unread};

/// Requests that are at work at a time; those behind them are not read yet.
const AT_WORK: usize = 32;
/// Answers that wait to be written; beyond, no more is read.
const UNWRITTEN: usize = 16;

/// How long what is left may take to be written at the end.
const LEAVING: Duration = Duration::from_secs(2);
/// What a line's JSON may take in memory, to its length.
const WEIGHT: usize = 4;

/// Serves this process's standard input until it ends; a line may have so many bytes.
pub async fn serve(agents: Agents, line_bytes: usize) -> io::Result<()> {
    let (read, write) = stdio_pipes();
    over(agents, read, write, line_bytes).await
}

async fn over<R, W>(agents: Agents, read: R, write: W, line_bytes: usize) -> io::Result<()>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    // Without waiting for the handshake: who begins with something else is answered, not left.
    let running = serve_directly(agents, Lines::new(read, write, line_bytes), None);
    running.waiting().await.map(drop).map_err(io::Error::other)
}

/// Messages as lines.
struct Lines<R> {
    read: BufReader<R>,
    /// What was read of a line so far. A wait for the rest of it may be given up and taken up again.
    partial: Vec<u8>,
    /// Whether the line at hand is too long, and what is left of it is thrown away.
    skipping: bool,
    line_bytes: usize,
    /// What a line is answered that is no message.
    reply: Option<Bytes>,
    /// The place of the next request among those at work.
    place: Option<OwnedSemaphorePermit>,
    at_work: Arc<Semaphore>,
    unwritten: Option<mpsc::Sender<Bytes>>,
    writer: Option<JoinHandle<io::Result<()>>>,
}

/// A request's place among those at work, which it has until it is answered.
#[derive(Clone)]
struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

/// What was read.
enum Read {
    Line(Vec<u8>),
    TooLong,
    End,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new<W: AsyncWrite + Send + Unpin + 'static>(read: R, write: W, line_bytes: usize) -> Self {
        let (unwritten, lines) = mpsc::channel(UNWRITTEN);
        Self {
            read: BufReader::new(read),
            partial: Vec::new(),
            skipping: false,
            line_bytes,
            reply: None,
            place: None,
            at_work: Arc::new(Semaphore::new(AT_WORK)),
            unwritten: Some(unwritten),
            writer: Some(tokio::spawn(write_all(write, lines))),
        }
    }

    /// The next line. Given up at any await, it loses nothing.
    async fn next(&mut self) -> io::Result<Read> {
        loop {
            let available = self.read.fill_buf().await?;
            if available.is_empty() {
                // The last line needs no end.
                let line = std::mem::take(&mut self.partial);
                return Ok(match (std::mem::take(&mut self.skipping), line.is_empty()) {
                    (true, _) => Read::TooLong,
                    (false, true) => Read::End,
                    (false, false) => Read::Line(line),
                });
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            let fits = self.partial.len() + taken <= self.line_bytes;
            if !self.skipping && fits {
                self.partial.extend_from_slice(available.get(..taken).unwrap_or_default());
            }
            self.read.consume(taken);
            if !self.skipping && !fits {
                self.skipping = true;
                self.partial = Vec::new();
            }
            if end.is_some() {
                let line = std::mem::take(&mut self.partial);
                return Ok(if std::mem::take(&mut self.skipping) { Read::TooLong } else { Read::Line(line) });
            }
        }
    }

    /// The next message; `None` at the end.
    async fn message(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            let unwritten = self.unwritten.clone()?;
            // Where nothing more can be written, nothing more is read.
            let room = unwritten.reserve().await.ok()?;
            if let Some(reply) = self.reply.take() {
                room.send(reply);
                continue;
            }
            drop(room);
            if self.place.is_none() {
                self.place = Some(self.at_work.clone().acquire_owned().await.ok()?);
            }
            let bytes = match self.next().await {
                Ok(Read::Line(bytes)) => bytes,
                Ok(Read::TooLong) => {
                    let most = self.line_bytes;
                    let message = format!("the line is too long: at most {most} bytes are taken");
                    self.refuse(ErrorData::invalid_request(message, None), None);
                    continue;
                }
                Ok(Read::End) => return None,
                Err(error) => {
                    tracing::error!(%error, "standard input cannot be read");
                    return None;
                }
            };
            if bytes.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match parsed(&bytes, self.line_bytes) {
                Ok(mut message) => {
                    if let JsonRpcMessage::Request(request) = &mut message
                        && let Some(permit) = self.place.take()
                    {
                        request.request.extensions_mut().insert(Place { _permit: Arc::new(permit) });
                    }
                    return Some(message);
                }
                Err(refusal) => {
                    let (error, id) = *refusal;
                    self.refuse(error, id);
                }
            }
        }
    }

    fn refuse(&mut self, error: ErrorData, id: Option<RequestId>) {
        self.reply = Some(line(&JsonRpcMessage::error(error, id)).into());
    }
}

/// The message in a line, or why there is none, for the request of this id.
fn parsed(
    bytes: &[u8],
    line_bytes: usize,
) -> Result<RxJsonRpcMessage<RoleServer>, Box<(ErrorData, Option<RequestId>)>> {
    if input::weight(bytes) > line_bytes.saturating_mul(WEIGHT) {
        let message = "the line has so many values that they would take too much memory: send it in parts";
        return Err(Box::new((ErrorData::invalid_request(message, None), id_in(bytes))));
    }
    let value =
        input::parse(bytes, DEPTH).map_err(|unreadable| Box::new((unread(&unreadable), id_in(bytes))))?;
    serde_json::from_value(value).map_err(|_| {
        let message =
            "this is no message of JSON-RPC 2.0 that this protocol has: see jsonrpc, id, method and params";
        Box::new((ErrorData::invalid_request(message, None), id_in(bytes)))
    })
}

async fn write_all<W: AsyncWrite + Unpin>(mut write: W, mut lines: mpsc::Receiver<Bytes>) -> io::Result<()> {
    while let Some(line) = lines.recv().await {
        write.write_all(&line).await?;
        write.write_all(b"\n").await?;
        write.flush().await?;
    }
    Ok(())
}

impl<R: AsyncRead + Send + Unpin> Transport<RoleServer> for Lines<R> {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let unwritten = self.unwritten.clone();
        async move {
            let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
            let message: ServerJsonRpcMessage = item;
            unwritten.ok_or_else(closed)?.send(line(&message).into()).await.map_err(|_| closed())
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        self.message().await
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        self.unwritten = None;
        match self.writer.take() {
            // Who does not read what is left is not waited for: the store is held as long as this process lives.
            Some(mut writer) => {
                let Ok(written) = tokio::time::timeout(LEAVING, &mut writer).await else {
                    writer.abort();
                    return Err(io::ErrorKind::TimedOut.into());
                };
                written.map_err(io::Error::other)?
            }
            None => Ok(()),
        }
    }
}
