//! What the path names.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use pm_core::Error;
use pm_core::input::Invalid;
use pm_core::model::{Key, MemoryType, MessageId, ProjectId};
use uuid::Uuid;

use crate::rest::problem::{Code, Problem};

/// The parameters of the path, decoded.
struct Path(Vec<(String, String)>);

impl Path {
    async fn of<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| Problem::new(Code::MalformedRequest, "the path is not UTF-8"))?;
        Ok(Self(params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()))
    }

    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// Text that can be no id names no project: it never reaches the store.
    fn project(&self) -> Result<ProjectId, Problem> {
        ["id", "project_id"]
            .into_iter()
            .find_map(|name| ProjectId::parse(self.get(name)))
            .ok_or_else(|| Error::ProjectNotFound.into())
    }
}

/// The project that the path names.
pub struct ProjectScope(pub ProjectId);

impl<S: Send + Sync> FromRequestParts<S> for ProjectScope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Path::of(parts, state).await?.project().map(Self)
    }
}

/// A message of the project that the path names. Text that can be no id stands for the nil UUID, which is never made:
/// the store then says what is not there, in the order its contract has.
pub struct MessagePath(pub MessageId);

impl<S: Send + Sync> FromRequestParts<S> for MessagePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = MessageId::parse(Path::of(parts, state).await?.get("message_id"));
        Ok(Self(id.unwrap_or(MessageId::new(Uuid::nil()))))
    }
}

/// An item of the project that the path names.
pub struct ItemPath {
    /// Its type.
    pub r#type: MemoryType,
    /// Its key.
    pub key: Key,
}

impl<S: Send + Sync> FromRequestParts<S> for ItemPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::of(parts, state).await?;
        let r#type = MemoryType::new(path.get("type")).map_err(|fault| fault.within("type"));
        let key = Key::new(path.get("key")).map_err(|fault| fault.within("key"));
        match (r#type, key) {
            (Ok(r#type), Ok(key)) => Ok(Self { r#type, key }),
            (r#type, key) => {
                let faults = [r#type.err(), key.err()].into_iter().flatten().flat_map(|invalid| invalid.0);
                Err(Invalid(faults.collect()).into())
            }
        }
    }
}

/// The API key that the path names.
pub struct KeyId(pub String);

impl<S: Send + Sync> FromRequestParts<S> for KeyId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Ok(Self(Path::of(parts, state).await?.get("id").to_owned()))
    }
}

/// The old forms of delete: a key, and perhaps a project before it, as they stand.
pub struct KeyPath {
    /// The key.
    pub key: String,
    /// The project's id.
    pub project_id: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for KeyPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::of(parts, state).await?;
        let project_id = Some(path.get("project_id").to_owned()).filter(|id| !id.is_empty());
        Ok(Self { key: path.get("key").to_owned(), project_id })
    }
}
