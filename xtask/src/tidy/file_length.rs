//! Files can be read in one go.

use super::code::lines_before_tests;
use super::{Breach, File};

/// The most lines of a file, without the tests at its end.
const LINES: usize = 500;

pub(super) fn check(file: &File) -> Vec<Breach> {
    let count = lines_before_tests(&file.text);
    if !file.is_rust() || count <= LINES {
        return Vec::new();
    }
    let what = format!("{count} lines before its tests, more than {LINES}: split it by concept");
    vec![Breach::new(file, LINES + 1, what)]
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn only_lines_before_the_tests_count() {
        let (most, tests) = ("x\n".repeat(LINES), "#[cfg(test)]\nmod tests {\n}\n");
        assert!(lines(check, "a.rs", &format!("{most}{tests}")).is_empty());
        assert_eq!(lines(check, "a.rs", &format!("{most}x\n{tests}")), [LINES + 1]);
        assert!(lines(check, "a.txt", &"x\n".repeat(LINES + 1)).is_empty());
    }
}
