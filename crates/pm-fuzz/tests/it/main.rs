//! The corpus is borne by every parser, and so are changes to it; and what is not borne is found.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use pm_fuzz::target::{Seen, Target};
use pm_fuzz::{Run, corpus, target};

/// The same changes at each run of the tests: what is red is red for everybody. `cargo xtask fuzz` goes further.
const SEED: u64 = 1;
const STEPS: usize = 1_500;

fn runs() -> Vec<(Run, Vec<corpus::Named>)> {
    let mut runs = Vec::new();
    for target in target::all().unwrap() {
        let inputs = corpus::read(&corpus::folder(), target.name()).unwrap();
        assert!(inputs.len() >= 20, "{}: its corpus is gone", target.name());
        runs.push((Run::new(target, inputs.iter().map(|(_, input)| input.clone()).collect(), SEED), inputs));
    }
    assert_eq!(runs.len(), 4);
    runs
}

#[test]
fn the_corpus_is_borne() {
    for (mut run, inputs) in runs() {
        for (file, input) in inputs {
            run.replay(&input).unwrap_or_else(|finding| panic!("{file}: {}", finding.why));
        }
    }
}

/// Or all that the fuzzer does is refused at the door.
#[test]
fn what_is_good_is_taken() {
    for target in target::all().unwrap() {
        for (what, input) in target.good() {
            assert!(target.give(&input).unwrap().accepted, "{}: {what}", target.name());
        }
    }
}

#[test]
fn changes_to_it_are_borne() {
    for (mut run, _) in runs() {
        for _ in 0..STEPS {
            run.step().unwrap_or_else(|finding| {
                panic!("{}: {}: {:?}", run.name(), finding.why, String::from_utf8_lossy(&finding.input))
            });
        }
    }
}

/// A parser that does not bear an exclamation mark.
struct Brittle;

impl Target for Brittle {
    fn name(&self) -> &'static str {
        "brittle"
    }

    fn words(&self) -> &'static [&'static str] {
        &["!"]
    }

    fn good(&self) -> Vec<(&'static str, Vec<u8>)> {
        Vec::new()
    }

    fn give(&self, input: &[u8]) -> Result<Seen, String> {
        assert!(!input.contains(&b'!'), "it does not bear that");
        if input.contains(&b'?') {
            Err("it is not sure".to_owned())
        } else {
            Ok(Seen { accepted: true, signature: 0 })
        }
    }
}

#[test]
fn panics_and_broken_promises_are_found_and_made_small() {
    let mut run = Run::new(Box::new(Brittle), vec![b"a long text of no account".to_vec()], SEED);
    let finding = (0..10_000).find_map(|_| run.step().err()).unwrap();
    assert!(matches!(finding.input.as_slice(), b"!" | b"?"), "{finding:?}");
    assert!(run.replay(b"a!").unwrap_err().why.contains("it does not bear that"));
    assert_eq!(run.replay(b"a?").unwrap_err().why, "it is not sure");
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = corpus::write(folder.path(), "key", "found", b"\xff\0 ").unwrap();
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(name.starts_with("found-"));
    assert_eq!(corpus::read(folder.path(), "key").unwrap(), [(name, b"\xff\0 ".to_vec())]);
}
