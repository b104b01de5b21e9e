//! The scripts that run inside Redis: each is one atomic step.

use super::link::Script;

/// All scripts.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) put_items: Script,
    pub(super) put_each: Script,
    pub(super) delete_items: Script,
    pub(super) clear_items: Script,
    pub(super) discard: Script,
    pub(super) count_items: Script,
    pub(super) items: Script,
    pub(super) scan_items: Script,
    pub(super) list_items: Script,
    pub(super) put_vectors: Script,
    pub(super) vectors: Script,
    pub(super) scan_vectors: Script,
    pub(super) changes: Script,
    pub(super) purge: Script,
    pub(super) create_message: Script,
    pub(super) delete_message: Script,
    pub(super) list_messages: Script,
    pub(super) create_project: Script,
    pub(super) replace_project: Script,
    pub(super) delete_project: Script,
    pub(super) registry_mark: Script,
    pub(super) registry_settle: Script,
    pub(super) registry_page: Script,
    pub(super) claim: Script,
    pub(super) lease: Script,
    pub(super) settle_claim: Script,
    pub(super) vault_record: Script,
    pub(super) vault_records: Script,
    pub(super) vault_count: Script,
    pub(super) vault_put: Script,
    pub(super) vault_remove: Script,
    pub(super) vault_sweep: Script,
}

/// A script made of files, one after the other.
macro_rules! script {
    ($name:literal: $($file:literal),+) => {
        Script::new($name, concat!($(include_str!(concat!("scripts/", $file, ".lua")), "\n"),+))
    };
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            put_items: script!("put_items": "clock", "prelude", "changing", "values", "conditions", "once", "storing", "put_items"),
            put_each: script!("put_each": "clock", "prelude", "put_each"),
            delete_items: script!("delete_items": "clock", "prelude", "changing", "values", "conditions", "delete_items"),
            clear_items: script!("clear_items": "clock", "prelude", "changing", "discarding", "clear_items"),
            discard: script!("discard": "clock", "prelude", "discarding", "discard"),
            count_items: script!("count_items": "clock", "prelude", "changing", "count_items"),
            items: script!("items": "clock", "prelude", "values", "items"),
            scan_items: script!("scan_items": "clock", "prelude", "changing", "values", "scan_items"),
            list_items: script!("list_items": "clock", "prelude", "changing", "values", "merge", "list_items"),
            put_vectors: script!("put_vectors": "clock", "prelude", "values", "vector", "put_vectors"),
            vectors: script!("vectors": "clock", "prelude", "values", "vector", "vectors"),
            scan_vectors: script!("scan_vectors": "clock", "prelude", "changing", "values", "vector", "scan_vectors"),
            changes: script!("changes": "clock", "prelude", "values", "changes"),
            purge: script!("purge": "clock", "prelude", "changing", "purge"),
            create_message: script!("create_message": "clock", "prelude", "once", "create_message"),
            delete_message: script!("delete_message": "clock", "prelude", "conditions", "delete_message"),
            list_messages: script!("list_messages": "clock", "prelude", "merge", "list_messages"),
            create_project: script!("create_project": "clock", "prelude", "once", "create_project"),
            replace_project: script!("replace_project": "clock", "prelude", "replace_project"),
            delete_project: script!("delete_project": "clock", "prelude", "conditions", "discarding", "delete_project"),
            registry_mark: script!("registry_mark": "registry", "registry_mark"),
            registry_settle: script!("registry_settle": "registry", "registry_settle"),
            registry_page: script!("registry_page": "registry", "merge", "registry_page"),
            lease: script!("lease": "lease"),
            claim: script!("claim": "claim"),
            settle_claim: script!("settle_claim": "settle_claim"),
            vault_record: script!("vault_record": "clock", "vault", "vault_record"),
            vault_records: script!("vault_records": "clock", "vault", "vault_records"),
            vault_count: script!("vault_count": "clock", "vault", "vault_count"),
            vault_put: script!("vault_put": "clock", "vault", "vault_put"),
            vault_remove: script!("vault_remove": "clock", "vault", "vault_remove"),
            vault_sweep: script!("vault_sweep": "clock", "vault", "vault_sweep"),
        }
    }
}
