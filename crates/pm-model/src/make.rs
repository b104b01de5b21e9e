//! From the published files of a model to the file that ships in the binary.

use crate::{ModelError, static_model};

/// The file for a static model of `model2vec`, out of its `tokenizer.json` and its `model.safetensors`.
pub fn static_model(name: &str, tokenizer: &[u8], safetensors: &[u8]) -> Result<Vec<u8>, ModelError> {
    static_model::container(name, tokenizer, safetensors)
}
