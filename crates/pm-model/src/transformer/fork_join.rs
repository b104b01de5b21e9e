//! A second thread at the products of one query.
//!
//! Who embeds takes panels of a matrix from the front, who assists from the back, each a quarter of those that are left,
//! until they meet. A panel gives the same to the last bit whoever makes it. Who embeds never waits for a lock, and for the
//! other for some 100 us at most: what is not there by then it makes itself, so that a thread that does not come to
//! run costs next to nothing.
//!
//! Source of the shares: Polychronopoulos and Kuck, "Guided Self-Scheduling"; a quarter each where they take half, as
//! one of the two may come to run later.

use std::hint;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::kernel::{Inputs, Kernel, Matrix};

/// How often who embeds looks whether the last panels of the other are there: each look takes 10 to 50 ns.
const PATIENCE: usize = 2_000;

/// Which matrix of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Which {
    Attention,
    AttentionOutput,
    Up,
    Down,
}

/// Where the thread that embeds a query and the one that assists it meet.
#[derive(Default, Debug)]
pub struct ForkJoin {
    /// Whether a query is being embedded here.
    led: AtomicBool,
    /// Whether a thread is here to assist.
    assisted: AtomicBool,
    /// [`Left`] of the product that is being made.
    left: AtomicU64,
    /// Of which product whoever assists has handed in how many panels: [`handed_in`].
    done: AtomicU64,
    /// Panels that were ever taken from whoever assists.
    brought: AtomicU64,
    work: Mutex<Work>,
}

/// What a product is made of, and what was made of it.
#[derive(Default, Debug)]
struct Work {
    product: u32,
    what: Option<(usize, Which, Arc<Inputs>)>,
    /// The panels that were made, from the last ones down.
    runs: Vec<Range<usize>>,
    /// Of each run, for each input, the values of its rows.
    made: Vec<f32>,
}

/// The panels `front..back` of a product, which nobody has taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Left {
    product: u32,
    front: u16,
    back: u16,
}

impl Left {
    fn of(bits: u64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "fields of 32, 16 and 16 bits")]
        Self { product: (bits >> 32) as u32, front: (bits >> 16) as u16, back: bits as u16 }
    }

    fn bits(self) -> u64 {
        u64::from(self.product) << 32 | u64::from(self.front) << 16 | u64::from(self.back)
    }

    fn is_empty(self) -> bool {
        self.front >= self.back
    }

    /// How many to take at a time.
    fn share(self) -> u16 {
        (self.back - self.front).div_ceil(4)
    }

    fn take_first(&mut self) -> Range<usize> {
        let start = self.front;
        self.front += self.share();
        usize::from(start)..usize::from(self.front)
    }

    fn take_last(&mut self) -> Range<usize> {
        let end = self.back;
        self.back -= self.share();
        usize::from(self.back)..usize::from(end)
    }
}

/// So many panels of `product`.
fn handed_in(product: u32, panels: usize) -> u64 {
    u64::from(product) << 32 | panels as u64
}

impl ForkJoin {
    /// Without anybody there.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many panels (16 rows of a matrix) were made by who assists since the start. For tests and measurements.
    pub fn brought(&self) -> u64 {
        self.brought.load(Ordering::Relaxed)
    }

    /// Begins to lead; `None` where another does.
    pub(super) fn lead(&self) -> Option<Leader<'_>> {
        let led = self.led.swap(true, Ordering::AcqRel);
        (!led).then(|| Leader { place: self, product: Left::of(self.left.load(Ordering::Relaxed)).product })
    }

    /// Panels of `product` that nobody has.
    fn take(&self, product: u32, take: impl Fn(&mut Left) -> Range<usize>) -> Option<Range<usize>> {
        let before = self.left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |bits| {
            let mut left = Left::of(bits);
            (left.product == product && !left.is_empty()).then(|| {
                take(&mut left);
                left.bits()
            })
        });
        before.ok().map(|bits| take(&mut Left::of(bits)))
    }

    /// Takes part as long as `wanted` says so, which is told how often there was nothing to do since the last product.
    /// `matrix` gives that of a layer.
    pub(super) fn assist<'a>(
        &self,
        kernel: Kernel,
        matrix: impl Fn(usize, Which) -> Option<Matrix<'a>>,
        wanted: impl Fn(usize) -> bool,
    ) {
        let mut out = Vec::new();
        let mut looked = 0;
        self.assisted.store(true, Ordering::Relaxed);
        while wanted(looked) {
            let left = Left::of(self.left.load(Ordering::Acquire));
            let what = if left.is_empty() { None } else { self.what(left.product) };
            let Some((layer, which, inputs)) = what else {
                looked += 1;
                hint::spin_loop();
                continue;
            };
            looked = 0;
            let Some(matrix) = matrix(layer, which) else { continue };
            while let Some(panels) = self.take(left.product, Left::take_last) {
                let part = Matrix { first: 0, ..matrix.part(panels.clone()) };
                out.clear();
                out.resize(inputs.count() * part.scales.len(), 0.0);
                kernel.product(part, &inputs, &mut out);
                self.hand_in(left.product, panels, &out);
            }
        }
        self.assisted.store(false, Ordering::Relaxed);
    }

    /// What `product` is made of; `None` where it is over.
    fn what(&self, product: u32) -> Option<(usize, Which, Arc<Inputs>)> {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.what.clone().filter(|_| work.product == product)
    }

    fn hand_in(&self, product: u32, panels: Range<usize>, made: &[f32]) {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        // Who embeds may have made it as well, and be further on.
        if work.product != product || work.what.is_none() {
            return;
        }
        work.runs.push(panels);
        work.made.extend_from_slice(made);
        let done = handed_in(product, work.runs.iter().map(ExactSizeIterator::len).sum());
        drop(work);
        self.done.store(done, Ordering::Release);
    }
}

