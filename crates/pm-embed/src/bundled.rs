//! The transformer on this machine: the one in the binary, or one from a directory.
//!
//! Items are embedded by threads of their own that take only the time that nothing else wants, and that pause while a query
//! is embedded: on another core they would still share its caches. Queries are embedded at once, as many at a time as the
//! machine has cores; those beyond wait for their turn. A query that is alone has a second thread at its products, where
//! there is a second core.
//! One text takes milliseconds, so that every method answers within the time that the texts before it take: queries are
//! given a limit by their caller, a call with items has at most what the caller put in.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use async_trait::async_trait;
use pm_core::ports::{EmbedError, Embedder, EmbeddingModel};
use pm_model::{ForkJoin, ModelError, ModelFiles, Scratch, Transformer};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, oneshot};

/// What tells vectors of this adapter apart from earlier ones of the same weights: how passages are cut and pooled.
const VERSION: &str = "int8-1";
/// Texts of one call: a batch takes a fraction of a second, and is what a kill loses.
const BATCH: usize = 16;
/// Calls that wait for a thread; as many as there are workers come at a time, the rest is refused to be tried again.
const WAITING: usize = 256;
/// How long items wait for queries at a time, before the next of the layers that take a few milliseconds each: however
/// many queries there are, items go on.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// How often the thread that assists looks for work before it lets others run in between: 10 to 50 us, more than lies between
/// two products.
const LOOKS: usize = 1_000;

/// What is said where a query got no vector.
const NOT_EMBEDDED: &str = "a query was not embedded";

/// Why there is no transformer.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file of the directory cannot be read.
    #[error("EMBEDDING_MODEL_DIR: {file} cannot be read: {source}")]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What is in the directory is no model of the kind that is supported.
    #[error("EMBEDDING_MODEL_DIR: {0}")]
    Model(#[from] ModelError),
    /// No thread could be started.
    #[error("no thread to embed with can be started: {0}")]
    Thread(std::io::Error),
}

/// Passages to be embedded, and who waits for their vectors.
struct Job {
    texts: Vec<String>,
    answer: oneshot::Sender<Vec<Vec<f32>>>,
}

/// The transformer with its threads.
#[derive(Debug)]
pub struct BundledEmbedder {
    name: EmbeddingModel,
    is_reference: bool,
    model: Transformer,
    jobs: SyncSender<Job>,
    /// Queries that may be embedded at a time.
    turns: Semaphore,
    queries: Arc<InFlight>,
    assistant: Option<Assistant>,
    /// Room for queries, kept from one to the next.
    rooms: Arc<Mutex<Vec<Scratch>>>,
}

impl BundledEmbedder {
    /// The transformer in the binary, with so many threads in the background.
    pub fn bundled(threads: usize) -> Result<Self, OpenError> {
        let model = Transformer::bundled();
        let name = EmbeddingModel { name: model.name().to_owned(), version: VERSION.to_owned() };
        Self::start(model, name, true, threads)
    }

    /// The transformer in `directory`, as it is published for sentence-transformers: `config.json`, `tokenizer.json` or
    /// `vocab.txt`, `model.safetensors`, and `1_Pooling/config.json` and `sentence_bert_config.json` where they are.
    pub fn from_directory(directory: &Path, threads: usize) -> Result<Self, OpenError> {
        let read = |file: &str| {
            let file = directory.join(file);
            std::fs::read(&file).map_err(|source| OpenError::File { file, source })
        };
        let name = directory.file_name().unwrap_or(directory.as_os_str()).to_string_lossy();
        let (config, weights) = (read("config.json")?, read("model.safetensors")?);
        let tokenizer = if directory.join("tokenizer.json").exists() {
            read("tokenizer.json")?
        } else {
            read("vocab.txt")?
        };
        let optional =
            |file: &str| if directory.join(file).exists() { read(file).map(Some) } else { Ok(None) };
        let (pooling, sentence) =
            (optional("1_Pooling/config.json")?, optional("sentence_bert_config.json")?);
        let model = Transformer::from_files(&ModelFiles {
            name: &name,
            config: &config,
            tokenizer: &tokenizer,
            weights: &weights,
            pooling: pooling.as_deref(),
            sentence: sentence.as_deref(),
        })?;
        let mut hash = Sha256::new();
        for file in [Some(&config), Some(&tokenizer), Some(&weights), pooling.as_ref(), sentence.as_ref()] {
            let bytes = file.map_or(&[][..], Vec::as_slice);
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        }
        let digest =
            hash.finalize().iter().take(8).fold(0_u64, |digest, byte| digest << 8 | u64::from(*byte));
        let name = EmbeddingModel { name: name.into_owned(), version: format!("{VERSION}-{digest:016x}") };
        Self::start(model, name, false, threads)
    }

