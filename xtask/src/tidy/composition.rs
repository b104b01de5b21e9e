//! In pm-server one file knows which stores there are.

use super::code::bare;
use super::paths::named;
use super::{Breach, File};

const PLACE: &str = "crates/pm-server/src/compose.rs";

pub(super) fn check(file: &File) -> Vec<Breach> {
    if !file.is_rust() || !file.path.starts_with("crates/pm-server/src/") || file.path == PLACE {
        return Vec::new();
    }
    let named = named(&bare(&file.text));
    let what = format!("names pm_store: take an `Arc<dyn Store>`; only {PLACE} knows which stores there are");
    named
        .iter()
        .filter(|path| path.is_below("pm_store"))
        .map(|path| Breach::new(file, path.line, &*what))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn only_compose_names_the_stores() {
        let text = "//! pm_store::embedded\nuse pm_store::embedded::EmbeddedStore;\n";
        assert_eq!(lines(check, "crates/pm-server/src/server.rs", text), [2]);
        assert!(lines(check, PLACE, text).is_empty());
        assert!(lines(check, "crates/pm-server/tests/it/main.rs", text).is_empty());
    }
}
