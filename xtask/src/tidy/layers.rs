//! The crates depend on each other in one direction.

use toml::{Table, Value};

use super::{Breach, File};

/// The layers from the inside out: each crate may depend on those of the layers before its own.
const LAYERS: [&[&str]; 5] =
    [&["pm-model"], &["pm-recall"], &["pm-core"], &["pm-store", "pm-embed"], &["pm-server"]];

/// What is no layer and may use one all the same: xtask makes the files that pm-model ships, pm-fuzz tries parsers,
/// pm-bench fills the vault of a server before it starts and times the products of vectors, and pm-paths runs the hot paths of all.
const OUTSIDE: [(&str, &str); 12] = [
    ("xtask", "pm-model"),
    ("pm-fuzz", "pm-recall"),
    ("pm-fuzz", "pm-core"),
    ("pm-fuzz", "pm-store"),
    ("pm-bench", "pm-model"),
    ("pm-bench", "pm-core"),
    ("pm-bench", "pm-store"),
    ("pm-paths", "pm-model"),
    ("pm-paths", "pm-recall"),
    ("pm-paths", "pm-core"),
    ("pm-paths", "pm-store"),
    ("pm-paths", "pm-server"),
];

/// Dev-dependencies are free: tests of an inner crate may use an outer one.
pub(super) fn check(file: &File) -> Vec<Breach> {
    let Some(name) = owner(&file.path) else { return Vec::new() };
    let Ok(manifest) = file.text.parse::<Table>() else {
        return vec![Breach::new(file, 1, "is not TOML: cargo says where")];
    };
    let own = layer(name).unwrap_or_default();
    let wrong = |dependency: &&String| {
        layer(dependency).is_some_and(|layer| layer >= own) && !OUTSIDE.contains(&(name, dependency.as_str()))
    };
    let breach = |dependency: &String| {
        let what = format!(
            "{name} may not depend on {dependency}: put what both need into the inner crate, or a port"
        );
        Breach::new(file, line_of(file, dependency), what)
    };
    dependencies(&manifest).iter().filter(wrong).map(breach).collect()
}

/// Which layer a crate is of, from the inside; `None` for those that are beside them.
fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

/// The names of what a crate needs to be built, whatever the platform.
pub(super) fn dependencies(manifest: &Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = [manifest].into_iter().chain(targets.filter_map(Value::as_table));
    let kinds = tables.flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind)));
    let entries = kinds.flatten().filter_map(Value::as_table).flat_map(Table::iter);
    let name = |(name, entry): (&String, &Value)| {
        entry.get("package").and_then(Value::as_str).unwrap_or(name).to_owned()
    };
    entries.map(name).collect()
}

/// The crate that a manifest is of.
pub(super) fn owner(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/Cargo.toml")?;
    Some(folder.rsplit('/').next().unwrap_or(folder))
}

/// The line on which a manifest names `dependency`.
pub(super) fn line_of(file: &File, dependency: &str) -> usize {
    let starts = |line: &str| {
        line.trim_start().strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    file.lines().find(|(_, line)| starts(line)).map_or(1, |(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn an_inner_crate_may_not_depend_on_an_outer_one() {
        let core = "crates/pm-core/Cargo.toml";
        assert_eq!(lines(check, core, "[dependencies]\nserde = \"1\"\npm-store.workspace = true\n"), [3]);
        assert_eq!(lines(check, core, "[build-dependencies]\npm-server = { path = \"..\" }\n"), [2]);
        assert_eq!(
            lines(check, core, "[target.'cfg(unix)'.dependencies]\nx = { package = \"pm-store\" }\n"),
            [1]
        );
        let recall = "[dependencies]\npm-model.workspace = true\npm-core.workspace = true\n";
        assert_eq!(lines(check, "crates/pm-recall/Cargo.toml", recall), [3]);
        assert_eq!(lines(check, "xtask/Cargo.toml", "[dependencies]\npm-core.workspace = true\n"), [2]);
    }

    #[test]
    fn crates_of_one_layer_do_not_know_each_other() {
        let text = "[dependencies]\npm-core.workspace = true\npm-embed.workspace = true\n";
        assert_eq!(lines(check, "crates/pm-store/Cargo.toml", text), [3]);
        let text = "[dependencies]\npm-core.workspace = true\npm-store.workspace = true\n";
        assert_eq!(lines(check, "crates/pm-embed/Cargo.toml", text), [3]);
        let text = "[dependencies]\npm-embed.workspace = true\npm-store.workspace = true\n";
        assert!(lines(check, "crates/pm-server/Cargo.toml", text).is_empty());
    }

    #[test]
    fn an_outer_crate_may_depend_on_an_inner_one_and_tests_on_any() {
        let text =
            "[dependencies]\npm-recall.workspace = true\n[dev-dependencies]\npm-store.workspace = true\n";
        assert!(lines(check, "crates/pm-core/Cargo.toml", text).is_empty());
        let model = "[dependencies]\npm-model.workspace = true\n";
        assert!(lines(check, "xtask/Cargo.toml", model).is_empty());
        assert!(lines(check, "crates/pm-bench/Cargo.toml", model).is_empty());
        let recall = "[dependencies]\npm-recall.workspace = true\n";
        assert_eq!(lines(check, "crates/pm-bench/Cargo.toml", recall), [2]);
        let core = "[dependencies]\npm-core.workspace = true\n";
        assert!(lines(check, "crates/pm-fuzz/Cargo.toml", core).is_empty());
        assert!(lines(check, "Cargo.toml", "[dependencies]\npm-store = \"1\"\n").is_empty());
    }
}
