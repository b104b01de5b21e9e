//! A fuzzer for the parsers that strangers reach: it changes what is in the corpus, gives it to a parser, and looks for
//! panics and for broken promises.
//!
//! It works on a stable compiler and has no view into the code. What tells it that an input is worth keeping is what can
//! be seen from outside: how the parser answered, and of what kind the input was.

pub mod corpus;
mod mutate;
mod random;
mod run;
mod stage;
pub mod target;

pub use random::Random;
pub use run::{Finding, Run, quiet};

/// What sets the stage can fail in many ways, none of which this program could mend.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
