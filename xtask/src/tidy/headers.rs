//! Every file says what it is for.

use super::{Breach, File};

pub(super) fn check(file: &File) -> Vec<Breach> {
    let is_module = file.is_rust() && !file.is_test() && !file.text.starts_with("//!");
    let what = "does not begin with `//!`: say in a line what it is for";
    if is_module { vec![Breach::new(file, 1, what)] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn modules_begin_with_what_they_are_for() {
        assert_eq!(lines(check, "crates/a/src/a.rs", "use std::fmt;\n"), [1]);
        assert!(lines(check, "crates/a/src/a.rs", "//! A.\n").is_empty());
        assert!(lines(check, "crates/a/src/a/tests.rs", "use super::*;\n").is_empty());
        assert!(lines(check, "a.sql", "").is_empty());
    }
}
