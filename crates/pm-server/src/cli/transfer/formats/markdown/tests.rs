use serde_json::json;

use super::*;

fn read(text: &str, name: &str, folder: bool) -> Vec<Result<Value, String>> {
    let file = Sectioned::new(text.to_owned(), Path::new(name), folder, name, Timestamp::UNIX_EPOCH).unwrap();
    file.flatten()
        .map(|entry| match entry.read {
            Ok(Record::Item(item)) => Ok(item),
            other => Err(format!("{}: {other:?}", entry.place)),
        })
        .collect()
}

fn keys(text: &str, name: &str, folder: bool) -> Vec<String> {
    let items = read(text, name, folder).into_iter().filter_map(Result::ok);
    items.map(|item| item["key"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_section_is_an_item_and_front_matter_its_metadata() {
    let text = "\u{feff}---\ntitle: T\ndate: 2024-05-01\ntags: [a, b]\n---\n\nIntro.\n\n# Guide\n\n## Install\n\n    make\n\nDone.\n";
    let metadata = |headings: Option<Value>| {
        let mut metadata = json!({ "file": "docs/guide.md" });
        if let Some(headings) = headings {
            metadata["headings"] = headings;
        }
        for (name, value) in
            [("title", json!("T")), ("date", json!("2024-05-01")), ("tags", json!(["a", "b"]))]
        {
            metadata[name] = value;
        }
        metadata
    };
    let item = |key: &str, value: &str, metadata: Value| json!({"type": "context", "key": key, "value": value, "metadata": metadata, "timestamp": "2024-05-01T00:00:00Z"});
    let wanted = [
        Ok(item("docs/guide.md", "Intro.", metadata(None))),
        Err("docs/guide.md:9: Ok(LeftOut(\"headings without text\"))".to_owned()),
        Ok(item(
            "docs/guide.md: Guide > Install",
            "    make\n\nDone.",
            metadata(Some(json!(["Guide", "Install"]))),
        )),
    ];
    assert_eq!(read(text, "docs/guide.md", true), wanted);
    assert_eq!(keys("a\n# B\nb", "x.md", false), ["x.md", "B"]);
}

#[test]
fn sections_of_the_same_name_all_stay() {
    let text = "# A\n1\n# A\n2\n# A\n3\n# A (2)\n4\n#\n5\n";
    assert_eq!(keys(text, "x.md", false), ["A", "A (2)", "A (3)", "A (2) (2)", "x.md"]);
}

#[test]
fn many_sections_of_one_name_take_no_longer_than_as_many_others() {
    // Looked for from the start, each key would take as many steps as there are sections before it: minutes.
    let keys = keys(&"# A\nx\n".repeat(50_000), "x.md", false);
    assert_eq!((keys.len(), keys[49_999].as_str()), (50_000, "A (50000)"));
}

#[test]
fn lines_may_end_as_on_any_system() {
    for text in ["# A\r\n\r\n    text\r\n\r\n# B\r\nb\r\n", "# A\r\r    text\r\r# B\rb\r"] {
        let text = text_of(text.as_bytes().to_vec()).unwrap();
        let found: Vec<Value> = read(&text, "x.md", false).into_iter().map(Result::unwrap).collect();
        let found: Vec<_> = found.iter().map(|item| (&item["key"], &item["value"])).collect();
        assert_eq!(found, [(&json!("A"), &json!("    text")), (&json!("B"), &json!("b"))]);
    }
}

#[test]
fn front_matter_and_headings_beyond_the_bounds_of_metadata_are_told_once() {
    let path = Path::new("x.md");
    let text = format!("---\na: {}\n---\n# A\n1\n# B\n2\n", "x".repeat(17_000));
    let fault = Sectioned::new(text, path, false, "x.md", Timestamp::UNIX_EPOCH).err().unwrap();
    assert!(fault.starts_with("has front matter of more than 16384"), "{fault}");
    let read = read(&format!("# {}\ntext\n# B\nb\n", "h".repeat(17_000)), "x.md", false);
    assert!(read[0].as_ref().unwrap_err().contains("under headings of more than 16384"), "{read:?}");
    assert_eq!(read[1].as_ref().unwrap()["key"], "B");
}

#[test]
fn a_nul_that_front_matter_spells_is_bad() {
    for front in ["---\na: \"\\u0000\"\n---\n", "+++\na = \"\\u0000\"\n+++\n"] {
        let read = read(&format!("{front}# A\ntext\n"), "x.md", false);
        let fault = read[0].as_ref().unwrap_err();
        assert!(fault.contains("metadata.a: holds the NUL character"), "{fault}");
    }
}

#[test]
fn long_headings_and_long_texts_stay_within_bounds() {
    let text = format!("# {}\n## {}\n### inner\ttab\ntext\n", "é".repeat(200), "b".repeat(200));
    assert_eq!(keys(&text, "x.md", false), [format!("… > {} > inner tab", "b".repeat(200))]);
    assert_eq!(read(&text, "x.md", false)[2].as_ref().unwrap()["metadata"]["headings"][0], "é".repeat(200));
    let long = read(&format!("# {}\nx", "a".repeat(600)), "x.md", false);
    assert!(long[0].as_ref().unwrap_err().starts_with("x.md:1: Err(\"key"), "{long:?}");

    let text = format!("# A\n{}", "some \"words\"\n".repeat(60_000));
    let items: Vec<Value> = read(&text, "x.md", false).into_iter().map(Result::unwrap).collect();
    let keys: Vec<&Value> = items.iter().map(|item| &item["key"]).collect();
    assert_eq!(keys, ["A", "A (2)", "A (3)", "A (4)"]);
    let again: String = items.iter().map(|item| item["value"].as_str().unwrap()).collect();
    assert_eq!(again, text["# A\n".len()..].trim_end());
}
