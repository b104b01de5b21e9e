//! Lints, edition and version are said once, in the workspace.

use toml::{Table, Value};

use super::layers::line_of;
use super::{Breach, File};

pub(super) fn check(file: &File) -> Vec<Breach> {
    // The root's manifest is the workspace itself.
    if !file.path.ends_with("/Cargo.toml") {
        return Vec::new();
    }
    let manifest = file.text.parse::<Table>().unwrap_or_default();
    let inherits = |value: Option<&Value>| {
        value.and_then(|value| value.get("workspace")).and_then(Value::as_bool) == Some(true)
    };
    let package = manifest.get("package");
    let mut breaches = Vec::new();
    for field in ["version", "edition"] {
        if !inherits(package.and_then(|package| package.get(field))) {
            let what = format!("{field} is not the workspace's: write `{field}.workspace = true`");
            breaches.push(Breach::new(file, line_of(file, field), what));
        }
    }
    if !inherits(manifest.get("lints")) {
        breaches.push(Breach::new(
            file,
            1,
            "lints are not the workspace's: write `[lints]` with `workspace = true`",
        ));
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    const PATH: &str = "crates/a/Cargo.toml";

    #[test]
    fn what_the_workspace_says_is_inherited() {
        let text =
            "[package]\nversion.workspace = true\nedition.workspace = true\n[lints]\nworkspace = true\n";
        assert!(lines(check, PATH, text).is_empty());
        assert!(lines(check, "Cargo.toml", "[workspace]\n").is_empty());
    }

    #[test]
    fn what_is_said_again_or_not_at_all_is_found() {
        assert_eq!(lines(check, PATH, "[package]\nname = \"a\"\nversion = \"1.0.0\"\n"), [3, 1, 1]);
        assert_eq!(
            lines(
                check,
                PATH,
                "[package]\nversion.workspace = true\nedition = \"2021\"\n[lints]\nworkspace = true\n"
            ),
            [3]
        );
    }
}
