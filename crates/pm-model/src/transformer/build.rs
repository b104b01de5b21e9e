//! From the published files of a model to its container.

use crate::ModelError;
use crate::container::{Kind, Storage, Writer};
use crate::kernel::{Block, PANEL, SEGMENT, block_bytes};
use crate::quantise::quantise;
use crate::safetensors::SafeTensors;
use crate::wordpiece::{self, Vocabulary, WordPiece};

use super::config::{Published, Shape};
use super::{ModelFiles, layout};

/// The container of a model. With `shared`, the tokens of another model, it has no vocabulary and only the tokens that
/// `shared` has, which must be in the same order there.
pub(super) fn container(files: &ModelFiles<'_>, shared: Option<&[String]>) -> Result<Vec<Block>, ModelError> {
    let Published { shape, vocabulary, positions } =
        Published::read(files.config, files.pooling, files.sentence)?;
    let tokens = wordpiece::tokens(files.tokenizer)?;
    if tokens.len() > vocabulary {
        let what =
            format!("has {} tokens, more than the vocab_size {vocabulary} of config.json", tokens.len());
        return Err(ModelError::Vocabulary(what));
    }
    let tensors = SafeTensors::read(files.weights)?;
    let prefix = if tensors.has("embeddings.word_embeddings.weight") { "" } else { "bert." };
    let mut builder = Builder { tensors, prefix, writer: Writer::new(Kind::Transformer) };
    builder.writer.bytes(shape.to_json(files.name).to_string().into_bytes());
    let kept = match shared {
        None => {
            Vocabulary::write(&tokens, &mut builder.writer)?;
            (0..tokens.len()).collect()
        }
        Some(shared) => {
            (0..3).for_each(|_| builder.writer.bytes(Vec::new()));
            kept(&tokens, shared)?
        }
    };
    builder.embeddings(shape, vocabulary, positions, &kept)?;
    for number in 0..shape.layers {
        builder.layer(&format!("encoder.layer.{number}"), shape)?;
    }
    Ok(builder.writer.finish())
}

/// The numbers of the tokens that `shared` has too.
fn kept(tokens: &[String], shared: &[String]) -> Result<Vec<usize>, ModelError> {
    let mut wanted = shared.iter().peekable();
    let of = tokens.iter().enumerate().filter(|(_, token)| wanted.next_if_eq(token).is_some());
    let kept: Vec<_> = of.map(|(number, _)| number).collect();
    match shared.get(kept.len()) {
        None => Ok(kept),
        Some(token) => Err(ModelError::Vocabulary(format!("lacks {token:?}, or has it in another place"))),
    }
}

struct Builder<'a> {
    tensors: SafeTensors<'a>,
    prefix: &'static str,
    writer: Writer,
}

