//! How things are written in Redis: a fixed head that scripts read, then JSON.
//!
//! | record | head |
//! |---|---|
//! | item | form `1`, `h` (the body follows) or `x` (it has a key of its own), version 8, time 8, expiry 8 (all ones: never), session 16 (zeros: none) |
//! | vector | version of the item 8, model 8; its bytes follow |
//! | message | form `1`, version 8, role 1, time 8, session 16 |
//! | record of the vault | form `1`, version 8, expiry 8 (all ones: never); its body follows |
//! | project in lists | version 8, status 1, created 8, updated 8, length of the name 4, name |
//!
//! Numbers are big-endian.

use jiff::Timestamp;
use pm_core::model::{
    JsonText, Key, MemoryItem, MemoryType, Message, Project, ProjectId, ProjectStatus, Role, SessionId,
    Version, Versioned,
};
use pm_core::ports::{Content, ItemVector, ModelTag, Record};
use pm_core::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The expiry of what does not expire.
pub(super) const NEVER: [u8; 8] = [0xff; 8];
/// The session of what has none.
const NO_SESSION: [u8; 16] = [0; 16];
/// The bytes of an item's head.
const ITEM_HEAD: usize = 42;
/// The bytes of a message's head.
const MESSAGE_HEAD: usize = 34;
/// The bytes of the head of a record of the vault.
const VAULT_HEAD: usize = 17;

