//! The server from outside: over HTTP, and as a process.

mod harness;

mod bounds;
mod hostile;
mod keys;
mod projects;
