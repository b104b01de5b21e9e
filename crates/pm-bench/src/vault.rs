//! The vault of a server that does not run yet, opened here: what lets people in, without HTTP before it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pm_core::model::{Grant, KeyDraft, Password, Scope, UserDraft, UserName};
use pm_core::operations::{Access, Algorithm, Audit, Keys, Sessions, Signing, Users, VaultPorts};
use pm_core::policy::Actor;
use pm_core::ports::{RandomIds, SystemClock};
use pm_store::embedded::EmbeddedStore;
use serde_json::json;

use crate::Outcome;

/// Writes that wait for the disk together.
const AT_A_TIME: usize = 500;

/// What lets people in.
pub struct Door {
    keys: Arc<Keys>,
    users: Arc<Users>,
    pub sessions: Arc<Sessions>,
    pub access: Arc<Access>,
}

impl Door {
    /// The door of the embedded store in `folder`, where `Server` keeps it.
    pub async fn open(folder: &Path) -> Outcome<Self> {
        let clock = Arc::new(SystemClock);
        let vault = EmbeddedStore::open(&folder.join("data"), clock.clone()).await?;
        let ports = VaultPorts { vault, clock, ids: Arc::new(RandomIds) };
        let audit = Arc::new(Audit::over(ports.clone(), None));
        let keys = Arc::new(Keys::over(ports.clone(), audit.clone()));
        let users = Arc::new(Users::over(ports.clone(), audit.clone()));
        let signing = Signing { algorithm: Algorithm::HS256, key: vec![7; 32], previous: None };
        let lifetime = Duration::from_mins(30);
        let sessions = Arc::new(Sessions::over(ports.clone(), users.clone(), audit, signing, lifetime));
        let access = Arc::new(Access::new(ports, keys.clone(), users.clone(), sessions.clone()));
        Ok(Self { keys, users, sessions, access })
    }

    /// Makes that many keys; the first may do all, so that the server does not look for an administrator.
    pub async fn make_keys(&self, count: usize) -> Outcome<Vec<String>> {
        let mut made = Vec::with_capacity(count);
        while made.len() < count {
            let batch = (made.len()..count.min(made.len() + AT_A_TIME)).map(|n| {
                let keys = self.keys.clone();
                tokio::spawn(async move {
                    let scope = if n == 0 { "admin" } else { "write" };
                    let draft = KeyDraft::new(json!({"name": format!("key {n}"), "scopes": [scope]}))?;
                    keys.create(draft, &Actor::shell()).await.map(|(_, text)| text.expose())
                })
            });
            for key in batch.collect::<Vec<_>>() {
                made.push(key.await??);
            }
        }
        Ok(made)
    }

    /// Makes a user known.
    pub async fn add_user(&self, name: &str, password: &str) -> Outcome<()> {
        let (name, password) = (UserName::new(name), Password::new(password.to_owned()));
        let draft = UserDraft {
            name: name.map_err(|_| "no name of a user")?,
            password: password.map_err(|_| "no password")?,
            grant: Grant::everywhere(&[Scope::Admin]),
        };
        self.users.add(draft, &Actor::shell()).await?;
        Ok(())
    }
}
