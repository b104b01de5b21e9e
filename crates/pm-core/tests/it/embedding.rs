//! Items are embedded in the background. All on a paused clock: a sleep ends when everything else waits.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pm_core::model::{Key, MemoryType, Precondition, ProjectDraft, ProjectId};
use pm_core::operations::{DeleteRequest, Operations, Ports, RecallRequest, Recalled};
use pm_core::policy::Actor;
use pm_core::ports::{Clock, Embedder, ManualClock, ModelTag, RandomIds, Store};
use pm_store::memory::MemoryStore;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::fake_embedder::FakeEmbedder;
use crate::operations::{World, settings};

/// A node: operations over a store, with an embedder.
struct Node {
    world: World,
    embedder: Arc<FakeEmbedder>,
    running: Option<JoinHandle<()>>,
}

impl Node {
    async fn new() -> Self {
        Self::over(MemoryStore::new).await
    }

    async fn over(open: impl FnOnce(Arc<dyn Clock>) -> Arc<MemoryStore>) -> Self {
        let clock = Arc::new(ManualClock::new("2026-03-05T14:07:00Z".parse().unwrap()));
        let store = open(clock.clone());
        let mut node = Self::at(&store, &clock, ProjectId::new(uuid::Uuid::nil()), FakeEmbedder::new("fake"));
        node.world.project = node.project("p").await;
        node
    }

    fn at(
        store: &Arc<MemoryStore>,
        clock: &Arc<ManualClock>,
        project: ProjectId,
        embedder: FakeEmbedder,
    ) -> Self {
        let embedder = Arc::new(embedder);
        let ports = Ports {
            store: store.clone(),
            vault: store.clone(),
            clock: clock.clone(),
            ids: Arc::new(RandomIds),
            embedder: Some(embedder.clone()),
        };
        let operations = Operations::new(&ports, &settings());
        let world = World { operations, clock: clock.clone(), store: store.clone(), project };
        Self { world, embedder, running: None }
    }

    /// Another one over the same store.
    fn beside(&self, embedder: FakeEmbedder) -> Self {
        Self::at(&self.world.store, &self.world.clock, self.world.project, embedder)
    }

    async fn project(&self, name: &str) -> ProjectId {
        let draft = ProjectDraft::to_create(json!({ "name": name })).unwrap();
        self.world.operations.projects.create(draft, None).await.unwrap().value.id
    }

    fn run(&mut self) {
        let embedding = self.world.operations.embedding.clone();
        self.running = Some(tokio::spawn(async move { embedding.run().await }));
    }

    async fn running() -> Self {
        let mut node = Self::new().await;
        node.run();
        idle().await;
        node
    }

    fn pending(&self) -> u64 {
        self.world.operations.embedding.pending()
    }

    async fn put(&self, key: &str, text: &str) {
        self.world.put(key, json!(text)).await;
    }

    async fn recall(&self, query: &str) -> Vec<Recalled> {
        let project = self.world.project.to_string();
        let request =
            RecallRequest::new(json!({"project_id": project, "query": query, "limit": 1000})).unwrap();
        self.world.operations.recall.recall(&request).await.unwrap()
    }

    /// The best item for the query.
    async fn best(&self, query: &str) -> String {
        self.recall(query).await.first().map(|found| found.item.key.to_string()).unwrap_or_default()
    }

