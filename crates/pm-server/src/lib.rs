//! ai-pm: the backend of an AI project manager.
//!
//! * [`config`]: what the operator decides, checked at start.
//! * [`compose`]: puts a store and the operations together; alone here it names the stores there are.
//! * [`limit`]: how often one caller may call.
//! * [`rest`]: the REST API, its problems, its OpenAPI document.
//! * [`mcp`]: the door for coding agents.
//! * [`http`]: the accept loop below it, with its time limits and shutdown.
//! * [`tls`]: the certificate of the server and its key.
//! * [`server`]: all of it running.
//! * [`cli`]: the commands.
//! * [`telemetry`]: logs and metrics.
//! * [`workspace`]: which project the working folder means.

pub mod cli;
pub mod compose;
pub mod config;
pub mod http;
pub mod limit;
pub mod mcp;
pub mod rest;
pub mod server;
pub mod telemetry;
pub mod tls;
pub mod workspace;
