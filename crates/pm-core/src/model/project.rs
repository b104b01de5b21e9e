//! Projects: the hard boundary around messages and memory.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{JsonText, ProjectId, metadata};
use crate::input::{self, Fields, Invalid};

const NAME_CHARACTERS: usize = 200;
const DESCRIPTION_CHARACTERS: usize = 10_000;

/// Whether a project takes writes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProjectStatus {
    /// It does.
    #[default]
    Active,
    /// It can be read and recalled only.
    Archived,
}

impl ProjectStatus {
    /// Both, by name.
    pub const NAMES: [(&str, Self); 2] = [("active", Self::Active), ("archived", Self::Archived)];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }

    /// Reads its name.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        input::one_of(&Self::NAMES, name)
    }

    fn from_json(value: Value) -> Result<Self, Invalid> {
        Self::new(&input::string(value)?)
    }
}

/// A project.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Project {
    /// Made by the server.
    pub id: ProjectId,
    /// 1 to 200 characters, trimmed; need not be unique.
    pub name: String,
    /// At most 10,000 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
    /// Whether it takes writes.
    pub status: ProjectStatus,
    /// Any JSON object of at most 16 KiB.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub metadata: Option<JsonText>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed itself; writes to its memory and messages do not count.
    pub updated_at: Timestamp,
}

/// What a user says of a project, to make one or to replace all of one.
#[derive(Clone, PartialEq, Debug)]
pub struct ProjectDraft {
    /// See [`Project::name`].
    pub name: String,
    /// See [`Project::description`].
    pub description: Option<String>,
    /// See [`Project::status`].
    pub status: ProjectStatus,
    /// See [`Project::metadata`].
    pub metadata: Option<JsonText>,
}

impl ProjectDraft {
    /// Reads the body of a creation: a new project is active.
    pub fn to_create(body: Value) -> Result<Self, Invalid> {
        Self::read(body, false)
    }

    /// Reads the body of a replacement, which may also set the status.
    pub fn to_replace(body: Value) -> Result<Self, Invalid> {
        Self::read(body, true)
    }

    fn read(body: Value, with_status: bool) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body)?;
        let name = fields.required("name", name);
        let description = fields.optional("description", description);
        let status = if with_status { fields.optional("status", ProjectStatus::from_json) } else { None };
        let metadata = fields.optional("metadata", metadata::free);
        refuse_read_only(&mut fields);
        fields
            .finish(|| Some(Self { name: name?, description, status: status.unwrap_or_default(), metadata }))
    }

    /// The project this makes.
    pub fn at(self, id: ProjectId, created_at: Timestamp, updated_at: Timestamp) -> Project {
        let Self { name, description, status, metadata } = self;
        Project { id, name, description, status, metadata, created_at, updated_at }
    }
}

/// A JSON merge patch (RFC 7396) of a project.
#[derive(Clone, PartialEq, Debug)]
pub struct ProjectPatch(Value);

impl ProjectPatch {
    /// Reads a patch; what it makes of a project is checked when it is applied.
    pub fn new(body: Value) -> Result<Self, Invalid> {
        let mut fields = Fields::of(body.clone())?;
        for name in ["name", "description", "status", "metadata"] {
            fields.take(name);
        }
        refuse_read_only(&mut fields);
        fields.finish(|| Some(Self(body)))
    }

    /// What `project` is after the patch.
    pub fn apply(&self, project: &Project) -> Result<ProjectDraft, Invalid> {
        let mut target = serde_json::json!({"name": project.name, "status": project.status.as_str()});
        if let (Some(description), Some(object)) = (&project.description, target.as_object_mut()) {
            object.insert("description".to_owned(), Value::from(description.as_str()));
        }
        if let (Some(metadata), Some(object)) = (&project.metadata, target.as_object_mut()) {
            object.insert("metadata".to_owned(), metadata.to_value());
        }
        // A status or a name cannot be absent, so that null is a fault of theirs, not a way to clear them.
        for required in ["name", "status"] {
            if self.0.get(required).is_some_and(Value::is_null) {
                return Err(Invalid::field(required, "cannot be removed: leave it out to keep it"));
            }
        }
        merge(&mut target, &self.0);
        ProjectDraft::to_replace(target)
    }
}

/// `MergePatch` of RFC 7396, section 2. Depth is bounded by the parser.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, change) in patch {
        if change.is_null() {
            target.shift_remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), change);
        }
    }
}

fn refuse_read_only(fields: &mut Fields) {
    for name in ["id", "created_at", "updated_at"] {
        fields.read_only(name);
    }
}

pub(super) fn name(value: Value) -> Result<String, Invalid> {
    let name = input::string(value)?.trim().to_owned();
    let characters = name.chars().count();
    if characters == 0 || characters > NAME_CHARACTERS {
        let message = format!("must have 1 to {NAME_CHARACTERS} characters after trimming, not {characters}");
        return Err(Invalid::here(message));
    }
    Ok(name)
}

fn description(value: Value) -> Result<String, Invalid> {
    let description = input::string(value)?;
    let characters = description.chars().count();
    if characters > DESCRIPTION_CHARACTERS {
        let message = format!("has {characters} characters; at most {DESCRIPTION_CHARACTERS} are taken");
        return Err(Invalid::here(message));
    }
    Ok(description)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The table of RFC 7396, appendix A, but for the rows whose patch is no object.
    #[test]
    fn merging_is_as_rfc_7396_has_it() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, &patch);
            assert_eq!(merged, result, "{target} + {patch}");
        }
    }

    #[test]
    fn a_patch_cannot_take_away_what_must_be_there() {
        let draft = ProjectDraft::to_create(json!({"name": "n", "metadata": {"a": 1}})).unwrap();
        let project =
            draft.at(ProjectId::new(uuid::Uuid::nil()), Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH);
        let applied = |patch| ProjectPatch::new(patch).and_then(|patch| patch.apply(&project));
        assert_eq!(applied(json!({"metadata": null})).unwrap().metadata, None);
        assert_eq!(applied(json!({"status": "archived"})).unwrap().status, ProjectStatus::Archived);
        assert_eq!(applied(json!({})).unwrap().name, "n");
        for bad in [
            json!({"name": null}),
            json!({"status": null}),
            json!({"id": "x"}),
            json!({"size": 1}),
            json!([]),
        ] {
            assert!(applied(bad.clone()).is_err(), "{bad}");
        }
    }
}
