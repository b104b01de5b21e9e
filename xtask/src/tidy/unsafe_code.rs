//! No unsafe code.

use super::code::{bare, has_word};
use super::{Breach, File};

/// Where it may stand all the same, with a `SAFETY` comment and a test.
const PLACES: [&str; 0] = [];

pub(super) fn check(file: &File) -> Vec<Breach> {
    if !file.is_rust() || PLACES.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let bare = bare(&file.text);
    let found = (1..).zip(bare.lines()).filter(|(_, line)| has_word(line, "unsafe"));
    found
        .map(|(line, _)| {
            Breach::new(file, line, "unsafe code: write it safely, or use a crate that is known for it")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn the_word_is_found_in_code_only() {
        assert_eq!(lines(check, "a.rs", "fn f() {\n    unsafe { g() }\n}\n"), [2]);
        assert!(lines(check, "a.rs", "// unsafe\n#![deny(unsafe_code)]\nlet x = \"unsafe\";\n").is_empty());
    }
}
