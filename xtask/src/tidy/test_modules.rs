//! Long tests do not drown the code.

use super::code::{bare, lines_to_closing_brace};
use super::{Breach, File};

/// The most lines of a test module at the end of a file.
const LINES: usize = 80;

pub(super) fn check(file: &File) -> Vec<Breach> {
    if !file.is_rust() || file.is_test() {
        return Vec::new();
    }
    let bare = bare(&file.text);
    let found = bare.match_indices("#[cfg(test)]\nmod ").filter_map(|(at, _)| {
        let module = bare.get(at..)?;
        let count = lines_to_closing_brace(module, 0);
        let line = bare.get(..at)?.matches('\n').count() + 1;
        (count > LINES).then_some((line, count))
    });
    let what = |count| {
        format!("a test module of {count} lines, more than {LINES}: move it to a sibling file tests.rs")
    };
    found.map(|(line, count)| Breach::new(file, line, what(count))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn a_long_test_module_is_found_and_a_sibling_file_is_not() {
        let module =
            |count| format!("fn f() {{}}\n\n#[cfg(test)]\nmod tests {{\n{}}}\n", "    x();\n".repeat(count));
        assert!(lines(check, "crates/a/src/a.rs", &module(LINES - 3)).is_empty());
        assert_eq!(lines(check, "crates/a/src/a.rs", &module(LINES - 2)), [3]);
        assert!(lines(check, "crates/a/src/a.rs", "#[cfg(test)]\nmod tests;\n").is_empty());
        assert!(lines(check, "crates/a/tests/it/a.rs", &module(200)).is_empty());
    }
}
