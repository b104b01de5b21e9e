//! What a server answers, and reading it (RESP2).

use std::io::{self, BufRead, ErrorKind, Read};

/// More than any answer that a test asks for.
const MOST_BYTES: usize = 64 << 20;
const MOST_ENTRIES: usize = 1 << 20;
const DEEPEST: usize = 8;

/// An answer of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// A status, such as `OK`.
    Simple(String),
    /// A refusal, such as `MOVED 3999 127.0.0.1:6381`.
    Error(String),
    /// A number.
    Int(i64),
    /// A value; `None` where there is none.
    Bulk(Option<Vec<u8>>),
    /// A list. One that is not there is `Bulk(None)`.
    Array(Vec<Reply>),
}

impl Reply {
    /// The text of a status or value.
    ///
    /// # Panics
    /// Where it is anything else, or no UTF-8.
    #[track_caller]
    pub fn text(self) -> String {
        match self {
            Self::Simple(text) => text,
            Self::Bulk(Some(bytes)) => {
                String::from_utf8(bytes).unwrap_or_else(|error| panic!("the answer is no text: {error}"))
            }
            other => panic!("the answer is no text: {other:?}"),
        }
    }

    /// The number.
    ///
    /// # Panics
    /// Where it is anything else.
    #[track_caller]
    pub fn int(self) -> i64 {
        match self {
            Self::Int(number) => number,
            other => panic!("the answer is no number: {other:?}"),
        }
    }

    /// The entries of a list.
    ///
    /// # Panics
    /// Where it is anything else.
    #[track_caller]
    pub fn array(self) -> Vec<Self> {
        match self {
            Self::Array(entries) => entries,
            other => panic!("the answer is no list: {other:?}"),
        }
    }

    /// Nothing but `OK` will do.
    ///
    /// # Panics
    /// Where it is anything else.
    #[track_caller]
    pub fn ok(self) {
        assert!(self == Self::Simple("OK".to_owned()), "the answer is not OK: {self:?}");
    }
}

/// Reads one answer.
pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Reply> {
    read_within(from, DEEPEST)
}

fn read_within(from: &mut impl BufRead, depth: usize) -> io::Result<Reply> {
    let line = line(from)?;
    let mut rest = line.chars();
    let kind = rest.next();
    let rest = rest.as_str();
    match kind {
        Some('+') => Ok(Reply::Simple(rest.to_owned())),
        Some('-') => Ok(Reply::Error(rest.to_owned())),
        Some(':') => rest.parse().map(Reply::Int).map_err(|_| broken("a number")),
        Some('$') => Ok(Reply::Bulk(match count(rest, MOST_BYTES)? {
            None => None,
            Some(length) => {
                let mut bytes = vec![0; length + 2];
                from.read_exact(&mut bytes)?;
                bytes.truncate(length);
                Some(bytes)
            }
        })),
        Some('*') => {
            let depth = depth.checked_sub(1).ok_or_else(|| broken("the depth"))?;
            match count(rest, MOST_ENTRIES)? {
                None => Ok(Reply::Bulk(None)),
                Some(entries) => (0..entries)
                    .map(|_| read_within(from, depth))
                    .collect::<io::Result<_>>()
                    .map(Reply::Array),
            }
        }
        _ => Err(broken("the kind")),
    }
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.take(MOST_BYTES as u64).read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}

fn count(text: &str, most: usize) -> io::Result<Option<usize>> {
    match text {
        "-1" => Ok(None),
        _ => text.parse().ok().filter(|count| *count <= most).map(Some).ok_or_else(|| broken("a length")),
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("{what} of the answer is not understood"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read() {
        let mut bytes = &b"*6\r\n+OK\r\n-ERR no\r\n:-7\r\n$4\r\na\r\nb\r\n$-1\r\n*-1\r\n"[..];
        let entries = read(&mut bytes).unwrap().array();
        let bulk = |text: &str| Reply::Bulk(Some(text.as_bytes().to_vec()));
        let (ok, error) = (Reply::Simple("OK".to_owned()), Reply::Error("ERR no".to_owned()));
        assert_eq!(
            entries,
            [ok, error, Reply::Int(-7), bulk("a\r\nb"), Reply::Bulk(None), Reply::Bulk(None)]
        );
        assert!(bytes.is_empty());
    }

    #[test]
    fn what_is_cut_off_or_too_large_is_refused() {
        for text in ["", "+OK", "$3\r\nab", "$99999999999\r\n", "*9999999\r\n", "?\r\n", ":x\r\n"] {
            assert!(read(&mut text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(read(&mut "*1\r\n".repeat(DEEPEST + 1).as_bytes()).is_err());
    }
}
