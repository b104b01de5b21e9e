//! The way to Redis: connections, what keeps them up, and the calls over them.

mod script;

use std::time::Duration;

use pm_core::Result;
use redis::Value;

pub(super) use script::Script;

use super::options::RedisOptions;

/// What a script is called with. The first key decides the node; in a cluster all keys are of one slot.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) args: Vec<Vec<u8>>,
}

/// The way to Redis.
#[derive(Debug)]
pub(super) struct Link {}
