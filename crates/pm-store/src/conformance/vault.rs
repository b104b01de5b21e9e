//! The vault.

use jiff::{SignedDuration, Timestamp};
use pm_core::Error;
use pm_core::ports::{Content, Expected, IdRange, Order, Record, Shelf, Vault};
use tokio::task::JoinSet;

use super::Harness;
use super::fixture::at;

fn content(body: &str) -> Content {
    Content { body: body.to_owned(), expires_at: None }
}

fn dying(harness: &dyn Harness) -> Content {
    Content { body: "\"dying\"".to_owned(), expires_at: Some(harness.now() + harness.moment()) }
}

/// Keeps a record on the shelf of keys, whatever is there; its version.
async fn keep(vault: &dyn Vault, id: &str, content: &Content) -> u64 {
    vault.put_record(Shelf::Keys, id, content, Expected::Any).await.unwrap().unwrap()
}

/// Whether there is such a record on the shelf of keys.
async fn is_there(vault: &dyn Vault, id: &str) -> bool {
    vault.record(Shelf::Keys, id).await.unwrap().is_some()
}

/// The ids of a shelf, in the order of the list.
async fn ids(vault: &dyn Vault, shelf: Shelf) -> Vec<String> {
    let records = vault.records(shelf, None, 1_000).await.unwrap();
    records.into_iter().map(|record| record.id).collect()
}

