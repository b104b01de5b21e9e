//! Messages.

use pm_core::Error;
use pm_core::model::{
    Key, Message, MessageId, MessageMetadata, Precondition, ProjectId, Role, SessionId, Version, Versioned,
};
use pm_core::ports::{MessageFilter, Order};

use super::Harness;
use super::fixture::{at, kept_project, message, uuid};
use super::list::{BOTH, all_messages, first};

/// Every field comes back as it was stored, the absent ones absent.
pub async fn keep_every_field(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let metadata = MessageMetadata {
        for_developer: true,
        instruction: Some("fix \"it\" \u{1f680}".to_owned()),
        summary: Some(String::new()),
        confidence: Some(0.1 + 0.2),
        memory_keys: Some(vec![Key::new("a:*").unwrap(), Key::new("ключ").unwrap()]),
    };
    let full = Message {
        role: Role::AiPm,
        timestamp: at(-4_000_000_000),
        session_id: Some(SessionId::new("s*").unwrap()),
        metadata: Some(metadata),
        ..message(project, "line\nline \u{0} end")
    };
    let system = Message {
        role: Role::System,
        metadata: Some(MessageMetadata::default()),
        ..message(project, &"x".repeat(256 * 1024))
    };
    let mut greatest = Version(0);
    for said in [full, system, message(project, "plain")] {
        let version = store.create_message(&said, None).await.unwrap().outcome;
        assert!(version > greatest);
        greatest = version;
        let expected = Some(Versioned { value: said.clone(), version });
        assert_eq!(store.message(project, said.id).await.unwrap(), expected);
    }
    assert_eq!(store.message(project, MessageId::new(uuid())).await.unwrap(), None);
    assert_eq!(store.message(ProjectId::new(uuid()), MessageId::new(uuid())).await.unwrap(), None);
}

/// Deleting answers whether it was there.
pub async fn are_deleted(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let (said, other) = (message(project, "one"), message(project, "two"));
    for message in [&said, &other] {
        store.create_message(message, None).await.unwrap();
    }
    let none = &Precondition::NONE;
    assert!(store.delete_message(project, said.id, none).await.unwrap());
    assert!(!store.delete_message(project, said.id, none).await.unwrap());
    assert_eq!(store.message(project, said.id).await.unwrap(), None);
    let left = all_messages(&*store, project, &MessageFilter::default(), (Order::Ascending, 9)).await;
    assert_eq!(left, [other]);
    let absent = ProjectId::new(uuid());
    assert_fails!(store.delete_message(absent, said.id, none).await, Error::ProjectNotFound);
    assert_fails!(store.create_message(&message(absent, "lost"), None).await, Error::ProjectNotFound);
    let listed =
        store.list_messages(absent, &MessageFilter::default(), &first((), Order::Ascending, 1)).await;
    assert_fails!(listed, Error::ProjectNotFound);
}

fn varied(project: ProjectId) -> Vec<Message> {
    let vary = |n: usize| Message {
        timestamp: at(i64::try_from(n * 7 % 5).unwrap()),
        role: Role::NAMES[n % 3].1,
        session_id: (!n.is_multiple_of(4)).then(|| SessionId::new(&format!("s{}", n % 4)).unwrap()),
        ..message(project, &n.to_string())
    };
    (0..17).map(vary).collect()
}

/// By timestamp, ties by id, in both orders.
pub async fn are_listed_by_time(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut expected = varied(project);
    for message in &expected {
        store.create_message(message, None).await.unwrap();
    }
    expected.sort_by_key(|message| (message.timestamp, message.id));
    let all = MessageFilter::default();
    assert_eq!(all_messages(&*store, project, &all, (Order::Ascending, 100)).await, expected);
    expected.reverse();
    assert_eq!(all_messages(&*store, project, &all, (Order::Descending, 100)).await, expected);
}

/// Each filter alone and all together.
pub async fn are_filtered(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut messages = varied(project);
    for message in &messages {
        store.create_message(message, None).await.unwrap();
    }
    messages.sort_by_key(|message| (message.timestamp, message.id));
    let (session_id, all) = (SessionId::new("s1").ok(), MessageFilter::default());
    for filter in [
        MessageFilter { role: Some(Role::System), ..all.clone() },
        MessageFilter { session_id: session_id.clone(), ..all.clone() },
        MessageFilter { since: Some(at(2)), ..all.clone() },
        MessageFilter { until: Some(at(2)), ..all.clone() },
        MessageFilter { role: Some(Role::User), session_id, since: Some(at(1)), until: Some(at(4)) },
    ] {
        let kept = messages.iter().filter(|message| {
            filter.role.is_none_or(|role| role == message.role)
                && (filter.session_id.is_none() || filter.session_id == message.session_id)
                && filter.since.is_none_or(|since| since <= message.timestamp)
                && filter.until.is_none_or(|until| message.timestamp < until)
        });
        let kept: Vec<_> = kept.cloned().collect();
        assert_eq!(all_messages(&*store, project, &filter, (Order::Ascending, 2)).await, kept, "{filter:?}");
    }
}

/// Pages of any size join to the same list.
pub async fn pages_cover_the_list(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let all = MessageFilter::default();
    assert!(all_messages(&*store, project, &all, (Order::Ascending, 1)).await.is_empty());
    for message in varied(project) {
        store.create_message(&message, None).await.unwrap();
    }
    for order in BOTH {
        let whole = all_messages(&*store, project, &all, (order, 1000)).await;
        for limit in [1, 2, 3, 16, 17, 18] {
            assert_eq!(all_messages(&*store, project, &all, (order, limit)).await, whole);
        }
    }
}
