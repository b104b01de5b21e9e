//! The models give what their published originals give.
//!
//! `fixtures/reference.jsonl` has for each text the tokens by the `tokenizers` library 0.23 and the vectors of both models
//! in f32, out of the published weights, times 10,000 and rounded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use pm_model::{ForkJoin, Instructions, Kernel, Scratch, StaticModel, Transformer};
use serde_json::Value;

struct Reference {
    text: String,
    tokens: Vec<u32>,
    fixed: Option<Vec<f32>>,
    transformer: Vec<f32>,
}

fn references() -> Vec<Reference> {
    let vector = |value: &Value| {
        let values = value.as_array()?.iter();
        values.map(|value| value.as_f64().map(|value| value as f32 / 1e4)).collect::<Option<Vec<_>>>()
    };
    let lines = include_str!("../fixtures/reference.jsonl").lines();
    let read = |line| {
        let json: Value = serde_json::from_str(line).unwrap();
        let tokens = json["tokens"].as_array().unwrap().iter();
        Reference {
            text: json["text"].as_str().unwrap().to_owned(),
            tokens: tokens.map(|token| u32::try_from(token.as_u64().unwrap()).unwrap()).collect(),
            fixed: vector(&json["static"]),
            transformer: vector(&json["transformer"]).unwrap(),
        }
    };
    lines.map(read).collect()
}

fn kernels() -> impl Iterator<Item = Kernel> {
    Instructions::ALL.into_iter().filter_map(Kernel::with)
}

/// Of two vectors of any length.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn tokens_are_those_of_the_library() {
    let tokenizer = StaticModel::bundled().tokenizer();
    for Reference { text, tokens, .. } in references() {
        assert_eq!(tokenizer.encode(&text, usize::MAX), tokens, "{text}");
        assert_eq!(tokenizer.encode(&text, 5), tokens[..tokens.len().min(5)], "{text}");
    }
}

#[test]
fn static_vectors_are_those_of_the_original() {
    for kernel in kernels() {
        let model = StaticModel::bundled().clone().with_kernel(kernel);
        for Reference { text, fixed, .. } in references() {
            let vector = model.embed(&text);
            assert_eq!(vector.is_some(), fixed.is_some(), "{text}");
            let Some((vector, fixed)) = vector.zip(fixed) else { continue };
            let cosine = cosine(&vector, &fixed);
            assert!(cosine > 0.9995, "{kernel:?} {cosine} {text}");
            assert!((vector.iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn transformed_vectors_are_near_those_of_the_original() {
    for kernel in kernels() {
        let model = Transformer::bundled().with_kernel(kernel);
        let mut scratch = Scratch::new();
        let cosines: Vec<_> = references()
            .iter()
            .filter(|reference| kernel.instructions() != Instructions::Scalar || reference.text.len() < 200)
            .map(|reference| {
                let vector = model.embed(&reference.text, &mut scratch);
                assert!((vector.iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 1e-5);
                let cosine = cosine(&vector, &reference.transformer);
                assert!(cosine >= 0.99, "{kernel:?} {cosine} {}", reference.text);
                cosine
            })
            .collect();
        let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
        let least = cosines.iter().copied().fold(1.0, f32::min);
        println!("{}: cosine to f32: mean {mean:.5}, least {least:.5}", kernel.instructions());
        assert!(mean >= 0.996, "{kernel:?} {mean}");
    }
}

#[test]
fn texts_that_go_through_together_give_what_they_give_alone() {
    let model = Transformer::bundled();
    let mut scratch = Scratch::new();
    let references = references();
    let texts: Vec<_> = references.iter().map(|reference| reference.text.as_str()).collect();
    let together = model.embed_all(&texts, &mut scratch);
    assert_eq!(together.len(), texts.len());
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(*vector, model.embed(text, &mut scratch), "{text}");
    }
    assert!(model.embed_all(&[], &mut scratch).is_empty());
}

#[test]
fn a_second_thread_changes_nothing() {
    let model = Transformer::bundled();
    let (place, over) = (Arc::new(ForkJoin::new()), AtomicBool::new(false));
    let (mut alone, mut assisted) = (Scratch::new(), Scratch::assisted(Arc::clone(&place)));
    let changed: Vec<_> = thread::scope(|scope| {
        scope.spawn(|| model.assist(&place, |_| !over.load(Ordering::Relaxed)));
        let mut changed = references();
        changed.retain(|Reference { text, .. }| {
            model.embed(text, &mut assisted) != model.embed(text, &mut alone)
        });
        over.store(true, Ordering::Relaxed);
        changed.into_iter().map(|reference| reference.text).collect()
    });
    assert!(changed.is_empty(), "{changed:?}");
}

#[test]
fn what_spells_no_word_is_not_read() {
    let tokenizer = StaticModel::bundled().tokenizer();
    for text in [
        "a",
        "7",
        "the",
        "kubernetes",
        "PostgreSQL",
        "nginx",
        "segfault",
        "Café",
        "what is 01a21ab7f05b7130?",
    ] {
        assert!(tokenizer.reads(text), "{text}");
    }
    let base64 = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg".repeat(4);
    for text in [
        "",
        " ",
        "?!",
        "\u{1f468}",
        "連線被拒絕",
        "соединение",
        "اتصال",
        "axbgxcxazq",
        "9f86d081884c7d659a2feaa0c55ad015",
        "01a21ab7f05b7130",
        &base64,
    ] {
        assert!(!tokenizer.reads(text), "{text}");
    }
}
