//! The audit record: entries are added and listed. Nothing changes or removes one before its time.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::{Listing, VaultPorts, listing};
use crate::input::{self, Fields, Invalid};
use crate::model::{Act, AuditEntry, Key, MemoryType, Target};
use crate::policy::Actor;
use crate::ports::{Content, Expected, IdRange, Order, Page, Record, Shelf};
use crate::{Error, Result};

/// The name of this list in its cursors.
const LIST: &str = "audit";

/// Operations on the audit record.
#[derive(Debug)]
pub struct Audit {
    ports: VaultPorts,
    kept: Option<SignedDuration>,
    failures: Failures,
}

/// The most failed log-ins of a minute that are kept, by each server.
const FAILURES: u32 = 60;

/// How many failed log-ins the minute has had, and which minute it is.
#[derive(Debug, Default)]
struct Failures(Mutex<(i64, u32)>);

impl Failures {
    /// Counts one; whether it may be kept.
    fn has_room(&self, at: Timestamp) -> bool {
        let minute = at.as_second() / 60;
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (counted, count) = *failures;
        let count = if counted == minute { count.saturating_add(1) } else { 1 };
        *failures = (minute, count);
        count <= FAILURES
    }
}

/// Which entries are listed.
#[derive(Clone, PartialEq, Debug, Serialize)]
struct Between {
    /// Those not before this instant.
    since: Option<Timestamp>,
    /// Those before this instant.
    until: Option<Timestamp>,
}

/// Which entries are listed: pages of those of a time, newest first.
#[derive(Debug)]
pub struct AuditList(listing::ListRequest<Between, ()>);

impl AuditList {
    /// Reads the parameters `since, until, limit, cursor`.
    pub fn new(mut fields: Fields) -> Result<Self, Invalid> {
        let since = fields.optional("since", input::time_bound);
        let until = fields.optional("until", input::time_bound);
        let page = listing::ListRequest::in_one_order(&mut fields, Order::Descending);
        fields.finish(|| Some(Self(page(Between { since, until }))))
    }
}

impl Audit {
    /// Operations on the audit record in a vault, where each entry is `kept` for so long; `None`: for ever.
    pub fn over(ports: VaultPorts, kept: Option<SignedDuration>) -> Self {
        Self { ports, kept, failures: Failures::default() }
    }

    /// Adds that `by` did this, which is done: it cannot fail any more. Where the entry cannot be kept all of it stands
    /// in the log, which has every entry; whether it was kept.
    ///
    /// Call it inside of `finished`, together with the deed.
    pub async fn append(&self, by: &Actor, act: Act, target: Target) -> bool {
        let at = self.ports.clock.now();
        let entry = AuditEntry {
            id: id(at, self.ports.ids.next()).to_string(),
            at,
            actor: by.principal.identity(),
            name: by.principal.name.as_str().to_owned(),
            act: act.as_str().to_owned(),
            target,
            client: by.client.clone(),
            request_id: by.request_id.clone(),
        };
        // Strangers must not fill the disk: the log, which is rotated, has what they try beyond this.
        if act == Act::LoginFailed && !self.failures.has_room(at) {
            log(&entry, None);
            return false;
        }
        let kept = self.keep(&entry).await;
        log(&entry, kept.as_ref().err());
        kept.is_ok()
    }

    async fn keep(&self, entry: &AuditEntry) -> Result<()> {
        let body = serde_json::to_string(entry).map_err(Error::internal)?;
        let expires_at = self.kept.and_then(|kept| entry.at.checked_add(kept).ok());
        let content = Content { body, expires_at };
        let kept = self.ports.vault.put_record(Shelf::Audit, &entry.id, &content, Expected::Absent).await?;
        // Ids are never given twice.
        kept.map(drop).ok_or(Error::Conflict)
    }

    /// A page of the record, newest first.
    pub async fn list(&self, request: &AuditList) -> Result<Listing<AuditEntry>> {
        let page = request.0.page::<Uuid>(LIST)?;
        let Between { since, until } = &request.0.filter;
        let (since, until) = (since.map(beginning), until.map(beginning));
        let range = IdRange { after: since.as_deref(), before: until.as_deref() };
        let total = self.ports.vault.count_records(Shelf::Audit, range).await?;
        // What follows the cursor is before it.
        let seen = page.after.map(|id| id.to_string());
        let rest = IdRange { before: seen.as_deref().or(range.before), ..range };
        let mut records = self
            .ports
            .vault
            .records_within(Shelf::Audit, rest, page.order, page.limit.saturating_add(1))
            .await?;
        let more = records.len() > page.limit;
        records.truncate(page.limit);
        let entries = records.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(request.0.listing(LIST, Page { entries, total, more }, |last| last.id.clone()))
    }
}

