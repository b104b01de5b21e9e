//! Lines of a file, each of bounded length.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// The most bytes of a line: a message of the largest size with every character escaped fits twice.
const LINE_BYTES: u64 = 4 * 1024 * 1024;

/// Reads a file line by line.
pub(super) struct Lines {
    reader: BufReader<File>,
    number: usize,
}

/// A line that could be read.
pub(super) struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// Its bytes, with no line break; `None` where it is too long.
    pub bytes: Option<Vec<u8>>,
    /// Bytes it took from the file.
    pub length: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { reader: BufReader::with_capacity(256 * 1024, File::open(path)?), number: 0 })
    }
}

impl Iterator for Lines {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<io::Result<Line>> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(LINE_BYTES).read_until(b'\n', &mut bytes);
        match read {
            Ok(0) => return None,
            Ok(_) => self.number += 1,
            Err(error) => return Some(Err(error)),
        }
        let mut length = bytes.len() as u64;
        let whole = bytes.last() == Some(&b'\n') || length < LINE_BYTES;
        if !whole {
            match self.reader.skip_until(b'\n') {
                Ok(skipped) => length += skipped as u64,
                Err(error) => return Some(Err(error)),
            }
        }
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        // Some editors put a mark of the encoding before the first line.
        if self.number == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        Some(Ok(Line { number: self.number, bytes: whole.then_some(bytes), length }))
    }
}
