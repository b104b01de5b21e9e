//! API keys: made, listed, revoked, and let in.

mod known;
mod text;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::access::{Cache, CredentialId, hexadecimal};
use super::audit::{Audit, finished};
use super::{Listing, Ports, VaultPorts, listing};
use crate::input::{Fields, Invalid};
use crate::model::{Act, ApiKey, Grant, KeyDraft, Target};
use crate::policy::{Actor, Admitted, Principal, PrincipalKind, Remembered};
use crate::ports::{Clock, Content, Expected, IdRange, Ids, Page, Record, Shelf, Store, Vault};
use crate::{Error, Result};
pub(super) use known::Known;
pub use text::KeyText;

/// How many uses are written down in [`NOTING`]. What finds no place is written at the next use: many keys must not cost
/// more than few.
const NOTES: usize = 16;
const NOTING: Duration = Duration::from_secs(1);
/// Records read at a time.
const PAGE: usize = 1000;

/// Operations on API keys.
#[derive(Debug)]
pub struct Keys {
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    /// Where projects are looked for that a key is to be bound to; `None`: they are not.
    store: Option<Arc<dyn Store>>,
    audit: Arc<Audit>,
    pub(super) cache: Arc<Cache<Known>>,
    notes: Arc<Semaphore>,
}

/// A key as the vault keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    #[serde(flatten)]
    grant: Grant,
    created_at: Timestamp,
    created_by: String,
    /// SHA-256 of the secret, in hexadecimal.
    digest: String,
}

/// Which keys are listed: pages of all, oldest first.
#[derive(Debug)]
pub struct KeyList(listing::ListRequest<(), ()>);

impl KeyList {
    /// Reads the parameters `limit, cursor`.
    pub fn new(fields: Fields) -> Result<Self, Invalid> {
        listing::ListRequest::unsorted(fields).map(Self)
    }
}

impl Keys {
    pub(super) fn new(ports: &Ports, audit: Arc<Audit>) -> Self {
        Self { store: Some(ports.store.clone()), ..Self::over(ports.of_vault(), audit) }
    }

    /// Operations on the keys of a vault, without a store beside it.
    pub fn over(ports: VaultPorts, audit: Arc<Audit>) -> Self {
        let VaultPorts { vault, clock, ids } = ports;
        Self {
            vault,
            clock,
            ids,
            store: None,
            audit,
            cache: Arc::default(),
            notes: Arc::new(Semaphore::new(NOTES)),
        }
    }

    /// Makes a key for `draft`, on behalf of `by`; the key itself is answered here and nowhere else.
    pub async fn create(&self, draft: KeyDraft, by: &Actor) -> Result<(ApiKey, KeyText)> {
        let now = self.clock.now();
        if draft.expires_at.is_some_and(|expires| expires <= now) {
            return Err(Invalid::field("expires_at", "is not in the future").into());
        }
        self.check_projects(&draft.grant).await?;
        let id = CredentialId::from(self.ids.next());
        let text = KeyText { id: Some(id), secret: self.ids.secret()? };
        let id = id.to_string();
        let kept = Kept {
            name: draft.name,
            grant: draft.grant,
            created_at: now,
            created_by: by.principal.identity(),
            digest: hexadecimal::write(&text.digest()),
        };
        let body = serde_json::to_string(&kept).map_err(Error::internal)?;
        let content = Content { body, expires_at: draft.expires_at };
        let (vault, audit) = (self.vault.clone(), self.audit.clone());
        let (record, by) = (id.clone(), by.clone());
        finished(async move {
            let written = vault.put_record(Shelf::Keys, &record, &content, Expected::Absent).await?;
            // Ids are never given twice.
            written.ok_or(Error::Conflict)?;
            audit.append(&by, Act::KeyCreated, Target::key(&record)).await;
            Ok(())
        })
        .await?;
        let key = kept.shown(id, draft.expires_at, None);
        Ok((key, text))
    }

