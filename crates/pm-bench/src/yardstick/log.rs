//! An append log: the least that is durable.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::group::{Record, Sink};
use crate::Outcome;

/// A file to which groups of records are appended, with one `fdatasync` a group.
pub struct Log(File);

impl Log {
    /// A new file in `folder`.
    pub fn create(folder: &Path) -> Outcome<Self> {
        Ok(Self(File::create(folder.join("append.log"))?))
    }
}

impl Sink for Log {
    fn commit(&mut self, records: &[Record]) -> Outcome<()> {
        let mut bytes = Vec::new();
        for Record { key, value } in records {
            writeln!(bytes, "{key} {value}")?;
        }
        self.0.write_all(&bytes)?;
        Ok(self.0.sync_data()?)
    }
}