    /// The names of the items of a project that have no vector.
    async fn unembedded(&self, project: ProjectId) -> Vec<String> {
        let model = ModelTag(self.embedder.model().tag());
        let names = self.world.store.scan_unembedded(project, model, None, 100_000).await.unwrap();
        names.into_iter().map(|(_, key)| key.to_string()).collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

/// Until everything waits for something.
async fn idle() {
    sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_is_found_by_its_meaning() {
    let mut node = Node::new().await;
    assert_eq!(node.pending(), 1, "what there may be from before");
    node.run();
    idle().await;
    assert_eq!(node.pending(), 0);
    node.embedder.items_held.send_replace(true);
    node.put("pet", "a cat").await;
    node.put("thing", "a car").await;
    assert_eq!(node.pending(), 2, "noted before the writer is answered");
    assert_eq!(node.recall("feline").await.len(), 0);
    node.embedder.items_held.send_replace(false);
    idle().await;
    assert_eq!(node.pending(), 0);
    assert_eq!(node.best("feline").await, "pet", "in the index that is loaded");
    assert_eq!(node.best("automobile").await, "thing");
    assert_eq!(node.beside(FakeEmbedder::new("fake")).best("feline").await, "pet", "in one that is built");
    assert_eq!(node.embedder.take_embedded().len(), 2, "each once");
}

#[tokio::test(start_paused = true)]
async fn a_late_vector_does_not_stick_to_what_has_replaced_its_item() {
    let node = Node::running().await;
    node.recall("cat").await;
    node.embedder.items_held.send_replace(true);
    node.put("a", "a cat").await;
    idle().await;
    node.put("a", "a car").await;
    node.put("b", "a king").await;
    idle().await;
    let gone = DeleteRequest::one(node.world.project, MemoryType::Context, Key::new("b").unwrap());
    node.world.operations.memory.delete(&gone, &Precondition::NONE, &Actor::shell()).await.unwrap();
    node.embedder.items_held.send_replace(false);
    idle().await;
    assert_eq!((node.pending(), node.unembedded(node.world.project).await.len()), (0, 0));
    assert_eq!(node.best("automobile").await, "a");
    assert!(node.recall("monarch").await.iter().all(|found| found.item.key.as_str() != "b"));
    let cosine = |found: &Recalled| found.explain.as_ref().unwrap().score;
    let (car, cat) = (node.recall("automobile").await, node.recall("feline").await);
    assert!(cat.first().is_none_or(|cat| cosine(cat) < cosine(&car[0])), "{cat:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_down_is_tried_again_ever_more_rarely() {
    let node = Node::running().await;
    node.embedder.down.store(true, Ordering::SeqCst);
    node.put("a", "a cat").await;
    sleep(Duration::from_mins(10)).await;
    let calls = node.embedder.calls.load(Ordering::SeqCst);
    assert!((10..60).contains(&calls), "{calls} calls in ten minutes of two workers");
    assert_eq!(node.pending(), 1);
    let asked = node.recall("feline").await;
    assert_eq!(asked.len(), 0);
    let by_word = node.recall("cat").await;
    assert_eq!(by_word[0].explain.as_ref().unwrap().transformer, Some("unavailable"));
    node.embedder.down.store(false, Ordering::SeqCst);
    sleep(Duration::from_secs(61)).await;
    assert_eq!((node.pending(), node.best("feline").await), (0, "a".to_owned()));
    // The store, too.
    node.world.store.fail(true);
    sleep(Duration::from_secs(5)).await;
    node.world.store.fail(false);
    node.put("b", "a car").await;
    sleep(Duration::from_secs(61)).await;
    assert_eq!((node.pending(), node.best("automobile").await), (0, "b".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn one_text_that_is_not_taken_holds_up_no_other() {
    for word in ["unsuitable", "panic"] {
        let node = Node::running().await;
        node.embedder.items_held.send_replace(true);
        node.put("bad", word).await;
        for n in 0..9 {
            node.put(&format!("k{n}"), "a cat").await;
        }
        node.embedder.items_held.send_replace(false);
        idle().await;
        assert_eq!((node.pending(), node.unembedded(node.world.project).await), (0, vec!["bad".to_owned()]));
        let before = node.embedder.calls.load(Ordering::SeqCst);
        sleep(Duration::from_secs(100)).await;
        assert_eq!(node.embedder.calls.load(Ordering::SeqCst), before, "given up");
        node.put("bad", "a king").await;
        idle().await;
        assert_eq!(node.best("monarch").await, "bad", "until it is written again");
    }
}

#[tokio::test(start_paused = true)]
async fn another_model_embeds_everything_again() {
    let mut before = Node::running().await;
    before.put("a", "a cat").await;
    idle().await;
    before.running.take().unwrap().abort();
    let mut after = before.beside(FakeEmbedder::of_size("other", 12));
    assert_eq!(after.recall("feline").await.len(), 0, "vectors of two models are not compared");
    assert!(after.pending() > 0);
    after.run();
    idle().await;
    assert_eq!(after.pending(), 0);
    assert_eq!(after.embedder.take_embedded().len(), 1);
    assert_eq!(after.best("feline").await, "a");
}

#[tokio::test(start_paused = true)]
async fn what_the_process_left_is_found_at_the_next_start() {
    let mut before = Node::running().await;
    let mut projects = vec![before.world.project];
    for name in ["q", "r"] {
        projects.push(before.project(name).await);
    }
    before.embedder.items_held.send_replace(true);
    for project in &projects {
        before.world.fill(&project.to_string(), 300).await;
    }
    idle().await;
    // In the middle of a call.
    before.running.take().unwrap().abort();
    idle().await;
    before.embedder.items_held.send_replace(false);
    idle().await;
    assert_eq!(before.embedder.take_embedded().len(), 0, "it has ended");
    let mut after = before.beside(FakeEmbedder::new("fake"));
    after.run();
    idle().await;
    assert_eq!(after.pending(), 0);
    for project in projects {
        assert_eq!(after.unembedded(project).await.len(), 0);
    }
    assert_eq!(after.embedder.take_embedded().len(), 900, "each once");
    let mut again = after.beside(FakeEmbedder::new("fake"));
    again.run();
    idle().await;
    assert_eq!((again.pending(), again.embedder.calls.load(Ordering::SeqCst)), (0, 0), "nothing is left");
}

#[tokio::test(start_paused = true)]
async fn a_query_has_its_time_and_no_more() {
    let node = Node::running().await;
    node.put("a", "the cat").await;
    idle().await;
    node.embedder.queries_held.send_replace(true);
    let began = tokio::time::Instant::now();
    let (one, two) = tokio::join!(node.recall("cat"), node.recall("cat"));
    assert_eq!(began.elapsed(), settings().query_budget);
    for found in [one, two] {
        assert_eq!(found[0].explain.as_ref().unwrap().transformer, Some("timed_out"));
    }
    assert_eq!(node.embedder.queries.load(Ordering::SeqCst), 1, "once for both");
    node.embedder.queries_held.send_replace(false);
    idle().await;
    let found = node.recall("cat").await;
    assert_eq!(found[0].explain.as_ref().unwrap().transformer, None);
    assert_eq!(node.embedder.queries.load(Ordering::SeqCst), 1, "it was finished for the next one");
    node.recall(" ").await;
    assert_eq!(node.embedder.queries.load(Ordering::SeqCst), 1, "nothing is asked");
    let found = node.recall("panic cat").await;
    assert_eq!(found[0].explain.as_ref().unwrap().transformer, Some("unavailable"));
}

#[tokio::test(start_paused = true)]
async fn nodes_share_the_work() {
    let mut one = Node::over(MemoryStore::remote).await;
    let mut two = one.beside(FakeEmbedder::new("fake"));
    one.run();
    two.run();
    idle().await;
    assert_eq!(two.recall("feline").await.len(), 0, "its index is loaded");
    one.put("a", "a cat").await;
    idle().await;
    assert_eq!(two.recall("cat").await.len(), 1, "it has heard of the item");
    assert_eq!(two.pending(), 1);
    sleep(Duration::from_secs(3)).await;
    assert_eq!((two.pending(), two.best("feline").await), (0, "a".to_owned()));
    assert_eq!(two.embedder.calls.load(Ordering::SeqCst), 0, "it was made by the other");
    // The node that wrote it dies before it has embedded it.
    one.embedder.items_held.send_replace(true);
    one.put("b", "a king").await;
    one.running.take().unwrap().abort();
    idle().await;
    two.recall("cat").await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!((two.pending(), two.best("monarch").await), (0, "b".to_owned()));
    assert_eq!(two.embedder.take_embedded().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_into_the_queue_is_found_in_the_store() {
    let node = Node::running().await;
    node.embedder.items_held.send_replace(true);
    let (first, second) = (node.world.project, node.project("q").await);
    node.world.fill(&first.to_string(), 11_000).await;
    node.world.fill(&second.to_string(), 10).await;
    assert_eq!(node.pending(), 11_010);
    let other = node.beside(FakeEmbedder::new("fake"));
    other.recall("cat").await;
    assert_eq!(other.pending(), 11_001, "all projects have not been looked at yet");
    node.embedder.items_held.send_replace(false);
    idle().await;
    assert_eq!(node.pending(), 0);
    for project in [first, second] {
        assert_eq!(node.unembedded(project).await.len(), 0);
    }
    assert_eq!(node.embedder.take_embedded().len(), 11_010, "each once");
}

#[tokio::test(start_paused = true)]
async fn a_project_that_is_gone_waits_for_nothing() {
    let node = Node::running().await;
    node.embedder.items_held.send_replace(true);
    node.world.fill(&node.world.project.to_string(), 2000).await;
    idle().await;
    node.world
        .operations
        .projects
        .delete(node.world.project, &Precondition::NONE, &Actor::shell())
        .await
        .unwrap();
    node.embedder.items_held.send_replace(false);
    idle().await;
    assert_eq!(node.pending(), 0);
}
