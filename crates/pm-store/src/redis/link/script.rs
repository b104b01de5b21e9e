//! Scripts that run inside Redis.

/// A Lua script, known to the server by the SHA-1 of its text.
#[derive(Debug)]
pub(in super::super) struct Script {
    pub(in super::super) name: &'static str,
    pub(in super::super) source: &'static str,
    pub(in super::super) sha1: String,
}
impl Script {
    pub(in super::super) fn new(name: &'static str, source: &'static str) -> Self {
        Self { name, source, sha1: sha1_smol::Sha1::from(source).digest().to_string() }
    }
}
