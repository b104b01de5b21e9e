//! Who may do what: scopes, what is granted, and API keys.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ProjectId, Scopes};
use crate::input::{self, Fields, Invalid};

/// The most projects that a key may be bound to.
const PROJECTS: usize = 100;

/// What may be done; each contains those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Read and recall.
    Read,
    /// Change projects, messages and memory.
    Write,
    /// Say who may come in.
    Admin,
}

impl Scope {
    /// All, by name.
    pub const NAMES: [(&str, Self); 3] =
        [("read", Self::Read), ("write", Self::Write), ("admin", Self::Admin)];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// Reads its name.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        input::one_of(&Self::NAMES, name)
    }
}

/// What somebody may do, and where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grant {
    /// What may be done; at least one.
    pub scopes: Scopes,
    /// In these projects alone; `None`: in all, those to come included.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub projects: Option<Box<[ProjectId]>>,
}

impl Grant {
    /// These scopes in all projects.
    pub fn everywhere(scopes: &[Scope]) -> Self {
        Self { scopes: scopes.iter().copied().collect(), projects: None }
    }

    /// Reads `scopes, projects?`; `None` says that a fault was noted.
    pub(super) fn read(fields: &mut Fields) -> Option<Self> {
        let scopes = fields.required("scopes", scopes);
        let projects = fields.optional("projects", projects);
        if let (Some(scopes), Some(_)) = (&scopes, &projects)
            && scopes.hold(Scope::Admin)
        {
            let message = "cannot hold admin where it is bound to projects: leave out one of both";
            fields.note(Invalid::field("scopes", message));
        }
        Some(Self { scopes: scopes?, projects })
    }

    /// Whether the scope is among those granted, or contained in one of them.
    pub fn holds(&self, scope: Scope) -> bool {
        self.scopes.hold(scope)
    }

    /// Whether it reaches the project.
    pub fn reaches(&self, project: ProjectId) -> bool {
        self.projects.as_ref().is_none_or(|projects| projects.contains(&project))
    }

    /// Whether it lets somebody say who may come in.
    pub fn administers(&self) -> bool {
        self.holds(Scope::Admin) && self.projects.is_none()
    }
}

/// An API key, without its secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its public part; made by the server.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it lets its bearer do.
    #[serde(flatten)]
    pub grant: Grant,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_used_at: Option<Timestamp>,
}

/// An API key to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyDraft {
    /// What it is for: 1 to 200 characters.
    pub name: String,
    /// What it lets its bearer do.
    pub grant: Grant,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl KeyDraft {
    /// Reads `{name, scopes, projects?, expires_at?}`.
    pub fn new(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let name = fields.required("name", super::project::name);
        let grant = Grant::read(&mut fields);
        let expires_at = fields.optional("expires_at", input::timestamp);
        fields.finish(|| Some(Self { name: name?, grant: grant?, expires_at }))
    }
}

fn scopes(value: Value) -> Result<Scopes, Invalid> {
    let scopes = input::array(value, |element| Scope::new(&input::string(element)?))?;
    if scopes.is_empty() {
        return Err(Invalid::here("must name at least one of read, write, admin"));
    }
    Ok(scopes.into())
}

fn projects(value: Value) -> Result<Box<[ProjectId]>, Invalid> {
    let read = |element| {
        let text = input::string(element)?;
        ProjectId::parse(&text).ok_or_else(|| Invalid::here("is not the id of a project"))
    };
    let mut projects = input::array(value, read)?;
    if projects.is_empty() || projects.len() > PROJECTS {
        let message = format!(
            "must name 1 to {PROJECTS} projects, not {}; leave it out for all of them",
            projects.len()
        );
        return Err(Invalid::here(message));
    }
    projects.sort_unstable();
    projects.dedup();
    Ok(projects.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scope_contains_those_before_it() {
        let grant = |scope| Grant::everywhere(&[scope]);
        assert!(grant(Scope::Admin).holds(Scope::Read) && grant(Scope::Write).holds(Scope::Read));
        assert!(!grant(Scope::Read).holds(Scope::Write) && !grant(Scope::Write).administers());
    }

    #[test]
    fn drafts_are_read_strictly() {
        let id = "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f";
        let draft =
            KeyDraft::new(json!({"name": " ci ", "scopes": ["write", "read", "read"], "projects": [id]}));
        let draft = draft.unwrap();
        assert_eq!((draft.name.as_str(), draft.grant.scopes), ("ci", vec![Scope::Read, Scope::Write].into()));
        for (body, field) in [
            (json!({"scopes": ["read"]}), "name"),
            (json!({"name": " ", "scopes": ["read"]}), "name"),
            (json!({"name": "x"}), "scopes"),
            (json!({"name": "x", "scopes": []}), "scopes"),
            (json!({"name": "x", "scopes": ["all"]}), "scopes[0]"),
            (json!({"name": "x", "scopes": ["read"], "projects": []}), "projects"),
            (json!({"name": "x", "scopes": ["read"], "projects": ["x"]}), "projects[0]"),
            (json!({"name": "x", "scopes": ["admin"], "projects": [id]}), "scopes"),
            (json!({"name": "x", "scopes": ["read"], "expires_at": "soon"}), "expires_at"),
            (json!({"name": "x", "scopes": ["read"], "key": "mine"}), "key"),
        ] {
            let faults = KeyDraft::new(body.clone()).unwrap_err().0;
            assert_eq!(faults.first().unwrap().field, field, "{body}");
        }
    }
}
