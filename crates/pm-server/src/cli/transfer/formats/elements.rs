//! The elements of a JSON file, one at a time, whatever the size of the file.
//!
//! Only brackets and quotes are looked at: whether an element is JSON is found out by who parses it.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::de::IgnoredAny;

/// The most bytes of the name of a field around the list.
const NAME_BYTES: usize = 1024;

/// The elements of a list. The list is the whole file, or a field of the object that is; with no such field to look for,
/// values that follow each other are taken as well.
pub(super) struct Elements<R> {
    reader: R,
    wrapped: &'static [&'static str],
    most: usize,
    next: Next,
    in_object: bool,
    number: usize,
    length: u64,
}

/// An element.
#[derive(Debug, PartialEq)]
pub(super) struct Element {
    /// Its number, from 1.
    pub number: usize,
    /// Its bytes, or why there are none.
    pub bytes: Result<Vec<u8>, String>,
    /// Bytes of the file that were read for it.
    pub length: u64,
}

/// What comes next.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Start,
    /// The first element of the list, or its end.
    First,
    /// An element of the list.
    More,
    /// A value, where values follow each other.
    Value,
    /// The list is over.
    Behind,
    End,
}

impl Elements<BufReader<File>> {
    /// Those of a file; `most` bytes an element, `wrapped` as fields that may hold the list.
    pub(super) fn open(path: &Path, wrapped: &'static [&'static str], most: usize) -> io::Result<Self> {
        Ok(Self::of(BufReader::with_capacity(256 * 1024, File::open(path)?), wrapped, most))
    }
}

