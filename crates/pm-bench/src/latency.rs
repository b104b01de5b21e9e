//! One client that asks one thing after the other over one connection, and how long each answer took.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::Outcome;

/// Requests that are not counted: they load code and data.
const WARMING: usize = 50;
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request with JSON, as it goes over the wire.
pub fn post(authority: &str, path: &str, key: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {authority}\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends the requests in turn, for as long as `time` at most; the milliseconds of each. Every answer must be a success.
pub fn ask(authority: &str, requests: &[Vec<u8>], time: Duration) -> Outcome<Vec<f64>> {
    let stream = TcpStream::connect(authority)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let (mut to, mut from) = (stream.try_clone()?, BufReader::new(stream));
    let mut millis = Vec::new();
    let mut beginning = Instant::now();
    for (n, request) in requests.iter().enumerate() {
        let sent = Instant::now();
        to.write_all(request)?;
        answer(&mut from)?;
        if n < WARMING {
            beginning = Instant::now();
        } else {
            millis.push(sent.elapsed().as_secs_f64() * 1000.0);
        }
        if beginning.elapsed() > time {
            break;
        }
    }
    Ok(millis)
}

/// Reads one answer to its end.
pub fn answer(from: &mut impl BufRead) -> Outcome<()> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let status = line.trim_end().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        if from.read_line(&mut line)? == 0 {
            return Err("the server hung up".into());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    if status.starts_with("HTTP/1.1 2") {
        return Ok(());
    }
    Err(format!("answered {status}: {}", String::from_utf8_lossy(&body)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_to_their_end_and_refusals_told() {
        let mut good = &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx: y\r\n\r\nokHTTP"[..];
        answer(&mut good).unwrap();
        assert_eq!(good, b"HTTP");
        let mut refused = &b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 4\r\n\r\nslow"[..];
        assert!(answer(&mut refused).unwrap_err().to_string().contains("slow"));
        assert!(answer(&mut &b"HTTP/1.1 200 OK\r\n"[..]).is_err());
    }
}