/// What was put is what is read, one by one and in the list.
pub async fn keep_every_field(harness: &dyn Harness) {
    let vault = harness.vault();
    let far = Timestamp::from_microsecond(4_102_444_800_123_456).unwrap();
    let contents = [
        content("{}"),
        content(r#"{"text":"é \u0000 😀 \"quoted\"","n":[1,2.50,null]}"#),
        content(&format!("\"{}\"", "x".repeat(64 * 1024 - 2))),
        Content { expires_at: Some(far), ..content("1") },
        Content { expires_at: Some(harness.now() + harness.moment() * 1000), ..content("2") },
    ];
    for shelf in Shelf::ALL {
        let mut kept = Vec::new();
        for (n, content) in contents.iter().enumerate() {
            let id = format!("record {n}");
            let version = vault.put_record(shelf, &id, content, Expected::Absent).await.unwrap().unwrap();
            let record = Record { id, content: content.clone(), version };
            assert_eq!(vault.record(shelf, &record.id).await.unwrap().as_ref(), Some(&record));
            kept.push(record);
        }
        assert_eq!(vault.records(shelf, None, 10).await.unwrap(), kept);
    }
}

/// What is not there is no fault; nothing is written in place of a version that is not there.
pub async fn are_absent(harness: &dyn Harness) {
    let vault = harness.vault();
    for shelf in Shelf::ALL {
        assert_eq!(vault.record(shelf, "a").await.unwrap(), None);
        assert!(!vault.remove_record(shelf, "a").await.unwrap());
        for version in [0, 1, u64::MAX] {
            let put = vault.put_record(shelf, "a", &content("1"), Expected::Version(version)).await;
            assert_eq!(put.unwrap(), None);
        }
        assert_eq!(vault.records(shelf, None, 10).await.unwrap(), []);
        assert_eq!(vault.records(shelf, Some("a"), 10).await.unwrap(), []);
        assert_eq!(vault.record(shelf, "a").await.unwrap(), None);
    }
    keep(&*vault, "a", &content("1")).await;
    assert!(vault.remove_record(Shelf::Keys, "a").await.unwrap());
    assert!(!vault.remove_record(Shelf::Keys, "a").await.unwrap());
    assert!(!is_there(&*vault, "a").await);
    assert_eq!(ids(&*vault, Shelf::Keys).await, [""; 0]);
}

/// A replacement happens in the expected version only, and a creation where nothing is.
pub async fn are_replaced_in_their_version(harness: &dyn Harness) {
    let vault = harness.vault();
    let put = async |body: &str, expected| {
        vault.put_record(Shelf::Keys, "a", &content(body), expected).await.unwrap()
    };
    let first = put("1", Expected::Absent).await.unwrap();
    assert_eq!(put("2", Expected::Absent).await, None);
    assert_eq!(put("2", Expected::Version(first + 1)).await, None);
    assert_eq!(put("2", Expected::Version(u64::MAX)).await, None);
    let kept = vault.record(Shelf::Keys, "a").await.unwrap().unwrap();
    assert_eq!((kept.content.body.as_str(), kept.version), ("1", first));
    let second = put("2", Expected::Version(first)).await.unwrap();
    assert_eq!(put("3", Expected::Version(first)).await, None);
    let third = put("3", Expected::Any).await.unwrap();
    assert!(first < second && second < third);
    assert!(vault.remove_record(Shelf::Keys, "a").await.unwrap());
    assert_eq!(put("4", Expected::Version(third)).await, None);
    let fourth = put("4", Expected::Absent).await.unwrap();
    let kept = vault.record(Shelf::Keys, "a").await.unwrap().unwrap();
    assert_eq!((kept.content.body.as_str(), kept.version), ("4", fourth));
}

/// Each version is greater than all that any record of the vault had before.
pub async fn have_versions_never_given_before(harness: &dyn Harness) {
    let vault = harness.vault();
    let mut last = 0;
    for _ in 0..3 {
        for shelf in Shelf::ALL {
            for id in ["a", "b"] {
                let put = vault.put_record(shelf, id, &content("1"), Expected::Any).await.unwrap().unwrap();
                assert!(put > last);
                last = put;
            }
            assert!(vault.remove_record(shelf, "b").await.unwrap());
        }
    }
    let mut writers = JoinSet::new();
    for n in 0..40 {
        let vault = harness.vault();
        writers.spawn(async move {
            let shelf = Shelf::ALL[n % 2];
            vault.put_record(shelf, &(n / 4).to_string(), &content("1"), Expected::Any).await.unwrap()
        });
    }
    let mut versions: Vec<_> = writers.join_all().await.into_iter().map(Option::unwrap).collect();
    versions.sort_unstable();
    assert!(versions[0] > last);
    versions.dedup();
    assert_eq!(versions.len(), 40);
}

/// Of those who create the same record at once, one does.
pub async fn one_creator_wins(harness: &dyn Harness) {
    for round in 0..20 {
        one_wins(harness, &format!("record {round}"), Expected::Absent).await;
    }
}

/// Of those who replace the same version at once, one does.
pub async fn one_replacement_wins(harness: &dyn Harness) {
    let vault = harness.vault();
    let mut version = keep(&*vault, "a", &content("0")).await;
    for _ in 0..20 {
        version = one_wins(harness, "a", Expected::Version(version)).await;
    }
}

/// Has eight write the same record; the version of the one whose write happened.
async fn one_wins(harness: &dyn Harness, id: &str, expected: Expected) -> u64 {
    let mut writers = JoinSet::new();
    for n in 0..8 {
        let (vault, id) = (harness.vault(), id.to_owned());
        writers.spawn(async move {
            let content = content(&n.to_string());
            let put = vault.put_record(Shelf::Keys, &id, &content, expected).await.unwrap();
            put.map(|version| Record { id, content, version })
        });
    }
    let won: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert_eq!(harness.vault().record(Shelf::Keys, id).await.unwrap().as_ref(), won.first());
    won[0].version
}

/// The list goes by the bytes of the ids, and no character has a special meaning.
pub async fn are_listed_by_bytes(harness: &dyn Harness) {
    let vault = harness.vault();
    let long = "l".repeat(200);
    let mut expected = vec![
        "a", "B", "a:b", "b", "é", "e\u{301}", "*", "+", "-", "(a", "[a", "%", "_", "\\", "\"", "'", "a b",
        " ", "a ", "aa", "A", "0", "10", "9", "{vault}", "keys:a", "\u{1}", "\n", "\u{7f}", "\u{fffd}", "😀",
        &long,
    ];
    for id in &expected {
        let put = vault.put_record(Shelf::Keys, id, &content("1"), Expected::Absent).await.unwrap();
        assert!(put.is_some(), "{id:?}");
    }
    expected.sort_unstable();
    assert_eq!(ids(&*vault, Shelf::Keys).await, expected);
    for (n, id) in expected.iter().enumerate() {
        assert_eq!(vault.record(Shelf::Keys, id).await.unwrap().unwrap().id, *id);
        let next = vault.records(Shelf::Keys, Some(id), 1).await.unwrap();
        assert_eq!(next.first().map(|record| record.id.as_str()), expected.get(n + 1).copied());
    }
    // It goes on after a place where nothing is.
    let following = vault.records(Shelf::Keys, Some("a:"), 1).await.unwrap();
    assert_eq!(following[0].id, "a:b");
    for id in &expected {
        assert!(vault.remove_record(Shelf::Keys, id).await.unwrap(), "{id:?}");
    }
    assert_eq!(ids(&*vault, Shelf::Keys).await, [""; 0]);
}

/// Pages one after the other hold each record once, also where those already seen go and others are replaced.
pub async fn pages_cover_the_list(harness: &dyn Harness) {
    let vault = harness.vault();
    let all: Vec<_> = (0..25).map(|n| format!("{n:02}")).collect();
    for id in &all {
        keep(&*vault, id, &content("1")).await;
    }
    assert_eq!(vault.records(Shelf::Keys, None, 0).await.unwrap(), []);
    for limit in [1, 5, 7, 24, 25, 26, usize::MAX] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = vault.records(Shelf::Keys, after.as_deref(), limit).await.unwrap();
            assert!(page.len() <= limit);
            let follows = |id: &str| after.as_deref().is_none_or(|after| id > after);
            assert!(page.iter().all(|record| follows(&record.id)), "{limit}");
            seen.extend(page.iter().map(|record| record.id.clone()));
            after = seen.last().cloned();
            if page.len() < limit {
                break;
            }
            let last = page.last().unwrap();
            assert!(vault.remove_record(Shelf::Keys, &last.id).await.unwrap());
            keep(&*vault, "24", &content("2")).await;
            keep(&*vault, &last.id, &content("2")).await;
        }
        assert_eq!(seen, all, "{limit}");
    }
    // More bytes than an adapter may want to read at once.
    let long = content(&format!("\"{}\"", "x".repeat(64 * 1024 - 2)));
    for n in 0..80 {
        keep(&*vault, &format!("{n:02}"), &long).await;
    }
    assert_eq!(vault.records(Shelf::Keys, None, 79).await.unwrap().len(), 79);
    assert_eq!(ids(&*vault, Shelf::Keys).await.len(), 80);
}

