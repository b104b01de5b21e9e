//! What nobody means well with, against every parser that strangers reach: for each a table of twenty cases and more, and
//! after it the server goes on as if nothing had been.

mod cursors;
mod forms;
mod heads;
mod json;
mod keys;
mod multipart;
mod percent;
mod requests;
mod tokens;

use std::fmt::Debug;

use crate::harness::Answer;

/// What came of the cases of a table: all that is not right is told at once.
#[derive(Default)]
struct Verdicts {
    cases: Vec<String>,
    wrong: Vec<String>,
}

impl Verdicts {
    /// Notes a case: what came of it, and what should have.
    fn note<T: PartialEq + Debug>(&mut self, case: &str, found: &T, wanted: &T) {
        self.cases.push(case.to_owned());
        if found != wanted {
            self.wrong.push(format!("{case}: {found:?}, not {wanted:?}"));
        }
    }

    /// Notes the answer to a case: a problem of this status and code.
    fn problem(&mut self, case: &str, answer: Answer, status: u16, code: &str) {
        let found = (answer.status.as_u16(), code_of(&answer));
        self.note(case, &found, &(status, code.to_owned()));
        if found == (status, code.to_owned()) {
            answer.problem(status, code);
        }
    }

    /// Ends the table.
    #[track_caller]
    fn hold(mut self) {
        assert!(self.wrong.is_empty(), "{} are wrong:\n{}", self.wrong.len(), self.wrong.join("\n"));
        let count = self.cases.len();
        self.cases.sort_unstable();
        self.cases.dedup();
        assert!(count >= 20 && count == self.cases.len(), "{count} cases, {} distinct", self.cases.len());
    }
}

/// The code of a problem; empty where the answer is none.
fn code_of(answer: &Answer) -> String {
    if answer.header("content-type") != "application/problem+json" {
        return String::new();
    }
    answer.json()["code"].as_str().unwrap_or_default().to_owned()
}
