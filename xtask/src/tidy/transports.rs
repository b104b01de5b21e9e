//! The transports do not know each other.

use super::code::{bare, lines_before_tests};
use super::paths::{Named, named};
use super::{Breach, File};

const TRANSPORTS: [&str; 4] = ["rest", "cli", "mcp", "realtime"];

/// What may be named all the same: by which file, and what.
const EXCEPTIONS: [(&str, &str); 1] = [
    // The command that prints the document.
    ("crates/pm-server/src/cli/openapi.rs", "crate::rest::openapi"),
];

pub(super) fn check(file: &File) -> Vec<Breach> {
    let Some(module) = file.path.strip_prefix("crates/pm-server/src/").filter(|_| file.is_rust()) else {
        return Vec::new();
    };
    let own = module.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    if !TRANSPORTS.contains(&own) {
        return Vec::new();
    }
    let bare = bare(&file.text);
    let before_tests = lines_before_tests(&file.text);
    let breach = |path: Named| {
        // Below `mod tests {` each `super` leads one step less far.
        let absolute = if path.line > before_tests { path.clone() } else { resolved(module, &path) };
        let other =
            TRANSPORTS.iter().find(|name| **name != own && absolute.is_below(&format!("crate::{name}")))?;
        let excepted = EXCEPTIONS.iter().any(|(by, what)| *by == file.path && absolute.is_below(what));
        let what = format!(
            "{own} may not use {other}: put what both need beside them, or into an operation of pm-core"
        );
        (!excepted).then(|| Breach::new(file, path.line, what))
    };
    named(&bare).into_iter().filter_map(breach).collect()
}

/// The path from the root of the crate, where it begins with `super`.
fn resolved(module: &str, path: &Named) -> Named {
    let count = path.steps.iter().take_while(|step| *step == "super").count();
    if count == 0 {
        return path.clone();
    }
    let mut own: Vec<_> = module.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if own.last().is_some_and(|last| last == "mod") {
        own.pop();
    }
    own.truncate(own.len().saturating_sub(count));
    let steps = ["crate".to_owned()].into_iter().chain(own).chain(path.steps.iter().skip(count).cloned());
    Named { line: path.line, steps: steps.collect() }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn a_transport_that_uses_another_is_found() {
        let path = "crates/pm-server/src/cli/transfer/local.rs";
        let text = "use crate::rest::Gate;\nuse crate::{config, rest};\nuse super::super::super::rest;\n";
        assert_eq!(lines(check, path, text), [1, 2, 3]);
        assert_eq!(lines(check, "crates/pm-server/src/rest/mod.rs", "use super::cli::run;"), [1]);
        assert_eq!(lines(check, "crates/pm-server/src/cli/openapi.rs", "use crate::rest::router;"), [1]);
    }

    #[test]
    fn its_own_modules_what_stands_beside_it_and_the_exception_pass() {
        let text = "use crate::cli::Failure;\nuse super::door::Door;\nuse crate::{compose, server};\n";
        assert!(lines(check, "crates/pm-server/src/cli/transfer/local.rs", text).is_empty());
        assert!(
            lines(check, "crates/pm-server/src/cli/openapi.rs", "f(&crate::rest::openapi());").is_empty()
        );
        assert!(lines(check, "crates/pm-server/src/server.rs", "use crate::rest;").is_empty());
    }
}
