use pm_core::input::Fields;
use pm_core::model::{ItemDraft, Key, MemoryType, Precondition};
use pm_core::operations::{ContextRequest, Recalled};
use pm_recall::tuning::CONFIDENCE;
use serde_json::json;

use crate::operations::{World, settings};

impl World {
    async fn put_as(&self, r#type: MemoryType, key: &str, value: &str) {
        let draft = ItemDraft::named(r#type, Key::new(key).unwrap(), json!({"value": value})).unwrap();
        self.operations.memory.put(self.project, draft, Precondition::NONE, None).await.unwrap();
    }
}

#[tokio::test]
async fn the_confidence_is_that_of_all_items_together_but_those_that_came_along() {
    let world = World::new(settings()).await;
    world.put_as(MemoryType::Error, "pdf", "invoices are printed without their last page").await;
    world.put_as(MemoryType::Error, "fax", "invoices are faxed upside down").await;
    world.put_as(MemoryType::Solution, "pdf", "CALL BOB").await;
    let fields = Fields::of_query(vec![("query".to_owned(), "invoices".to_owned())]);
    let context =
        world.operations.contexts.get(world.project, ContextRequest::new(fields).unwrap()).await.unwrap();
    let came_along = |item: &&Recalled| {
        item.explain.as_ref().unwrap().parts().any(|(name, part)| name == "link" && part > 0.0)
    };
    assert_eq!(context.items.len(), 3);
    assert_eq!(context.items.iter().filter(came_along).count(), 1);
    let own = context.items.iter().filter(|item| !came_along(item));
    let none: f64 = own.map(|item| 1.0 - item.relevance.unwrap()).product();
    let log_odds = CONFIDENCE.0 + CONFIDENCE.1 * ((1.0 - none) / none).ln();
    let expected = 1.0 / (1.0 + (-log_odds).exp());
    assert!((context.confidence - expected).abs() < 1e-9, "{} {expected}", context.confidence);
    assert_eq!(context.sufficient, context.confidence >= settings().confidence_threshold);
}
