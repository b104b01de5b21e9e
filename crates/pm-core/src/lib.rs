//! The domain of ai-pm: models and their rules, the ports through which it reaches the outside, and the
//! operations that every transport calls.
//!
//! * [`model`]: projects, messages, memory items, and the small types they are made of.
//! * [`input`]: from bytes a stranger sent to a model, or to a list of every fault in them.
//! * [`ports`]: the store, the embedder, the clock and the source of ids, as traits.
//! * [`policy`]: who may do what.
//! * [`operations`]: what can be done, once for all transports.
//!
//! Nothing here knows HTTP, SQL, Redis or the environment.

pub mod error;
pub mod input;
pub mod model;
pub mod operations;
pub mod policy;
pub mod ports;

pub use error::{Error, Result};
