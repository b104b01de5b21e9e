//! `ai-pm key`: API keys from the shell of whoever runs the server.

use pm_core::input::Fields;
use pm_core::model::{ApiKey, Grant, KeyDraft, Scope};
use pm_core::operations::{KeyList, Keys};
use pm_core::policy::Actor;
use serde_json::json;

use super::{Failure, say};
use crate::compose;

/// What is to be done.
#[derive(clap::Subcommand)]
pub(super) enum Key {
    /// Make a key and print it, this once.
    Create(Create),
    /// List all keys, oldest first, without their secrets.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key: a running server refuses it within a second.
    Revoke {
        /// The key's public id: the part between the underscores.
        id: String,
    },
}

#[derive(clap::Args)]
pub(super) struct Create {
    /// What it is for.
    name: String,
    /// What it lets its bearer do: read, write or admin, each with those before it. May be repeated.
    #[arg(long = "scope", value_name = "SCOPE", default_value = "write")]
    scopes: Vec<String>,
    /// Binds it to this project. May be repeated.
    #[arg(long = "project", value_name = "ID")]
    projects: Vec<String>,
    /// When it ends, such as 2027-01-31T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    expires_at: Option<String>,
}

pub(super) fn run(key: Key) -> Result<(), Failure> {
    let config = super::load()?;
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let keys = compose::open_keys(&config).await.map_err(Failure::failed)?;
        match key {
            Key::Create(create) => make(&keys, create).await,
            Key::List { json } => list(&keys, json).await,
            Key::Revoke { id } => {
                keys.revoke(&id, &Actor::shell()).await.map_err(Failure::failed)?;
                say(format_args!("revoked {id}"))
            }
        }
    })
}

async fn make(keys: &Keys, create: Create) -> Result<(), Failure> {
    let Create { name, scopes, projects, expires_at } = create;
    let projects = (!projects.is_empty()).then_some(projects);
    let body = json!({ "name": name, "scopes": scopes, "projects": projects, "expires_at": expires_at });
    let draft = KeyDraft::new(body).map_err(Failure::usage)?;
    let (_, text) = keys.create(draft, &Actor::shell()).await.map_err(Failure::failed)?;
    say(text.expose())
}

async fn list(keys: &Keys, as_json: bool) -> Result<(), Failure> {
    if !as_json {
        say(format_args!("{:<32}  {:<12}  {:<20}  {:<20}  name", "id", "scopes", "expires", "last used"))?;
    }
    let mut cursor: Option<String> = None;
    loop {
        let parameters = cursor.map(|cursor| ("cursor".to_owned(), cursor)).into_iter().collect();
        let request = KeyList::new(Fields::of_query(parameters)).map_err(Failure::failed)?;
        let page = keys.list(&request).await.map_err(Failure::failed)?;
        for key in page.entries {
            let line =
                if as_json { serde_json::to_string(&key).map_err(Failure::failed)? } else { row(&key) };
            say(line)?;
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}

fn row(key: &ApiKey) -> String {
    let time = |time: Option<jiff::Timestamp>, otherwise: &str| {
        time.map_or_else(|| otherwise.to_owned(), |time| format!("{time:.0}"))
    };
    let (scopes, projects) = granted(&key.grant);
    let (expires, used) = (time(key.expires_at, "never"), time(key.last_used_at, "never"));
    let name = key.name.escape_debug();
    format!("{}  {scopes:<12}  {expires:<20}  {used:<20}  {name}{projects}", key.id)
}

/// What is granted, and where, in words.
pub(super) fn granted(grant: &Grant) -> (String, String) {
    let scopes: Vec<_> = grant.scopes.iter().map(Scope::as_str).collect();
    let projects = grant.projects.as_ref().map_or(String::new(), |all| {
        format!(" (in {})", all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    });
    (scopes.join(","), projects)
}