impl<R: BufRead> Elements<R> {
    fn of(reader: R, wrapped: &'static [&'static str], most: usize) -> Self {
        Self { reader, wrapped, most, next: Next::Start, in_object: false, number: 0, length: 0 }
    }

    /// The next byte that is no blank, which stays where it is; `None` at the end of the file.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let blanks = chunk.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
            let found = chunk.get(blanks).copied();
            self.consume(blanks);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn consume(&mut self, count: usize) {
        self.reader.consume(count);
        self.length += count as u64;
    }

    /// A value from its first byte to its last; `None` in its place where it has more than `most` bytes.
    fn value(&mut self, most: usize) -> io::Result<Option<Vec<u8>>> {
        let (mut scan, mut bytes, mut fits) = (Scan::default(), Vec::new(), true);
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let (count, ends) = scan.through(chunk);
            fits = fits && bytes.len() + count <= most;
            if fits {
                bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
            } else {
                bytes = Vec::new();
            }
            self.consume(count);
            if ends {
                break;
            }
        }
        Ok(fits.then_some(bytes))
    }

    /// The beginning of the file, up to the first element.
    fn start(&mut self) -> io::Result<Result<Next, String>> {
        if self.reader.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            self.consume(3);
        }
        Ok(match self.peek()? {
            None => Ok(Next::End),
            Some(b'[') => {
                self.consume(1);
                Ok(Next::First)
            }
            Some(b'{') if !self.wrapped.is_empty() => return self.find_field(),
            Some(_) if self.wrapped.is_empty() => Ok(Next::Value),
            Some(_) => Err("is no JSON list, and no object that holds one".to_owned()),
        })
    }

    /// From the brace of an object to the list in the first field that is looked for.
    fn find_field(&mut self) -> io::Result<Result<Next, String>> {
        self.consume(1);
        self.in_object = true;
        while let Some(wanted) = self.name()? {
            if self.peek()? == Some(b'[') && wanted {
                self.consume(1);
                return Ok(Ok(Next::First));
            }
            if !self.is_json()? || self.peek()? != Some(b',') {
                break;
            }
            self.consume(1);
        }
        Ok(Err(format!("is an object with no list in a field {}", self.wrapped.join(" or "))))
    }

    /// Up to the value of a field: whether its name is looked for; `None` where there is no field.
    fn name(&mut self) -> io::Result<Option<bool>> {
        if self.peek()? != Some(b'"') {
            return Ok(None);
        }
        let name = self.value(NAME_BYTES)?;
        if self.peek()? != Some(b':') {
            return Ok(None);
        }
        self.consume(1);
        // A name that is too long is none that is looked for.
        let Some(name) = name else { return Ok(Some(false)) };
        let name: Option<String> = serde_json::from_slice(&name).ok();
        Ok(name.map(|name| self.wrapped.contains(&name.as_str())))
    }

    /// Passes over a value: whether it is JSON, as far as one of its size is looked at.
    fn is_json(&mut self) -> io::Result<bool> {
        self.peek()?;
        let value = self.value(self.most)?;
        Ok(value.is_none_or(|value| serde_json::from_slice::<IgnoredAny>(&value).is_ok()))
    }

    /// From behind the list to behind the object that holds it: what else it has is left alone, but has to be JSON. What
    /// breaks off here was longer once.
    fn rest_of_object(&mut self) -> io::Result<Result<(), String>> {
        loop {
            match self.peek()? {
                Some(b',') => self.consume(1),
                Some(b'}') => {
                    self.consume(1);
                    return Ok(Ok(()));
                }
                _ => break,
            }
            let Some(wanted) = self.name()? else { break };
            if self.peek()? == Some(b'[') && wanted {
                return Ok(Err("stands in a second list, which is not read".to_owned()));
            }
            if !self.is_json()? {
                break;
            }
        }
        Ok(Err(match self.peek()? {
            None => "is missing: the file breaks off behind the list".to_owned(),
            Some(_) => "is missing: what stands behind the list is no JSON".to_owned(),
        }))
    }

    /// What follows an element of a list.
    fn after(&mut self) -> io::Result<Result<Next, String>> {
        let found = self.peek()?;
        Ok(match found {
            Some(b',') => {
                self.consume(1);
                Ok(Next::More)
            }
            Some(b']') => {
                self.consume(1);
                Ok(Next::Behind)
            }
            Some(_) => Err("is followed by what is no JSON; the rest of the file is not read".to_owned()),
            None => Err("is the last, and the file breaks off in it or behind it".to_owned()),
        })
    }

    /// The next element; `None` at the end. After a fault of the file itself there is no more.
    fn read(&mut self) -> io::Result<Option<Result<Vec<u8>, String>>> {
        if self.next == Next::Start {
            match self.start()? {
                Ok(next) => self.next = next,
                Err(fault) => return Ok(Some(self.broken(fault))),
            }
        }
        if self.next == Next::First && self.peek()? == Some(b']') {
            self.consume(1);
            self.next = Next::Behind;
        }
        if self.next == Next::Behind
            && std::mem::take(&mut self.in_object)
            && let Err(fault) = self.rest_of_object()?
        {
            return Ok(Some(self.broken(fault)));
        }
        let found = self.peek()?;
        match self.next {
            Next::Start | Next::End => return Ok(None),
            Next::Behind | Next::Value if found.is_none() => return Ok(None),
            Next::Behind => {
                return Ok(Some(self.broken("stands behind the end of the list, and is not read")));
            }
            Next::First | Next::More | Next::Value => {}
        }
        let read = self.value(self.most)?;
        if self.next == Next::Value {
            if read.as_ref().is_some_and(Vec::is_empty) {
                return Ok(Some(self.broken("is no JSON; the rest of the file is not read")));
            }
        } else {
            match self.after()? {
                Ok(next) => self.next = next,
                Err(fault) => return Ok(Some(self.broken(fault))),
            }
        }
        let large = || format!("has more than {} bytes, the most that is read as one", self.most);
        Ok(Some(read.ok_or_else(large)))
    }

    fn broken(&mut self, fault: impl Into<String>) -> Result<Vec<u8>, String> {
        self.next = Next::End;
        Err(fault.into())
    }
}

impl<R: BufRead> Iterator for Elements<R> {
    type Item = io::Result<Element>;

    fn next(&mut self) -> Option<io::Result<Element>> {
        let bytes = match self.read().transpose()? {
            Ok(bytes) => bytes,
            Err(error) => {
                self.next = Next::End;
                return Some(Err(error));
            }
        };
        self.number += 1;
        Some(Ok(Element { number: self.number, bytes, length: std::mem::take(&mut self.length) }))
    }
}

/// The walk through a value.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// How many bytes of `chunk` still belong to the value, and whether it ends with them.
    fn through(&mut self, chunk: &[u8]) -> (usize, bool) {
        for (at, byte) in chunk.iter().enumerate() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => {
                    self.in_string = !self.in_string;
                    if !self.in_string && self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                // What ends a number or a word is no part of it.
                b',' | b':' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    return (at, true);
                }
                _ => {}
            }
        }
        (chunk.len(), false)
    }
}

#[cfg(test)]
mod tests;
