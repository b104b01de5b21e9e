//! `ai-pm user`: users from the shell of whoever runs the server.

use std::io::Read;

use pm_core::model::{Password, User as Shown, UserDraft, UserName};
use pm_core::operations::Users;
use pm_core::policy::Actor;
use serde_json::json;

use super::{Failure, say};
use crate::compose;

/// The most bytes that are read of a password; it may have fewer.
const INPUT: u64 = 4096;

/// What is to be done.
#[derive(clap::Subcommand)]
pub(super) enum User {
    /// Make a user known. He may read and write everywhere, unless it says otherwise.
    Add(Add),
    /// List all users by name.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Give a user another password. What he has logged in to with the one before is over within a second.
    Passwd {
        /// His name.
        name: String,
        #[command(flatten)]
        source: PasswordSource,
    },
    /// Remove a user. What he has logged in to is over within a second.
    Remove {
        /// His name.
        name: String,
    },
}

#[derive(clap::Args)]
pub(super) struct Add {
    /// By which he logs in: letters, digits and ._@+-.
    name: String,
    /// Lets him do everything, also say who may come in.
    #[arg(long, conflicts_with_all = ["scopes", "projects"])]
    admin: bool,
    /// What he may do: read, write or admin, each with those before it. May be repeated.
    #[arg(long = "scope", value_name = "SCOPE", default_value = "write")]
    scopes: Vec<String>,
    /// Binds him to this project. May be repeated.
    #[arg(long = "project", value_name = "ID")]
    projects: Vec<String>,
    #[command(flatten)]
    source: PasswordSource,
}

#[derive(clap::Args)]
pub(super) struct PasswordSource {
    /// Read the password from standard input. Without it, it is asked for.
    #[arg(long)]
    password_stdin: bool,
}

pub(super) fn run(user: User) -> Result<(), Failure> {
    let config = super::load()?;
    let runtime = super::runtime()?;
    runtime.block_on(async {
        // What is wrong with the input is told before the store is opened.
        let work = Work::of(user)?;
        let users = compose::open_users(&config).await.map_err(Failure::failed)?;
        work.run(&users).await
    })
}

/// What is to be done, with all that it takes.
enum Work {
    Add(UserDraft),
    List { json: bool },
    Passwd(UserName, Password),
    Remove(UserName),
}

impl Work {
    fn of(user: User) -> Result<Self, Failure> {
        let name = |name: &str| UserName::new(name).map_err(|fault| Failure::usage(fault.within("name")));
        Ok(match user {
            User::Add(add) => Self::Add(add.draft()?),
            User::List { json } => Self::List { json },
            User::Passwd { name: named, source } => Self::Passwd(name(&named)?, source.password()?),
            User::Remove { name: named } => Self::Remove(name(&named)?),
        })
    }

    async fn run(self, users: &Users) -> Result<(), Failure> {
        match self {
            Self::Add(draft) => {
                let added = users.add(draft, &Actor::shell()).await.map_err(Failure::failed)?;
                say(format_args!("added {}", added.name.as_str()))
            }
            Self::List { json } => list(users, json).await,
            Self::Passwd(name, password) => {
                users.set_password(&name, password, &Actor::shell()).await.map_err(Failure::failed)?;
                say(format_args!("{} has another password", name.as_str()))
            }
            Self::Remove(name) => {
                users.remove(&name, &Actor::shell()).await.map_err(Failure::failed)?;
                say(format_args!("removed {}", name.as_str()))
            }
        }
    }
}

impl Add {
    fn draft(self) -> Result<UserDraft, Failure> {
        let Self { name, admin, scopes, projects, source } = self;
        let scopes = if admin { vec!["admin".to_owned()] } else { scopes };
        let projects = (!projects.is_empty()).then_some(projects);
        let body = json!({"name": name, "password": source.text()?, "scopes": scopes, "projects": projects});
        UserDraft::new(body).map_err(Failure::usage)
    }
}

impl PasswordSource {
    fn text(&self) -> Result<String, Failure> {
        if self.password_stdin { of_stdin() } else { asked() }
    }

    fn password(&self) -> Result<Password, Failure> {
        Password::new(self.text()?).map_err(|fault| Failure::usage(fault.within("password")))
    }
}

fn of_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().take(INPUT).read_to_string(&mut text);
    read.map_err(|error| Failure::failed(format!("standard input: {error}")))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

fn asked() -> Result<String, Failure> {
    let ask = |prompt| {
        rpassword::prompt_password(prompt).map_err(|error| {
            Failure::usage(format!(
                "there is no terminal to ask for the password ({error}): use --password-stdin"
            ))
        })
    };
    let password = ask("Password: ")?;
    if password == ask("The same again: ")? {
        Ok(password)
    } else {
        Err(Failure::usage("the two passwords are not the same"))
    }
}

async fn list(users: &Users, as_json: bool) -> Result<(), Failure> {
    if !as_json {
        say(format_args!("{:<12}  {:<20}  name", "scopes", "added"))?;
    }
    let mut after: Option<UserName> = None;
    loop {
        let page = users.list(after.as_ref()).await.map_err(Failure::failed)?;
        for user in &page {
            let line =
                if as_json { serde_json::to_string(user).map_err(Failure::failed)? } else { row(user) };
            say(line)?;
        }
        match page.into_iter().next_back() {
            Some(last) => after = Some(last.name),
            None => return Ok(()),
        }
    }
}

fn row(user: &Shown) -> String {
    let (scopes, projects) = super::key::granted(&user.grant);
    format!("{scopes:<12}  {:<20.0}  {}{projects}", user.created_at, user.name.as_str())
}
