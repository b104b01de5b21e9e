//! What is fuzzed.

mod cursor;
mod jwt;
mod key;
mod tokenizer;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use crate::Outcome;
use crate::stage::Stage;

/// A parser with what it promises.
pub trait Target {
    /// What it is called; its part of the corpus is in a folder of that name.
    fn name(&self) -> &'static str;

    /// Words that mean something to it.
    fn words(&self) -> &'static [&'static str];

    /// Inputs that it takes.
    fn good(&self) -> Vec<(&'static str, Vec<u8>)>;

    /// Gives it an input; the error says which promise it broke.
    fn give(&self, input: &[u8]) -> Result<Seen, String>;
}

/// What can be seen of an execution from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Whether the parser took the input.
    pub accepted: bool,
    /// Differs where the outcome is of another kind.
    pub signature: u64,
}

impl Seen {
    fn new(accepted: bool, features: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        (accepted, features).hash(&mut hasher);
        Self { accepted, signature: hasher.finish() }
    }
}

/// All of them, over one stage.
pub fn all() -> Outcome<Vec<Box<dyn Target>>> {
    let stage = Rc::new(Stage::set()?);
    Ok(vec![
        Box::new(cursor::Cursor::new(stage.clone())?),
        Box::new(key::Key::new(stage.clone())),
        Box::new(jwt::Jwt::new(stage)),
        Box::new(tokenizer::Tokenizer),
    ])
}

/// To which power of two a number belongs: 0, 1, 2-3, 4-7 and so on.
fn magnitude(number: usize) -> u32 {
    usize::BITS - number.leading_zeros()
}

/// What a broken promise reads like.
fn hold(promise: bool, says: impl FnOnce() -> String) -> Result<(), String> {
    if promise { Ok(()) } else { Err(says()) }
}
