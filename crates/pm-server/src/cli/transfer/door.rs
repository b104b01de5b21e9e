//! The two ways to a project: the store itself, or a running server.

use std::path::PathBuf;

use serde_json::Value;

use super::local::Local;
use super::server::Server;
use crate::cli::Failure;

/// What export and import need, in the API's own JSON whichever way it goes.
pub(super) trait Door {
    /// The project of this id.
    fn project(&mut self, id: &str) -> Result<Value, Failure>;

    /// Has it recorded that the project is taken out, where whoever does so passes by the server's rules.
    fn note_export(&mut self, id: &str) -> Result<(), Failure>;

    /// The next items of the project, none at the end.
    fn next_items(&mut self, id: &str) -> Result<Vec<Value>, Failure>;

    /// The next messages of the project, oldest first, none at the end.
    fn next_messages(&mut self, id: &str) -> Result<Vec<Value>, Failure>;

    /// Makes a project; its id.
    fn create_project(&mut self, body: Value) -> Result<String, Failure>;

    /// Sets the status of a project.
    fn set_status(&mut self, id: &str, status: &str) -> Result<(), Failure>;

    /// Stores items in a project.
    fn store_items(&mut self, id: &str, items: Vec<Value>) -> Result<(), Failure>;

    /// Adds messages to a project; those of one time stay in their order.
    fn add_messages(&mut self, id: &str, bodies: Vec<Value>) -> Result<(), Failure>;

    /// Takes a project back that could not be finished.
    fn delete_project(&mut self, id: &str) -> Result<(), Failure>;

    /// Closes the way.
    fn close(&mut self) -> Result<(), Failure>;
}

/// Which way to go.
#[derive(clap::Args)]
pub(super) struct Way {
    /// Go through the running server at this address instead of opening the store.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The API key for the server.
    #[arg(long, value_name = "KEY", env = "AI_PM_API_KEY", hide_env_values = true, requires = "server")]
    api_key: Option<String>,
    /// A PEM file of the authority that vouches for an https server, where it is not one of the system.
    #[arg(long, value_name = "FILE", requires = "server")]
    ca: Option<PathBuf>,
}

impl Way {
    /// Opens it.
    pub(super) fn open(self) -> Result<Box<dyn Door>, Failure> {
        match self.server {
            Some(url) => Ok(Box::new(Server::new(&url, self.api_key, self.ca.as_deref())?)),
            None => Ok(Box::new(Local::open()?)),
        }
    }
}
