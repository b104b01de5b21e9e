//! Every key in Redis, in one place.
//!
//! A key begins with the prefix of the installation and the version of this layout. What belongs to one project stands
//! under one hash tag, so that a script can change all of it as one step, in a cluster too. No text of a user is ever
//! part of a key: keys, names and sessions are members and fields, where no character has a special meaning.
//!
//! | key | type | holds |
//! |---|---|---|
//! | `PREFIX:1:{PROJECT}:p` | hash | `d` the project, `v` its version, `s` 0 active or 1 archived, `r` the revision, `n` and `l` how many changes of memory there have been and the token of the last |
//! | `..:i` | hash | rank and key of an item → its record ([`super::record`]) |
//! | `..:k` | sorted set | rank, key: all items by name |
//! | `..:t` | sorted set | rank, time, key: all items by time |
//! | `..:s` | sorted set | session, rank, time, key: the items of each session by time |
//! | `..:e` | sorted set | expiry, version, rank, key: the items that expire |
//! | `..:x:VERSION` | string | the body of an item that expires; Redis takes it away when its time comes |
//! | `..:g` | sorted set | what was in `e` when all items were deleted, until the bodies are |
//! | `..:l` | list | the last changes of memory: token of the change before, own token, rank and key (none: all items are gone) |
//! | `..:v` | hash | rank and key of an item → its vector ([`super::record`]), perhaps of an earlier version of the item |
//! | `..:m` | hash | id of a message → its record |
//! | `..:mt`, `..:ms` | sorted sets | role, time, id; session, role, time, id |
//! | `..:o:SCOPE` | string | what was answered to a write that may be repeated; expires |
//! | `PREFIX:1:{projects}:d` | hash | id of a project → a copy of it for lists |
//! | `..:c`, `..:u`, `..:n` | sorted sets | status, then created, updated or name, then id |
//! | `..:w` | hash | projects that are being changed ([`super::registry`]) |
//! | `..:z` | sorted set | projects deleted within the last hour, by time |
//! | `PREFIX:1:{vault}:v` | hash | of the vault: `v` the last version, `r` the revision |
//! | `..:r:SHELF` | hash | id → its record ([`super::record`]) |
//! | `..:i:SHELF` | sorted set | all ids |
//! | `..:e` | sorted set | expiry, shelf, `:`, id: the records that expire |
//! | `PREFIX:1:{q:BUCKET}` | string | when a caller's bucket of tokens is full again ([`super::quota`]); expires |
//! | `PREFIX:1:{o:SCOPE}` | hash | which write a scope belongs to ([`super::once`]); expires |
//!
//! All sorted sets have equal scores and are read by the bytes of their members. `rank` is a digit, times are eight bytes
//! ([`super::record::time`]), a session is sixteen bytes of the SHA-256 of its id.

use std::fmt::Write as _;

use pm_core::model::ProjectId;
use pm_core::ports::Digest;

use super::link::Call;

/// The names of the keys of one installation.
#[derive(Debug)]
pub(super) struct Keys {
    prefix: String,
    /// In a cluster every key that a script reads is named, so that the node can tell whether all are there.
    all: bool,
}

/// What scripts on memory touch.
const MEMORY: [&str; 8] = ["p", "i", "k", "t", "s", "e", "l", "v"];
/// What scripts on memory touch that delete all of it.
const ALL_MEMORY: [&str; 9] = ["p", "i", "k", "t", "s", "e", "l", "v", "g"];
/// What scripts on messages touch.
const MESSAGES: [&str; 4] = ["p", "m", "mt", "ms"];
/// What scripts touch that delete a project.
const PROJECT: [&str; 12] = ["p", "i", "k", "t", "s", "e", "l", "v", "g", "m", "mt", "ms"];
/// What scripts on the list of projects touch.
const REGISTRY: [&str; 6] = ["d", "c", "u", "n", "w", "z"];
/// What scripts on the vault touch.
const VAULT: [&str; 14] = [
    "v",
    "e",
    "r:keys",
    "i:keys",
    "r:uses",
    "i:uses",
    "r:users",
    "i:users",
    "r:sessions",
    "i:sessions",
    "r:turns",
    "i:turns",
    "r:audit",
    "i:audit",
];

