//! A static model: a vector for each token, and the mean of them for a text.
//!
//! As `model2vec` does it: tokens without `[CLS]` and `[SEP]`, unknown ones left out, the first 512 of the rest, mean,
//! length 1. The weights by frequency are in the vectors already.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use crate::ModelError;
use crate::container::{Container, Kind, Section, Storage, Writer};
use crate::kernel::{self, Kernel};
use crate::quantise::{normalise, quantise};
use crate::safetensors::SafeTensors;
use crate::wordpiece::{self, Vocabulary, WordPiece};

/// How many values a vector has.
pub const DIMENSIONS: usize = 256;
/// What follows in a text is not read.
const MOST_TOKENS: usize = 512;

/// A vector for each token.
#[derive(Clone, Debug)]
pub struct StaticModel {
    name: String,
    tokenizer: WordPiece,
    rows: Section,
    scales: Section,
    kernel: Kernel,
}

impl StaticModel {
    /// potion-base-8M, which is in the binary.
    #[cfg(feature = "bundled")]
    pub fn bundled() -> &'static Self {
        static MODEL: std::sync::LazyLock<StaticModel> = std::sync::LazyLock::new(|| {
            #[expect(clippy::expect_used, reason = "a test opens it, and it cannot change after that")]
            StaticModel::open(Storage::Static(crate::asset::static_model()))
                .expect("the model in the binary is whole")
        });
        &MODEL
    }

    fn open(storage: Storage) -> Result<Self, ModelError> {
        let container = Container::open(storage, Kind::Static)?;
        let description: Value = serde_json::from_slice(container.section(0, None)?.bytes())
            .map_err(|source| ModelError::Json { file: "the description", source })?;
        let name = description.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let tokenizer = WordPiece::new(Vocabulary::open(&container)?)?;
        let rows = container.section(4, Some(tokenizer.len() * DIMENSIONS))?;
        let scales = container.section(5, Some(tokenizer.len() * 4))?;
        Ok(Self { name, tokenizer, rows, scales, kernel: Kernel::best() })
    }

    /// The name under which it was published.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its tokenizer, which the transformer in the binary shares.
    pub fn tokenizer(&self) -> &WordPiece {
        &self.tokenizer
    }

    /// The vector of `text`, of length 1: the cosine of two is their dot product. `None` where no token is known.
    pub fn embed(&self, text: &str) -> Option<[f32; DIMENSIONS]> {
        self.pool(text, |_| 1.0)
    }

    /// The same of a text that is kept, in which what comes first counts most: token `n` (from 0) has the weight
    /// `1 / (1 + n / 16)`. A long text says at its beginning what it is about; the plain mean drowns that.
    pub fn embed_leading(&self, text: &str) -> Option<[f32; DIMENSIONS]> {
        const HALF: f32 = 16.0;
        self.pool(text, |at| HALF / (HALF + at))
    }

    fn pool(&self, text: &str, weight: impl Fn(f32) -> f32) -> Option<[f32; DIMENSIONS]> {
        let mut sums = [0.0; DIMENSIONS];
        let (mut left, mut at) = (MOST_TOKENS, 0.0);
        let (rows, scales) = (self.rows.signed().as_chunks::<DIMENSIONS>().0, self.scales.floats());
        self.tokenizer.words(text, |word| {
            for token in word.iter().filter(|token| **token != self.tokenizer.unknown()).take(left) {
                let token = usize::try_from(*token).unwrap_or(usize::MAX);
                if let (Some(row), Some(scale)) = (rows.get(token), scales.get(token)) {
                    self.kernel.accumulate(&mut sums, row, *scale * weight(at));
                    left -= 1;
                    at += 1.0;
                }
            }
            if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        normalise(&mut sums);
        // No length: no token, or vectors that cancel each other.
        (left < MOST_TOKENS && sums.iter().any(|value| *value != 0.0)).then_some(sums)
    }

    /// Runs on `kernel` from now on. For tests and measurements.
    #[must_use]
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.kernel = kernel;
        self
    }
}

/// The container for a model of `model2vec`, opened once to see that it can be: its `tokenizer.json` and its `model.safetensors`.
pub(crate) fn container(name: &str, tokenizer: &[u8], safetensors: &[u8]) -> Result<Vec<u8>, ModelError> {
    let tokens = wordpiece::tokens(tokenizer)?;
    let tensors = SafeTensors::read(safetensors)?;
    let embeddings = tensors.matrix("embeddings", tokens.len(), DIMENSIONS)?;
    let mut writer = Writer::new(Kind::Static);
    writer.bytes(json!({ "name": name, "dimensions": DIMENSIONS }).to_string().into_bytes());
    Vocabulary::write(&tokens, &mut writer)?;
    let mut rows = vec![0; tokens.len() * DIMENSIONS];
    let rows_of = rows.chunks_exact_mut(DIMENSIONS).enumerate();
    let scales: Vec<_> = rows_of.map(|(number, row)| quantise(&embeddings.row(number), row)).collect();
    writer.signed(&rows);
    writer.floats(&scales);
    let blocks = writer.finish();
    let bytes = kernel::block_bytes(&blocks).to_vec();
    StaticModel::open(Storage::owned(blocks))?;
    Ok(bytes)
}