impl Builder<'_> {
    fn vector(&self, name: &str, length: usize) -> Result<Vec<f32>, ModelError> {
        self.tensors.vector(&format!("{}{name}", self.prefix), length)
    }

    fn norm(&mut self, name: &str, width: usize) -> Result<(), ModelError> {
        for part in ["weight", "bias"] {
            let values = self.vector(&format!("{name}.{part}"), width)?;
            self.writer.floats(&values);
        }
        Ok(())
    }

    fn embeddings(
        &mut self,
        shape: Shape,
        vocabulary: usize,
        positions: usize,
        kept: &[usize],
    ) -> Result<(), ModelError> {
        let hidden = shape.hidden;
        let name = format!("{}embeddings.word_embeddings.weight", self.prefix);
        let words = self.tensors.matrix(&name, vocabulary, hidden)?;
        let mut rows = vec![0; kept.len() * hidden];
        let mut scales = Vec::with_capacity(kept.len());
        for (number, row) in kept.iter().zip(rows.chunks_exact_mut(hidden)) {
            scales.push(quantise(&finite(&name, &words.row(*number))?, row));
        }
        self.writer.signed(&rows);
        self.writer.floats(&scales);
        let name = format!("{}embeddings.token_type_embeddings.weight", self.prefix);
        let kind = finite(&name, &self.tensors.tensor(&name)?.row(0))?;
        if kind.len() != hidden {
            return Err(ModelError::tensor(name, format!("has rows of {} values, not {hidden}", kind.len())));
        }
        let name = format!("{}embeddings.position_embeddings.weight", self.prefix);
        let table = self.tensors.matrix(&name, positions, hidden)?;
        let mut values = Vec::with_capacity(shape.tokens * hidden);
        for number in 0..shape.tokens {
            let row = finite(&name, &table.row(number))?;
            values.extend(row.iter().zip(&kind).map(|(position, kind)| position + kind));
        }
        self.writer.floats(&values);
        self.norm("embeddings.LayerNorm", hidden)
    }

    fn layer(&mut self, layer: &str, shape: Shape) -> Result<(), ModelError> {
        let Shape { hidden, intermediate, heads, .. } = shape;
        #[expect(clippy::cast_precision_loss, reason = "a width is far below 2^24")]
        let queries = 1.0 / ((hidden / heads) as f32).sqrt();
        let part = |name: &str| format!("{layer}.attention.self.{name}");
        let parts = [(part("query"), queries), (part("key"), 1.0), (part("value"), 1.0)];
        self.matrix(&parts, hidden, hidden)?;
        self.matrix(&[(format!("{layer}.attention.output.dense"), 1.0)], hidden, hidden)?;
        self.norm(&format!("{layer}.attention.output.LayerNorm"), hidden)?;
        self.matrix(&[(format!("{layer}.intermediate.dense"), 1.0)], intermediate, hidden)?;
        self.matrix(&[(format!("{layer}.output.dense"), 1.0)], hidden, intermediate)?;
        self.norm(&format!("{layer}.output.LayerNorm"), hidden)
    }

    /// Several matrices of one shape, one below the other, each times its factor.
    fn matrix(&mut self, parts: &[(String, f32)], rows: usize, columns: usize) -> Result<(), ModelError> {
        let width = columns.next_multiple_of(SEGMENT);
        let panel = PANEL * width;
        let mut blocks = vec![0; (rows * parts.len()).next_multiple_of(PANEL) * width];
        let (mut scales, mut bias) = (Vec::new(), Vec::new());
        let mut bytes = vec![0; width];
        for (name, factor) in parts {
            let weight = format!("{}{name}.weight", self.prefix);
            let tensor = self.tensors.matrix(&weight, rows, columns)?;
            for number in 0..rows {
                let scale = quantise(&finite(&weight, &tensor.row(number))?, &mut bytes);
                let row = scales.len();
                let panel = blocks.get_mut(row / PANEL * panel..).unwrap_or_default();
                for (block, bytes) in panel.chunks_exact_mut(PANEL * 4).zip(bytes.as_chunks::<4>().0) {
                    if let Some(place) = block.as_chunks_mut::<4>().0.get_mut(row % PANEL) {
                        *place = *bytes;
                    }
                }
                scales.push(scale * factor);
            }
            bias.extend(self.vector(&format!("{name}.bias"), rows)?.into_iter().map(|bias| bias * factor));
        }
        self.writer.signed(&blocks);
        self.writer.floats(&scales);
        self.writer.floats(&bias);
        Ok(())
    }
}

fn finite(tensor: &str, values: &[f32]) -> Result<Vec<f32>, ModelError> {
    if values.iter().all(|value| value.is_finite()) {
        return Ok(values.to_vec());
    }
    Err(ModelError::tensor(tensor, "holds what is no finite number"))
}

/// The bytes of the container that shares the tokens of another model, opened once to see that it can be.
pub(crate) fn bytes(files: &ModelFiles<'_>, shared: &[String]) -> Result<Vec<u8>, ModelError> {
    let blocks = container(files, Some(shared))?;
    let bytes = block_bytes(&blocks).to_vec();
    layout::open(Storage::owned(blocks), Some(&WordPiece::of(shared)?))?;
    Ok(bytes)
}
