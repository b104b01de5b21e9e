//! Committed text is clean: no blanks at line ends, no places that only one machine has.

use std::path::Path;

use super::{Breach, File, Tree};

/// Where people keep their own things, on the systems there are.
const HOMES: [&str; 3] = ["home", "Users", "root"];

/// `root` is where this tree lies: nobody else has it there.
pub(super) fn check(tree: &Tree, root: &Path) -> Vec<Breach> {
    let root = root.to_string_lossy();
    tree.each(|file| in_file(file, &root))
}

fn in_file(file: &File, root: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    // A snapshot holds what was answered, blanks and all; a corpus is what parsers are given.
    let blanks = !file.has_extension("snap") && !file.path.contains("/corpus/");
    for (number, line) in file.lines() {
        if blanks && line.ends_with([' ', '\t', '\r']) {
            breaches.push(Breach::new(file, number, "blanks at the end of the line: take them away"));
        }
        if let Some(place) = machine_path(line, root)
            && !file.excused(number)
        {
            let what = format!("{place} is on one machine only: write a path relative to the root");
            breaches.push(Breach::new(file, number, what));
        }
    }
    breaches
}

fn machine_path(line: &str, root: &str) -> Option<String> {
    let mut places = HOMES.iter().map(|home| format!("/{home}/")).chain([format!("\\{}\\", "Users")]);
    // A root of one step, such as that of a container, is too common a word.
    let own = (root.matches('/').count() > 1).then(|| root.to_owned());
    let starts = |place: &str| {
        line.match_indices(place).any(|(at, _)| {
            let before = line.get(..at).unwrap_or_default();
            // In `a/home/b` and `https://host/home/b` it is the middle of another path.
            !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '}' | '$'))
        })
    };
    let windows = |place: &str| place.starts_with('\\') && line.contains(&format!(":{place}"));
    places.find(|place| starts(place) || windows(place)).or(own.filter(|own| starts(own)))
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    fn check(path: &str, text: &str) -> Vec<usize> {
        lines(|file| in_file(file, "/builds/ai-pm"), path, text)
    }

    #[test]
    fn blanks_at_line_ends_are_found() {
        assert_eq!(check("a.md", "a \nb\nc\t\nd\r\n"), [1, 3, 4]);
        assert!(check("a.snap", "a \n").is_empty());
        assert!(check("crates/a/corpus/b/c", "a \n").is_empty());
    }

    #[test]
    fn places_of_one_machine_are_found() {
        for home in HOMES {
            assert_eq!(check("a.md", &format!("see /{home}/ada/x\n")), [1], "{home}");
        }
        assert_eq!(check("a.md", &format!("C:\\{}\\ada\nin /builds/ai-pm/target\n", "Users")), [1, 2]);
    }

    #[test]
    fn other_paths_and_excused_lines_pass() {
        let text = format!(
            "https://host/{0}/x, ./{0}/y, /usr/lib, /var/lib/ai-pm\nf(\"/{0}/a\"); // tidy: a test of paths\n",
            "home"
        );
        assert!(check("a.md", &text).is_empty());
    }
}