/// Does `work` to its end, also where the one who asked for it goes away: whoever hangs up right after he has asked for
/// a deed must not keep it out of the record.
pub(super) async fn finished<T: Send + 'static>(
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    tokio::spawn(work).await.map_err(Error::internal)?
}

fn read(record: &Record) -> Result<AuditEntry> {
    serde_json::from_str(&record.content.body).map_err(Error::internal)
}

/// The most that the time of an id holds: 48 bits of milliseconds.
const LAST_MILLISECOND: u64 = (1 << 48) - 1;

/// An id that sorts by `at`, to the microsecond: a version 7 UUID that has the part of the millisecond in the 12 bits
/// after it (RFC 9562, section 6.2, method 3), and the rest of a random one.
fn id(at: Timestamp, random: Uuid) -> Uuid {
    let micros = u64::try_from(at.as_microsecond()).unwrap_or_default();
    let (millis, rest) = ((micros / 1000).min(LAST_MILLISECOND), micros % 1000);
    // 4096 steps are enough for 1000 microseconds to have one each.
    let high = (millis << 16) | 0x7000 | (rest * 4096 / 1000);
    let (_, low) = random.as_u64_pair();
    Uuid::from_u64_pair(high, (low & !(0b11 << 62)) | (0b10 << 62))
}

/// What stands right before all ids of this instant and after all of those before it.
fn beginning(at: Timestamp) -> String {
    let mut text = id(at, Uuid::nil()).to_string();
    // Milliseconds and their part, as ids are written: 8, 4 and 4 digits.
    text.truncate("00000000-0000-7000".len());
    text
}

/// Writes an entry to the log.
fn log(entry: &AuditEntry, error: Option<&Error>) {
    let AuditEntry { id, actor, name, act, target, client, request_id, .. } = entry;
    let Target { project_id, r#type, key, key_id, message_id, user, count } = target;
    let at = entry.at.to_string();
    let (project_id, message_id) = (project_id.map(|id| id.to_string()), message_id.map(|id| id.to_string()));
    let (r#type, key) = (r#type.map(MemoryType::as_str), key.as_ref().map(Key::as_str));
    macro_rules! event {
        ($level:ident, $($more:tt)+) => {
            tracing::$level!(
                target: "audit",
                id, at, actor, name, act, project_id, "type" = r#type, key, key_id, message_id, user, count, client,
                request_id, $($more)+
            )
        };
    }
    match error {
        None => event!(info, "recorded"),
        Some(error) => event!(error, %error, "done, and could not be recorded"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_microseconds_and_are_uuids_of_version_7() {
        let first = 1_772_719_620_123_456_i64;
        let at = |micros: i64| Timestamp::from_microsecond(first + micros).unwrap();
        let random = [Uuid::max(), Uuid::nil()];
        let mut last = String::new();
        for micros in 0..2_100 {
            let begins = beginning(at(micros));
            assert!(last < begins, "{last} {begins}");
            for random in random {
                let made = id(at(micros), random);
                assert_eq!((made.get_version_num(), made.get_variant()), (7, uuid::Variant::RFC4122));
                let text = made.to_string();
                assert!(begins < text && text < beginning(at(micros + 1)), "{text}");
                last = last.max(text);
            }
        }
    }

    #[test]
    fn of_failed_log_ins_each_minute_has_its_share() {
        let failures = Failures::default();
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!((0..100).filter(|_| failures.has_room(at(59))).count(), 60);
        assert!(failures.has_room(at(60)));
    }

    #[test]
    fn every_instant_has_a_beginning() {
        let beginnings: Vec<_> = ["0000-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "9999-12-30T22:00:00Z"]
            .map(|text| beginning(text.parse().unwrap()))
            .into();
        assert_eq!(beginnings[0], "00000000-0000-7000", "nothing was recorded before 1970");
        assert!(beginnings.is_sorted() && beginnings[1] < beginnings[2]);
    }
}
