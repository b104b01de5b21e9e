//! Many callers at once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use pm_core::Error;
use pm_core::model::{
    JsonText, Key, Match, MemoryItem, MemoryType, Precondition, Project, ProjectId, SessionId, Version,
};
use pm_core::ports::{ItemFilter, ItemSort, LimitPolicy, Order, PutItems};
use tokio::task::JoinSet;

use super::Harness;
use super::fixture::{
    at, batch, context, is_there, keep, kept_project, key, limited, once, put_if, scanned, store_all,
};
use super::list::first;

/// No version is given twice.
pub async fn versions_are_unique(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let store = harness.store();
        writers.spawn(async move {
            let mut versions = Vec::new();
            for n in 0..25 {
                versions.push(keep(&*store, context(project, &format!("{}", (writer + n) % 10))).await.1);
            }
            assert!(versions.is_sorted());
            versions
        });
    }
    let versions: Vec<_> = writers.join_all().await.concat();
    assert_eq!(versions.iter().collect::<BTreeSet<_>>().len(), versions.len());
}

/// Of those who store a new item on condition that it is not there, one succeeds.
pub async fn one_creator_wins(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    for round in 0..10 {
        let mut writers = JoinSet::new();
        for _ in 0..8 {
            let store = harness.store();
            writers.spawn(async move {
                let absent = Precondition { if_match: None, if_none_match: Some(Match::Any) };
                let put = put_if(context(project, &round.to_string()), absent);
                store.put_items(project, &put).await.is_ok()
            });
        }
        let winners = writers.join_all().await.into_iter().filter(|won| *won).count();
        assert_eq!(winners, 1);
    }
}

/// Of replacements of one version, one succeeds: no update is lost.
pub async fn one_replacement_wins(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let store = harness.store();
        writers.spawn(async move {
            for _ in 0..5 {
                loop {
                    let before = store.project(project).await.unwrap().unwrap();
                    let count: u32 = before.value.name.parse().unwrap_or_default();
                    let after = Project { name: (count + 1).to_string(), ..before.value };
                    if store.replace_project(&after, before.version).await.unwrap().is_some() {
                        break;
                    }
                }
            }
        });
    }
    writers.join_all().await;
    assert_eq!(store.project(project).await.unwrap().unwrap().value.name, "40");
}

/// The limit holds however many store at once.
pub async fn limit_holds(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let mut writers = JoinSet::new();
    for n in 0..40 {
        let store = harness.store();
        let put = limited(vec![context(project, &n.to_string())], 10, LimitPolicy::Reject);
        writers.spawn(async move { store.put_items(project, &put).await.is_ok() });
    }
    let stored = writers.join_all().await.into_iter().filter(|stored| *stored).count();
    assert_eq!(stored, 10);
    assert_eq!(scanned(&*store, project).await.len(), 10);
}

/// No reader sees a batch half done, and a list agrees with its total.
pub async fn readers_see_whole_batches(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let batch = |n: u32| {
        let value = JsonText::of(&n.into());
        let named = |name: u32| MemoryItem { value: value.clone(), ..context(project, &name.to_string()) };
        (0..50).map(named).collect::<Vec<_>>()
    };
    store_all(&*store, batch(0)).await;
    let writer = tokio::spawn({
        let (store, batches) = (harness.store(), (1..60).map(batch).collect::<Vec<_>>());
        async move {
            for batch in batches {
                store_all(&*store, batch).await;
            }
        }
    });
    while !writer.is_finished() {
        let items = store.scan_items(project, None, 100).await.unwrap();
        assert_eq!(items.len(), 50);
        assert!(items.iter().all(|item| item.value == items[0].value));
    }
    writer.await.unwrap();
}

/// What one of many writers stores in its turn: things of every kind, some of which are refused.
fn of_every_kind(harness: &dyn Harness, project: ProjectId, writer: u8, turn: u8) -> PutItems {
    let own = context(project, &format!("{writer}-{turn}"));
    let session_id = Some(SessionId::new(&format!("session {}", writer % 3)).unwrap());
    let never =
        Precondition { if_match: Some(Match::Versions(vec![Version(u64::MAX >> 12)])), if_none_match: None };
    match (writer + turn) % 8 {
        0 => batch(vec![own]),
        1 => put_if(own, never),
        2 => limited(vec![own], 1, LimitPolicy::Reject),
        3 => batch(vec![MemoryItem { session_id, timestamp: at(turn.into()), ..own }]),
        4 => {
            batch(vec![MemoryItem { expires_at: Some(harness.now() + SignedDuration::from_hours(1)), ..own }])
        }
        5 => batch(vec![own, context(project, &format!("{writer}-{turn}-more"))]),
        6 => PutItems {
            once: Some(once(writer, turn, harness.now() + SignedDuration::from_hours(1))),
            ..batch(vec![own])
        },
        // Of one name for many, at another time and in another session each time.
        _ => {
            let value = JsonText::of(&format!("{writer} in turn {turn}").into());
            batch(vec![MemoryItem {
                value,
                session_id,
                timestamp: at(writer.into()),
                ..context(project, "shared")
            }])
        }
    }
}

