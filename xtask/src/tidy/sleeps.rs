//! Tests wait for what happens, not for time to pass.

use super::code::{bare, has_word, lines_before_tests};
use super::{Breach, File};

/// On a clock that stands still nothing waits: a file whose tests all run on one may sleep.
pub(super) fn check(file: &File) -> Vec<Breach> {
    if !file.is_rust() || !file.path.starts_with("crates/") {
        return Vec::new();
    }
    let bare = bare(&file.text);
    if on_a_paused_clock(&bare) {
        return Vec::new();
    }
    let before = if file.is_test() { 0 } else { lines_before_tests(&file.text) };
    let sleeps =
        |line: &str| line.split("sleep").skip(1).any(|rest| rest.starts_with('(')) && has_word(line, "sleep");
    let found =
        (1..).zip(bare.lines()).skip(before).filter(|(number, line)| sleeps(line) && !file.excused(*number));
    let what =
        "a test that sleeps: wait for the event itself, use a paused clock, or say why with `// tidy: ..`";
    found.map(|(line, _)| Breach::new(file, line, what)).collect()
}

fn on_a_paused_clock(bare: &str) -> bool {
    let mut tests =
        bare.split("#[tokio::test").skip(1).map(|rest| rest.split(']').next().unwrap_or_default());
    let squeezed = |attribute: &str| attribute.split_whitespace().collect::<String>();
    let first = tests.next().is_some_and(|attribute| squeezed(attribute).contains("start_paused=true"));
    first && tests.all(|attribute| squeezed(attribute).contains("start_paused=true"))
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    const TEXT: &str = "#[tokio::test]\nasync fn a() {\n    tokio::time::sleep(SECOND).await;\n}\n";

    #[test]
    fn sleep_is_found_in_test_files_and_test_modules() {
        assert_eq!(lines(check, "crates/a/tests/it/a.rs", TEXT), [3]);
        assert_eq!(lines(check, "crates/a/src/b/tests.rs", TEXT), [3]);
        assert_eq!(
            lines(check, "crates/a/src/b.rs", &format!("sleep(x);\n#[cfg(test)]\nmod tests {{\n{TEXT}}}\n")),
            [6]
        );
    }

    #[test]
    fn code_a_reason_and_a_paused_clock_pass() {
        assert!(lines(check, "crates/a/src/b.rs", TEXT).is_empty());
        assert!(
            lines(check, "crates/a/tests/it/a.rs", "sleep(SECOND); // tidy: the limit itself is tested\n")
                .is_empty()
        );
        let paused = TEXT.replace("tokio::test", "tokio::test(start_paused = true)");
        assert!(lines(check, "crates/a/tests/it/a.rs", &paused).is_empty());
        assert_eq!(lines(check, "crates/a/tests/it/a.rs", &format!("{paused}{TEXT}")), [3, 7]);
    }
}
