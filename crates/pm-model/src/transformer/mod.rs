//! A transformer that turns a text into a vector: BERT's encoder, its matrices in bytes.

mod build;
mod config;
mod fork_join;
mod forward;
mod layout;

use crate::ModelError;
use crate::container::Storage;
use crate::kernel::Kernel;
use crate::quantise::normalise;
use crate::wordpiece::WordPiece;

pub(crate) use build::bytes;
use config::{Pooling, Shape};
pub use fork_join::ForkJoin;
pub use forward::Scratch;
use layout::Weights;

/// The files of a model as it is published for sentence-transformers.
#[derive(Clone, Copy, Debug)]
pub struct ModelFiles<'a> {
    /// What to call it.
    pub name: &'a str,
    /// `config.json`: that of a BERT with GELU and absolute positions.
    pub config: &'a [u8],
    /// `tokenizer.json` or `vocab.txt`, of an uncased BERT.
    pub tokenizer: &'a [u8],
    /// `model.safetensors`, of F32, F16 or BF16.
    pub weights: &'a [u8],
    /// `1_Pooling/config.json`; without it the mean is taken.
    pub pooling: Option<&'a [u8]>,
    /// `sentence_bert_config.json`; without it a text may have as many tokens as there are positions.
    pub sentence: Option<&'a [u8]>,
}

/// A transformer. Cheap to clone: the weights are shared.
#[derive(Clone, Debug)]
pub struct Transformer {
    name: String,
    shape: Shape,
    tokenizer: WordPiece,
    weights: Weights,
    kernel: Kernel,
}

/// How many tokens are read of a text that is kept, and of what is asked: more take longer and find no more.
pub const PASSAGE_TOKENS: usize = 128;

/// How much token `at` of a text that is kept counts.
fn leading(at: f32) -> f32 {
    const HALF: f32 = 64.0;
    HALF / (HALF + at)
}

impl Transformer {
    /// all-MiniLM-L6-v2, which is in the binary: 384 dimensions, 256 tokens.
    ///
    /// # Panics
    /// Where the binary was built of other bytes than the tests have seen.
    #[cfg(feature = "bundled")]
    pub fn bundled() -> Self {
        let shared = crate::StaticModel::bundled().tokenizer();
        #[expect(clippy::expect_used, reason = "a test opens it, and it cannot change after that")]
        Self::open(Storage::Static(crate::asset::transformer()), Some(shared))
            .expect("the model in the binary is whole")
    }

    /// One that is not in the binary; its matrices and its table of words are rounded to bytes. Takes a quarter of the
    /// size of F32 weights in memory, and while it is made as much again.
    ///
    /// # Errors
    /// What is missing, damaged or of a kind that is not supported, with the name of the file, field or tensor.
    pub fn from_files(files: &ModelFiles<'_>) -> Result<Self, ModelError> {
        Self::open(Storage::owned(build::container(files, None)?), None)
    }

    fn open(storage: Storage, shared: Option<&WordPiece>) -> Result<Self, ModelError> {
        let (name, shape, tokenizer, weights) = layout::open(storage, shared)?;
        Ok(Self { name, shape, tokenizer, weights, kernel: Kernel::best() })
    }

    /// The name under which it was published.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many values a vector has.
    pub fn dimensions(&self) -> usize {
        self.shape.hidden
    }

