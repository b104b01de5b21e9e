//! A server on a free port over a store in a folder of its own, and a client that knows how to ask it.

mod answer;
pub mod process;
mod server;
pub mod store;

pub use answer::Answer;
pub use server::{TestServer, ports_of};