/// A range is read from either end, without its bounds, and counted.
pub async fn are_read_and_counted_by_range(harness: &dyn Harness) {
    let vault = harness.vault();
    let mut all = vec!["a", "a:b", "aa", "ab", "b", "é", "*", "(a", "[a", "-", "+", "\u{1}", "😀", "10", "9"];
    for id in &all {
        keep(&*vault, id, &content("1")).await;
        vault.put_record(Shelf::Uses, id, &content("1"), Expected::Any).await.unwrap();
    }
    all.sort_unstable();
    // Bounds that are there, and some that are not.
    let mut bounds: Vec<_> = all.iter().copied().map(Some).collect();
    bounds.extend([None, Some("a:"), Some("0"), Some("\u{10ffff}")]);
    for (after, before) in bounds.iter().flat_map(|after| bounds.iter().map(|before| (*after, *before))) {
        let range = IdRange { after, before };
        let mut expected: Vec<_> = all.iter().copied().filter(|id| range.holds(id)).collect();
        assert_eq!(
            vault.count_records(Shelf::Keys, range).await.unwrap(),
            expected.len() as u64,
            "{range:?}"
        );
        for order in [Order::Ascending, Order::Descending] {
            for limit in [0, 1, 3, usize::MAX] {
                let read = vault.records_within(Shelf::Keys, range, order, limit).await.unwrap();
                let read: Vec<_> = read.iter().map(|record| record.id.as_str()).collect();
                let expected = &expected[..limit.min(expected.len())];
                assert_eq!(read, expected, "{range:?} {order:?} {limit}");
            }
            expected.reverse();
        }
    }
    assert_eq!(vault.count_records(Shelf::Audit, IdRange::ALL).await.unwrap(), 0);
}

/// The same pages from the end, also where others come and go, and of more bytes than may be read at once.
pub async fn pages_cover_the_list_backwards(harness: &dyn Harness) {
    let vault = harness.vault();
    let long = content(&format!("\"{}\"", "x".repeat(64 * 1024 - 2)));
    let all: Vec<_> = (0..80).rev().map(|n| format!("{n:02}")).collect();
    for id in &all {
        vault.put_record(Shelf::Audit, id, &long, Expected::Absent).await.unwrap().unwrap();
    }
    for limit in [7, 79, 80, usize::MAX] {
        let (mut seen, mut before) = (Vec::new(), None::<String>);
        loop {
            let range = IdRange { after: None, before: before.as_deref() };
            let page = vault.records_within(Shelf::Audit, range, Order::Descending, limit).await.unwrap();
            seen.extend(page.iter().map(|record| record.id.clone()));
            before = seen.last().cloned();
            if page.len() < limit {
                break;
            }
            // What comes later is not on the pages that follow.
            let id = format!("9{limit}{}", seen.len());
            vault.put_record(Shelf::Audit, &id, &content("1"), Expected::Absent).await.unwrap().unwrap();
            assert!(vault.remove_record(Shelf::Audit, &id).await.unwrap());
        }
        assert_eq!(seen, all, "{limit}");
    }
}

