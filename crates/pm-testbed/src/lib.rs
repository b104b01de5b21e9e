//! Servers that tests start by themselves.
