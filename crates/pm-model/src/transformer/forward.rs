//! The way through the layers.
//!
//! Source: Devlin et al., "BERT"; the products in bytes as Dettmers et al., "8-bit matrix multiplication", have them, without
//! their exceptions: one scale for each row of weights and one for each 64 values of a
//! token.

use std::fmt;
use std::sync::Arc;

use crate::kernel::{AttentionRoom, Inputs, Kernel};

use super::config::Shape;
use super::fork_join::{ForkJoin, Which};
use super::layout::Weights;

/// Room for the numbers between the layers. It grows to what the longest text so far needed, at most about 3 MB with
/// the model in the binary, and is used again; each thread has its own.
#[derive(Clone, Default, Debug)]
pub struct Scratch {
    /// Hidden values of each token.
    pub(super) hidden: Vec<f32>,
    /// What a layer adds to them, and what attention found.
    added: Vec<f32>,
    /// Queries, keys and values; and the intermediate values.
    wide: Vec<f32>,
    /// Shared with a thread that assists, while it does.
    inputs: Arc<Inputs>,
    attention: AttentionRoom,
    pause: Option<Pause>,
    place: Option<Arc<ForkJoin>>,
}

impl Scratch {
    /// Without any room yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One whose work may be interrupted: `pause` is called before each layer, which for a passage is every few
    /// milliseconds, and the work goes on when it returns.
    pub fn pausing(pause: impl Fn() + Send + Sync + 'static) -> Self {
        Self { pause: Some(Pause(Arc::new(pause))), ..Self::default() }
    }

    /// One whose work another thread may take part in: [`Transformer::assist`](super::Transformer::assist) at the same `place`.
    pub fn assisted(place: Arc<ForkJoin>) -> Self {
        Self { place: Some(place), ..Self::default() }
    }
}

/// What is called before each layer.
#[derive(Clone)]
struct Pause(Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pause").finish_non_exhaustive()
    }
}

/// Fills `scratch.hidden` with the hidden values of all tokens of `texts`, one text after the other.
pub(super) fn run(
    kernel: Kernel,
    shape: Shape,
    weights: &Weights,
    texts: &[Vec<u32>],
    scratch: &mut Scratch,
) {
    let Shape { hidden, intermediate, heads, epsilon, .. } = shape;
    let count: usize = texts.iter().map(Vec::len).sum();
    let Scratch { hidden: values, added, wide, inputs, attention, pause, place } = scratch;
    let mut leader = place.as_deref().and_then(ForkJoin::lead);
    embed(kernel, hidden, weights, texts, values);
    added.clear();
    added.resize(count * hidden, 0.0);
    kernel.add_norm(values, added, weights.norm.view(), epsilon);
    for (number, layer) in weights.layers.iter().enumerate() {
        let mut product = |which, inputs: &Arc<Inputs>, out: &mut [f32]| {
            let matrix = layer.matrix(which, kernel);
            match &mut leader {
                Some(leader) => leader.product(kernel, (number, which, matrix), inputs, out),
                None => kernel.product(matrix, inputs, out),
            }
        };
        if let Some(Pause(pause)) = pause {
            pause();
        }
        kernel.quantise_rows(values, hidden, Arc::make_mut(inputs));
        wide.resize(count * 3 * hidden, 0.0);
        product(Which::Attention, inputs, wide);
        let (mut rows, mut found) = (wide.as_slice(), added.as_mut_slice());
        for text in texts {
            let (own, after) = rows.split_at_checked(text.len() * 3 * hidden).unwrap_or_default();
            let (out, rest) = found.split_at_mut_checked(text.len() * hidden).unwrap_or_default();
            kernel.attend(own, heads, hidden / heads, attention, out);
            (rows, found) = (after, rest);
        }
        kernel.quantise_rows(added, hidden, Arc::make_mut(inputs));
        product(Which::AttentionOutput, inputs, added);
        kernel.add_norm(values, added, layer.attention_norm.view(), epsilon);

        kernel.quantise_rows(values, hidden, Arc::make_mut(inputs));
        wide.resize(count * intermediate, 0.0);
        product(Which::Up, inputs, wide);
        kernel.gelu(wide);
        kernel.quantise_after_gelu(wide, intermediate, Arc::make_mut(inputs));
        product(Which::Down, inputs, added);
        kernel.add_norm(values, added, layer.norm.view(), epsilon);
    }
}

/// The sums of the embeddings of word, position and type.
fn embed(kernel: Kernel, hidden: usize, weights: &Weights, texts: &[Vec<u32>], values: &mut Vec<f32>) {
    let (words, scales) = (weights.words.signed(), weights.word_scales.floats());
    values.clear();
    for text in texts {
        let start = values.len();
        let positions = weights.positions.floats().get(..text.len() * hidden).unwrap_or_default();
        values.extend_from_slice(positions);
        let rows = values.get_mut(start..).unwrap_or_default().chunks_exact_mut(hidden);
        for (token, sums) in text.iter().zip(rows) {
            let token = usize::try_from(*token).unwrap_or(usize::MAX);
            let row = words.chunks_exact(hidden).nth(token);
            if let (Some(row), Some(scale)) = (row, scales.get(token)) {
                kernel.accumulate(sums, row, *scale);
            }
        }
    }
}
