//! What ai-pm is held against: the least that does a part of its work.

pub mod bandwidth;
pub mod bare;
pub mod group;
pub mod log;
pub mod redis;
pub mod sqlite;
