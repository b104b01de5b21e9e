use jiff::SignedDuration;
use pm_core::Result;
use pm_core::model::{ItemDraft, Key, MemoryType, Precondition, ProjectDraft};
use pm_core::operations::{DeleteRequest, RecallRequest, Settings, StoreBatch};
use pm_core::policy::Actor;
use serde_json::{Value, json};

use crate::operations::{World, settings};

impl World {
    pub async fn recalled(&self, query: &str) -> Vec<String> {
        self.recalled_in(&self.project.to_string(), query).await
    }

    pub async fn recalled_in(&self, project: &str, query: &str) -> Vec<String> {
        self.recall(project, query).await.unwrap()
    }

    pub async fn recall(&self, project: &str, query: &str) -> Result<Vec<String>> {
        let request =
            RecallRequest::new(json!({"project_id": project, "query": query, "limit": 1000})).unwrap();
        let items = self.operations.recall.recall(&request).await?;
        Ok(items.into_iter().map(|recalled| recalled.item.key.to_string()).collect())
    }

    pub async fn fill(&self, project: &str, items: usize) {
        for start in (0..items).step_by(1000) {
            let item =
                |n| json!({"type": "context", "key": format!("k{n}"), "value": format!("filler word{n}")});
            let batch: Vec<Value> = (start..items.min(start + 1000)).map(item).collect();
            let batch = StoreBatch::new(json!({"project_id": project, "items": batch})).unwrap();
            self.operations.memory.store_batch(batch, None).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_index_follows_every_kind_of_change() {
    follows_every_kind_of_change(World::new(settings()).await).await;
    follows_every_kind_of_change(World::remote(settings()).await).await;
}

async fn follows_every_kind_of_change(world: World) {
    world.put("a", json!("the cat sat")).await;
    assert_eq!(world.recalled("cat").await, ["a"], "built from what was there");
    world.put("b", json!("another cat")).await;
    assert_eq!(world.recalled("cat").await.len(), 2, "added");
    world.put("a", json!("the dog sat")).await;
    assert_eq!(world.recalled("cat").await, ["b"], "replaced");
    let delete = DeleteRequest::one(world.project, MemoryType::Context, Key::new("b").unwrap());
    world.operations.memory.delete(&delete, &Precondition::NONE, &Actor::shell()).await.unwrap();
    assert_eq!(world.recalled("cat").await, Vec::<String>::new(), "deleted");
    world.operations.memory.clear(world.project, &Actor::shell()).await.unwrap();
    assert_eq!(world.recalled("").await, Vec::<String>::new(), "cleared");
    let draft =
        ItemDraft::named(MemoryType::Error, Key::new("e").unwrap(), json!({"value": "cat", "ttl": 5}))
            .unwrap();
    world.operations.memory.put(world.project, draft, Precondition::NONE, None).await.unwrap();
    assert_eq!(world.recalled("cat").await, ["e"]);
    world.clock.advance(SignedDuration::from_secs(5));
    assert_eq!(world.recalled("cat").await, Vec::<String>::new(), "expired, though not swept");
}

#[tokio::test]
async fn indexes_over_the_budget_go_and_come_back() {
    let world = World::new(Settings { index_bytes: 60_000, ..settings() }).await;
    let mut projects = Vec::new();
    for n in 0..8 {
        let draft = ProjectDraft::to_create(json!({"name": format!("p{n}")})).unwrap();
        let id = world.operations.projects.create(draft, None).await.unwrap().value.id.to_string();
        world.fill(&id, 200).await;
        projects.push(id);
    }
    for _ in 0..3 {
        for project in &projects {
            assert_eq!(world.recalled_in(project, "word7").await, ["k7"]);
        }
    }
}

#[tokio::test]
async fn an_index_that_missed_changes_is_built_anew() {
    let settings = Settings { index_bytes: usize::MAX, ..settings() };
    is_built_anew(World::new(settings.clone()).await).await;
    is_built_anew(World::remote(settings).await).await;
}

async fn is_built_anew(world: World) {
    let project = world.project.to_string();
    world.put("first", json!("first")).await;
    assert_eq!(world.recalled("first").await, ["first"]);
    // More than a follower may lag behind: written past the operations, so that nothing catches up meanwhile.
    let items: Vec<_> = (0..25_000)
        .map(|n| {
            let body = json!({"type": "context", "key": format!("k{n}"), "value": format!("word{n}")});
            ItemDraft::new(body).unwrap().at(world.project, pm_core::ports::Clock::now(&*world.clock), None)
        })
        .collect();
    let put = pm_core::ports::PutItems { items, condition: Precondition::NONE, limit: None, once: None };
    pm_core::ports::Store::put_items(&*world.store, world.project, &put).await.unwrap();
    assert_eq!(world.recalled_in(&project, "word24999").await, ["k24999"]);
    assert_eq!(world.recalled_in(&project, "first").await, ["first"]);
}

#[tokio::test]
async fn a_caller_that_gives_up_takes_nothing_along() {
    gives_up(World::new(settings()).await).await;
    gives_up(World::remote(settings()).await).await;
}

async fn gives_up(world: World) {
    let project = world.project.to_string();
    world.fill(&project, 2000).await;
    for patience in 0..40 {
        // Polled a few times, then dropped: in the middle of a build, or of catching up.
        let mut recall = Box::pin(world.recalled_in(&project, "word7"));
        for _ in 0..patience {
            tokio::select! {
                biased;
                _ = &mut recall => break,
                () = tokio::task::yield_now() => {}
            }
        }
        drop(recall);
        world.put(&format!("late{patience}"), json!(format!("late{patience}"))).await;
    }
    assert_eq!(world.recalled("word7").await, ["k7"]);
    for patience in 0..40 {
        let name = format!("late{patience}");
        assert_eq!(world.recalled(&name).await, std::slice::from_ref(&name));
    }
}
