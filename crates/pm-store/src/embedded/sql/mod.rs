//! What each method of the port is in SQL.

pub(super) mod conditions;
pub(super) mod item;
pub(super) mod item_list;
pub(super) mod message;
pub(super) mod once;
pub(super) mod project;
pub(super) mod project_list;
pub(super) mod put;
pub(super) mod query;
pub(super) mod state;
pub(super) mod sweep;
pub(super) mod vault;
pub(super) mod vector;

pub(super) use state::Unsaved;
