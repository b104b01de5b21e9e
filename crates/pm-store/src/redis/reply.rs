//! What scripts answer: a word, then what it says.

use pm_core::{Error, Result};
use redis::Value;

/// The parts of an answer, taken one after the other.
#[derive(Debug)]
pub(super) struct Reply(std::vec::IntoIter<Value>);

/// What a script said.
#[derive(Debug)]
pub(super) struct Said {
    /// The first word.
    pub(super) word: String,
    /// What follows it.
    pub(super) rest: Reply,
}

impl Said {
    /// Reads an answer; the refusals that many scripts have in common are errors.
    pub(super) fn read(value: Value) -> Result<Self> {
        let mut rest = Reply::of(value)?;
        let word = rest.text()?;
        match word.as_str() {
            "absent" => Err(Error::ProjectNotFound),
            "archived" => Err(Error::ProjectArchived),
            "condition" => Err(Error::PreconditionFailed),
            "mismatch" => Err(Error::IdempotencyMismatch),
            "taken" => Err(Error::internal("the id of a new thing is not new")),
            _ => Ok(Self { word, rest }),
        }
    }

    /// What follows `ok`; anything else is a fault.
    pub(super) fn ok(self) -> Result<Reply> {
        if self.word == "ok" { Ok(self.rest) } else { Err(unexpected(&self.word)) }
    }
}

impl Reply {
    /// The elements of an array.
    pub(super) fn of(value: Value) -> Result<Self> {
        match value {
            Value::Array(values) => Ok(Self(values.into_iter())),
            other => Err(unexpected(&other)),
        }
    }

    fn next(&mut self) -> Result<Value> {
        self.0.next().ok_or_else(|| Error::internal("an answer of Redis is shorter than it should be"))
    }

    /// Whether all was taken.
    pub(super) fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// The next part as bytes; nil is empty.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>> {
        Ok(self.optional()?.unwrap_or_default())
    }

    /// The next part as bytes, if it is not nil.
    pub(super) fn optional(&mut self) -> Result<Option<Vec<u8>>> {
        optional(self.next()?)
    }

    /// The next part as text.
    pub(super) fn text(&mut self) -> Result<String> {
        text(self.next()?)
    }

    /// The next part as a number, which may be written in decimal digits.
    pub(super) fn number(&mut self) -> Result<u64> {
        match self.next()? {
            Value::Int(number) => u64::try_from(number).map_err(Error::internal),
            other => text(other)?.parse().map_err(Error::internal),
        }
    }

    /// The next part as an array.
    pub(super) fn array(&mut self) -> Result<Self> {
        Self::of(self.next()?)
    }

    /// All that follows, in pairs.
    pub(super) fn pairs(mut self) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut pairs = Vec::with_capacity(self.0.len() / 2);
        while !self.is_empty() {
            pairs.push((self.bytes()?, self.bytes()?));
        }
        Ok(pairs)
    }

    /// All that follows.
    pub(super) fn all(mut self) -> Result<Vec<Vec<u8>>> {
        let mut all = Vec::with_capacity(self.0.len());
        while !self.is_empty() {
            all.push(self.bytes()?);
        }
        Ok(all)
    }
}

fn optional(value: Value) -> Result<Option<Vec<u8>>> {
    match value {
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::SimpleString(text) => Ok(Some(text.into_bytes())),
        Value::Nil => Ok(None),
        other => Err(unexpected(&other)),
    }
}

fn text(value: Value) -> Result<String> {
    String::from_utf8(optional(value)?.unwrap_or_default()).map_err(Error::internal)
}

fn unexpected(what: &impl std::fmt::Debug) -> Error {
    let mut text = format!("{what:?}");
    if text.len() > 100 {
        text = text.chars().take(100).collect();
    }
    Error::internal(format!("Redis answered what it should not: {text}"))
}
