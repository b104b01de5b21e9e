//! Vectors from another server, by `POST {url}/v1/embeddings` as `OpenAI` has it and Ollama, `vLLM`, `llama.cpp` and others do.
//!
//! **Bounds.** A connection is made within 5 s, and a call with its whole answer takes at most [`HttpOptions::timeout`].
//! A query is one call. Items go in calls of at most 32 texts and 128 KiB, each tried at most four times, with pauses of
//! at most 30 s between. A text is cut to 8,000 characters, an answer of more than 64 MiB is given up on.
//!
//! **A server that is away.** After five failures in a row no call is made for a second, and every call fails at once;
//! then one call is let through to see, and as long as it fails the pause doubles, up to a minute.

mod answer;
mod batches;
mod breaker;
mod connect;
mod endpoint;
mod fault;
mod measure;
mod options;
mod refusal;
mod retry;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use async_trait::async_trait;
use bytes::Bytes;
use pm_core::ports::{EmbedError, Embedder, EmbeddingModel};

pub use self::options::{ApiKey, HttpOptions, OpenError};

use self::batches::{Batch, TEXTS, batches};
use self::breaker::Breaker;
use self::endpoint::Endpoint;
use self::fault::{Fault, Kind};
use self::measure::{Measured, Purpose};
use self::retry::Retries;

/// Told apart from what another adapter makes of a model of the same name, and from what a later version of this one
/// sends of a text.
const VERSION: &str = "http-1";

/// An embedder that asks another server.
#[derive(Debug)]
pub struct HttpEmbedder {
    endpoint: Endpoint,
    model: EmbeddingModel,
    breaker: Breaker,
    retries: Retries,
    /// How many dimensions the first answer had.
    dimensions: OnceLock<usize>,
}

impl HttpEmbedder {
    /// An embedder as `options` have it. The server is not asked yet.
    pub fn new(options: &HttpOptions) -> Result<Self, OpenError> {
        Ok(Self {
            endpoint: Endpoint::new(options)?,
            model: EmbeddingModel { name: options.model.clone(), version: VERSION.to_owned() },
            breaker: Breaker::default(),
            retries: Retries::default(),
            dimensions: OnceLock::new(),
        })
    }

    /// One call, if the breaker lets it through.
    async fn call(&self, purpose: Purpose, body: &Bytes, texts: usize) -> Result<Vec<Vec<f32>>, Fault> {
        let permit = self.breaker.permit().inspect_err(|_| measure::kept_back(purpose))?;
        let measured = Measured::start(purpose, texts);
        let answer = self.endpoint.call(body.clone(), texts).await;
        let outcome = answer.and_then(|vectors| self.of_one_size(vectors));
        measured.end(&outcome);
        match &outcome {
            Ok(_) => permit.answered(),
            // The server is well: it is the text.
            Err(fault) if fault.kind == Kind::Unsuitable => permit.answered(),
            Err(fault) => permit.failed(fault),
        }
        outcome
    }

    /// The vectors, if they have as many dimensions as all before them.
    fn of_one_size(&self, vectors: Vec<Vec<f32>>) -> Result<Vec<Vec<f32>>, Fault> {
        let Some(now) = vectors.first().map(Vec::len) else { return Ok(vectors) };
        let before = *self.dimensions.get_or_init(|| now);
        if now == before {
            return Ok(vectors);
        }
        Err(Fault::refused(format!(
            "the server answers vectors of {now} dimensions for {}, and answered {before} before: another model has taken \
             its place; give each model a name of its own in EMBEDDING_MODEL and restart",
            self.model.name
        )))
    }
}

#[async_trait]
impl Embedder for HttpEmbedder {
    fn model(&self) -> &EmbeddingModel {
        &self.model
    }

    fn batch(&self) -> usize {
        TEXTS
    }

    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let Batch { body, texts } = Batch::of_one(&self.model.name, text);
        let vectors = self.call(Purpose::Query, &body, texts).await?;
        let vector = vectors.into_iter().next();
        vector.ok_or_else(|| EmbedError::unavailable("the answer has no vector"))
    }

    async fn embed_items(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for Batch { body, texts } in batches(&self.model.name, texts) {
            let call = || self.call(Purpose::Items, &body, texts);
            vectors.extend(self.retries.until_answered(call).await?);
        }
        Ok(vectors)
    }
}
