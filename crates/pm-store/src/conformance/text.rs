//! Keys, session ids and prefixes: any text, byte by byte.

use pm_core::model::{MemoryItem, MemoryType, Precondition, SessionId};
use pm_core::ports::{ItemFilter, ItemSort, Order};

use super::Harness;
use super::fixture::{context, kept_project, key, scanned, store_all};
use super::list::all_keys;

/// Texts that trip up patterns, separators, collations and normalisation.
pub(super) const ODD: [&str; 42] = [
    "a",
    "A",
    "a ",
    " a",
    "ab",
    "a:b",
    "a:",
    ":",
    "::",
    "*",
    "a*",
    "?",
    "[a]",
    "[^a]",
    "/",
    "a/b",
    "//",
    "%",
    "a%",
    "%25",
    "_",
    "a_",
    "{a}",
    "{",
    "}",
    ".",
    "..",
    "'",
    "''",
    "\"",
    "\\",
    "\\*",
    "-- ;",
    "ключ",
    "鍵",
    "مفتاح",
    "e\u{301}",
    "\u{e9}",
    "\u{212b}",
    "\u{c5}",
    "\u{10ffff}",
    "\u{1f468}\u{200d}\u{1f469}",
];

/// Each odd text names an item of its own, to be read, deleted and filtered by exactly.
pub async fn has_no_special_characters(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let long = "\u{10ffff}".repeat(128);
    let names: Vec<_> = ODD.iter().copied().chain([long.as_str()]).collect();
    let named = |name: &&str| MemoryItem { session_id: SessionId::new(name).ok(), ..context(project, name) };
    store_all(&*store, names.iter().map(named).collect()).await;
    assert_eq!(scanned(&*store, project).await.len(), names.len());
    for name in &names {
        let found = store.item(project, MemoryType::Context, &key(name)).await.unwrap().unwrap();
        assert_eq!(found.value, named(name));
        let filter = ItemFilter { session_id: SessionId::new(name).ok(), ..ItemFilter::default() };
        let listed = all_keys(&*store, project, &filter, (ItemSort::Timestamp, Order::Ascending, 9)).await;
        assert_eq!(listed, [format!("context:{name}")]);
    }
    for (n, name) in names.iter().enumerate() {
        let deleted = store.delete_items(project, &MemoryType::ALL, &key(name), &Precondition::NONE).await;
        assert_eq!(deleted.unwrap(), [MemoryType::Context], "{name}");
        assert_eq!(scanned(&*store, project).await.len(), names.len() - n - 1, "{name}");
    }
}

/// A prefix lets through what starts with its bytes, and nothing else.
pub async fn prefixes_go_by_bytes(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    let more = [
        "\u{10ffff}\u{10ffff}",
        "\u{10ffff}a",
        "a\u{10ffff}",
        "a\u{10ffff}b",
        "\u{d7ff}",
        "\u{e000}",
        "\u{d7ff}x",
        "z\u{7f0}",
    ];
    let names: Vec<_> = ODD.into_iter().chain(more).collect();
    store_all(&*store, names.iter().map(|name| context(project, name)).collect()).await;
    for prefix in ODD.into_iter().chain(more).chain(["", "e", "\u{301}", "\u{10fffe}", "zz", "\0"]) {
        let mut expected: Vec<_> = names.iter().filter(|name| name.starts_with(prefix)).collect();
        expected.sort();
        let expected: Vec<_> = expected.into_iter().map(|name| format!("context:{name}")).collect();
        let filter = ItemFilter { prefix: Some(prefix.to_owned()), ..ItemFilter::default() };
        let mut by_time =
            all_keys(&*store, project, &filter, (ItemSort::Timestamp, Order::Ascending, 4)).await;
        by_time.sort();
        assert_eq!(by_time, expected, "{prefix:?}");
        assert_eq!(all_keys(&*store, project, &filter, (ItemSort::Key, Order::Ascending, 4)).await, expected);
    }
}

/// Keys sort by bytes: no locale, no case folding.
pub async fn sorts_by_bytes(harness: &dyn Harness) {
    let store = harness.store();
    let project = kept_project(&*store).await;
    store_all(&*store, ODD.map(|name| context(project, name)).into()).await;
    let mut expected = ODD.map(|name| format!("context:{name}"));
    expected.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    let all = ItemFilter::default();
    assert_eq!(all_keys(&*store, project, &all, (ItemSort::Key, Order::Ascending, 5)).await, expected);
    expected.reverse();
    assert_eq!(all_keys(&*store, project, &all, (ItemSort::Key, Order::Descending, 5)).await, expected);
}
