//! The domain knows no transport, no database and no operating system.

use toml::Table;

use super::code::bare;
use super::layers::{dependencies, line_of};
use super::paths::named;
use super::{Breach, File};

const CRATES: [&str; 5] = ["axum", "hyper", "http", "rusqlite", "redis"];
const MODULES: [&str; 3] = ["std::env", "std::fs", "std::net"];

pub(super) fn check(file: &File) -> Vec<Breach> {
    let breach = |line: usize, name: &str| {
        let what = format!(
            "pm-core may not name {name}: ask for what is needed through a port, and do it in an outer crate"
        );
        Breach::new(file, line, what)
    };
    if file.path == "crates/pm-core/Cargo.toml" {
        let manifest = file.text.parse::<Table>().unwrap_or_default();
        let found = dependencies(&manifest).into_iter().filter(|name| CRATES.contains(&name.as_str()));
        return found.map(|name| breach(line_of(file, &name), &name)).collect();
    }
    if !file.is_rust() || !file.path.starts_with("crates/pm-core/src/") {
        return Vec::new();
    }
    let forbidden: Vec<_> = CRATES.into_iter().chain(MODULES).collect();
    let named = named(&bare(&file.text));
    let found =
        named.iter().filter_map(|path| Some((path.line, forbidden.iter().find(|name| path.is_below(name))?)));
    found.map(|(line, name)| breach(line, name)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn forbidden_names_are_found_in_code_and_manifest() {
        let path = "crates/pm-core/src/a.rs";
        assert_eq!(lines(check, path, "use std::{\n    fmt,\n    fs,\n};\nuse http::Uri;\n"), [3, 5]);
        assert_eq!(lines(check, path, "fn f() { std::env::args(); }"), [1]);
        assert_eq!(
            lines(check, "crates/pm-core/Cargo.toml", "[dependencies]\nredis.workspace = true\n"),
            [2]
        );
    }

    #[test]
    fn other_names_comments_and_crates_are_none_of_it() {
        let text = "//! Knows no http::Uri.\nuse std::fmt;\nlet x = \"std::fs\";\n";
        assert!(lines(check, "crates/pm-core/src/a.rs", text).is_empty());
        assert!(lines(check, "crates/pm-server/src/a.rs", "use http::Uri;").is_empty());
    }
}
