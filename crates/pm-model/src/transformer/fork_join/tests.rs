use std::cell::Cell;

use super::*;
use crate::kernel::{Block, negatives, raised};

const COLUMNS: usize = 384;
const ROWS: usize = 100;
const COUNT: usize = 3;

/// A matrix of seven panels, the last of them not whole.
struct Sample {
    blocks: Vec<Block>,
    scales: Vec<f32>,
    negatives: Vec<[i16; 16]>,
    raised: Vec<crate::kernel::Raised>,
    inputs: Arc<Inputs>,
    kernel: Kernel,
}

impl Sample {
    fn new() -> Self {
        let value = |at: usize| i8::try_from(at * 89 % 255).unwrap_or(-100);
        let blocks: Vec<_> = (0..ROWS.div_ceil(16) * COLUMNS / 4)
            .map(|at| Block(std::array::from_fn(|place| value(at * 64 + place))))
            .collect();
        let kernel = Kernel::best();
        let values: Vec<_> = (0..COLUMNS * COUNT).map(|at| f32::from(value(at * 31 + 7)) / 32.0).collect();
        let mut inputs = Inputs::default();
        kernel.quantise_rows(&values, COLUMNS, &mut inputs);
        let scales = (1_u8..).take(ROWS).map(|row| f32::from(row) / 64.0).collect();
        let (negatives, raised) = (negatives(&blocks), raised(&blocks));
        Self { blocks, scales, negatives, raised, inputs: Arc::new(inputs), kernel }
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix {
            blocks: &self.blocks,
            scales: &self.scales,
            bias: &self.scales,
            first: 0,
            negatives: &self.negatives,
            raised: &self.raised,
        }
    }

    fn alone(&self) -> Vec<f32> {
        let mut out = vec![f32::NAN; ROWS * COUNT];
        self.kernel.product(self.matrix(), &self.inputs, &mut out);
        out
    }

    fn fork(&self, leader: &mut Leader<'_>) {
        assert!(leader.fork(2, Which::Up, self.matrix(), &self.inputs));
    }

    fn finish(&self, leader: &Leader<'_>) -> Vec<f32> {
        let mut out = vec![f32::NAN; ROWS * COUNT];
        leader.finish(self.kernel, self.matrix(), &self.inputs, &mut out);
        out
    }

    /// Takes part until nothing is left; how many panels that were.
    fn assist(&self, place: &ForkJoin) -> usize {
        let asked = Cell::new(0);
        let matrix = |layer, which| {
            assert_eq!((layer, which), (2, Which::Up));
            Some(self.matrix())
        };
        place.assist(self.kernel, matrix, |_| asked.replace(asked.get() + 1) == 0);
        place.work.lock().unwrap().runs.iter().map(ExactSizeIterator::len).sum()
    }
}

#[test]
fn whoever_makes_a_panel_the_product_is_the_same() {
    let (sample, place) = (Sample::new(), ForkJoin::new());
    let mut leader = place.lead().unwrap();
    for turns in 0..=7 {
        sample.fork(&mut leader);
        let (mut out, mut own) = (vec![f32::NAN; ROWS * COUNT], 0);
        for _ in 0..turns {
            let Some(panels) = place.take(leader.product, Left::take_first) else { break };
            own += panels.len();
            sample.kernel.product(sample.matrix().part(panels), &sample.inputs, &mut out);
        }
        assert!(own >= turns.min(5));
        assert_eq!(sample.assist(&place), 7 - own);
        let before = place.brought();
        leader.finish(sample.kernel, sample.matrix(), &sample.inputs, &mut out);
        assert_eq!(place.brought() - before, 7 - own as u64);
        assert_eq!(out, sample.alone(), "{turns}");
    }
}

#[test]
fn what_an_assistant_does_not_bring_is_made_without_it() {
    let (sample, place) = (Sample::new(), ForkJoin::new());
    let mut leader = place.lead().unwrap();
    sample.fork(&mut leader);
    let late = leader.product;
    // It brings one run and not the other.
    for brought in [true, false] {
        let panels = place.take(late, Left::take_last).unwrap();
        let part = Matrix { first: 0, ..sample.matrix().part(panels.clone()) };
        let mut made = vec![0.0; COUNT * part.scales.len()];
        sample.kernel.product(part, &sample.inputs, &mut made);
        if brought {
            place.hand_in(late, panels, &made);
        }
    }
    assert_eq!(sample.finish(&leader), sample.alone());

    // What it brings of a product that is over is not taken for panels of another one.
    let junk = [f32::NAN; COUNT * 16];
    place.hand_in(late, 4..5, &junk);
    sample.fork(&mut leader);
    place.hand_in(late, 6..7, &junk);
    assert_eq!((place.take(late, Left::take_first), place.take(late, Left::take_last)), (None, None));
    assert_eq!(sample.finish(&leader), sample.alone());
}

#[test]
fn who_embeds_does_not_wait_for_one_who_holds_the_lock() {
    let (sample, place) = (Sample::new(), ForkJoin::new());
    let mut leader = place.lead().unwrap();
    place.assisted.store(true, Ordering::Relaxed);
    {
        let _held = place.work.lock().unwrap();
        let mut out = vec![f32::NAN; ROWS * COUNT];
        leader.product(sample.kernel, (2, Which::Up, sample.matrix()), &sample.inputs, &mut out);
        assert_eq!(out, sample.alone());
    }
    sample.fork(&mut leader);
    assert_eq!(sample.assist(&place), 7);
    let _held = place.work.lock().unwrap();
    assert_eq!(sample.finish(&leader), sample.alone());
}

#[test]
fn one_leads_at_a_time_and_leaves_nothing_behind() {
    let (sample, place) = (Sample::new(), ForkJoin::new());
    let mut leader = place.lead().unwrap();
    assert!(place.lead().is_none());
    sample.fork(&mut leader);
    drop(leader);
    assert_eq!(sample.assist(&place), 0);
    let mut leader = place.lead().unwrap();
    sample.fork(&mut leader);
    assert_eq!((sample.assist(&place), sample.finish(&leader)), (7, sample.alone()));
    // The inputs are the leader's own again.
    assert_eq!(Arc::strong_count(&sample.inputs), 1);
}
