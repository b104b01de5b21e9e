//! The corpus: what parsers were given that taught something, one small file an input. It is committed.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Outcome;

/// An input under the name of its file.
pub type Named = (String, Vec<u8>);

/// Where that of all targets is.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The inputs of a target, in the order of their names.
pub fn read(folder: &Path, target: &str) -> Outcome<Vec<Named>> {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder.join(target))? {
        let entry = entry?;
        inputs.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
    }
    inputs.sort_unstable();
    Ok(inputs)
}

/// Writes an input; the name of its file tells what it is and that there is no other like it.
pub fn write(folder: &Path, target: &str, what: &str, input: &[u8]) -> Outcome<PathBuf> {
    let digest = Sha256::digest(input);
    let digest = digest.first_chunk().map_or(0, |first| u32::from_be_bytes(*first));
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{what}-{digest:08x}"));
    fs::write(&path, input)?;
    Ok(path)
}
