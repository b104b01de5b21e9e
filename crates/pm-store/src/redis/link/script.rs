//! Scripts that run inside Redis.

/// A Lua script, known to the server by the SHA-1 of its text.
#[derive(Debug)]
pub(in super::super) struct Script {
    /// What it is called in metrics and logs.
    pub(in super::super) name: &'static str,
    /// Its text.
    pub(in super::super) source: String,
    /// The SHA-1 of its text in lower-case hex digits: what `EVALSHA` names it by.
    pub(in super::super) sha1: String,
}