    fn start(
        model: Transformer,
        name: EmbeddingModel,
        is_reference: bool,
        threads: usize,
    ) -> Result<Self, OpenError> {
        let (jobs, waiting) = mpsc::sync_channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        let queries: Arc<InFlight> = Arc::default();
        for number in 0..threads.max(1) {
            let (model, waiting, queries) = (model.clone(), waiting.clone(), queries.clone());
            thread::Builder::new()
                .name(format!("embed-{number}"))
                .spawn(move || work(&model, &waiting, queries))
                .map_err(OpenError::Thread)?;
        }
        let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let assistant = if cores > 1 { Some(Assistant::start(&model, &queries)?) } else { None };
        let (turns, rooms) = (Semaphore::new(cores), Arc::default());
        Ok(Self { name, is_reference, model, jobs, turns, queries, assistant, rooms })
    }
}

/// How many queries are being embedded.
///
/// Who embeds a query takes no lock: a thread of the background that has it may not come to run for long.
#[derive(Debug, Default)]
struct InFlight {
    count: AtomicUsize,
    /// Of the background alone.
    lock: Mutex<()>,
    none: Condvar,
}

impl InFlight {
    /// One more, until what is given back is dropped.
    fn enter(self: &Arc<Self>) -> Entered {
        self.count.fetch_add(1, Ordering::Relaxed);
        Entered(self.clone())
    }

    /// Whether there is one.
    fn is_one(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 1
    }

    /// Waits until there are none, but not for long: also because without the lock it may miss that there is none.
    fn let_pass(&self) {
        let any = || self.count.load(Ordering::Relaxed) > 0;
        if any() {
            let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = self.none.wait_timeout_while(lock, LONGEST_PAUSE, |()| any());
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }
}

struct Entered(Arc<InFlight>);

impl Drop for Entered {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.none.notify_all();
        }
    }
}

/// A thread that takes part in a query while that is the only one: with two of them each core has its own.
#[derive(Debug)]
struct Assistant {
    thread: Thread,
    place: Arc<ForkJoin>,
    ending: Arc<AtomicBool>,
}

impl Assistant {
    fn start(model: &Transformer, queries: &Arc<InFlight>) -> Result<Self, OpenError> {
        let (place, ending) = (Arc::<ForkJoin>::default(), Arc::<AtomicBool>::default());
        let thread = thread::Builder::new().name("embed-assist".to_owned()).spawn({
            let (model, queries, place, ending) =
                (model.clone(), queries.clone(), place.clone(), ending.clone());
            move || {
                while !ending.load(Ordering::Acquire) {
                    thread::park();
                    model.assist(&place, |looked| {
                        if looked > LOOKS {
                            thread::yield_now();
                        }
                        queries.is_one()
                    });
                }
            }
        });
        Ok(Self { thread: thread.map_err(OpenError::Thread)?.thread().clone(), place, ending })
    }
}

impl Drop for Assistant {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Embeds what waits, until the embedder is gone.
fn work(model: &Transformer, waiting: &Mutex<Receiver<Job>>, queries: Arc<InFlight>) {
    yield_to_all_others();
    let mut scratch = Scratch::pausing(move || queries.let_pass());
    loop {
        // One thread waits for the next job, the others wait for their turn to.
        let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let mut vectors = Vec::with_capacity(job.texts.len());
        for text in &job.texts {
            if job.answer.is_closed() {
                break;
            }
            vectors.append(&mut model.embed_passages(&[text], &mut scratch));
        }
        // Who does not wait any more has been told nothing.
        drop(job.answer.send(vectors));
    }
}

/// On Linux, where this is of one thread: it runs when no other wants to (`SCHED_IDLE`). The lowest priority, 19, is not enough:
/// others would wait until its slice is over.
fn yield_to_all_others() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::unix::{
            NormalThreadSchedulePolicy::Idle, ThreadSchedulePolicy, set_thread_priority_and_policy,
            thread_native_id,
        };
        let policy = ThreadSchedulePolicy::Normal(Idle);
        let lowest = thread_priority::ThreadPriority::Min;
        if let Err(error) = set_thread_priority_and_policy(thread_native_id(), lowest, policy) {
            tracing::debug!(%error, "embedding runs at the priority of everything else");
        }
    }
}

