//! The models in the binary are those that were checked.

use std::fs;
use std::path::Path;

use pm_model::{DIMENSIONS, StaticModel, Transformer};
use sha2::{Digest, Sha256};

#[test]
fn the_assets_have_the_sums_that_are_pinned() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    for line in fs::read_to_string(folder.join("SHA256SUMS")).unwrap().lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        let digest = Sha256::digest(fs::read(folder.join(name)).unwrap());
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digest: String = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect();
        assert_eq!(digest, sum, "{name}");
    }
}

#[test]
fn the_static_model_is_whole() {
    let model = StaticModel::bundled();
    assert_eq!((model.name(), model.tokenizer().len()), ("potion-base-8M", 29_528));
    assert_eq!(model.embed("the server stores it").unwrap().len(), DIMENSIONS);
}

#[test]
fn the_transformer_is_whole_and_shares_the_tokens() {
    let model = Transformer::bundled();
    assert_eq!((model.name(), model.dimensions(), model.max_tokens()), ("all-MiniLM-L6-v2", 384, 256));
    assert_eq!(model.tokenizer().len(), StaticModel::bundled().tokenizer().len());
}
