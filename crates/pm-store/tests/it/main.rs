//! The adapters against the port's contract, and what is particular to each.

mod embedded;
mod memory;
mod oracle;
