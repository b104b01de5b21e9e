//! Which store a server under test is over: `AI_PM_TEST_STORE` says `embedded` (the default), `redis`, `valkey` or
//! `cluster`. The servers of Redis are started by the tests and shared by all of them; a prefix of its own keeps each
//! folder's data apart, as the folder does for the embedded store.

use std::path::Path;

use pm_testbed::shared;

/// What the tests were told.
fn kind() -> String {
    #[expect(clippy::disallowed_methods, reason = "a variable of the tests', no setting of the server")]
    let kind = std::env::var("AI_PM_TEST_STORE");
    kind.ok().filter(|kind| !kind.is_empty()).unwrap_or_else(|| "embedded".to_owned())
}

/// Whether the store under test is the embedded one, and its files are there to be looked at.
pub fn is_embedded() -> bool {
    kind() == "embedded"
}

/// The settings that put a server in `folder` over the store under test.
fn settings(folder: &Path) -> Vec<(String, String)> {
    let url = match kind().as_str() {
        "embedded" => return Vec::new(),
        "redis" => shared::redis().url(),
        "valkey" => shared::valkey().url(),
        "cluster" => shared::cluster().url(),
        other => panic!("AI_PM_TEST_STORE={other}: give embedded, redis, valkey or cluster"),
    };
    let name: String = folder.display().to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let prefix = name.get(name.len().saturating_sub(60)..).unwrap_or_default().to_owned();
    vec![("REDIS_URL".to_owned(), url), ("REDIS_PREFIX".to_owned(), prefix)]
}

/// What keeps a test on the embedded store: it is about that store's own files.
pub const EMBEDDED: (&str, &str) = ("STORE", "embedded");

/// The settings of a test with those of the store under test, unless the test chose one.
pub fn with<'a>(folder: &Path, settings: &[(&'a str, &'a str)]) -> Vec<(String, String)> {
    let chosen = settings.iter().any(|(name, _)| *name == "STORE" || name.starts_with("REDIS_"));
    let mut all = if chosen { Vec::new() } else { self::settings(folder) };
    all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    all
}
