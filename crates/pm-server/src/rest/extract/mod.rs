//! What handlers take from a request. A fault in any of it is a [`Problem`](super::problem::Problem).

mod access;
mod body;
mod client;
mod conditions;
mod form;
mod path;
mod query;
mod room;

pub use access::{By, Caller, Reading, Within, Writing};
pub use body::{BodyLimit, JsonBody, Repeatable, bounded};
pub use client::Client;
pub use conditions::{Conditions, ReadConditions};
pub use form::{Form, FormBody};
pub use path::{ItemPath, KeyId, KeyPath, MessagePath, ProjectScope};
pub use query::{NoParameters, Parameters};
pub use room::Burden;
