//! What the environment says of the terminal and of the caller. Settings are not among it: `config` reads those.

/// A variable that is set and not empty.
pub(super) fn of(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "conventions of shells and the caller's key: no settings of the server"
    )]
    let value = std::env::var(name);
    value.ok().filter(|value| !value.is_empty())
}
