//! The text files of the workspace, held in memory.

use std::fs;
use std::io;
use std::path::Path;

/// Files above it are data, not text that people wrote.
const LARGEST: u64 = 2 * 1024 * 1024;

/// One file.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// Its path from the root, with `/` between the steps.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Its name without the folders.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it is Rust.
    pub(super) fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    /// Whether its name ends so.
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == extension)
    }

    /// Whether all of it is tests: below `tests/`, or a module called `tests`.
    pub(super) fn is_test(&self) -> bool {
        self.name() == "tests.rs" || self.path.split('/').any(|step| step == "tests")
    }

    /// Its lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.split_terminator('\n'))
    }

    /// Whether this line is excused, with a reason: `// tidy: why`.
    pub(super) fn excused(&self, line: usize) -> bool {
        let text = self.text.split('\n').nth(line.saturating_sub(1)).unwrap_or_default();
        text.split_once("// tidy: ").is_some_and(|(_, why)| !why.trim().is_empty())
    }
}

/// All of them, by path.
#[derive(Clone, Default, Debug)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
}

impl Tree {
    /// Reads what is below `root` and not ignored by its `.gitignore`.
    pub(super) fn read(root: &Path) -> io::Result<Self> {
        let ignored = Ignored::new(&fs::read_to_string(root.join(".gitignore")).unwrap_or_default());
        let mut tree = Self::default();
        tree.walk(root, "", &ignored)?;
        tree.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn walk(&mut self, folder: &Path, prefix: &str, ignored: &Ignored) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let (kind, length) = (entry.file_type()?, entry.metadata()?.len());
            if ignored.covers(&path) {
            } else if kind.is_dir() {
                self.walk(&entry.path(), &format!("{path}/"), ignored)?;
            } else if kind.is_file() && length <= LARGEST {
                // What is not UTF-8 is no text.
                let text = String::from_utf8(fs::read(entry.path())?);
                self.files.extend(text.map(|text| File { path, text }));
            }
        }
        Ok(())
    }

    /// The file at `path`.
    pub(super) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// What `check` finds in each file.
    pub(super) fn each<T>(&self, check: impl Fn(&File) -> Vec<T>) -> Vec<T> {
        self.files.iter().flat_map(check).collect()
    }
}

/// The patterns of a `.gitignore`: names, names at the root (`/name`), and endings (`*.end`).
struct Ignored(Vec<String>);

impl Ignored {
    fn new(text: &str) -> Self {
        let lines = text.lines().map(|line| line.trim().trim_end_matches('/'));
        let patterns = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(patterns.map(str::to_owned).chain([".git".to_owned()]).collect())
    }

    fn covers(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or_default();
        self.0.iter().any(|pattern| match pattern.strip_prefix('/') {
            Some(rooted) => rooted == path,
            None => pattern.strip_prefix('*').map_or(name == pattern, |ending| name.ends_with(ending)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_are_names_rooted_names_and_endings() {
        let ignored = Ignored::new("# built\n/target\n.env\n*.profraw\ncoverage/\n");
        for path in ["target", ".env", "crates/a/.env", "x/y.profraw", "coverage", "a/coverage", ".git"] {
            assert!(ignored.covers(path), "{path}");
        }
        for path in ["a/target", ".env.example", "x.rs", ".gitignore", "covers"] {
            assert!(!ignored.covers(path), "{path}");
        }
    }

    #[test]
    fn tests_are_told_by_their_place() {
        for path in ["crates/a/tests/it/main.rs", "crates/a/src/b/tests.rs", "crates/a/src/tests/b.rs"] {
            assert!(File::new(path, "").is_test(), "{path}");
        }
        assert!(!File::new("crates/a/src/test.rs", "").is_test());
    }

    #[test]
    fn an_excuse_needs_a_reason() {
        let file = File::new("a.rs", "x(); // tidy: paused clock\nx(); // tidy: \nx();\n");
        assert_eq!([1, 2, 3, 4].map(|line| file.excused(line)), [true, false, false, false]);
    }
}
