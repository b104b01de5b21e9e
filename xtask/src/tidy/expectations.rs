//! A lint is silenced only with a reason, and only while it has something to say.

use super::code::bare;
use super::{Breach, File};

pub(super) fn check(file: &File) -> Vec<Breach> {
    if !file.is_rust() {
        return Vec::new();
    }
    let bare = bare(&file.text);
    let found = (1..).zip(bare.lines()).filter(|(_, line)| {
        let squeezed: String = line.split_whitespace().collect();
        squeezed.contains("#[allow(") || squeezed.contains("#![allow(") || squeezed.contains(",allow(")
    });
    let what = "allow stays when its cause is gone: write #[expect(.., reason = \"..\")]";
    found.map(|(line, _)| Breach::new(file, line, what)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn allow_is_found_in_its_three_forms() {
        let text = "#![allow(dead_code)]\n#[allow(unused)]\n#[cfg_attr(test, allow(unused))]\n";
        assert_eq!(lines(check, "a.rs", text), [1, 2, 3]);
    }

    #[test]
    fn expect_and_comments_pass() {
        assert!(
            lines(check, "a.rs", "// #[allow(x)]\n#[expect(dead_code, reason = \"..\")]\nallow(x);\n")
                .is_empty()
        );
    }
}
