//! A thing lives with its concept.

use super::{Breach, File};

const NAMES: [&str; 7] = ["utils", "util", "helpers", "helper", "common", "misc", "types"];

pub(super) fn check(file: &File) -> Vec<Breach> {
    if file.is_test() {
        return Vec::new();
    }
    let steps = file.path.split('/').map(|step| step.strip_suffix(".rs").unwrap_or(step));
    let found = steps.filter(|step| NAMES.contains(step));
    let what = |name| format!("{name} is no concept: move each thing to what it belongs to");
    found.map(|name| Breach::new(file, 1, what(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn files_and_folders_that_name_no_concept_are_found() {
        assert_eq!(lines(check, "crates/a/src/utils.rs", ""), [1]);
        assert_eq!(lines(check, "crates/a/src/common/b.rs", ""), [1]);
        assert!(lines(check, "crates/a/src/utility.rs", "").is_empty());
        assert!(lines(check, "crates/a/tests/it/helpers.rs", "").is_empty());
    }
}
