//! What is found, and in which order.

use pm_recall::{KindSet, Query};
use serde_json::json;

use crate::sample::{Item, index, keys, kind, query};

#[test]
fn only_what_shares_a_term_is_found() {
    let index = index(&[
        Item::new("a", "the connection pool is exhausted"),
        Item::new("b", json!({"cause": "disk full", "host": ["db1", null, 7]})),
        Item { metadata: Some(json!({"speaker": "Caroline"})), ..Item::new("c", "hello") },
    ]);
    assert_eq!(keys(&index, &query("pools of connections")), ["a"]);
    assert_eq!(keys(&index, &query("what is the cause")), ["b"]);
    assert_eq!(keys(&index, &query("DB1")), ["b"]);
    assert_eq!(keys(&index, &query("caroline")), ["c"]);
    assert_eq!(keys(&index, &query("nothing of the kind")), [""; 0]);
    assert_eq!(keys(&index, &query("is the")), [""; 0]);
    assert_eq!(keys(&index, &query("?!")), [""; 0]);
}

#[test]
fn the_kind_and_the_date_are_searched() {
    let mut item = Item::new("a", "text");
    item.timestamp = 1_709_596_800_000_000;
    let index = index(&[item]);
    for text in ["errors", "march 2024", "tuesday"] {
        assert_eq!(keys(&index, &query(text)), ["a"], "{text}");
    }
}

#[test]
fn a_blank_query_lists_the_newest_that_pass() {
    let items = [(1, "a"), (3, "b"), (3, "c"), (2, "d")]
        .map(|(timestamp, key)| Item { timestamp, ..Item::new(key, "text") });
    let index = index(items.iter().rev());
    assert_eq!(keys(&index, &query(" \n")), ["b", "c", "d", "a"]);
    assert_eq!(keys(&index, &Query { limit: 2, min_relevance: Some(0.9), ..query("") }), ["b", "c"]);
    assert_eq!(keys(&index, &Query { limit: 0, ..query("") }), [""; 0]);
    assert!(index.search(&query("")).iter().all(|hit| hit.scored.is_none()));
}

#[test]
fn filters_apply_before_the_limit() {
    let mut items: Vec<Item> = (0..6)
        .map(|n| Item { timestamp: n, ..Item::new(&format!("k{n}"), format!("disk full d{n}")) })
        .collect();
    items[1].kind = 2;
    items[2].session = Some("s".to_owned());
    items[5].importance = 1.0;
    items[2].value = json!("a disk among many other things that are far from full at all");
    items[3].expires_at = Some(10);
    items[4].expires_at = Some(11);
    let index = index(&items);
    for text in ["disk", ""] {
        let one = Query { limit: 1, now: 10, ..query(text) };
        let only = KindSet::EMPTY.with(kind(2));
        assert_eq!(keys(&index, &Query { kinds: only, ..one }), ["k1"]);
        assert_eq!(keys(&index, &Query { kinds: KindSet::EMPTY, ..one }), [""; 0]);
        assert_eq!(keys(&index, &Query { session: Some("s"), ..one }), ["k2"]);
        assert_eq!(keys(&index, &Query { session: Some("other"), ..one }), [""; 0]);
        assert_eq!(keys(&index, &Query { since: Some(3), until: Some(5), ..one }), ["k4"]);
        assert_eq!(keys(&index, &Query { since: Some(3), until: Some(4), ..one }), [""; 0]);
        assert_eq!(keys(&index, &Query { since: Some(3), until: Some(4), now: 9, ..one }), ["k3"]);
        assert_eq!(keys(&index, &one), ["k5"]);
    }
}

#[test]
fn equal_matches_go_by_time_then_kind_then_key() {
    let items = [("b", 0, 1), ("a", 0, 1), ("a", 1, 1), ("old", 0, 0), ("new", 0, 2)]
        .map(|(key, kind, timestamp)| Item { kind, timestamp, ..Item::new(key, format!("disk z{key}")) });
    let index = index(&items);
    // The text of all is equally long, and none of its terms is asked for but the shared one.
    let found: Vec<_> =
        index.search(&query("disk")).into_iter().map(|hit| (hit.key, hit.kind.get())).collect();
    // Keys that are stop words make their items shorter; those come first by score.
    assert_eq!(
        found,
        [("a", 0), ("a", 1), ("new", 0), ("b", 0), ("old", 0)].map(|(key, kind)| (key.to_owned(), kind))
    );
}

#[test]
fn importance_decides_between_equals_only() {
    let of = |key: &str, text: &str, importance| Item { importance, timestamp: 0, ..Item::new(key, text) };
    let index = index(&[
        of("k1", "pool exhausted one", 0.0),
        of("k2", "pool exhausted two", f64::NAN),
        of("k3", "pool exhausted three", 7.0),
        of("k4", "pool drained four", 1.0),
    ]);
    assert_eq!(keys(&index, &query("pool exhausted")), ["k3", "k2", "k1", "k4"]);
}

#[test]
fn an_exact_key_comes_first() {
    let index = index(&[
        Item::new("login-500", "see the other one"),
        Item::new("notes", "login 500 login 500 login-500 login-500"),
        Item::new("the", "an item whose key is a stop word"),
        Item::new("登录", "chinese key"),
        Item::new("!?", "punctuation key"),
    ]);
    for text in ["login-500", "LOGIN_500", " login 500?"] {
        assert_eq!(keys(&index, &query(text)), ["login-500", "notes"], "{text}");
    }
    assert_eq!(keys(&index, &query("what broke login-500 again"))[0], "login-500");
    assert_eq!(keys(&index, &query("the")), ["the"]);
    assert_eq!(keys(&index, &query("查看登录错误"))[0], "登录");
    let boosted = &index.search(&query("login-500"))[0];
    assert!(
        boosted.scored.as_ref().unwrap().explain.parts().any(|(name, part)| name == "boost" && part > 0.0)
    );
}

#[test]
fn an_identifier_of_the_query_lifts_the_item_that_has_it() {
    let index = index(&[
        Item::new("k1", "value moved"),
        Item::new("k2", "E0382 moved"),
        Item::new("k3", "e0382 value"),
    ]);
    let boosts = |text: &str| {
        let hits = index.search(&query(text)).into_iter();
        let boosted = hits.filter(|hit| {
            hit.scored.as_ref().unwrap().explain.parts().any(|part| part.0 == "boost" && part.1 > 0.0)
        });
        boosted.map(|hit| hit.key).collect::<Vec<_>>()
    };
    assert_eq!(boosts("value moved"), [""; 0]);
    assert_eq!(boosts("E0382 moved"), ["k2", "k3"]);
}

#[test]
fn min_relevance_cuts_the_tail() {
    let index = index(&[
        Item::new("k1", "pool exhausted"),
        Item::new("k2", "pool of the city council and its lanes"),
    ]);
    let all = index.search(&query("pool exhausted"));
    let relevances: Vec<f64> = all.iter().map(|hit| hit.scored.as_ref().unwrap().relevance).collect();
    assert_eq!(relevances.len(), 2);
    assert!(relevances[0] > relevances[1]);
    let cut = |least| keys(&index, &Query { min_relevance: Some(least), ..query("pool exhausted") }).len();
    assert_eq!((cut(0.0), cut(relevances[1]), cut(relevances[0]), cut(0.99)), (2, 2, 1, 0));
}