    /// How many tokens of a text it reads, `[CLS]` and `[SEP]` included; the rest is left out.
    pub fn max_tokens(&self) -> usize {
        self.shape.tokens
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> &WordPiece {
        &self.tokenizer
    }

    /// The vector of `text`, of length 1: the cosine of two is their dot product. An empty text has one too. All zero
    /// only where the weights overflow, which those in the binary do not.
    pub fn embed(&self, text: &str, scratch: &mut Scratch) -> Vec<f32> {
        self.embed_all(&[text], scratch).pop().unwrap_or_default()
    }

    /// [`Self::embed`] of each text, in order. Short texts go through together, which takes a little less time; the
    /// vectors are the same, and the scratch grows no more than by one long text.
    pub fn embed_all(&self, texts: &[&str], scratch: &mut Scratch) -> Vec<Vec<f32>> {
        self.embed_up_to(texts, self.shape.tokens, |_| 1.0, scratch)
    }

    fn embed_up_to(
        &self,
        texts: &[&str],
        most_tokens: usize,
        weight: fn(f32) -> f32,
        scratch: &mut Scratch,
    ) -> Vec<Vec<f32>> {
        let mut vectors = Vec::with_capacity(texts.len());
        let (mut group, mut size) = (Vec::new(), 0);
        for text in texts {
            let tokens = self.tokens(text, most_tokens);
            if size + tokens.len() > self.shape.tokens {
                vectors.append(&mut self.group(&group, weight, scratch));
                group.clear();
                size = 0;
            }
            size += tokens.len();
            group.push(tokens);
        }
        vectors.append(&mut self.group(&group, weight, scratch));
        vectors
    }

    /// [`Self::embed_all`] of texts that are kept: of each the first 128 tokens are read, and token `n` (from
    /// 0) counts `1 / (1 + n / 64)` in the mean. A long text says at its beginning what it is about.
    pub fn embed_passages(&self, texts: &[&str], scratch: &mut Scratch) -> Vec<Vec<f32>> {
        self.embed_up_to(texts, PASSAGE_TOKENS.min(self.shape.tokens), leading, scratch)
    }

    /// [`Self::embed`] of what is asked: of a long text the first 128 tokens are read, as of a passage, so that it takes
    /// no longer than that.
    pub fn embed_query(&self, text: &str, scratch: &mut Scratch) -> Vec<f32> {
        let most = PASSAGE_TOKENS.min(self.shape.tokens);
        self.embed_up_to(&[text], most, |_| 1.0, scratch).pop().unwrap_or_default()
    }

    /// Takes part in what another thread embeds with [`Scratch::assisted`] at `place`, as long as `wanted` says so. It is
    /// asked before each product, and where there is none over and over, told how many times that is; it may let
    /// others run. This thread does nothing else meanwhile: it is for the milliseconds that a query takes.
    pub fn assist(&self, place: &ForkJoin, wanted: impl Fn(usize) -> bool) {
        let layers = &self.weights.layers;
        place.assist(self.kernel, |layer, which| Some(layers.get(layer)?.matrix(which, self.kernel)), wanted);
    }

    /// Runs on `kernel` from now on. For tests and measurements.
    #[must_use]
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.kernel = kernel;
        self
    }

    fn tokens(&self, text: &str, most: usize) -> Vec<u32> {
        let mut tokens = self.tokenizer.encode(text, most.saturating_sub(2));
        tokens.insert(0, self.tokenizer.start());
        tokens.push(self.tokenizer.end());
        tokens
    }

    fn group(&self, texts: &[Vec<u32>], weight: fn(f32) -> f32, scratch: &mut Scratch) -> Vec<Vec<f32>> {
        if texts.is_empty() {
            return Vec::new();
        }
        forward::run(self.kernel, self.shape, &self.weights, texts, scratch);
        let mut rows = scratch.hidden.chunks_exact(self.shape.hidden);
        texts.iter().map(|text| self.pooled(rows.by_ref().take(text.len()), weight)).collect()
    }

    fn pooled<'a>(&self, rows: impl Iterator<Item = &'a [f32]>, weight: fn(f32) -> f32) -> Vec<f32> {
        let mut vector = vec![0.0; self.shape.hidden];
        let mut at = 0.0;
        for row in rows {
            if at == 0.0 || self.shape.pooling == Pooling::Mean {
                let weight = weight(at);
                vector.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            }
            at += 1.0;
        }
        // The mean but for its length, which becomes 1.
        normalise(&mut vector);
        if vector.iter().any(|value| !value.is_finite()) {
            vector.fill(0.0);
        }
        vector
    }
}
