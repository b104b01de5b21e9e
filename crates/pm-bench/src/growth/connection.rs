//! One connection that is kept, and what is asked over it one after the other.
//!
//! It does as little as HTTP/1.1 lets it, so that what is measured is the server.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;
use crate::process::Server;

/// No answer takes longer; what does is a failure of the whole measurement.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection to a server.
pub struct Connection {
    stream: BufReader<TcpStream>,
    request: Vec<u8>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    pub fn open(server: &Server) -> Outcome<Self> {
        let stream = TcpStream::connect(server.authority())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            request: Vec::new(),
            line: String::new(),
            body: Vec::new(),
        })
    }

    /// Sends JSON; the body of the answer, which has to tell of success.
    pub fn post(&mut self, path: &str, body: &Value) -> Outcome<&[u8]> {
        let body = serde_json::to_vec(body)?;
        self.request.clear();
        write!(
            self.request,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        self.request.extend_from_slice(&body);
        self.ask()
    }

    /// The body of what stands at `path`.
    pub fn get(&mut self, path: &str) -> Outcome<&[u8]> {
        self.request.clear();
        write!(self.request, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        self.ask()
    }

    fn ask(&mut self) -> Outcome<&[u8]> {
        self.stream.get_mut().write_all(&self.request)?;
        let status = self.line()?.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = None;
        while !self.line()?.is_empty() {
            if let Some((name, value)) = self.line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = Some(value.trim().parse()?);
            }
        }
        self.body.resize(length.ok_or("an answer of unknown length")?, 0);
        self.stream.read_exact(&mut self.body)?;
        if !status.starts_with('2') {
            return Err(format!("answered {status}: {}", String::from_utf8_lossy(&self.body)).into());
        }
        Ok(&self.body)
    }

    /// The next line of the head.
    fn line(&mut self) -> Outcome<&str> {
        self.line.clear();
        if self.stream.read_line(&mut self.line)? == 0 {
            return Err("the server hung up".into());
        }
        let bare = self.line.trim_end().len();
        self.line.truncate(bare);
        Ok(&self.line)
    }
}
