//! What is imported: a file, or a folder of Markdown files. It is read twice.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use super::{Choice, Format, at, recognise};
use crate::cli::Failure;

/// A file or a folder.
pub(in crate::cli::transfer) struct Source {
    path: PathBuf,
    /// The files to read, each with its path below the folder; of a file, itself.
    files: Vec<PathBuf>,
    folder: bool,
    size: u64,
}

impl Source {
    /// Looks at what is at `path`, and finds out its format unless it is chosen.
    pub(in crate::cli::transfer) fn find(path: PathBuf, choice: Choice) -> Result<(Self, Format), Failure> {
        let found = fs::metadata(&path).map_err(|error| at(&path, error))?;
        if found.is_dir() {
            return match choice {
                Choice(None | Some(Format::Markdown)) => Ok((Self::folder(path)?, Format::Markdown)),
                Choice(Some(format)) => {
                    Err(at(&path, format!("is a folder, and {} is read from a file", format.name())))
                }
            };
        }
        if !found.is_file() {
            return Err(at(&path, "is no regular file: it is read twice, so save it to one"));
        }
        let format = match choice {
            Choice(Some(format)) => format,
            Choice(None) => recognise::format_of(&path)?,
        };
        let files = vec![PathBuf::from(path.file_name().unwrap_or_default())];
        Ok((Self { path, files, folder: false, size: found.len() }, format))
    }

    fn folder(path: PathBuf) -> Result<Self, Failure> {
        let (mut files, mut size) = (Vec::new(), 0);
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let whole = path.join(&folder);
            let entries: io::Result<Vec<DirEntry>> = fs::read_dir(&whole).and_then(Iterator::collect);
            for entry in entries.map_err(|error| at(&whole, error))? {
                let name = folder.join(entry.file_name());
                let kind = entry.file_type().map_err(|error| at(&entry.path(), error))?;
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                // Links are not followed: they may go round in a circle, or out of the folder.
                if kind.is_dir() {
                    folders.push(name);
                } else if kind.is_file() && recognise::is_markdown(&name) {
                    size += entry.metadata().map_err(|error| at(&entry.path(), error))?.len();
                    files.push(name);
                }
            }
        }
        if files.is_empty() {
            return Err(at(&path, "is a folder with no Markdown file (.md, .markdown) in it"));
        }
        files.sort();
        Ok(Self { path, files, folder: true, size })
    }

    /// Where it is.
    pub(in crate::cli::transfer) fn path(&self) -> &Path {
        &self.path
    }

    /// Its bytes.
    pub(in crate::cli::transfer) fn size(&self) -> u64 {
        self.size
    }

    /// Whether it is a folder.
    pub(super) fn is_folder(&self) -> bool {
        self.folder
    }

    /// The files to read: where each is, and its path below the folder.
    pub(super) fn files(&self) -> impl Iterator<Item = (PathBuf, PathBuf)> + use<> {
        let (path, folder) = (self.path.clone(), self.folder);
        let whole = move |name: PathBuf| (if folder { path.join(&name) } else { path.clone() }, name);
        self.files.clone().into_iter().map(whole)
    }
}
