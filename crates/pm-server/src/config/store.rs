//! Where projects, messages and memory are kept.

use std::path::PathBuf;

use super::names::{self, Spec};
use super::reader::{Checked, Reader, one_of};
use super::redis::{self, Redis};

/// Which store keeps the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Files of this machine, in `data_dir`.
    Embedded,
    /// Redis, Redis Sentinel or Redis Cluster.
    Redis,
}

/// Where projects, messages and memory are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Which store keeps the truth.
    pub kind: StoreKind,
    /// Why it is that one: a half sentence for the log.
    pub chosen_because: String,
    /// Where the embedded store keeps its files.
    pub data_dir: PathBuf,
    /// Where Redis is. Present exactly when `kind` is `Redis`.
    pub redis: Option<Redis>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Checked<Store> {
    let (default, chosen_because) = choice(reader);
    let kind = reader.value_or(
        &names::STORE,
        default,
        one_of(&[("embedded", StoreKind::Embedded), ("redis", StoreKind::Redis)]),
    );
    let data_dir = reader.value(&names::DATA_DIR, |text| Ok(PathBuf::from(text)));
    let redis = redis::read(reader, kind == Some(StoreKind::Redis));
    let kind = kind?;
    Some(Store {
        kind,
        chosen_because,
        data_dir: data_dir?,
        redis: match kind {
            StoreKind::Embedded => None,
            StoreKind::Redis => Some(redis?),
        },
    })
}

/// The store to use where `STORE` is silent, and the reason for the choice.
fn choice(reader: &Reader<'_>) -> (&'static str, String) {
    let redis_variable: Option<&Spec> =
        redis::VARIABLES.into_iter().find(|spec| reader.given(spec).is_some());
    let default = if redis_variable.is_some() { "redis" } else { "embedded" };
    let reason = match (reader.given(&names::STORE), redis_variable) {
        (Some(source), _) => format!("STORE says so ({source})"),
        (None, Some(spec)) => format!("STORE is not set and {} is", spec.name),
        (None, None) => "neither STORE nor a REDIS_ variable is set".to_owned(),
    };
    (default, reason)
}