/// Who embeds a query where another may assist.
#[derive(Debug)]
pub(super) struct Leader<'a> {
    place: &'a ForkJoin,
    product: u32,
}

impl Leader<'_> {
    /// [`Kernel::product`] of the matrix `which` of `layer`.
    pub(super) fn product(
        &mut self,
        kernel: Kernel,
        (layer, which, matrix): (usize, Which, Matrix<'_>),
        inputs: &Arc<Inputs>,
        out: &mut [f32],
    ) {
        if self.place.assisted.load(Ordering::Relaxed) && self.fork(layer, which, matrix, inputs) {
            self.finish(kernel, matrix, inputs, out);
        } else {
            kernel.product(matrix, inputs, out);
        }
    }

    /// Offers a product; `false` where nobody can take part.
    fn fork(&mut self, layer: usize, which: Which, matrix: Matrix<'_>, inputs: &Arc<Inputs>) -> bool {
        let Ok(back) = u16::try_from(matrix.panels()) else { return false };
        let Ok(mut work) = self.place.work.try_lock() else { return false };
        self.product = self.product.wrapping_add(1);
        work.product = self.product;
        work.what = Some((layer, which, Arc::clone(inputs)));
        work.runs.clear();
        work.made.clear();
        drop(work);
        let left = Left { product: self.product, front: 0, back };
        self.place.left.store(left.bits(), Ordering::Release);
        true
    }

    /// Makes what nobody else does, and brings it all together.
    fn finish(&self, kernel: Kernel, matrix: Matrix<'_>, inputs: &Inputs, out: &mut [f32]) {
        while let Some(panels) = self.place.take(self.product, Left::take_first) {
            kernel.product(matrix.part(panels), inputs, out);
        }
        let missing = self.join(matrix, out);
        if !missing.is_empty() {
            kernel.product(matrix.part(missing), inputs, out);
        }
    }

    /// Brings to `out` what was made of the panels that are not this thread's; gives back those of which that is missing.
    fn join(&self, matrix: Matrix<'_>, out: &mut [f32]) -> Range<usize> {
        let back = usize::from(Left::of(self.place.left.load(Ordering::Acquire)).back);
        let mut missing = back..matrix.panels();
        let all = handed_in(self.product, missing.len());
        for _ in 0..PATIENCE {
            if missing.is_empty() || self.place.done.load(Ordering::Acquire) == all {
                break;
            }
            hint::spin_loop();
        }
        let Ok(mut work) = self.place.work.try_lock() else { return missing };
        // So that the inputs are this thread's own again.
        work.what = None;
        let mut made = work.made.as_slice();
        let width = matrix.scales.len().max(1);
        for run in &work.runs {
            let part = matrix.part(run.clone());
            let rows = part.scales.len();
            let (own, rest) = made.split_at_checked(out.len() / width * rows).unwrap_or_default();
            made = rest;
            for (out, row) in out.chunks_exact_mut(width).zip(own.chunks_exact(rows.max(1))) {
                if let Some(out) = out.get_mut(part.first..part.first + rows) {
                    out.copy_from_slice(row);
                }
            }
            missing.end = run.start;
        }
        self.place
            .brought
            .fetch_add((back..matrix.panels()).len() as u64 - missing.len() as u64, Ordering::Relaxed);
        missing
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        // Nothing is left of a product that was not brought to its end.
        self.place.left.store(Left { product: self.product, front: 0, back: 0 }.bits(), Ordering::Release);
        self.place.led.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests;
