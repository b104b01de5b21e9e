//! The adapters of ai-pm's store port, and the conformance suite that all of them pass.
//!
//! * [`embedded`]: a `SQLite` file on the machine's own disk.
//! * [`redis`]: one Redis server, Sentinel or Cluster.
//! * `memory` (feature `memory`): plain maps, for unit tests of what calls a store.
//! * `conformance` (feature `conformance`): the port's contract as tests.

pub mod embedded;
mod followers;
mod measure;
pub mod redis;

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "memory")]
pub mod memory;
