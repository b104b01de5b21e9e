//! One target under fire.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::Random;
use crate::mutate::mutate;
use crate::target::{Seen, Target};

/// How many inputs are kept at most: what tells them apart is bounded, but not by much.
const KEPT: usize = 4096;
/// How often a finding is tried in a smaller form.
const SHRINKING: usize = 2_000;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// From now on panics are told by findings alone.
pub fn quiet() {
    std::panic::set_hook(Box::new(|panic| PANIC.set(panic.to_string())));
}

/// An input that the parser did not bear.
#[derive(Debug)]
pub struct Finding {
    /// The input, as small as it became.
    pub input: Vec<u8>,
    /// The panic, or the promise that was broken.
    pub why: String,
}

/// A target, and what is known of it so far.
pub struct Run {
    target: Box<dyn Target>,
    inputs: Vec<Vec<u8>>,
    /// How many of them were there from the start.
    seeds: usize,
    seen: HashSet<u64>,
    random: Random,
    /// How many inputs the parser was given.
    pub executions: u64,
    /// How many of them it took.
    pub accepted: u64,
    /// The longest that one of them took.
    pub slowest: (Duration, Vec<u8>),
}

impl Run {
    /// A run from these inputs on.
    pub fn new(target: Box<dyn Target>, inputs: Vec<Vec<u8>>, seed: u64) -> Self {
        let mut run = Self {
            target,
            seeds: inputs.len(),
            inputs,
            seen: HashSet::new(),
            random: Random::new(seed),
            executions: 0,
            accepted: 0,
            slowest: (Duration::ZERO, Vec::new()),
        };
        // What they teach is known; what is wrong with them is found by `replay`.
        for input in run.inputs.clone() {
            if let Ok(seen) = run.give(&input) {
                run.seen.insert(seen.signature);
            }
        }
        run
    }

    /// The target's name.
    pub fn name(&self) -> &'static str {
        self.target.name()
    }

    /// How many kinds of outcome there were.
    pub fn outcomes(&self) -> usize {
        self.seen.len()
    }

    /// The inputs that taught something new.
    pub fn kept(&self) -> &[Vec<u8>] {
        self.inputs.get(self.seeds..).unwrap_or_default()
    }

    /// Gives the parser an input as it is.
    pub fn replay(&mut self, input: &[u8]) -> Result<Seen, Finding> {
        self.give(input).map_err(|why| Finding { input: input.to_vec(), why })
    }

    /// Gives the parser an input that was changed; a finding is made small.
    pub fn step(&mut self) -> Result<(), Finding> {
        let mut pick = || self.random.pick(&self.inputs).cloned().unwrap_or_default();
        let (one, two, other) = (pick(), pick(), pick());
        // Changes make inputs longer, and long ones slow.
        let input = if one.len() <= two.len() { one } else { two };
        let input = mutate(&input, &other, self.target.words(), &mut self.random);
        match self.give(&input) {
            Ok(seen) => {
                if self.seen.insert(seen.signature) && self.inputs.len() < KEPT {
                    self.inputs.push(input);
                }
                Ok(())
            }
            Err(why) => Err(self.shrunk(Finding { input, why })),
        }
    }

    fn give(&mut self, input: &[u8]) -> Result<Seen, String> {
        self.executions += 1;
        let (given, took) = self.timed(input);
        if took > self.slowest.0 {
            // What is slow once was perhaps not alone on the machine.
            self.slowest = self.slowest.clone().max((took.min(self.timed(input).1), input.to_vec()));
        }
        let seen = given.unwrap_or_else(|payload| Err(format!("it panicked: {}", said(&*payload))))?;
        self.accepted += u64::from(seen.accepted);
        Ok(seen)
    }

    fn timed(&self, input: &[u8]) -> (std::thread::Result<Result<Seen, String>>, Duration) {
        let began = Instant::now();
        (catch_unwind(AssertUnwindSafe(|| self.target.give(input))), began.elapsed())
    }

    /// Leaves away what the finding does not need.
    fn shrunk(&mut self, mut finding: Finding) -> Finding {
        let (mut tries, mut size) = (0, finding.input.len().div_ceil(2));
        while size > 0 {
            let mut start = 0;
            while start < finding.input.len() && tries < SHRINKING {
                tries += 1;
                let mut smaller = finding.input.clone();
                smaller.drain(start..(start + size).min(smaller.len()));
                match self.give(&smaller) {
                    Err(why) => finding = Finding { input: smaller, why },
                    Ok(_) => start += size,
                }
            }
            size /= 2;
        }
        finding
    }
}

/// What a panic said, with its place where [`quiet`] noted it.
fn said(payload: &(dyn Any + Send)) -> String {
    let noted = PANIC.take();
    if !noted.is_empty() {
        return noted;
    }
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}
