//! What turns text into vectors.

use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use http::Uri;

use super::names::{self, Spec};
use super::reader::{Checked, Parsed, Reader, number, one_of};
use super::secret::Secret;

/// The most threads that may be set.
const THREADS: usize = 64;

/// What turns text into vectors for recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmbedderKind {
    /// The small transformer that ships in the binary.
    Minilm,
    /// The static table that ships in the binary.
    Static,
    /// Nothing: recall goes by words alone.
    None,
    /// Another server.
    Http,
}

/// What turns text into vectors for recall, and how much it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedder {
    /// What it is.
    pub kind: EmbedderKind,
    /// The other server. Present exactly when `kind` is `Http`.
    pub server: Option<EmbeddingServer>,
    /// A directory with the model to use in place of the one in the binary. Only where `kind` is `Minilm`.
    pub model_dir: Option<PathBuf>,
    /// How long a recall waits for the vector of its query before it answers without.
    pub query_budget: Duration,
    /// Threads that embed in the background; 1 to 64.
    pub threads: usize,
}

/// A server that makes vectors, by `/v1/embeddings`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddingServer {
    /// What stands before `/v1/embeddings`: `http` or `https`, a host, perhaps a path.
    pub url: Uri,
    /// The model, as the server calls it.
    pub model: String,
    /// What the server knows the caller by.
    pub api_key: Option<Secret>,
    /// How long one call may take.
    pub timeout: Duration,
}

/// The settings of the embedder; checked even where it is another, used only where they are wanted.
pub(super) fn read(reader: &mut Reader<'_>) -> Checked<Embedder> {
    let kind = reader.value(
        &names::EMBEDDER,
        one_of(&[
            ("minilm", EmbedderKind::Minilm),
            ("static", EmbedderKind::Static),
            ("none", EmbedderKind::None),
            ("http", EmbedderKind::Http),
        ]),
    );
    let wanted = kind == Some(EmbedderKind::Http);
    let url = required(reader, wanted, &names::EMBEDDING_URL, "such as http://localhost:11434", url);
    let model = required(reader, wanted, &names::EMBEDDING_MODEL, "such as all-minilm", model);
    let api_key = reader.optional(&names::EMBEDDING_API_KEY, api_key);
    let timeout = reader.value(&names::EMBEDDING_TIMEOUT_MS, number(100..=300_000, " (ms)"));
    let model_dir = reader.optional(&names::EMBEDDING_MODEL_DIR, |text| Ok(PathBuf::from(text)));
    if model_dir.is_some() && kind.is_some_and(|kind| kind != EmbedderKind::Minilm) {
        reader.fault(
            &names::EMBEDDING_MODEL_DIR,
            "is used only with EMBEDDER=minilm; set that, or leave it out",
        );
    }
    let query_budget = reader.value(&names::EMBEDDING_QUERY_BUDGET_MS, number(1..=10_000, " (ms)"));
    let threads = reader.value_or(&names::EMBEDDING_THREADS, &half_of_the_cores(), number(1..=THREADS, ""));
    let timeout = Duration::from_millis(timeout?);
    Some(Embedder {
        kind: kind?,
        server: if wanted {
            Some(EmbeddingServer { url: url?, model: model?, api_key, timeout })
        } else {
            None
        },
        model_dir,
        query_budget: Duration::from_millis(query_budget?),
        threads: threads?,
    })
}

/// A setting that another server cannot be used without.
fn required<T>(
    reader: &mut Reader<'_>,
    wanted: bool,
    spec: &'static Spec,
    example: &str,
    parse: impl FnOnce(&str) -> Parsed<T>,
) -> Option<T> {
    if wanted && reader.given(spec).is_none() {
        reader.fault(spec, format!("is missing, and EMBEDDER=http needs it; give one, {example}"));
        return None;
    }
    reader.optional(spec, parse)
}

/// What stands before `/v1/embeddings`.
fn url(text: &str) -> Parsed<Uri> {
    let way_out = || "give http://host:port or https://host, where there is a path with it".to_owned();
    let uri: Uri = text.parse().map_err(|_| way_out())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
        return Err(way_out());
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("leave user and password out; a key goes into EMBEDDING_API_KEY".to_owned());
    }
    // The parser drops a fragment.
    if uri.query().is_some() || text.contains('#') {
        return Err("leave out what begins with `?` or `#`".to_owned());
    }
    Ok(uri)
}

fn model(text: &str) -> Parsed<String> {
    if text.len() <= 256 && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err("give the name of a model, of at most 256 bytes and without control characters".to_owned())
    }
}

/// A key that can be sent in a header.
fn api_key(text: &str) -> Parsed<Secret> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Secret::new(text))
    } else {
        Err("has blanks or other characters that cannot be sent; give printable ASCII".to_owned())
    }
}

/// So that recalls and writes have the other half.
fn half_of_the_cores() -> String {
    let cores = available_parallelism().map_or(1, usize::from);
    (cores / 2).clamp(1, THREADS).to_string()
}
