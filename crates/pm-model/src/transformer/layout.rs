//! Where a transformer's weights are in its container.
//!
//! | section | holds |
//! |---|---|
//! | 0 to 5 | as in every container; 4 is the table of word embeddings |
//! | 6 | positions: f32, tokens x hidden; the embedding of token type 0 is added in |
//! | 7, 8 | gamma and beta of the norm over the sum of these: f32, hidden |
//! | from 9, 16 for each layer | the matrix of queries, keys and values; that of the attention's output; gamma, beta; the matrix up to the intermediate size; that down again; gamma, beta |
//!
//! A matrix is three sections: blocks (`kernel/product.rs`), f32 scale for each row, f32 bias for each row. The queries
//! are divided by the root of the width of a head, in their scales and their bias.

use std::sync::{Arc, OnceLock};

use crate::ModelError;
use crate::container::{Container, Kind, Section, Storage};
use crate::kernel::{self, Kernel, PANEL, Raised, SEGMENT};
use crate::wordpiece::{Vocabulary, WordPiece};

use super::config::Shape;
use super::fork_join::Which;

/// The sections before the layers, and those of a layer.
const BEFORE: usize = 9;
const LAYER: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct Matrix {
    blocks: Section,
    scales: Section,
    bias: Section,
    /// Made when it is first used: to read all weights when they are opened would hold them in memory.
    negatives: Arc<OnceLock<Vec<[i16; PANEL]>>>,
    raised: Arc<OnceLock<Vec<Raised>>>,
}

impl Matrix {
    fn open(container: &Container, at: usize, rows: usize, columns: usize) -> Result<Self, ModelError> {
        Ok(Self {
            blocks: container
                .section(at, Some(rows.next_multiple_of(PANEL) * columns.next_multiple_of(SEGMENT)))?,
            scales: container.section(at + 1, Some(rows * 4))?,
            bias: container.section(at + 2, Some(rows * 4))?,
            negatives: Arc::default(),
            raised: Arc::default(),
        })
    }

    /// What `kernel` multiplies inputs with.
    fn view(&self, kernel: Kernel) -> kernel::Matrix<'_> {
        let plain = self.plain();
        let negatives = || self.negatives.get_or_init(|| kernel::negatives(plain.blocks)).as_slice();
        kernel::Matrix { negatives: if kernel.wants_sums() { negatives() } else { &[] }, ..plain }
    }

    /// What it multiplies inputs with that GELU gave.
    fn view_after_gelu(&self, kernel: Kernel) -> kernel::Matrix<'_> {
        let plain = self.plain();
        let raised = || self.raised.get_or_init(|| kernel::raised(plain.blocks)).as_slice();
        kernel::Matrix { raised: if kernel.wants_sums() { raised() } else { &[] }, ..plain }
    }

    fn plain(&self) -> kernel::Matrix<'_> {
        kernel::Matrix {
            blocks: self.blocks.blocks(),
            scales: self.scales.floats(),
            bias: self.bias.floats(),
            first: 0,
            negatives: &[],
            raised: &[],
        }
    }
}

/// Gamma and beta of a layer norm.
#[derive(Clone, Debug)]
pub(super) struct Norm {
    gamma: Section,
    beta: Section,
}

impl Norm {
    fn open(container: &Container, at: usize, width: usize) -> Result<Self, ModelError> {
        let section = |at| container.section(at, Some(width * 4));
        Ok(Self { gamma: section(at)?, beta: section(at + 1)? })
    }

    pub(super) fn view(&self) -> (&[f32], &[f32]) {
        (self.gamma.floats(), self.beta.floats())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Layer {
    attention: Matrix,
    attention_output: Matrix,
    pub(super) attention_norm: Norm,
    up: Matrix,
    down: Matrix,
    pub(super) norm: Norm,
}

impl Layer {
    /// What `kernel` multiplies inputs with.
    pub(super) fn matrix(&self, which: Which, kernel: Kernel) -> kernel::Matrix<'_> {
        match which {
            Which::Attention => self.attention.view(kernel),
            Which::AttentionOutput => self.attention_output.view(kernel),
            Which::Up => self.up.view(kernel),
            Which::Down => self.down.view_after_gelu(kernel),
        }
    }

    fn open(container: &Container, number: usize, shape: Shape) -> Result<Self, ModelError> {
        let at = BEFORE + number * LAYER;
        let Shape { hidden, intermediate, .. } = shape;
        Ok(Self {
            attention: Matrix::open(container, at, 3 * hidden, hidden)?,
            attention_output: Matrix::open(container, at + 3, hidden, hidden)?,
            attention_norm: Norm::open(container, at + 6, hidden)?,
            up: Matrix::open(container, at + 8, intermediate, hidden)?,
            down: Matrix::open(container, at + 11, hidden, intermediate)?,
            norm: Norm::open(container, at + 14, hidden)?,
        })
    }
}

/// All of them.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    pub(super) words: Section,
    pub(super) word_scales: Section,
    pub(super) positions: Section,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
}

/// The name, the shape, the tokenizer and the weights. `shared` is the tokenizer of one that has none of its own.
pub(super) fn open(
    storage: Storage,
    shared: Option<&WordPiece>,
) -> Result<(String, Shape, WordPiece, Weights), ModelError> {
    let container = Container::open(storage, Kind::Transformer)?;
    let (name, shape) = Shape::from_json(container.section(0, None)?.bytes())?;
    let tokenizer = match shared {
        Some(shared) if container.section(1, None)?.bytes().is_empty() => shared.clone(),
        _ => WordPiece::new(Vocabulary::open(&container)?)?,
    };
    let wanted = BEFORE + shape.layers * LAYER;
    if container.len() != wanted {
        return Err(ModelError::container(format!("has {} sections, not {wanted}", container.len())));
    }
    let weights = Weights {
        words: container.section(4, Some(tokenizer.len() * shape.hidden))?,
        word_scales: container.section(5, Some(tokenizer.len() * 4))?,
        positions: container.section(6, Some(shape.tokens * shape.hidden * 4))?,
        norm: Norm::open(&container, 7, shape.hidden)?,
        layers: (0..shape.layers)
            .map(|number| Layer::open(&container, number, shape))
            .collect::<Result<_, _>>()?,
    };
    Ok((name, shape, tokenizer, weights))
}
