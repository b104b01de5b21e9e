//! The paths.

mod engine;
mod requests;

use clap::ValueEnum;

use crate::Outcome;

/// One operation, made ready.
pub(crate) type Operation = Box<dyn FnMut() -> Outcome<()>>;

/// What can be run.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Path {
    /// A key that is remembered, at the door.
    Door,
    /// `GET` of a project, through the whole router.
    Get,
    /// `POST /api/memory/store`, each time another item, through the whole router.
    Store,
    /// `POST /api/memory/recall` among 1,000 items, each time another query, through the whole router.
    RecallSmall,
    /// A search among 100,000 items, each time another query, by the index itself.
    RecallLarge,
    /// An item of 40 words that is put into an index.
    Insert,
    /// 200 words to terms.
    Tokenizer,
    /// The products of one vector with 1,000.
    Dots,
}

impl Path {
    /// Makes everything ready that the operation needs.
    pub(crate) fn prepare(self) -> Outcome<Operation> {
        match self {
            Self::Door => requests::door(),
            Self::Get => requests::get(),
            Self::Store => requests::store(),
            Self::RecallSmall => requests::recall(),
            Self::RecallLarge => engine::recall(),
            Self::Insert => Ok(engine::insert()),
            Self::Tokenizer => Ok(engine::tokenizer()),
            Self::Dots => engine::dots(),
        }
    }
}
