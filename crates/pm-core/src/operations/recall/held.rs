//! What is held of a project: its index, or why there is none, and whom that answers.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::index::SharedIndex;
use super::loaded::Loaded;
use crate::{Error, Result};

/// What is held of a project.
///
/// Who asks for an index takes a ticket first. Asking the store notes which tickets are out before it begins, and what
/// comes of it, good or bad, answers all of these: nobody is answered from what began before he came.
#[derive(Default)]
pub(super) struct Held {
    state: State,
    /// The last of the tickets that are answered.
    answered: u64,
}

#[derive(Default)]
enum State {
    #[default]
    Nothing,
    Loaded(Loaded),
    Failed(Arc<Error>),
}

impl Held {
    /// What the holder of `ticket` is to be told; `None`: the store has to be asked first.
    pub(super) fn answer(&self, ticket: u64) -> Option<Result<SharedIndex>> {
        if ticket > self.answered {
            return None;
        }
        match &self.state {
            State::Loaded(loaded) if loaded.index().is_whole() => Some(Ok(loaded.index().clone())),
            State::Failed(error) => Some(Err(shared(error))),
            State::Loaded(_) | State::Nothing => None,
        }
    }

    /// Has the index follow the store, if there is one; `tickets` are out. It does not stay when it can not be
    /// followed any more, or is of no more use.
    pub(super) async fn sync(&mut self, tickets: u64) {
        let State::Loaded(loaded) = &mut self.state else { return };
        match loaded.sync().await {
            Ok(true) => self.answered = tickets,
            Ok(false) => self.state = State::Nothing,
            Err(error) => self.settle(tickets, Err(error)),
        }
    }

    /// Takes an index that was built from what the store said after `tickets` were out, or why it was not.
    pub(super) fn settle(&mut self, tickets: u64, built: Result<Loaded>) {
        self.state = match built {
            Ok(loaded) => State::Loaded(loaded),
            Err(error) => State::Failed(Arc::new(error)),
        };
        self.answered = tickets;
    }

    /// The index, if there is one.
    pub(super) fn index(&self) -> Option<&SharedIndex> {
        match &self.state {
            State::Loaded(loaded) => Some(loaded.index()),
            State::Nothing | State::Failed(_) => None,
        }
    }
}

/// The error for one more of those who waited.
fn shared(error: &Arc<Error>) -> Error {
    match **error {
        Error::ProjectNotFound => Error::ProjectNotFound,
        Error::StoreUnavailable(_) => Error::unavailable(Cause(error.clone())),
        _ => Error::internal(Cause(error.clone())),
    }
}

/// What lies under an error that several are told.
#[derive(Debug)]
struct Cause(Arc<Error>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.source() {
            Some(source) => fmt::Display::fmt(source, f),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl StdError for Cause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()?.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_told_to_many_reads_as_if_told_to_one() {
        let chain = |error: &dyn StdError| {
            let mut told = vec![error.to_string()];
            let mut next = error.source();
            while let Some(source) = next {
                told.push(source.to_string());
                next = source.source();
            }
            told
        };
        let deep = || Error::unavailable(Error::internal("the cable is cut"));
        assert_eq!(chain(&shared(&Arc::new(deep()))), chain(&deep()));
        assert!(matches!(shared(&Arc::new(deep())), Error::StoreUnavailable(_)));
        assert!(matches!(shared(&Arc::new(Error::ProjectNotFound)), Error::ProjectNotFound));
        assert!(matches!(shared(&Arc::new(Error::Conflict)), Error::Internal(_)));
    }
}
