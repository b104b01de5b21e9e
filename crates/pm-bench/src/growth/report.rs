//! The file that the figures go to.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Outcome;

/// All that was measured, by part. It is written after each part: a run that fails keeps what it had.
pub struct Report {
    out: Option<PathBuf>,
    parts: Map<String, Value>,
}

impl Report {
    /// Goes on with what the file has, if there is one.
    pub fn open(out: Option<&Path>, quick: bool) -> Outcome<Self> {
        let known = out.filter(|path| path.exists()).map(fs::read_to_string).transpose()?;
        let mut parts: Map<String, Value> =
            known.map_or(Ok(Map::new()), |known| serde_json::from_str(&known))?;
        parts.insert("quick".to_owned(), json!(quick));
        Ok(Self { out: out.map(Path::to_owned), parts })
    }

    /// Takes what a part came to, in the place of what was known of it.
    pub fn take(&mut self, part: &str, figures: &impl Serialize) -> Outcome<()> {
        self.parts.insert(part.to_owned(), serde_json::to_value(figures)?);
        if let Some(out) = &self.out {
            fs::write(out, serde_json::to_string_pretty(&self.parts)? + "\n")?;
        }
        Ok(())
    }
}
