//! The two ways to what is kept: the store itself, or a running server. Both answer the API's own JSON.

mod local;
pub(in crate::cli) mod said;
mod server;
pub(in crate::cli) mod trust;

use std::path::PathBuf;

use serde_json::{Value, json};

use self::local::Local;
pub(in crate::cli) use self::server::{Health, Patience, Server};
use super::environment;
use super::failure::Failure;

/// The variable that has the API key for the server.
const API_KEY: &str = "AI_PM_API_KEY";

/// Parameters as the API calls them, with their values.
pub(in crate::cli) type Asked = Vec<(&'static str, String)>;

/// A page of a list.
#[derive(Debug, Default)]
pub(in crate::cli) struct Page {
    pub(in crate::cli) entries: Vec<Value>,
    /// How many entries the whole list has.
    pub(in crate::cli) total: u64,
    /// The `cursor` of the next page.
    pub(in crate::cli) next: Option<String>,
}

/// What storing an item did.
#[derive(Debug)]
pub(in crate::cli) struct Stored {
    pub(in crate::cli) item: Value,
    /// Whether no item of its type and key was there before.
    pub(in crate::cli) created: bool,
    /// The keys of what made room for it.
    pub(in crate::cli) evicted: Vec<String>,
}

/// What commands need, in the API's own JSON whichever way it goes. Ids are ids of projects.
pub(in crate::cli) trait Door {
    /// The project of this id.
    fn project(&mut self, id: &str) -> Result<Value, Failure>;

    /// The project that is meant by a name or an id.
    fn find_project(&mut self, named: &str) -> Result<Value, Failure>;

    /// A page of the list of projects.
    fn projects(&mut self, asked: &Asked) -> Result<Page, Failure>;

    /// Makes a project.
    fn make_project(&mut self, body: Value) -> Result<Value, Failure>;

    /// Changes what a merge patch names.
    fn patch_project(&mut self, id: &str, patch: Value) -> Result<Value, Failure>;

    /// Deletes a project with all that is in it.
    fn delete_project(&mut self, id: &str) -> Result<(), Failure>;

    /// Makes a project; its id.
    fn create_project(&mut self, body: Value) -> Result<String, Failure> {
        let project = self.make_project(body)?;
        let id = project.get("id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| Failure::failed("the answer names no project"))
    }

    /// Sets the status of a project.
    fn set_status(&mut self, id: &str, status: &str) -> Result<(), Failure> {
        self.patch_project(id, json!({ "status": status })).map(drop)
    }

    /// Has it recorded that the project is taken out, where whoever does so passes by the server's rules.
    fn note_export(&mut self, id: &str) -> Result<(), Failure>;

    /// The next items of the project, none at the end.
    fn next_items(&mut self, id: &str) -> Result<Vec<Value>, Failure>;

    /// The next messages of the project, oldest first, none at the end.
    fn next_messages(&mut self, id: &str) -> Result<Vec<Value>, Failure>;

    /// Stores items in a project.
    fn store_items(&mut self, id: &str, items: Vec<Value>) -> Result<(), Failure>;

    /// Stores one item; the body names the project.
    fn store(&mut self, body: Value) -> Result<Stored, Failure>;

    /// The items that answer best; the body names the project.
    fn recall(&mut self, body: Value) -> Result<Value, Failure>;

    /// Deletes the items of a key.
    fn forget(&mut self, id: &str, key: &str, r#type: Option<&str>) -> Result<(), Failure>;

    /// Deletes all items of a project.
    fn clear(&mut self, id: &str) -> Result<Value, Failure>;

    /// How many items a project has.
    fn count(&mut self, id: &str) -> Result<Value, Failure>;

    /// A page of the list of a project's messages.
    fn messages(&mut self, id: &str, asked: &Asked) -> Result<Page, Failure>;

    /// Adds a message to a project.
    fn add_message(&mut self, id: &str, body: Value) -> Result<Value, Failure>;

    /// Adds messages to a project; those of one time stay in their order.
    fn add_messages(&mut self, id: &str, bodies: Vec<Value>) -> Result<(), Failure>;

    /// What an assistant needs for its next answer.
    fn context(&mut self, id: &str, query: Option<&str>) -> Result<Value, Failure>;

    /// What keeps it all: `store`, and what this way knows of `data_bytes` and `pending`.
    fn about(&mut self) -> Result<Value, Failure>;

    /// Closes the way.
    fn close(&mut self) -> Result<(), Failure>;
}

/// Which way to go.
#[derive(clap::Args, Debug)]
pub(in crate::cli) struct Way {
    /// Go through the running server at this address instead of opening the store.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The API key for the server [env: `AI_PM_API_KEY`].
    // Read by `open`: with clap, a key in the environment would ask for --server.
    #[arg(long, value_name = "KEY", requires = "server")]
    api_key: Option<String>,
    /// A PEM file of the authority that vouches for an https server, where it is not one of the system.
    #[arg(long, value_name = "FILE", requires = "server")]
    ca: Option<PathBuf>,
}

impl Way {
    /// Opens it.
    pub(in crate::cli) fn open(self) -> Result<Box<dyn Door>, Failure> {
        match self.server {
            Some(_) => Ok(Box::new(self.open_server(Patience::default())?)),
            None => Ok(Box::new(Local::open()?)),
        }
    }

    /// Whether it goes through a server.
    pub(in crate::cli) fn is_server(&self) -> bool {
        self.server.is_some()
    }

    /// The server that is named.
    pub(in crate::cli) fn open_server(self, patience: Patience) -> Result<Server, Failure> {
        let key = self.api_key.or_else(|| environment::of(API_KEY));
        // Out of a file it comes with the end of its line.
        let key = key.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
        Server::new(&self.server.unwrap_or_default(), key, self.ca.as_deref(), patience)
    }
}
