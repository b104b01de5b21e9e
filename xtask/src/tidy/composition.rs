//! In pm-server one file knows which adapters there are.

use super::code::bare;
use super::paths::named;
use super::{Breach, File};

const PLACE: &str = "crates/pm-server/src/compose.rs";

/// The crates of adapters, and the port that each is behind.
const ADAPTERS: [(&str, &str); 2] = [("pm_store", "Store"), ("pm_embed", "Embedder")];

pub(super) fn check(file: &File) -> Vec<Breach> {
    if !file.is_rust() || !file.path.starts_with("crates/pm-server/src/") || file.path == PLACE {
        return Vec::new();
    }
    let named = named(&bare(&file.text));
    let breach = |(crate_name, port): (&str, &str)| {
        let what =
            format!("names {crate_name}: take an `Arc<dyn {port}>`; only {PLACE} knows which there are");
        let below = named.iter().filter(|path| path.is_below(crate_name));
        below.map(|path| Breach::new(file, path.line, &*what)).collect::<Vec<_>>()
    };
    ADAPTERS.into_iter().flat_map(breach).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    #[test]
    fn only_compose_names_the_adapters() {
        let text = "//! pm_store::embedded\nuse pm_store::embedded::EmbeddedStore;\nuse pm_embed::http::HttpEmbedder;\n";
        assert_eq!(lines(check, "crates/pm-server/src/server.rs", text), [2, 3]);
        assert!(lines(check, PLACE, text).is_empty());
        assert!(lines(check, "crates/pm-server/tests/it/main.rs", text).is_empty());
    }
}