/// A count knows nothing of what has expired, whether or not it was swept, however much that is.
pub async fn counts_are_of_what_lives(harness: &dyn Harness) {
    let vault = harness.vault();
    let dying = dying(harness);
    let mut writers = JoinSet::new();
    for n in 0..1_100 {
        let (vault, dying) = (harness.vault(), dying.clone());
        writers.spawn(async move {
            let content = if n % 11 == 0 { content("1") } else { dying };
            vault.put_record(Shelf::Audit, &format!("{n:04}"), &content, Expected::Absent).await.unwrap();
        });
    }
    writers.join_all().await;
    keep(&*vault, "0001", &dying).await;
    harness.let_a_moment_pass().await;
    let half = IdRange { after: None, before: Some("0550") };
    assert_eq!(vault.count_records(Shelf::Audit, half).await.unwrap(), 50);
    assert_eq!(vault.count_records(Shelf::Audit, IdRange::ALL).await.unwrap(), 100);
    assert_eq!(vault.count_records(Shelf::Keys, IdRange::ALL).await.unwrap(), 0);
    let last = vault.records_within(Shelf::Audit, half, Order::Descending, 1).await.unwrap();
    assert_eq!(last[0].id, "0539", "what has expired does not count under the limit");
}

/// What has expired is absent for every method before it is swept, and its place is free.
pub async fn expire(harness: &dyn Harness) {
    let vault = harness.vault();
    let dying = dying(harness);
    let mut versions = Vec::new();
    for id in ["a", "b", "c", "d", "extended"] {
        versions.push(keep(&*vault, id, &dying).await);
    }
    keep(&*vault, "shortened", &content("1")).await;
    keep(&*vault, "shortened", &dying).await;
    assert_eq!(vault.record(Shelf::Keys, "a").await.unwrap().unwrap().content, dying);
    keep(&*vault, "extended", &content("1")).await;
    keep(&*vault, "living", &content("1")).await;
    // What is put too late was never there.
    let past = Content { expires_at: Some(at(0).min(harness.now())), ..content("1") };
    keep(&*vault, "past", &past).await;
    assert!(!is_there(&*vault, "past").await);
    harness.let_a_moment_pass().await;
    for id in ["a", "b", "c", "d", "shortened"] {
        assert!(!is_there(&*vault, id).await, "{id}");
    }
    assert_eq!(ids(&*vault, Shelf::Keys).await, ["extended", "living"]);
    let one = vault.records(Shelf::Keys, None, 1).await.unwrap();
    assert_eq!(one[0].id, "extended", "it does not count under the limit");
    assert!(!vault.remove_record(Shelf::Keys, "a").await.unwrap());
    let put = async |id, expected| vault.put_record(Shelf::Keys, id, &content("2"), expected).await.unwrap();
    assert_eq!(put("b", Expected::Version(versions[1])).await, None);
    let again = put("c", Expected::Absent).await.unwrap();
    assert!(versions.iter().all(|version| *version < again));
    put("d", Expected::Any).await.unwrap();
    assert_eq!(ids(&*vault, Shelf::Keys).await, ["c", "d", "extended", "living"]);
    harness.let_a_moment_pass().await;
    assert_eq!(ids(&*vault, Shelf::Keys).await, ["c", "d", "extended", "living"]);
}

/// A sweep takes what has expired, no more than it is asked to, and nothing else.
pub async fn are_swept(harness: &dyn Harness) {
    let (store, vault) = (harness.store(), harness.vault());
    let dying = dying(harness);
    for id in 0..10 {
        let shelf = Shelf::ALL[id % 2];
        vault.put_record(shelf, &format!("a:{id}"), &dying, Expected::Any).await.unwrap();
    }
    for id in ["again", "living", "extended"] {
        keep(&*vault, id, &dying).await;
    }
    let later = Content { expires_at: Some(harness.now() + SignedDuration::from_hours(1)), ..content("1") };
    keep(&*vault, "extended", &later).await;
    keep(&*vault, "living", &content("1")).await;
    harness.let_a_moment_pass().await;
    keep(&*vault, "again", &content("1")).await;
    let revision = vault.revision().await.unwrap();
    let mut swept = Vec::new();
    while swept.last() != Some(&0) {
        swept.push(store.sweep(3).await.unwrap().records);
        assert_eq!(ids(&*vault, Shelf::Keys).await, ["again", "extended", "living"]);
        assert_eq!(ids(&*vault, Shelf::Uses).await, [""; 0]);
    }
    assert!(swept.iter().all(|swept| *swept <= 3));
    assert_eq!(swept.iter().sum::<usize>(), 10);
    assert!(vault.revision().await.unwrap() >= revision);
}

