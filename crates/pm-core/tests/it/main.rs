//! The operations over a store that is simple, or breaks.

mod operations;
mod recall;
