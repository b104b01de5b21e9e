//! What is measured: a file a case.

mod idle;
mod list;
mod live;
mod million;
mod project;
mod recall_default;
mod recall_large;
mod recall_small;
mod scan;
mod store;
mod store_redis;

use super::{Bench, Findings};
use crate::Outcome;

/// A case.
pub struct Case {
    /// What it is chosen by.
    pub name: &'static str,
    /// What it is called in the tables.
    pub title: &'static str,
    /// Whether it needs Redis.
    pub redis: bool,
    /// Measures it.
    pub run: fn(&Bench) -> Outcome<Findings>,
}

const fn case(name: &'static str, title: &'static str, run: fn(&Bench) -> Outcome<Findings>) -> Case {
    Case { name, title, redis: false, run }
}

/// All of them, in the order of the tables.
pub const CASES: [Case; 13] = [
    case("live", "`GET /health/live`, 32 clients", live::run),
    case("project", "`GET` a project, 32 clients", project::run),
    case("list", "list of 1,000 projects, 32 clients", list::run),
    case("store", "store, `static`, 64 clients", store::with_static),
    case("store-default", "store, default embedder, 64 clients", store::with_default),
    case("recall-small", "recall among 1,000 items, `static`", recall_small::run),
    case("recall-default", "recall among 1,000 items, default embedder", recall_default::run),
    case("recall-large", "recall among 100,000 items, `static`", recall_large::with_static),
    case("recall-large-default", "recall among 100,000 items, default embedder", recall_large::with_default),
    Case { name: "store-redis", title: "store on Redis, 32 clients", redis: true, run: store_redis::run },
    case("scan", "vectors of 100,000 items, one thread", scan::run),
    case("million", "1,000,000 items in 1,000 projects, `static`", million::run),
    case("idle", "a server without data, default embedder", idle::run),
];
