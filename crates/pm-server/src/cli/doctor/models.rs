//! Whether what makes vectors does so.

use std::time::{Duration, Instant};

use super::finding::Finding;
use crate::compose;
use crate::config::{Config, EmbedderKind};

const CHECK: &str = "models";
/// How long one text may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is embedded.
const TEXT: &str = "the login answers 500 after the deployment";

/// Loads the model that is configured, and has it embed one text.
pub(super) async fn check(config: &Config) -> Finding {
    match config.embedder.kind {
        EmbedderKind::None => return Finding::skipped(CHECK, "EMBEDDER=none: recall goes by words alone"),
        EmbedderKind::Static => {
            return Finding::skipped(CHECK, "EMBEDDER=static: a table in the binary, nothing is loaded");
        }
        EmbedderKind::Minilm | EmbedderKind::Http => {}
    }
    let advice = "see EMBEDDER and the EMBEDDING_ settings; EMBEDDER=static needs nothing else";
    let began = Instant::now();
    match tokio::time::timeout(PATIENCE, compose::try_embedder(config, TEXT)).await {
        Ok(Ok(tried)) => {
            let ms = began.elapsed().as_millis();
            Finding::ok(
                CHECK,
                format!("{} embeds a text, {} numbers, in {ms} ms", tried.model, tried.dimensions),
            )
        }
        Ok(Err(why)) => Finding::failed(CHECK, why, advice),
        Err(_) => Finding::failed(CHECK, format!("no vector within {} s", PATIENCE.as_secs()), advice),
    }
}
