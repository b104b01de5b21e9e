//! Lists by page: filters, sorts, and the position that a cursor stands for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    Key, MemoryItem, MemoryType, Message, MessageId, Project, ProjectId, ProjectStatus, Role, SessionId,
};

/// Up or down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// A page to be read: what follows `after` in the list sorted by `sort`, tie-breaks in the same order.
#[derive(Clone, PartialEq, Debug)]
pub struct PageRequest<S, P> {
    /// What the list is sorted by.
    pub sort: S,
    /// Up or down, for the sort and its tie-breaks alike.
    pub order: Order,
    /// The position of the last entry of the page before; `None`: from the start.
    pub after: Option<P>,
    /// The most entries, at least 1.
    pub limit: usize,
}

/// A page that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Page<T> {
    /// Its entries, in order.
    pub entries: Vec<T>,
    /// How many entries the whole list has under the same filter, whatever the page.
    pub total: u64,
    /// Whether entries follow.
    pub more: bool,
}

/// What an entry is sorted by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SortValue {
    /// Microseconds since 1970.
    Time(i64),
    /// Text, compared byte by byte.
    Text(String),
}

/// Which projects are listed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ProjectFilter {
    /// Those of this status.
    pub status: Option<ProjectStatus>,
    /// Those whose name or description holds this text, whatever the case (both sides lower-cased by Unicode's
    /// full mapping, [`str::to_lowercase`]); no character of it has a special meaning.
    pub search: Option<String>,
}

impl ProjectFilter {
    /// Whether a project is listed.
    pub fn passes(&self, project: &Project) -> bool {
        let found = self.search.as_deref().map(str::to_lowercase).is_none_or(|needle| {
            let holds = |text: &String| text.to_lowercase().contains(&needle);
            holds(&project.name) || project.description.as_ref().is_some_and(holds)
        });
        found && self.status.is_none_or(|wanted| wanted == project.status)
    }
}

/// What projects can be sorted by; ties go by id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProjectSort {
    /// When they were made.
    CreatedAt,
    /// When they were last changed.
    UpdatedAt,
    /// Their name, byte by byte.
    Name,
}

/// A place in a list of projects.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ProjectPosition(pub SortValue, pub ProjectId);

impl ProjectPosition {
    /// Where `project` stands in a list sorted by `sort`.
    pub fn of(project: &Project, sort: ProjectSort) -> Self {
        let value = match sort {
            ProjectSort::CreatedAt => SortValue::Time(project.created_at.as_microsecond()),
            ProjectSort::UpdatedAt => SortValue::Time(project.updated_at.as_microsecond()),
            ProjectSort::Name => SortValue::Text(project.name.clone()),
        };
        Self(value, project.id)
    }

    /// Whether a list sorted by `sort` can have such a place.
    pub fn fits(&self, sort: ProjectSort) -> bool {
        match sort {
            ProjectSort::CreatedAt | ProjectSort::UpdatedAt => matches!(self.0, SortValue::Time(_)),
            ProjectSort::Name => matches!(self.0, SortValue::Text(_)),
        }
    }
}

/// Which items are listed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ItemFilter {
    /// Those of this type.
    pub r#type: Option<MemoryType>,
    /// Those of this conversation.
    pub session_id: Option<SessionId>,
    /// Those whose key starts with these bytes.
    pub prefix: Option<String>,
    /// Those not before this instant.
    pub since: Option<Timestamp>,
    /// Those before this instant.
    pub until: Option<Timestamp>,
}

/// What items can be sorted by; ties go by type (its rank), then key, or by type alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ItemSort {
    /// When they came to be.
    Timestamp,
    /// Their key, byte by byte.
    Key,
}

/// A place in a list of items: what it is sorted by, type and key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ItemPosition(pub SortValue, pub MemoryType, pub Key);

impl ItemPosition {
    /// Where `item` stands in a list sorted by `sort`.
    pub fn of(item: &MemoryItem, sort: ItemSort) -> Self {
        let value = match sort {
            ItemSort::Timestamp => SortValue::Time(item.timestamp.as_microsecond()),
            ItemSort::Key => SortValue::Text(item.key.as_str().to_owned()),
        };
        Self(value, item.r#type, item.key.clone())
    }

    /// Whether a list sorted by `sort` can have such a place.
    pub fn fits(&self, sort: ItemSort) -> bool {
        match sort {
            ItemSort::Timestamp => matches!(self.0, SortValue::Time(_)),
            ItemSort::Key => matches!(self.0, SortValue::Text(_)),
        }
    }
}

/// Which messages are listed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct MessageFilter {
    /// Those of this role.
    pub role: Option<Role>,
    /// Those of this conversation.
    pub session_id: Option<SessionId>,
    /// Those not before this instant.
    pub since: Option<Timestamp>,
    /// Those before this instant.
    pub until: Option<Timestamp>,
}

/// A place in a list of messages, which is always sorted by timestamp; ties go by id.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct MessagePosition(pub i64, pub MessageId);

impl MessagePosition {
    /// Where `message` stands.
    pub fn of(message: &Message) -> Self {
        Self(message.timestamp.as_microsecond(), message.id)
    }
}