/// Of writers to one project at once, each is told of its own write: what is refused takes nothing of the others with it,
/// and what was answered is there, in the version that was answered.
pub async fn each_gets_its_own_outcome(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    store_all(&*store, vec![context(project, "one"), context(project, "two")]).await;
    let mut writers = JoinSet::new();
    for writer in 0..32 {
        let store = harness.store();
        let puts: Vec<_> = (0..8).map(|turn| of_every_kind(harness, project, writer, turn)).collect();
        writers.spawn(async move {
            let mut told = Vec::new();
            for put in puts {
                let outcome = store.put_items(project, &put).await;
                told.push((put, outcome.map(|written| written.outcome.entries)));
            }
            told
        });
    }
    // The last write of each name.
    let mut last: BTreeMap<Key, (Version, MemoryItem)> = BTreeMap::new();
    let (mut versions, mut refused) = (Vec::new(), 0);
    for (put, outcome) in writers.join_all().await.into_iter().flatten() {
        match outcome {
            Ok(entries) => {
                assert_eq!(entries.len(), put.items.len());
                for (item, (created, version)) in put.items.into_iter().zip(entries) {
                    assert!(created || item.key == key("shared"));
                    versions.push(version);
                    let before = last.get(&item.key).map(|(version, _)| *version);
                    if before.is_none_or(|before| before < version) {
                        last.insert(item.key.clone(), (version, item));
                    }
                }
            }
            Err(Error::PreconditionFailed) if put.condition != Precondition::NONE => refused += 1,
            Err(Error::MemoryLimitReached { limit: 1 }) if put.limit.is_some() => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    // Each writer has each kind once.
    assert_eq!((versions.len(), refused), (32 * 7, 32 * 2));
    assert_eq!(versions.iter().collect::<BTreeSet<_>>().len(), versions.len());
    for (name, (version, item)) in &last {
        let found = store.item(project, MemoryType::Context, name).await.unwrap().unwrap();
        assert_eq!((found.version, &found.value), (*version, item));
    }
    let mut expected: BTreeSet<_> = last.keys().map(ToString::to_string).collect();
    expected.extend(["one".to_owned(), "two".to_owned()]);
    assert_eq!(scanned(&*store, project).await, expected);
    // The lists have forgotten where the shared one was before.
    for session in 0..3 {
        let session = SessionId::new(&format!("session {session}")).unwrap();
        let filter = ItemFilter { session_id: Some(session.clone()), ..ItemFilter::default() };
        let page = first(ItemSort::Timestamp, Order::Ascending, 1_000);
        let found = store.list_items(project, &filter, &page).await.unwrap().entries;
        let found: BTreeSet<_> = found.into_iter().map(|item| item.value.key).collect();
        let of_session = |(_, item): &&(Version, MemoryItem)| item.session_id.as_ref() == Some(&session);
        assert_eq!(found, last.values().filter(of_session).map(|(_, item)| item.key.clone()).collect());
    }
}

/// Writers that give up leave those beside them alone, and nothing half done.
pub async fn who_gives_up_takes_nobody_along(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    for round in 0..10 {
        let mut writers = Vec::new();
        for n in 0..24 {
            let store = harness.store();
            let item = context(project, &format!("{round}-{n}"));
            writers.push(tokio::spawn(async move { store.put_items(project, &batch(vec![item])).await }));
        }
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        writers.iter().step_by(3).for_each(tokio::task::JoinHandle::abort);
        for (n, writer) in writers.into_iter().enumerate() {
            match writer.await {
                Ok(outcome) => drop(outcome.unwrap()),
                Err(given_up) => assert!(given_up.is_cancelled() && n % 3 == 0),
            }
            assert!(n % 3 == 0 || is_there(&*store, project, &format!("{round}-{n}")).await);
        }
    }
    keep(&*store, context(project, "after all")).await;
    let names = scanned(&*store, project).await;
    let page = first(ItemSort::Timestamp, Order::Ascending, 1_000);
    let list = store.list_items(project, &ItemFilter::default(), &page).await.unwrap();
    assert_eq!(list.entries.len(), names.len());
    assert_eq!(store.count_items(project).await.unwrap().iter().sum::<u64>(), names.len() as u64);
}