#[async_trait]
impl Embedder for BundledEmbedder {
    fn model(&self) -> &EmbeddingModel {
        &self.name
    }

    fn is_reference(&self) -> bool {
        self.is_reference
    }

    fn batch(&self) -> usize {
        BATCH
    }

    async fn embed_query(&self, text: &str) -> Result<Vec<f32>, EmbedError> {
        let _turn =
            self.turns.acquire().await.map_err(|error| EmbedError::unavailable_from(NOT_EMBEDDED, error))?;
        let (model, rooms, text) = (self.model.clone(), self.rooms.clone(), text.to_owned());
        let place = self.assistant.as_ref().map(|assistant| assistant.place.clone());
        let entered = self.queries.enter();
        let vector = tokio::task::spawn_blocking(move || {
            let _entered = entered;
            let room = rooms.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut room = room.unwrap_or_else(|| place.map_or_else(Scratch::new, Scratch::assisted));
            let vector = model.embed_query(&text, &mut room);
            rooms.lock().unwrap_or_else(PoisonError::into_inner).push(room);
            vector
        });
        // After the other, which needs no assistant to begin.
        if let Some(assistant) = &self.assistant
            && self.queries.is_one()
        {
            assistant.thread.unpark();
        }
        vector.await.map_err(|error| EmbedError::unavailable_from(NOT_EMBEDDED, error))
    }

    async fn embed_items(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let (answer, vectors) = oneshot::channel();
        match self.jobs.try_send(Job { texts: texts.to_vec(), answer }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(EmbedError::unavailable("too many texts wait already")),
            Err(TrySendError::Disconnected(_)) => return Err(EmbedError::unavailable("no thread is left")),
        }
        vectors.await.map_err(|_| EmbedError::unavailable("the thread that embedded has ended"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn queries_and_items_of_the_same_meaning_are_near() {
        let embedder = BundledEmbedder::bundled(2).unwrap();
        assert_eq!(embedder.model().name, "all-MiniLM-L6-v2");
        let texts = ["The login page answers 500", "Bread is baked in an oven", ""].map(str::to_owned);
        let items = embedder.embed_items(&texts).await.unwrap();
        let query = embedder.embed_query("users cannot sign in").await.unwrap();
        let near = |item: &[f32]| item.iter().zip(&query).map(|(a, b)| a * b).sum::<f32>();
        assert_eq!((items.len(), query.len()), (3, 384));
        assert!(near(&items[0]) > near(&items[1]) + 0.1, "{} {}", near(&items[0]), near(&items[1]));
    }

    #[tokio::test]
    async fn a_query_that_is_alone_is_assisted_and_two_are_not() {
        let embedder = BundledEmbedder::bundled(1).unwrap();
        let Some(Assistant { place, .. }) = &embedder.assistant else {
            return println!("there is one core: nobody assists");
        };
        // As if another query took its time.
        let other = embedder.queries.enter();
        embedder.embed_query("who is there?").await.unwrap();
        assert_eq!(place.brought(), 0);
        drop(other);
        // It may not come to run at once, where the machine does other things.
        for number in 0..10_000 {
            embedder.embed_query(&format!("where is number {number}?")).await.unwrap();
            if place.brought() > 0 {
                return;
            }
        }
        panic!("nobody assisted");
    }

    #[test]
    fn items_wait_for_queries_and_not_forever() {
        let queries: Arc<InFlight> = Arc::default();
        queries.let_pass();
        let (first, second) = (queries.enter(), queries.enter());
        queries.let_pass();
        drop(first);
        let waiting = thread::spawn({
            let queries = queries.clone();
            move || {
                while queries.count.load(Ordering::Relaxed) > 0 {
                    queries.let_pass();
                }
            }
        });
        drop(second);
        waiting.join().unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_background_runs_when_no_other_wants_to() {
        use thread_priority::unix::{
            NormalThreadSchedulePolicy::Idle, ThreadSchedulePolicy, thread_schedule_policy,
        };
        let policy = thread::spawn(|| {
            yield_to_all_others();
            thread_schedule_policy().unwrap()
        });
        assert_eq!(policy.join().unwrap(), ThreadSchedulePolicy::Normal(Idle));
    }

    #[test]
    fn a_directory_without_a_model_says_which_file_it_wants() {
        let error = BundledEmbedder::from_directory(Path::new("no/such/model"), 1).unwrap_err().to_string();
        assert!(error.contains("config.json") && error.contains("EMBEDDING_MODEL_DIR"), "{error}");
    }
}
