//! Models that are not in the binary: a tiny one is taken, damaged ones are refused, and none makes the crate panic.

use pm_model::{ModelFiles, Scratch, Transformer};
use proptest::prelude::*;
use serde_json::{Value, json};

const VOCABULARY: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##b\nc\n";
const HIDDEN: usize = 12;

fn config() -> Value {
    json!({"model_type": "bert", "hidden_act": "gelu", "num_hidden_layers": 2, "hidden_size": HIDDEN,
        "num_attention_heads": 3, "intermediate_size": 20, "max_position_embeddings": 9, "layer_norm_eps": 1e-12,
        "vocab_size": 9, "type_vocab_size": 2})
}

/// Every tensor of the tiny model, with its shape.
fn shapes() -> Vec<(String, Vec<usize>)> {
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![9, HIDDEN]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![9, HIDDEN]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, HIDDEN]),
    ];
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..2 {
        for (name, rows, columns) in [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", 20, HIDDEN),
            ("output.dense", HIDDEN, 20),
        ] {
            shapes.push((format!("encoder.layer.{layer}.{name}.weight"), vec![rows, columns]));
            shapes.push((format!("encoder.layer.{layer}.{name}.bias"), vec![rows]));
        }
        norms.extend(
            ["attention.output", "output"].map(|name| format!("encoder.layer.{layer}.{name}.LayerNorm")),
        );
    }
    for norm in norms {
        shapes.extend(["weight", "bias"].map(|part| (format!("{norm}.{part}"), vec![HIDDEN])));
    }
    shapes
}

/// A safetensors file of these tensors, in F32 or in F16, under a prefix.
fn weights(prefix: &str, half: bool, shapes: &[(String, Vec<usize>)]) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape) in shapes {
        let start = data.len();
        for at in 0..shape.iter().product::<usize>() {
            // Multiples of 1/8 up to 4: exact in both types.
            let eighths = i16::try_from((at * 37 + name.len() * 11) % 65).unwrap() - 32;
            if half {
                let size = eighths.unsigned_abs();
                // The exponent of an eighth is -3, and that of 1 is written as 15.
                let bits = size.checked_ilog2().map_or(0, |power| {
                    (u16::try_from(power).unwrap() + 12) << 10 | (size << (10 - power)) & 0x3ff
                });
                data.extend((bits | u16::from(eighths < 0) << 15).to_le_bytes());
            } else {
                data.extend((f32::from(eighths) / 8.0).to_le_bytes());
            }
        }
        let kind = if half { "F16" } else { "F32" };
        header.insert(
            format!("{prefix}{name}"),
            json!({"dtype": kind, "shape": shape, "data_offsets": [start, data.len()]}),
        );
    }
    let header = Value::from(header).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

fn taken(
    config: &[u8],
    tokenizer: &[u8],
    weights: &[u8],
    pooling: Option<&[u8]>,
) -> Result<Transformer, String> {
    let files = ModelFiles { name: "tiny", config, tokenizer, weights, pooling, sentence: None };
    Transformer::from_files(&files).map_err(|error| error.to_string())
}

#[test]
fn a_model_is_the_same_in_every_type_and_under_both_names() {
    let config = config().to_string();
    let take = |weights: &[u8]| taken(config.as_bytes(), VOCABULARY.as_bytes(), weights, None).unwrap();
    let model = take(&weights("", false, &shapes()));
    assert_eq!(
        (model.name(), model.dimensions(), model.max_tokens(), model.tokenizer().len()),
        ("tiny", 12, 9, 9)
    );
    let mut scratch = Scratch::new();
    let vector = model.embed("ab c unknown", &mut scratch);
    assert!((vector.iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 1e-5);
    assert_eq!(take(&weights("bert.", true, &shapes())).embed("ab c unknown", &mut scratch), vector);
    // As long as there are positions for; the rest is not read.
    assert_eq!(model.embed(&"a".repeat(9), &mut scratch).len(), 12);
    assert_eq!(model.embed(&"a ".repeat(7), &mut scratch), model.embed(&"a ".repeat(700), &mut scratch));
}

#[test]
fn the_first_token_is_taken_where_the_model_says_so() {
    let config = config().to_string();
    let weights = weights("", false, &shapes());
    let pooled = |pooling: Option<&[u8]>| {
        let model = taken(config.as_bytes(), VOCABULARY.as_bytes(), &weights, pooling).unwrap();
        model.embed("ab c", &mut Scratch::new())
    };
    let first = pooled(Some(br#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#));
    let mean = pooled(Some(br#"{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}"#));
    assert_ne!(first, mean);
    assert_eq!(mean, pooled(None));
}

#[test]
fn a_missing_or_wrong_tensor_is_named() {
    let config = config().to_string();
    let shapes = shapes();
    for (at, (name, shape)) in shapes.iter().enumerate() {
        let mut without = shapes.clone();
        without.remove(at);
        let mut wrong = shapes.clone();
        wrong[at].1 = shape.iter().map(|size| size + 1).collect();
        for changed in [without, wrong] {
            let weights = weights("", false, &changed);
            let error = taken(config.as_bytes(), VOCABULARY.as_bytes(), &weights, None).unwrap_err();
            assert!(error.contains(name.as_str()), "{name}: {error}");
        }
    }
}

#[test]
fn sizes_that_lie_are_refused_without_room_for_them() {
    let weights = weights("", false, &shapes());
    for field in
        ["num_hidden_layers", "hidden_size", "intermediate_size", "max_position_embeddings", "vocab_size"]
    {
        for size in [0_u64, 1, 65_536, 1 << 40, u64::MAX] {
            let mut config = config();
            config[field] = json!(size);
            let found = taken(config.to_string().as_bytes(), VOCABULARY.as_bytes(), &weights, None);
            // Fewer layers than there are is no lie.
            assert!(found.is_err() || (field, size) == ("num_hidden_layers", 1), "{field} {size}");
        }
    }
    let config = config().to_string();
    assert!(taken(config.as_bytes(), b"a\nb\n", &weights, None).unwrap_err().contains("[UNK]"));
    assert!(
        taken(config.as_bytes(), "x\n".repeat(10).as_bytes(), &weights, None)
            .unwrap_err()
            .contains("vocab_size")
    );
}

proptest! {
    #[test]
    fn damaged_files_never_panic(place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let config = config().to_string();
        let mut weights = weights("", false, &shapes());
        // Mostly in the header.
        let at = place.index(weights.len().min(6000));
        if cut {
            weights.truncate(at);
        } else {
            weights[at] = byte;
        }
        if let Ok(model) = taken(config.as_bytes(), VOCABULARY.as_bytes(), &weights, None) {
            let vector = model.embed("a b c", &mut Scratch::new());
            prop_assert!(vector.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn any_text_has_a_vector(text in any::<String>()) {
        let config = config().to_string();
        let model = taken(config.as_bytes(), VOCABULARY.as_bytes(), &weights("", false, &shapes()), None).unwrap();
        prop_assert_eq!(model.embed(&text, &mut Scratch::new()).len(), HIDDEN);
    }
}
