//! An embedder that knows a few words, and does what a test says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use pm_core::ports::{EmbedError, Embedder, EmbeddingModel};
use tokio::sync::watch;

/// Words of one line mean the same.
const MEANINGS: [&[&str]; 3] = [&["cat", "feline"], &["car", "automobile"], &["king", "monarch"]];

#[derive(Debug)]
pub struct FakeEmbedder {
    model: EmbeddingModel,
    pub down: AtomicBool,
    /// While it is true, no call is answered.
    pub items_held: watch::Sender<bool>,
    pub queries_held: watch::Sender<bool>,
    /// Calls, answered or not.
    pub calls: AtomicUsize,
    pub queries: AtomicUsize,
    embedded: Mutex<Vec<String>>,
    dimensions: usize,
}

impl FakeEmbedder {
    pub fn new(name: &str) -> Self {
        Self::of_size(name, 8)
    }

    pub fn of_size(name: &str, dimensions: usize) -> Self {
        Self {
            model: EmbeddingModel { name: name.to_owned(), version: "1".to_owned() },
            down: AtomicBool::new(false),
            items_held: watch::Sender::new(false),
            queries_held: watch::Sender::new(false),
            calls: AtomicUsize::new(0),
            queries: AtomicUsize::new(0),
            embedded: Mutex::default(),
            dimensions,
        }
    }

    /// The texts of items that were embedded since this was last asked, sorted.
    pub fn take_embedded(&self) -> Vec<String> {
        let mut texts = std::mem::take(&mut *self.embedded.lock().unwrap());
        texts.sort();
        texts
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; self.dimensions];
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            let meaning = MEANINGS.iter().position(|words| words.contains(&word));
            let share = if meaning.is_some() { 1.0 } else { 0.01 };
            *vector.get_mut(meaning.unwrap_or(MEANINGS.len())).unwrap() += share;
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
        vector.into_iter().map(|x| x / length).collect()
    }

    async fn answers(&self, held: &watch::Sender<bool>) -> Result<(), EmbedError> {
        let _ = held.subscribe().wait_for(|held| !held).await;
        if self.down.load(Ordering::SeqCst) { Err(EmbedError::unavailable("it is down")) } else { Ok(()) }
    }
}

#[async_trait]
impl Embedder for FakeEmbedder {
    fn model(&self) -> &EmbeddingModel {
        &self.model
    }

    fn batch(&self) -> usize {
        4
    }

    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        self.queries.fetch_add(1, Ordering::SeqCst);
        self.answers(&self.queries_held).await?;
        assert!(!text.contains("panic"), "the test wants it");
        Ok(self.vector(text))
    }

    async fn embed_items(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.answers(&self.items_held).await?;
        assert!(!texts.iter().any(|text| text.contains("panic")), "the test wants it");
        if texts.iter().any(|text| text.contains("unsuitable")) {
            return Err(EmbedError::Unsuitable("the test wants it".to_owned()));
        }
        self.embedded.lock().unwrap().extend(texts.iter().cloned());
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }
}