impl Keys {
    /// The names under this prefix.
    pub(super) fn new(prefix: &str, cluster: bool) -> Self {
        Self { prefix: format!("{prefix}:1:"), all: cluster }
    }

    /// The hash of a project.
    pub(super) fn project(&self, id: ProjectId) -> Vec<u8> {
        format!("{}{{{id}}}:p", self.prefix).into_bytes()
    }

    /// The hash of a project's messages.
    pub(super) fn messages(&self, id: ProjectId) -> Vec<u8> {
        format!("{}{{{id}}}:m", self.prefix).into_bytes()
    }

    /// A call of a script on the memory of a project.
    pub(super) fn on_memory(&self, id: ProjectId) -> Call {
        self.call(&id.to_string(), &MEMORY)
    }

    /// A call of a script that deletes all memory of a project.
    pub(super) fn on_all_memory(&self, id: ProjectId) -> Call {
        self.call(&id.to_string(), &ALL_MEMORY)
    }

    /// A call of a script on the messages of a project.
    pub(super) fn on_messages(&self, id: ProjectId) -> Call {
        self.call(&id.to_string(), &MESSAGES)
    }

    /// A call of a script on the project itself.
    pub(super) fn on_project(&self, id: ProjectId) -> Call {
        self.call(&id.to_string(), &["p"])
    }

    /// A call of a script that deletes a project.
    pub(super) fn on_all(&self, id: ProjectId) -> Call {
        self.call(&id.to_string(), &PROJECT)
    }

    /// A call of a script on the list of projects.
    pub(super) fn on_registry(&self) -> Call {
        self.call("projects", &REGISTRY)
    }

    /// The hash of what the vault counts.
    pub(super) fn vault(&self) -> Vec<u8> {
        format!("{}{{vault}}:v", self.prefix).into_bytes()
    }

    /// A call of a script on the vault.
    pub(super) fn on_vault(&self) -> Call {
        self.call("vault", &VAULT)
    }

    /// A call of a script on the claim of a scope.
    pub(super) fn on_claim(&self, scope: &Digest) -> Call {
        let key = format!("{}{{o:{}}}", self.prefix, hex(scope));
        Call { keys: vec![key.into_bytes()], args: Vec::new() }
    }

    /// A call of a script on a bucket of tokens.
    pub(super) fn on_bucket(&self, bucket: &Digest) -> Call {
        let key = format!("{}{{q:{}}}", self.prefix, hex(bucket));
        Call { keys: vec![key.into_bytes()], args: Vec::new() }
    }

    fn call(&self, tag: &str, names: &[&str]) -> Call {
        let named = if self.all { names } else { names.get(..1).unwrap_or_default() };
        let keys = named.iter().map(|name| format!("{}{{{tag}}}:{name}", self.prefix).into_bytes());
        Call { keys: keys.collect(), args: Vec::new() }
    }
}

/// Lower-case hex digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use pm_core::ports::Shelf;

    use super::*;

    #[test]
    fn keys_of_a_project_share_its_hash_tag() {
        let id = ProjectId::parse("0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f").unwrap();
        let single = Keys::new("ai-pm", false).on_memory(id).keys;
        assert_eq!(single, [b"ai-pm:1:{0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f}:p"]);
        let cluster = Keys::new("ai-pm", true).on_all(id).keys;
        assert_eq!(cluster.len(), 12);
        assert!(
            cluster.iter().all(|key| key.starts_with(b"ai-pm:1:{0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f}:"))
        );
    }

    #[test]
    fn keys_of_the_vault_are_those_of_each_shelf() {
        let cluster = Keys::new("ai-pm", true).on_vault().keys;
        assert_eq!(cluster[0], Keys::new("ai-pm", false).vault());
        assert_eq!(cluster.len(), 2 + 2 * Shelf::ALL.len());
        for shelf in Shelf::ALL {
            for kind in ["r", "i"] {
                let key = format!("ai-pm:1:{{vault}}:{kind}:{}", shelf.name());
                assert!(cluster.contains(&key.into_bytes()));
            }
        }
    }
}
