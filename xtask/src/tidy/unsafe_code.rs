//! Unsafe code stands in one place, and says why it is sound.

use super::code::{bare, has_word};
use super::{Breach, File};

/// The arithmetic in vector instructions: the one folder where it may stand, each use with a `SAFETY` comment.
const PLACE: &str = "crates/pm-model/src/kernel/";

pub(super) fn check(file: &File) -> Vec<Breach> {
    if !file.is_rust() {
        return Vec::new();
    }
    let allowed = file.path.starts_with(PLACE);
    let bare = bare(&file.text);
    let found = (1..).zip(bare.lines()).filter(|(_, line)| has_word(line, "unsafe"));
    let what = |line: usize| match allowed {
        true if is_explained(file, line) => None,
        true => {
            Some("unsafe code that does not say why it is sound: begin the comment above it with SAFETY:")
        }
        false => Some("unsafe code: write it safely, or use a crate that is known for it"),
    };
    found.filter_map(|(line, _)| Some(Breach::new(file, line, what(line)?))).collect()
}

/// Whether a comment that begins with `SAFETY:` ends right above `line`, with nothing but attributes between.
fn is_explained(file: &File, line: usize) -> bool {
    let above: Vec<_> = file.lines().take(line.saturating_sub(1)).map(|(_, text)| text.trim()).collect();
    let above = above.iter().rev().skip_while(|text| text.starts_with("#["));
    above.take_while(|text| text.starts_with("//")).any(|text| text.starts_with("// SAFETY: "))
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    const KERNEL: &str = "crates/pm-model/src/kernel/a.rs";

    #[test]
    fn the_word_is_found_in_code_only() {
        assert_eq!(lines(check, "a.rs", "fn f() {\n    unsafe { g() }\n}\n"), [2]);
        assert!(lines(check, "a.rs", "// unsafe\n#![deny(unsafe_code)]\nlet x = \"unsafe\";\n").is_empty());
    }

    #[test]
    fn only_the_kernels_may_and_must_say_why() {
        let explained = "// SAFETY: f needs nothing.\n// At all.\n#[cfg(unix)]\nunsafe { f() }\n";
        assert!(lines(check, KERNEL, explained).is_empty());
        assert_eq!(lines(check, "crates/pm-model/src/a.rs", explained), [4]);
        assert_eq!(lines(check, KERNEL, "// It is safe.\nunsafe { f() }\n"), [2]);
        assert_eq!(lines(check, KERNEL, "// SAFETY: f is.\ng();\nunsafe { f() }\n"), [3]);
        assert_eq!(lines(check, KERNEL, "unsafe { f() } // SAFETY: too late\n"), [1]);
    }
}
