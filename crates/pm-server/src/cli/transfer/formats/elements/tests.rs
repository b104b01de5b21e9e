use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The elements, read through a buffer of `room` bytes.
fn elements(text: &str, wrapped: &'static [&'static str], most: usize, room: usize) -> Vec<Element> {
    let reader = BufReader::with_capacity(room, text.as_bytes());
    Elements::of(reader, wrapped, most).map(Result::unwrap).collect()
}

/// Each element's text, or the first word of what is wrong with it.
fn read(text: &str, wrapped: &'static [&'static str]) -> Vec<Result<String, String>> {
    let found = elements(text, wrapped, 1 << 20, 7);
    let numbers: Vec<usize> = found.iter().map(|element| element.number).collect();
    assert_eq!(numbers, (1..=found.len()).collect::<Vec<_>>());
    found.into_iter().map(|element| element.bytes.map(|bytes| String::from_utf8(bytes).unwrap())).collect()
}

fn good(text: &str, wrapped: &'static [&'static str]) -> Vec<String> {
    read(text, wrapped)
        .into_iter()
        .map(|element| element.unwrap_or_else(|fault| panic!("{text}: {fault}")))
        .collect()
}

#[test]
fn elements_of_lists_fields_and_values_that_follow_each_other() {
    for (text, found) in [
        ("[]", &[][..]),
        ("", &[]),
        (" \n", &[]),
        ("\u{feff}[1]", &["1"]),
        (
            " [ 1 ,\n\"a,]\\\"\" , [2,[3]], {\"b\":[4]} , null ] \n",
            &["1", "\"a,]\\\"\"", "[2,[3]]", "{\"b\":[4]}", "null"],
        ),
        ("{\"a\":1}", &["{\"a\":1}"]),
        ("{\"a\":1}\n{\"b\":\"}\"}{}", &["{\"a\":1}", "{\"b\":\"}\"}", "{}"]),
    ] {
        assert_eq!(good(text, &[]), found, "{text}");
    }
    for (text, found) in [
        ("[1,2]", &["1", "2"][..]),
        ("{\"count\":2,\"x\":[[{}]],\"results\":[{\"a\":1},2],\"relations\":[3]} ", &["{\"a\":1}", "2"]),
        ("{ \"r\\u0065sults\" : [ ] }", &[]),
        ("{\"results\":{\"results\":1},\"memories\":[5]}", &["5"]),
    ] {
        assert_eq!(good(text, &["results", "memories"]), found, "{text}");
    }
}

#[test]
fn what_is_no_list_is_one_fault_at_its_place() {
    for (text, wrapped, good, word) in [
        ("[1,2", &[][..], 1, "breaks off"),
        ("[{\"a\":1},{\"b\":", &[], 1, "breaks off"),
        ("[{\"a\":\"open},{\"b\":1}]", &[], 0, "breaks off"),
        ("[1}2]", &[], 0, "followed by what is no JSON"),
        ("[1 2]", &[], 0, "followed by what is no JSON"),
        ("[1,2] [3]", &[], 2, "behind the end"),
        ("{\"a\":1},{}", &[], 1, "no JSON"),
        ("nonsense", &["results"], 0, "no JSON list"),
        ("{\"a\":[1]}", &["results", "memories"], 0, "results or memories"),
        ("{\"results\":1}", &["results"], 0, "no list"),
        ("{\"results\"", &["results"], 0, "no list"),
        ("{\"results\":[1", &["results"], 0, "breaks off"),
        ("{\"results\":[1]", &["results"], 1, "breaks off"),
        ("{\"results\":[]", &["results"], 0, "breaks off"),
        ("{\"results\":[1],", &["results"], 1, "breaks off"),
        ("{\"results\":[1],\"relations\":[{\"a\":", &["results"], 1, "breaks off"),
        ("{\"results\":[1] \"x\":2}", &["results"], 1, "no JSON"),
        ("{\"results\":[1],}", &["results"], 1, "no JSON"),
        ("{\"results\":[1],\"x\":}", &["results"], 1, "no JSON"),
        ("{\"results\":[1],\"x\":nonsense}", &["results"], 1, "no JSON"),
        ("{\"results\":[1],\"x\":[1}}", &["results"], 1, "no JSON"),
        ("{\"results\":[1],\"memories\":[2]}", &["results", "memories"], 1, "second list"),
        ("{\"results\":[1]} garbage", &["results"], 1, "behind the end"),
        ("{\"results\":[1]}{\"results\":[2]}", &["results"], 1, "behind the end"),
        ("{\"x\":,\"results\":[1]}", &["results"], 0, "no list"),
    ] {
        let read = read(text, wrapped);
        let (last, before) = read.split_last().unwrap();
        assert_eq!(before.len(), good, "{text}: {read:?}");
        assert!(before.iter().all(Result::is_ok), "{text}: {read:?}");
        assert!(last.as_ref().unwrap_err().contains(word), "{text}: {last:?}");
    }
    // A comma too many is an element of no bytes, which no parser takes.
    assert_eq!(good("[1,]", &[]), ["1", ""]);
    assert_eq!(good("[,1]", &[]), ["", "1"]);
}

#[test]
fn an_element_that_is_too_large_is_passed_over() {
    let text = format!("[1,\"{}\",[\"{}\"],2]", "x".repeat(100), "y".repeat(30));
    for room in [1, 7, 64, 1000] {
        let found = elements(&text, &[], 40, room);
        let ok: Vec<bool> = found.iter().map(|element| element.bytes.is_ok()).collect();
        assert_eq!(ok, [true, false, true, true], "{room}");
        assert!(found[1].bytes.as_ref().unwrap_err().contains("more than 40 bytes"));
        let length: u64 = found.iter().map(|element| element.length).sum();
        assert_eq!(length, text.len() as u64, "{room}");
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[\\[\\]{},:\"\\\\a\\né ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[\\[\\]{},:\"\\\\a]{0,4}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_elements_are_those_that_a_parser_finds(
        list in prop::collection::vec(json(), 0..6),
        spread in any::<bool>(),
        wrap in any::<bool>(),
        room in 1_usize..20,
    ) {
        let list = Value::from(list);
        let whole = if wrap { serde_json::json!({"before": [1, {"results": 2}], "results": list}) } else { list.clone() };
        let text = if spread { serde_json::to_string_pretty(&whole) } else { serde_json::to_string(&whole) }.unwrap();
        let found: Vec<Value> = elements(&text, &["results"], 1 << 20, room)
            .into_iter()
            .map(|element| serde_json::from_slice(&element.bytes.unwrap()).unwrap())
            .collect();
        prop_assert_eq!(Value::from(found), list);
    }
}
