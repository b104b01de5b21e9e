//! The corpus: what parsers were given that taught something, one small file an input. It is committed.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Outcome;

/// Where that of all targets is.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The inputs of a target by the names of their files, in order.
pub fn read(folder: &Path, target: &str) -> Outcome<Vec<(String, Vec<u8>)>> {
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
    let digest: String = Sha256::digest(input).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let folder = folder.join(target);
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{what}-{digest}"));
    fs::write(&path, input)?;
    Ok(path)
}
