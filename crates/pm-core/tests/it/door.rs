//! A vault, and doors to it: each as on a node of its own.

use std::sync::Arc;
use std::time::Duration;

use pm_core::operations::{Access, Algorithm, Audit, Keys, Sessions, Signing, Users, VaultPorts};
use pm_core::ports::{ManualClock, RandomIds};
use pm_store::memory::MemoryStore;
use tokio::time::sleep;

pub struct Vault {
    pub store: Arc<MemoryStore>,
    pub clock: Arc<ManualClock>,
}

pub struct Door {
    pub keys: Arc<Keys>,
    pub users: Arc<Users>,
    pub sessions: Arc<Sessions>,
    pub access: Arc<Access>,
    pub audit: Arc<Audit>,
}

impl Vault {
    pub fn new() -> Self {
        let clock = Arc::new(ManualClock::new("2026-03-05T14:07:00Z".parse().unwrap()));
        Self { store: MemoryStore::new(clock.clone()), clock }
    }

    /// A node over it.
    pub fn door(&self) -> Door {
        let ids = Arc::new(RandomIds);
        let ports = || VaultPorts { vault: self.store.clone(), clock: self.clock.clone(), ids: ids.clone() };
        let audit = Arc::new(Audit::over(ports(), None));
        let keys = Arc::new(Keys::over(ports(), audit.clone()));
        let users = Arc::new(Users::over(ports(), audit.clone()));
        let signing = Signing { algorithm: Algorithm::HS256, key: b"tests".to_vec(), previous: None };
        let lifetime = Duration::from_mins(30);
        let sessions = Arc::new(Sessions::over(ports(), users.clone(), audit.clone(), signing, lifetime));
        let access = Arc::new(Access::new(ports(), keys.clone(), users.clone(), sessions.clone()));
        Door { keys, users, sessions, access, audit }
    }
}

impl Door {
    pub async fn watched(&self) {
        let access = self.access.clone();
        tokio::spawn(async move { access.watch().await });
        sleep(Duration::from_millis(1)).await; // tidy: those who call it have paused the clock
    }

    pub async fn lets_in(&self, credential: &str) -> bool {
        self.access.authenticate(credential).await.unwrap().is_some()
    }
}