    async fn check_projects(&self, grant: &Grant) -> Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        for (at, project) in grant.projects.iter().flatten().enumerate() {
            if store.project(*project).await?.is_none() {
                let message = "is the id of no project that is there";
                return Err(Invalid::field(format!("projects[{at}]"), message).into());
            }
        }
        Ok(())
    }

    /// A page of the list of keys, oldest first.
    pub async fn list(&self, request: &KeyList) -> Result<Listing<ApiKey>> {
        let page = request.0.page::<String>("keys")?;
        let after = page.after.as_deref();
        let mut records = self.vault.records(Shelf::Keys, after, page.limit + 1).await?;
        let more = records.len() > page.limit;
        records.truncate(page.limit);
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
            let used = self.vault.record(Shelf::Uses, &record.id).await?;
            let used = used.and_then(|used| serde_json::from_str(&used.content.body).ok());
            let kept = Kept::read(&record)?;
            entries.push(kept.shown(record.id, record.content.expires_at, used));
        }
        let total = self.vault.count_records(Shelf::Keys, IdRange::ALL).await?;
        let page = Page { entries, total, more };
        Ok(request.0.listing("keys", page, |last| last.id.clone()))
    }

    /// Revokes a key: whoever comes with it is refused from now on; on other nodes within
    /// [`WATCH_EVERY`](super::WATCH_EVERY).
    pub async fn revoke(&self, id: &str, by: &Actor) -> Result<()> {
        // What can be no id never reaches the vault.
        let id = CredentialId::parse(id).ok_or(Error::KeyNotFound)?.to_string();
        let (vault, cache, audit) = (self.vault.clone(), self.cache.clone(), self.audit.clone());
        let by = by.clone();
        finished(async move {
            let removed = vault.remove_record(Shelf::Keys, &id).await;
            // Also after a failure, which may have come too late to stop it.
            cache.forget();
            if !removed? {
                return Err(Error::KeyNotFound);
            }
            audit.append(&by, Act::KeyRevoked, Target::key(&id)).await;
            vault.remove_record(Shelf::Uses, &id).await.map(drop)
        })
        .await
    }

    /// Whom this key lets in, if anybody.
    pub(super) async fn authenticate(&self, id: CredentialId, text: &KeyText) -> Result<Option<Admitted>> {
        let now = self.clock.now();
        let admit = |known: &_| self.admit((id, text), known, now);
        if let Some(admitted) = self.cache.get(id, now, admit) {
            return Ok(admitted);
        }
        let epoch = self.cache.epoch();
        let Some(known) = self.look_up(id).await? else { return Ok(None) };
        let admitted = admit(&known);
        self.cache.keep(known, epoch);
        Ok(admitted)
    }

    /// Whom a known key lets in, if it is the one that was sent; that it was used is noted.
    fn admit(
        &self,
        (id, sent): (CredentialId, &KeyText),
        known: &Arc<Remembered<Known>>,
        now: Timestamp,
    ) -> Option<Admitted> {
        if !known.entry.admits(&sent.digest(), now) {
            return None;
        }
        if known.entry.is_due(now) {
            self.note_use(id, &known.entry, now);
        }
        Some(known.clone().into())
    }

    async fn look_up(&self, id: CredentialId) -> Result<Option<Arc<Remembered<Known>>>> {
        let Some(record) = self.vault.record(Shelf::Keys, &id.to_string()).await? else { return Ok(None) };
        let kept = Kept::read(&record)?;
        let digest = hexadecimal::read(&kept.digest)
            .ok_or_else(|| Error::internal("the digest of a key is broken"))?;
        let Kept { name, grant, .. } = kept;
        let (kind, credential) = (PrincipalKind::Key, Some(id.into()));
        let principal = Principal { kind, credential, name: name.as_str().into(), grant };
        let entry = Known::new(digest, record.content.expires_at);
        Ok(Some(Arc::new(Remembered { principal, entry })))
    }

    /// Notes in the background that a key was used.
    fn note_use(&self, id: CredentialId, known: &Known, now: Timestamp) {
        // With many keys there is none nearly always, and to ask for one writes what all who come in share.
        if self.notes.available_permits() == 0 {
            return;
        }
        let Ok(place) = Arc::clone(&self.notes).try_acquire_owned() else { return };
        known.noted(now);
        let (vault, id) = (self.vault.clone(), id.to_string());
        let content = Content { body: format!("\"{now}\""), expires_at: known.expires_at() };
        tokio::spawn(async move {
            if let Err(error) = vault.put_record(Shelf::Uses, &id, &content, Expected::Any).await {
                tracing::debug!(%error, "the use of a key was not noted");
            }
            tokio::time::sleep(NOTING).await;
            drop(place);
        });
    }

    /// Whether one of them says who may come in.
    pub(super) async fn has_administrator(&self) -> Result<bool> {
        let mut after: Option<String> = None;
        loop {
            let page = self.vault.records(Shelf::Keys, after.as_deref(), PAGE).await?;
            for record in &page {
                if Kept::read(record)?.grant.administers() {
                    return Ok(true);
                }
            }
            if page.len() < PAGE {
                return Ok(false);
            }
            after = page.into_iter().next_back().map(|record| record.id);
        }
    }
}

impl Kept {
    fn read(record: &Record) -> Result<Self> {
        serde_json::from_str(&record.content.body).map_err(Error::internal)
    }

    fn shown(self, id: String, expires_at: Option<Timestamp>, last_used_at: Option<Timestamp>) -> ApiKey {
        let Self { name, grant, created_at, .. } = self;
        ApiKey { id, name, grant, created_at, expires_at, last_used_at }
    }
}