/// A time in microseconds, written so that bytes compare as times do.
pub(super) fn time(micros: i64) -> [u8; 8] {
    (micros.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// The reverse of [`time`].
pub(super) fn micros(time: [u8; 8]) -> i64 {
    (u64::from_be_bytes(time) ^ (1 << 63)).cast_signed()
}

/// When Redis itself takes a thing away, in milliseconds since 1970: not before its time.
pub(super) fn expiry_ms(at: Timestamp) -> String {
    let ms = at.as_microsecond().div_euclid(1000).saturating_add(1);
    // A time of 1970 or before has come as well as any; Redis takes none of these.
    ms.max(1).to_string()
}

/// What stands for a session.
pub(super) fn session(id: Option<&SessionId>) -> [u8; 16] {
    let Some(id) = id else { return NO_SESSION };
    let digest: [u8; 32] = Sha256::digest(id.as_str()).into();
    let (half, _) = digest.split_at(16);
    half.try_into().unwrap_or(NO_SESSION)
}

/// The digit of a type.
pub(super) fn rank(r#type: MemoryType) -> u8 {
    b'0' + r#type.rank()
}

/// The digit of a role.
pub(super) fn role(role: Role) -> u8 {
    match role {
        Role::User => b'0',
        Role::AiPm => b'1',
        Role::System => b'2',
    }
}

/// The digit of a status.
pub(super) fn status(status: ProjectStatus) -> u8 {
    match status {
        ProjectStatus::Active => b'0',
        ProjectStatus::Archived => b'1',
    }
}

/// The name of an item: rank and key.
pub(super) fn name(r#type: MemoryType, key: &Key) -> Vec<u8> {
    let mut name = Vec::with_capacity(1 + key.as_str().len());
    name.push(rank(r#type));
    name.extend_from_slice(key.as_str().as_bytes());
    name
}

/// The reverse of [`name`].
pub(super) fn read_name(name: &[u8]) -> Result<(MemoryType, Key)> {
    let (rank, key) = name.split_first().ok_or_else(broken)?;
    let r#type = rank.checked_sub(b'0').and_then(MemoryType::from_rank).ok_or_else(broken)?;
    Ok((r#type, Key::stored(std::str::from_utf8(key).map_err(Error::internal)?)))
}

/// Where an item is in the list by time: rank, time and key.
pub(super) fn place(item: &MemoryItem) -> Vec<u8> {
    let key = item.key.as_str().as_bytes();
    let mut place = Vec::with_capacity(9 + key.len());
    place.push(rank(item.r#type));
    place.extend_from_slice(&time(item.timestamp.as_microsecond()));
    place.extend_from_slice(key);
    place
}

/// What of an item stands in its body, under names that take little room.
#[derive(Serialize, Deserialize)]
struct Body<V, S, M> {
    v: V,
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<S>,
    #[serde(skip_serializing_if = "Option::is_none")]
    m: Option<M>,
    #[serde(skip_serializing_if = "Option::is_none")]
    i: Option<f64>,
}

/// An item as the script that stores it takes it: time, expiry and session; when it expires in milliseconds, empty if
/// never; its body.
pub(super) fn item(item: &MemoryItem) -> Result<[Vec<u8>; 3]> {
    let mut head = Vec::with_capacity(32);
    head.extend_from_slice(&time(item.timestamp.as_microsecond()));
    head.extend_from_slice(&item.expires_at.map_or(NEVER, |end| time(end.as_microsecond())));
    head.extend_from_slice(&session(item.session_id.as_ref()));
    let body = Body {
        v: &item.value,
        t: item.ttl,
        s: item.session_id.as_ref(),
        m: item.metadata.as_ref(),
        i: item.importance,
    };
    let body = serde_json::to_vec(&body).map_err(Error::internal)?;
    Ok([head, item.expires_at.map(expiry_ms).unwrap_or_default().into_bytes(), body])
}

/// Reads an item's record.
pub(super) fn read_item(project_id: ProjectId, name: &[u8], record: &[u8]) -> Result<Versioned<MemoryItem>> {
    let (r#type, key) = read_name(name)?;
    let (head, body) = record.split_at_checked(ITEM_HEAD).ok_or_else(broken)?;
    form(head)?;
    let version = Version(u64::from_be_bytes(eight(head, 2)?));
    let expires = eight(head, 18)?;
    let body: Body<JsonText, SessionId, JsonText> = serde_json::from_slice(body).map_err(Error::internal)?;
    let value = MemoryItem {
        project_id,
        r#type,
        key,
        value: body.v,
        timestamp: timestamp(micros(eight(head, 10)?))?,
        ttl: body.t,
        expires_at: if expires == NEVER { None } else { Some(timestamp(micros(expires))?) },
        session_id: body.s,
        metadata: body.m,
        importance: body.i,
    };
    Ok(Versioned { value, version })
}

/// A vector as it is kept.
pub(super) fn vector(model: ModelTag, vector: &ItemVector) -> Vec<u8> {
    [vector.version.0.to_be_bytes().as_slice(), &model_tag(model), &vector.bytes].concat()
}

/// What stands for a model.
pub(super) fn model_tag(model: ModelTag) -> [u8; 8] {
    model.0.to_be_bytes()
}

/// A message as the script that keeps it takes it: role, time and session; its body.
pub(super) fn message(message: &Message) -> Result<[Vec<u8>; 2]> {
    let mut head = vec![role(message.role)];
    head.extend_from_slice(&time(message.timestamp.as_microsecond()));
    head.extend_from_slice(&session(message.session_id.as_ref()));
    Ok([head, serde_json::to_vec(message).map_err(Error::internal)?])
}

/// Reads a message's record.
pub(super) fn read_message(record: &[u8]) -> Result<Versioned<Message>> {
    let (head, body) = record.split_at_checked(MESSAGE_HEAD).ok_or_else(broken)?;
    form(head)?;
    let version = Version(u64::from_be_bytes(eight(head, 1)?));
    Ok(Versioned { value: serde_json::from_slice(body).map_err(Error::internal)?, version })
}

/// A project as the list of projects keeps it.
pub(super) fn entry(project: &Project, version: Version) -> Result<Vec<u8>> {
    let body = serde_json::to_vec(project).map_err(Error::internal)?;
    let length = u32::try_from(project.name.len()).map_err(Error::internal)?;
    let mut entry = Vec::with_capacity(29 + project.name.len() + body.len());
    entry.extend_from_slice(&version.0.to_be_bytes());
    entry.push(status(project.status));
    entry.extend_from_slice(&time(project.created_at.as_microsecond()));
    entry.extend_from_slice(&time(project.updated_at.as_microsecond()));
    entry.extend_from_slice(&length.to_be_bytes());
    entry.extend_from_slice(project.name.as_bytes());
    entry.extend_from_slice(&body);
    Ok(entry)
}

/// Reads a project as the list of projects keeps it.
pub(super) fn read_entry(entry: &[u8]) -> Result<Versioned<Project>> {
    let version = Version(u64::from_be_bytes(eight(entry, 0)?));
    let length: [u8; 4] = entry.get(25..29).and_then(|four| four.try_into().ok()).ok_or_else(broken)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(Error::internal)?;
    let body = entry.get(29..).and_then(|rest| rest.get(length..)).ok_or_else(broken)?;
    Ok(Versioned { value: serde_json::from_slice(body).map_err(Error::internal)?, version })
}

/// What stands for a version, in records and in what scripts compare with them.
pub(super) fn version(version: u64) -> [u8; 8] {
    version.to_be_bytes()
}

/// When a record of the vault expires.
pub(super) fn expiry(at: Option<Timestamp>) -> [u8; 8] {
    at.map_or(NEVER, |at| time(at.as_microsecond()))
}

/// Reads a record of the vault.
pub(super) fn read_vault(id: String, record: &[u8]) -> Result<Record> {
    let (head, body) = record.split_at_checked(VAULT_HEAD).ok_or_else(broken)?;
    form(head)?;
    let version = u64::from_be_bytes(eight(head, 1)?);
    let expires = eight(head, 9)?;
    let expires_at = if expires == NEVER { None } else { Some(timestamp(micros(expires))?) };
    let body = String::from_utf8(body.to_vec()).map_err(Error::internal)?;
    Ok(Record { id, content: Content { body, expires_at }, version })
}

fn form(head: &[u8]) -> Result<()> {
    if head.first() == Some(&b'1') { Ok(()) } else { Err(broken()) }
}

fn eight(head: &[u8], at: usize) -> Result<[u8; 8]> {
    head.get(at..).and_then(|rest| rest.first_chunk()).copied().ok_or_else(broken)
}

fn timestamp(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(Error::internal)
}

fn broken() -> Error {
    Error::internal("a record in Redis is not as this version writes it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_compare_as_their_bytes_do() {
        let micros_of = [i64::MIN, -1, 0, 1, 1_750_000_000_000_000, i64::MAX];
        assert!(micros_of.map(time).is_sorted());
        assert_eq!(micros_of.map(|n| micros(time(n))), micros_of);
    }

    #[test]
    fn redis_takes_nothing_away_before_its_time() {
        let at = Timestamp::from_microsecond(1_500_001).unwrap();
        assert_eq!(expiry_ms(at), "1501");
        assert_eq!(expiry_ms(Timestamp::from_microsecond(-5).unwrap()), "1");
    }

    #[test]
    fn what_is_no_record_is_a_fault() {
        let id = ProjectId::parse("0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f").unwrap();
        for record in [b"".as_slice(), b"1h", &[b'2'; 60], &[b'1'; 60]] {
            assert!(read_item(id, b"0a", record).is_err());
            assert!(read_message(record).is_err());
            assert!(read_entry(record).is_err());
            assert!(read_vault("a".to_owned(), record).is_err());
        }
        assert!(read_name(b"").is_err() && read_name(b"9a").is_err() && read_name(b"0\xff").is_err());
    }
}
