//! The models and the recall engine are pure and synchronous; their tests may take the time or read a file.

use super::code::{bare, has_word, lines_before_tests};
use super::paths::named;
use super::{Breach, File};

const CRATES: [&str; 2] = ["pm-model", "pm-recall"];
const NAMES: [&str; 6] = ["tokio", "std::fs", "std::net", "std::env", "std::time", "std::thread"];

pub(super) fn check(file: &File) -> Vec<Breach> {
    let crates = CRATES.into_iter().find(|name| file.path.starts_with(&format!("crates/{name}/src/")));
    let (Some(name), true, false) = (crates, file.is_rust(), file.is_test()) else { return Vec::new() };
    let bare = bare(&file.text);
    let way_out = format!("{name} is pure: have the caller do it and pass the result in");
    let named = named(&bare);
    let names =
        named.iter().filter_map(|path| Some((path.line, *NAMES.iter().find(|name| path.is_below(name))?)));
    let lines =
        (1..).zip(bare.lines()).filter(|(_, line)| has_word(line, "async") || line.contains(".await"));
    let found = names.chain(lines.map(|(line, _)| (line, "async code")));
    let before_tests = lines_before_tests(&file.text);
    let found = found.filter(|(line, _)| *line <= before_tests);
    found.map(|(line, name)| Breach::new(file, line, format!("has {name}: {way_out}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    const PATH: &str = "crates/pm-recall/src/a.rs";

    #[test]
    fn input_output_clocks_and_async_are_found() {
        let text = "use std::time::Instant;\nasync fn f() {\n    g().await\n}\nuse std::{fs, io};\nuse tokio::spawn;\n";
        let mut found = lines(check, PATH, text);
        found.sort_unstable();
        assert_eq!(found, [1, 2, 3, 5, 6]);
        assert_eq!(lines(check, "crates/pm-model/src/kernel/mod.rs", "use std::thread;\n"), [1]);
    }

    #[test]
    fn plain_code_and_tests_pass() {
        assert!(lines(check, PATH, "#[cfg(test)]\nmod tests {\n    use std::time::Instant;\n}\n").is_empty());
        assert!(
            lines(check, PATH, "//! No async.\nuse std::collections::HashMap;\nfn f(timestamp: i64) {}\n")
                .is_empty()
        );
        assert!(lines(check, "crates/pm-recall/tests/it/main.rs", "use std::fs;").is_empty());
    }
}
