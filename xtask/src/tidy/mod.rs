//! `cargo xtask tidy`: holds the tree to the invariants that `ARCHITECTURE.md` numbers.
//!
//! Each rule is a file of its own, and a pure function of what the tree holds.

mod code;
mod paths;
mod tree;

mod composition;
mod core_names;
mod documented;
mod end_points;
mod expectations;
mod file_length;
mod file_names;
mod headers;
mod layers;
mod manifests;
mod problem_codes;
mod purity;
mod settings;
mod sleeps;
mod statuses;
mod test_modules;
mod text;
mod transports;
mod unsafe_code;

use crate::process::{self, Done, Failure};
use tree::{File, Tree};

/// A place where a rule does not hold.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Breach {
    path: String,
    /// From 1.
    line: usize,
    /// What is wrong, and the way out.
    what: String,
}

impl Breach {
    fn new(file: &File, line: usize, what: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, what: what.into() }
    }
}

type Rule = fn(&Tree) -> Vec<Breach>;

/// The rules, by the number that `ARCHITECTURE.md` gives them.
const RULES: [(&str, Rule); 19] = [
    ("I1", |tree| tree.each(layers::check)),
    ("I2", |tree| tree.each(core_names::check)),
    ("I3", |tree| tree.each(purity::check)),
    ("I4", |tree| tree.each(composition::check)),
    ("I5", |tree| tree.each(transports::check)),
    ("I6", |tree| tree.each(statuses::check)),
    ("I7", |tree| tree.each(end_points::check)),
    ("I8", |tree| tree.each(file_length::check)),
    ("I9", |tree| tree.each(test_modules::check)),
    ("I10", |tree| tree.each(file_names::check)),
    ("I11", |tree| tree.each(unsafe_code::check)),
    ("I12", |tree| tree.each(expectations::check)),
    ("I13", |tree| tree.each(sleeps::check)),
    ("I14", settings::check),
    ("I15", problem_codes::check),
    ("I16", |tree| tree.each(manifests::check)),
    ("I17", |tree| text::check(tree, process::root())),
    ("I18", |tree| tree.each(headers::check)),
    ("I19", documented::check),
];

/// Prints every breach; it is a failure if there is one.
pub(crate) fn run(arguments: &[String]) -> Done {
    if !arguments.is_empty() {
        return Err(Failure::usage("takes no arguments"));
    }
    let tree = Tree::read(process::root()).map_err(Failure::failed)?;
    let found: Vec<_> = RULES.iter().flat_map(|(number, rule)| marked(number, rule(&tree))).collect();
    for (number, Breach { path, line, what }) in &found {
        println!("{path}:{line}: [{number}] {what}");
    }
    match found.len() {
        0 => Ok(()),
        count => {
            Err(Failure::failed(format!("{count} breaches; ARCHITECTURE.md says why each rule is there")))
        }
    }
}

fn marked(number: &'static str, mut breaches: Vec<Breach>) -> Vec<(&'static str, Breach)> {
    breaches.sort_unstable();
    breaches.into_iter().map(|breach| (number, breach)).collect()
}

/// The lines of the breaches that `rule` finds in `text` at `path`.
#[cfg(test)]
fn lines(rule: impl Fn(&File) -> Vec<Breach>, path: &str, text: &str) -> Vec<usize> {
    rule(&File::new(path, text)).into_iter().map(|breach| breach.line).collect()
}
