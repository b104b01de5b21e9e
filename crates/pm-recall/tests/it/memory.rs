//! What an index weighs.

use pm_recall::{Index, Layout, Scratch};

use crate::sample::{Item, index, index_of, kind, query};

/// Words with the frequencies of natural text (Zipf: the n-th word is said 1/n as often), without a random source.
fn text(seed: u64, words: u32) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let fraction = f64::from(u32::try_from(state >> 32).unwrap()) / f64::from(u32::MAX);
        format!("word{:.0}", 20_000_f64.powf(fraction))
    };
    (0..words).map(|_| word()).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_a_thousand_items_weigh() {
    let items: Vec<Item> = (0..1000).map(|n| Item::new(&format!("item-{n}"), text(n, 40))).collect();
    let index = index(&items);
    let per_item = index.memory_bytes() / items.len();
    assert!((200..620).contains(&per_item), "{per_item} bytes per item");
    let with_vectors = index_of(Layout { statics: true, dimensions: 384 }, &items);
    let vectors = with_vectors.memory_bytes() / items.len() - per_item;
    // A byte a value and a scale for each, and what is reserved.
    assert!((256 + 384 + 8..740).contains(&vectors), "{vectors} bytes of vectors per item");
}

#[test]
fn an_empty_index_is_tiny_and_a_cleared_one_is_empty() {
    let empty = Index::new(Layout::default()).memory_bytes();
    assert!(empty < 1024, "{empty} bytes");
    let items: Vec<Item> = (0..300).map(|n| Item::new(&n.to_string(), text(n, 40))).collect();
    let mut index = index(&items);
    assert!(index.memory_bytes() > 50 * empty);
    index.clear();
    assert_eq!((index.memory_bytes(), index.len(), index.is_empty()), (empty, 0, true));
}

#[test]
fn replacing_and_removing_for_ever_does_not_grow() {
    let mut index = Index::new(Layout::default());
    let mut most = 0;
    for round in 0..30 {
        for n in 0..100 {
            index.put(&Item::new(&n.to_string(), text(round * 100 + n, 40)).document());
        }
        most = most.max(if round < 10 { index.memory_bytes() } else { 0 });
    }
    assert!(index.memory_bytes() < most + most / 4, "{} after {most}", index.memory_bytes());
    for n in 0..100 {
        assert!(index.remove(kind(0), &n.to_string()));
        assert!(!index.remove(kind(0), &n.to_string()));
    }
    assert!(index.is_empty());
}

#[test]
fn the_room_of_a_search_grows_with_the_items() {
    let mut scratch = Scratch::new();
    assert_eq!(scratch.memory_bytes(), 0);
    let items: Vec<Item> = (0..1000).map(|n| Item::new(&format!("item-{n}"), text(n, 40))).collect();
    let index = index_of(Layout { statics: true, dimensions: 0 }, &items);
    index.search_in(&query(&text(7, 8)), &mut scratch);
    let per_item = scratch.memory_bytes() / items.len();
    assert!((16..100).contains(&per_item), "{per_item} bytes per item");
}
