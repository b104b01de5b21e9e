//! Single projects.

use pm_core::model::{JsonText, Precondition, Project, ProjectId, ProjectStatus, Version, Versioned};
use serde_json::json;

use super::Harness;
use super::fixture::{at, kept_project, project, uuid};

/// Every field comes back as it was stored, the absent ones absent.
pub async fn keep_every_field(harness: &dyn Harness) {
    let store = harness.store();
    let full = Project {
        description: Some("Grüße\n\u{1f680} \"quoted\" \\ % _".to_owned()),
        status: ProjectStatus::Archived,
        metadata: Some(JsonText::of(&json!({"b": [1, 2.5, null], "a": {"deep": true}}))),
        created_at: at(-4_000_000_000),
        updated_at: at(7),
        ..project("  a name with spaces, 名前 and e\u{301}  ")
    };
    let empty = Project { description: Some(String::new()), ..project("x") };
    for project in [full, empty, project("plain")] {
        let version = store.create_project(&project, None).await.unwrap();
        assert_eq!(version.replay_of, None);
        let expected = Versioned { value: project.clone(), version: version.outcome };
        assert_eq!(store.project(project.id).await.unwrap(), Some(expected));
    }
}

/// What is not there is `None` or `false`.
pub async fn are_absent(harness: &dyn Harness) {
    let store = harness.store();
    kept_project(&*store).await;
    let absent = ProjectId::new(uuid());
    assert_eq!(store.project(absent).await.unwrap(), None);
    assert!(!store.delete_project(absent, &Precondition::NONE).await.unwrap());
    let unknown = Project { id: absent, ..project("unknown") };
    assert_eq!(store.replace_project(&unknown, Version(1)).await.unwrap(), None);
}

/// A replacement needs the version that it was made from.
pub async fn are_replaced_in_their_version(harness: &dyn Harness) {
    let store = harness.store();
    let before = project("before");
    let first = store.create_project(&before, None).await.unwrap().outcome;
    let after = Project {
        name: "after".to_owned(),
        description: Some("now with one".to_owned()),
        status: ProjectStatus::Archived,
        updated_at: at(9),
        ..before.clone()
    };
    let second = store.replace_project(&after, first).await.unwrap().unwrap();
    assert!(second > first);
    assert_eq!(store.replace_project(&before, first).await.unwrap(), None);
    assert_eq!(store.replace_project(&before, Version(second.0 + 1)).await.unwrap(), None);
    let kept = store.project(before.id).await.unwrap().unwrap();
    assert_eq!(kept, Versioned { value: after, version: second });
    assert!(store.replace_project(&before, second).await.unwrap().unwrap() > second);
    store.delete_project(before.id, &Precondition::NONE).await.unwrap();
    assert_eq!(store.replace_project(&before, second).await.unwrap(), None);
}

/// Deleting answers whether it was there.
pub async fn are_deleted(harness: &dyn Harness) {
    let store = harness.store();
    let (id, other) = (kept_project(&*store).await, kept_project(&*store).await);
    assert!(store.delete_project(id, &Precondition::NONE).await.unwrap());
    assert!(!store.delete_project(id, &Precondition::NONE).await.unwrap());
    assert_eq!(store.project(id).await.unwrap(), None);
    assert!(store.project(other).await.unwrap().is_some());
}

/// What was listed is known not to hold any more once a change was answered, by stores that tell.
pub async fn have_a_revision(harness: &dyn Harness) {
    let store = harness.store();
    let remote = store.is_remote();
    let mut seen = vec![store.projects_revision()];
    let before = project("before");
    let first = store.create_project(&before, None).await.unwrap().outcome;
    seen.push(store.projects_revision());
    let after = Project { name: "after".to_owned(), ..before.clone() };
    store.replace_project(&after, first).await.unwrap().unwrap();
    seen.push(store.projects_revision());
    assert!(store.delete_project(before.id, &Precondition::NONE).await.unwrap());
    seen.push(store.projects_revision());
    let told = seen.iter().flatten().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(told.len(), if seen[0].is_some() { seen.len() } else { 0 }, "{seen:?}");
    assert!(!remote || told.is_empty(), "another node may have changed them");
}