/// Each replacement and each removal on a watched shelf raises the revision; it never goes down.
pub async fn revision_rises(harness: &dyn Harness) {
    let vault = harness.vault();
    let mut last = vault.revision().await.unwrap();
    for shelf in Shelf::ALL {
        let put = async |body: &str, expected| {
            vault.put_record(shelf, "a", &content(body), expected).await.unwrap()
        };
        let mut later = async |must_rise: bool| {
            let now = vault.revision().await.unwrap();
            assert!(if must_rise { now > last } else { now >= last }, "{now} after {last}");
            last = now;
        };
        let first = put("1", Expected::Absent).await.unwrap();
        later(false).await;
        put("2", Expected::Version(first)).await.unwrap();
        later(shelf.is_watched()).await;
        put("3", Expected::Any).await.unwrap();
        later(shelf.is_watched()).await;
        // The same again is a replacement too.
        put("3", Expected::Any).await.unwrap();
        later(shelf.is_watched()).await;
        assert_eq!(put("4", Expected::Version(first)).await, None);
        later(false).await;
        assert!(vault.remove_record(shelf, "a").await.unwrap());
        later(shelf.is_watched()).await;
        assert!(!vault.remove_record(shelf, "a").await.unwrap());
        later(false).await;
    }
}

/// Who sees that a record was replaced or is gone, sees the revision risen.
pub async fn revision_rises_in_the_same_step(harness: &dyn Harness) {
    let vault = harness.vault();
    for round in 0..20 {
        let version = keep(&*vault, "a", &content("1")).await;
        let before = vault.revision().await.unwrap();
        let other = harness.vault();
        let writer = tokio::spawn(async move {
            if round % 2 == 0 {
                assert!(other.remove_record(Shelf::Keys, "a").await.unwrap());
            } else {
                keep(&*other, "a", &content("2")).await;
            }
        });
        loop {
            let seen = vault.record(Shelf::Keys, "a").await.unwrap();
            if seen.is_none_or(|record| record.version != version) {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert!(vault.revision().await.unwrap() > before);
        writer.await.unwrap();
    }
}

/// What happens on one shelf is not seen on another.
pub async fn shelves_are_apart(harness: &dyn Harness) {
    let vault = harness.vault();
    let on_keys = keep(&*vault, "a", &content("1")).await;
    assert_eq!(vault.record(Shelf::Uses, "a").await.unwrap(), None);
    assert_eq!(ids(&*vault, Shelf::Uses).await, [""; 0]);
    let put = async |expected| vault.put_record(Shelf::Uses, "a", &content("2"), expected).await.unwrap();
    assert_eq!(put(Expected::Version(on_keys)).await, None);
    assert!(!vault.remove_record(Shelf::Uses, "a").await.unwrap());
    put(Expected::Absent).await.unwrap();
    assert_eq!(vault.record(Shelf::Keys, "a").await.unwrap().unwrap().content.body, "1");
    assert!(vault.remove_record(Shelf::Keys, "a").await.unwrap());
    assert!(!is_there(&*vault, "a").await);
    assert_eq!(vault.record(Shelf::Uses, "a").await.unwrap().unwrap().content.body, "2");
    assert_eq!(ids(&*vault, Shelf::Uses).await, ["a"]);
}

/// Every method answers that the store does not answer, once it is closed.
pub async fn answers_unavailable_when_closed(harness: &dyn Harness) {
    let vault = harness.vault();
    keep(&*vault, "a", &content("1")).await;
    harness.store().close().await.unwrap();
    assert_fails!(vault.record(Shelf::Keys, "a").await, Error::StoreUnavailable(_));
    assert_fails!(vault.records(Shelf::Keys, None, 1).await, Error::StoreUnavailable(_));
    assert_fails!(vault.count_records(Shelf::Keys, IdRange::ALL).await, Error::StoreUnavailable(_));
    let put = vault.put_record(Shelf::Keys, "a", &content("1"), Expected::Any).await;
    assert_fails!(put, Error::StoreUnavailable(_));
    assert_fails!(vault.remove_record(Shelf::Keys, "a").await, Error::StoreUnavailable(_));
    assert_fails!(vault.revision().await, Error::StoreUnavailable(_));
}
