//! From the published files of a model to the file that ships in the binary.

use crate::{ModelError, ModelFiles, static_model, transformer, wordpiece};

/// The file for a static model of `model2vec`, out of its `tokenizer.json` and its `model.safetensors`.
pub fn static_model(name: &str, tokenizer: &[u8], safetensors: &[u8]) -> Result<Vec<u8>, ModelError> {
    static_model::container(name, tokenizer, safetensors)
}

/// The file for a transformer that shares the vocabulary of a static model, whose `tokenizer.json` is `shared`: tokens
/// that the static model lacks are left out.
pub fn transformer(files: &ModelFiles<'_>, shared: &[u8]) -> Result<Vec<u8>, ModelError> {
    transformer::bytes(files, &wordpiece::tokens(shared)?)
}
