//! What is tied to an item comes right behind it.

use pm_recall::{Index, KindSet, Query, Scored};
use serde_json::json;

use crate::sample::{Item, index, keys, kind, query};

/// A solution to the errors of these keys.
fn solution(key: &str, value: &str, errors: &[&'static str]) -> Item {
    let tied_to = errors.iter().map(|error| (kind(0), *error)).collect();
    Item { kind: 1, tied_to, ..Item::new(key, value) }
}

/// Three errors about a disk, the best match first, and what solves the second.
fn disks() -> Vec<Item> {
    vec![
        Item::new("e1", "disk full"),
        Item::new("e2", "disk full on the second machine"),
        Item::new("e3", "disk full on the third machine and many others of that kind"),
        solution("s2", "rotate logs nightly", &["e2"]),
    ]
}

fn scored(index: &Index, text: &str, key: &str) -> Scored {
    let hits = index.search(&query(text));
    hits.into_iter().find(|hit| hit.key == key).unwrap().scored.unwrap()
}

fn link(scored: &Scored) -> f64 {
    scored.explain.parts().find(|(name, _)| *name == "link").unwrap().1
}

#[test]
fn it_comes_behind_what_it_is_tied_to() {
    let index = index(&disks());
    assert_eq!(keys(&index, &query("disk full")), ["e1", "e2", "s2", "e3"]);
    assert_eq!(keys(&index, &query("rotate logs")), ["s2"], "nothing is pulled up that was not found");
    let (error, tied) = (scored(&index, "disk full", "e2"), scored(&index, "disk full", "s2"));
    assert!(link(&tied) > 0.0 && link(&error).abs() < f64::EPSILON);
    assert!((tied.score - error.score).abs() < 1e-9);
    assert!((tied.relevance - error.relevance).abs() < f64::EPSILON);
    for scored in [error, tied] {
        let sum: f64 = scored.explain.parts().map(|(_, part)| part).sum();
        assert!((sum - scored.score).abs() < f64::EPSILON, "the parts add up");
    }
}

#[test]
fn the_last_falls_behind_the_limit() {
    let index = index(&disks());
    let of = |limit| keys(&index, &Query { limit, ..query("disk full") });
    assert_eq!(of(3), ["e1", "e2", "s2"]);
    assert_eq!(of(2), ["e1", "e2"]);
}

#[test]
fn filters_hold_for_what_is_brought_along() {
    let mut items = disks();
    let ask = |items: &[Item], query: &Query<'_>| keys(&index(items), query).contains(&"s2".to_owned());
    let disk = query("disk full");
    assert!(ask(&items, &disk));
    assert!(!ask(&items, &Query { kinds: KindSet::EMPTY.with(kind(0)), ..disk }));
    assert!(!ask(&items, &Query { session: Some("s"), ..disk }));
    items[3].timestamp = 5;
    assert!(!ask(&items, &Query { until: Some(5), ..disk }));
    assert!(ask(&items, &Query { until: Some(6), ..disk }));
    items[3].expires_at = Some(10);
    assert!(!ask(&items, &Query { now: 10, ..disk }));
}

#[test]
fn a_solution_above_its_error_pulls_it_up() {
    let index = index(&[
        Item::new("e1", "disk full"),
        Item::new("e2", "disk trouble on some machine, much longer than all the others are"),
        solution("s2", "disk full: rotate logs, disk full", &["e2"]),
    ]);
    let found = keys(&index, &query("disk full rotate"));
    let place = |key: &str| found.iter().position(|it| it == key).unwrap();
    assert_eq!((place("e2"), place("s2"), place("e1")), (0, 1, 2), "{found:?}");
    let (error, tied) = (scored(&index, "disk full rotate", "e2"), scored(&index, "disk full rotate", "s2"));
    assert!(link(&error) > 0.0 && link(&tied).abs() < f64::EPSILON);
}

#[test]
fn what_is_replaced_or_removed_is_tied_no_more() {
    let mut index = index(&disks());
    index.put(&solution("s2", "rotate logs nightly", &["e3", "not there"]).document());
    assert_eq!(keys(&index, &query("disk full")), ["e1", "e2", "e3", "s2"]);
    index.put(&Item { kind: 1, ..Item::new("s2", "rotate logs nightly") }.document());
    assert_eq!(keys(&index, &query("disk full")), ["e1", "e2", "e3"]);
    index.put(&disks()[3].document());
    assert_eq!(keys(&index, &query("disk full")), ["e1", "e2", "s2", "e3"]);
    index.remove(kind(0), "e2");
    assert_eq!(keys(&index, &query("disk full")), ["e1", "e3"]);
    index.put(&disks()[1].document());
    assert_eq!(keys(&index, &query("disk full")), ["e1", "e2", "s2", "e3"], "it waits for its error");
    index.remove(kind(1), "s2");
    assert_eq!(keys(&index, &query("disk full")), ["e1", "e2", "e3"]);
}

#[test]
fn several_come_in_one_order_however_they_came_to_be_there() {
    let several = || {
        let texts = ["rotate logs", "buy another machine", "delete caches"];
        let solutions = texts.into_iter().enumerate().map(|(n, text)| Item {
            timestamp: i64::try_from(n).unwrap(),
            ..solution(&format!("t{n}"), text, &["e1", "e2"])
        });
        disks().into_iter().take(3).chain(solutions)
    };
    let (there, back) =
        (index(&several().collect::<Vec<_>>()), index(several().collect::<Vec<_>>().iter().rev()));
    let found = keys(&there, &query("disk full"));
    assert_eq!(found.len(), 6);
    assert_eq!(found[0], "e1");
    assert_eq!(found[4..], ["e2", "e3"], "each once, behind the first it is tied to");
    assert_eq!(keys(&back, &query("disk full")), found);
}

#[test]
fn ties_outlast_a_compaction() {
    let mut index = index(&[]);
    for n in 0..3000 {
        index.put(&Item::new(&format!("k{n}"), json!(format!("filler{n}"))).document());
    }
    for item in disks() {
        index.put(&item.document());
    }
    for n in 0..3000 {
        assert!(index.remove(kind(0), &format!("k{n}")));
    }
    assert_eq!(keys(&index, &query("disk full")), ["e1", "e2", "s2", "e3"]);
    index.remove(kind(1), "s2");
    assert_eq!(keys(&index, &query("disk full")), ["e1", "e2", "e3"]);
}
