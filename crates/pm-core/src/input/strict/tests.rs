use proptest::prelude::*;
use serde_json::json;

use super::*;

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |n| Number::from_f64(n).map(Value::Number)),
        "[^\0]*".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[^\0]*", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_was_written_is_read_as_it_was(value in json_value()) {
        let depth = depth(&value);
        prop_assert_eq!(parse(value.to_string().as_bytes(), depth), Ok(value.clone()));
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(parse(pretty.as_bytes(), depth), Ok(value.clone()));
        if depth > 0 {
            prop_assert!(parse(value.to_string().as_bytes(), depth - 1).is_err());
        }
    }

    #[test]
    fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, BODY_DEPTH);
    }

    /// What we take, the library takes and reads alike; what it refuses, we refuse.
    #[test]
    fn it_takes_no_more_than_json(text in r#"[\[\]{}":,0-9eE+.\-tfn \\u"a]{0,40}"#) {
        let theirs: Result<Value, _> = serde_json::from_str(&text);
        match (parse(text.as_bytes(), BODY_DEPTH), theirs) {
            (Ok(ours), theirs) => prop_assert_eq!(Some(ours), theirs.ok()),
            (Err(Unreadable::Malformed(_)), theirs) => prop_assert!(theirs.is_err()),
            (Err(Unreadable::Invalid(_)), _) => {}
        }
    }
}

#[test]
fn depth_is_counted_in_levels() {
    assert_eq!([json!(1), json!([]), json!({"a": [1]})].map(|value| depth(&value)), [0, 1, 2]);
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse(nested(128).as_bytes(), 128).is_ok());
    assert!(matches!(parse(nested(129).as_bytes(), 128), Err(Unreadable::Malformed(_))));
    assert!(parse(br#"{"a":"[[[[[[{{{{"}"#, 1).is_ok(), "brackets in strings nest nothing");
    assert!(parse(br#"{"a\"[":"\\[\"["}"#, 1).is_ok());
}

#[test]
fn faults_are_named_by_their_path() {
    for (text, field) in [
        (r#"{"a":1,"a":2}"#, "a"),
        (r#"{"a":[{"b":1},{"b":1,"b":2}]}"#, "a[1].b"),
        (r#"[["x","a\u0000"]]"#, "[0][1]"),
        (r#"{"n":99999999999999999999}"#, "n"),
        (r#"{"deep":{"n":1e999}}"#, "deep.n"),
        (r#"{"items":[{"a":1},{"a":[0,123456789012345678901]}]}"#, "items[1].a[1]"),
        (r#"{"a,:[":{"\"b":1,"c":1e999}}"#, "a,:[.c"),
    ] {
        let Err(Unreadable::Invalid(fault)) = parse(text.as_bytes(), BODY_DEPTH) else { panic!("{text}") };
        assert_eq!(fault.0[0].field, field, "{text}");
    }
}

#[test]
fn what_is_no_json_is_told_before_its_numbers_are() {
    for text in [
        r#"{"a":2026-01-01}"#,
        r#"{"a":2026-11-23T00:00:00Z}"#,
        r#"{"a":--5}"#,
        r#"{"a":"b" 99999999999999999999999}"#,
        "{99999999999999999999999:1}",
        r#"{"a":99999999999999999999999"#,
    ] {
        assert!(matches!(parse(text.as_bytes(), BODY_DEPTH), Err(Unreadable::Malformed(_))), "{text}");
    }
    let refused = parse(br#"{"a":1e999,"b":[99999999999999999999]}"#, BODY_DEPTH);
    let Err(Unreadable::Invalid(faults)) = refused else { panic!("{refused:?}") };
    assert_eq!(
        faults.0.iter().map(|fault| &*fault.field).collect::<Vec<_>>(),
        ["a", "b[0]"],
        "every one of them"
    );
}

#[test]
fn what_is_made_of_a_body_weighs_more_than_its_text() {
    let objects = format!("[{}]", vec![r#"{"a":0}"#; 1000].join(","));
    assert!(weight(objects.as_bytes()) > 500 * 1000, "{}", weight(objects.as_bytes()));
    let text = format!("{{\"a\":\"{}\"}}", "{[,".repeat(1000));
    assert!(weight(text.as_bytes()) < 2 * 3000, "{}", weight(text.as_bytes()));
}
