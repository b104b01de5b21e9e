//! Imports of what other tools keep.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::{NO_LIMIT, Place, parsed};
use crate::harness::process::{Ran, refused, run};

/// The place of a file that was made for these tests, or by the tool it stands for.
fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/transfer/fixtures");
    folder.join(name).to_str().unwrap().to_owned()
}

/// The files with the format of each.
const FIXTURES: [(&str, &str); 5] = [
    ("mem0.json", "mem0"),
    ("memory.jsonl", "mcp-memory"),
    ("claude.json", "claude"),
    ("chatgpt.json", "chatgpt"),
    ("notes", "markdown"),
];

impl Place {
    /// Imports a fixture as what it is recognised for; the export of the new project without the line of the project.
    async fn import_fixture(&self, name: &str, format: &str) -> (Ran, Vec<Value>) {
        let path = fixture(name);
        let ran = self.run(&["import", &path, "--project", name]).await.expect(0);
        assert!(ran.stderr.starts_with(&format!("{path}: read as {format}\n")), "{ran:?}");
        let lines = parsed(&self.export(ran.stdout.trim()).await).split_off(1);
        (ran, lines)
    }
}

fn with_key<'a>(lines: &'a [Value], key: &str) -> &'a Value {
    lines.iter().find(|line| line["key"] == key).unwrap_or_else(|| panic!("{key}: {lines:#?}"))
}

/// The file is what mem0 itself answered for all memories of a user.
#[tokio::test]
async fn memories_of_mem0_become_items() {
    let place = Place::new(false).await;
    let (_, lines) = place.import_fixture("mem0.json", "mem0").await;
    assert_eq!(lines.len(), 4);
    let staging = with_key(&lines, "509940eb-6167-40db-8a99-b01638c7085f");
    assert_eq!(staging["value"], "The staging database is wiped each night");
    assert_eq!((&staging["type"], &staging["session_id"]), (&json!("context"), &json!("run-7")));
    assert_eq!(staging["timestamp"], "2026-11-27T16:46:54.235398Z");
    let metadata = json!({"updated_at": "2026-11-27T16:46:54.235398+00:00", "user_id": "ann", "run_id": "run-7",
        "role": "user"});
    assert_eq!(staging["metadata"], metadata);
    let nested = with_key(&lines, "9ebc0043-0571-40ef-a020-5ded69b6949f");
    assert_eq!(
        (&nested["metadata"]["source.app"], &nested["metadata"]["source.line"]),
        (&json!("chat"), &json!(3))
    );
}

/// The file is what the MCP reference memory server itself wrote.
#[tokio::test]
async fn the_graph_of_the_mcp_memory_server_becomes_items() {
    let place = Place::new(false).await;
    let (ran, lines) = place.import_fixture("memory.jsonl", "mcp-memory").await;
    assert!(ran.stderr.contains("items 9, messages 0"), "{ran:?}");
    let found: Vec<_> =
        lines.iter().map(|line| (line["type"].as_str().unwrap(), line["key"].as_str().unwrap())).collect();
    let wanted = [
        ("error", "login-500"),
        ("solution", "renew the token"),
        ("context", "login-500"),
        ("context", "renew the token -[solves]-> login-500"),
        ("context", "shop"),
        ("context", "Анна 🦊 \"the admin\""),
        ("context", "Анна 🦊 \"the admin\" -[runs]-> shop"),
        ("dependency", "SQLite"),
        ("dependency", "shop -[depends_on]-> SQLite"),
    ];
    assert_eq!(found, wanted);
    let value = json!({"entityType": "bug", "observations": ["POST /login answers 500 after an hour",
        "Seen first on 2 March", "Gone since the token is renewed\nearly"]});
    assert_eq!(lines[0]["value"], value);
}

#[tokio::test]
async fn conversations_of_claude_become_messages() {
    let place = Place::new(false).await;
    let (ran, lines) = place.import_fixture("claude.json", "claude").await;
    assert!(
        ran.stderr.contains("left out, without text: 1\n") && ran.stderr.contains("messages 5"),
        "{ran:?}"
    );
    let said: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["role"].as_str().unwrap(),
                line["content"].as_str().unwrap(),
                line["timestamp"].as_str().unwrap(),
            )
        })
        .collect();
    let log = "[file: shop.log]\n08:14:59 ERROR PoolTimeout: QueuePool limit of size 5 overflow 10 reached";
    let wanted = [
        ("user", "The shop answers 500 once forty people shop.\n\n[file: graph.png]", "2025-06-02T08:15:31Z"),
        ("user", log, "2025-06-02T08:15:31Z"),
        ("ai_pm", "Return each connection.\n\nThen try again.", "2025-06-02T08:16:10.5Z"),
        ("user", "Почему \"оплата\" падает ночью?", "2025-06-04T19:00:00Z"),
        ("ai_pm", "Резервная копия держит таблицу.", "2025-06-04T19:00:00Z"),
    ];
    assert_eq!(said, wanted);
    assert_eq!(lines[0]["session_id"], "3f0a7c1e-52a4-4a57-9a63-0d5d1f5b7a01");
    assert_eq!(lines[0]["metadata"]["summary"], "Pool is exhausted under load");
    assert_eq!(lines[3]["metadata"]["summary"], "Ночной сбой 🌙");
    assert_eq!((&lines[1]["metadata"], &lines[4]["metadata"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_current_branch_of_chatgpt_becomes_messages() {
    let place = Place::new(false).await;
    let (ran, lines) = place.import_fixture("chatgpt.json", "chatgpt").await;
    for left_out in ["without text: 1", "thoughts: 1", "on another branch: 1"] {
        assert!(ran.stderr.contains(&format!("left out, {left_out}\n")), "{ran:?}");
    }
    let said: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["role"].as_str().unwrap(),
                line["content"].as_str().unwrap(),
                line["timestamp"].as_str().unwrap(),
            )
        })
        .collect();
    let wanted = [
        ("system", "I write Rust.\n\nBe short.", "2024-06-03T07:33:20.123456Z"),
        (
            "user",
            "[image]\n\nWhy do the tests take ten minutes?\n\n[file: times.png]",
            "2024-06-03T07:33:21.5Z",
        ),
        ("system", "41 binaries", "2024-06-03T07:33:41Z"),
        ("ai_pm", "Each test file links a binary of its own.\n\nMake them one.", "2024-06-03T07:33:50.25Z"),
    ];
    assert_eq!(said, wanted);
    assert!(lines.iter().all(|line| line["session_id"] == "665d5b40-chat-1"));
    assert_eq!(lines[0]["metadata"]["summary"], "Slow tests");
}

#[tokio::test]
async fn headings_of_a_folder_become_items() {
    let place = Place::new(false).await;
    let (ran, lines) = place.import_fixture("notes", "markdown").await;
    assert!(ran.stderr.contains("left out, headings without text: 1\n"), "{ran:?}");
    let mut keys: Vec<&str> = lines.iter().map(|line| line["key"].as_str().unwrap()).collect();
    keys.sort_unstable();
    let wanted = [
        "README.md",
        "README.md: Login",
        "README.md: Login > Errors",
        "README.md: Login > Solutions",
        "guides/deploy.markdown: Deploy",
        "guides/deploy.markdown: Deploy > Roll back",
    ];
    assert_eq!(keys, wanted);
    let errors = with_key(&lines, "README.md: Login > Errors");
    assert_eq!((&errors["type"], &errors["timestamp"]), (&json!("context"), &json!("2025-03-01T00:00:00Z")));
    assert!(errors["value"].as_str().unwrap().contains("# not a heading\ncurl"), "{errors}");
    let metadata = json!({"file": "README.md", "headings": ["Login", "Errors"], "title": "Notes of the shop",
        "date": "2025-03-01", "tags": ["shop", "notes"], "reviewed": true});
    assert_eq!(errors["metadata"], metadata);

    let file = fixture("notes/README.md");
    let ran = place.run(&["import", &file, "--project", "one file"]).await.expect(0);
    let lines = parsed(&place.export(ran.stdout.trim()).await);
    assert_eq!(with_key(&lines, "Login")["value"], "Written twice, kept twice.");
}

#[tokio::test]
async fn both_ways_lead_to_the_same() {
    let (through, local) = (Place::new(true).await, Place::new(false).await);
    for (name, format) in FIXTURES {
        let (_, mut one) = through.import_fixture(name, format).await;
        let (_, mut other) = local.import_fixture(name, format).await;
        for line in one.iter_mut().chain(&mut other) {
            let line = line.as_object_mut().unwrap();
            for field in ["id", "project_id"] {
                line.shift_remove(field);
            }
            // What has no time of its own has that of the import.
            if line["timestamp"].as_str().unwrap() > "2026-01-01" {
                line.shift_remove("timestamp");
            }
        }
        for lines in [&mut one, &mut other] {
            lines.sort_by_key(|line| (line["type"].to_string(), line["key"].to_string()));
        }
        assert_eq!(one, other, "{name}");
        assert!(!one.is_empty(), "{name}");
    }
    let server = through.server.as_ref().unwrap();
    let projects = server.get("/api/projects").await.expect(200).json();
    let notes = projects.as_array().unwrap().iter().find(|project| project["name"] == "notes").unwrap();
    let found = json!({"project_id": notes["id"], "query": "E-401", "limit": 1});
    let found = server.post("/api/memory/recall", found).await.expect(200).json();
    assert_eq!(found[0]["key"], "README.md: Login > Errors");
}

#[tokio::test]
async fn a_dry_run_of_any_format_stores_nothing() {
    let (through, folder) = (Place::new(true).await, tempfile::tempdir().unwrap());
    let ndjson = folder.path().join("in.ndjson");
    let text = "{\"kind\":\"project\",\"name\":\"x\"}\n{\"type\":\"error\",\"key\":\"k\",\"value\":\"a\\u001b[31m\"}\n\
                {\"type\":\"error\",\"key\":\"k\",\"value\":2}\n{\"kind\":\"message\",\"role\":\"user\",\"content\":\"hello\"}\n";
    std::fs::write(&ndjson, text).unwrap();
    let own = ndjson.to_str().unwrap().to_owned();
    let files = FIXTURES.map(|(name, format)| (fixture(name), format));
    for (path, format) in files.into_iter().chain([(own, "ndjson")]) {
        let import = ["import", &path, "--project", "p", "--dry-run"];
        let there = through.run(&import).await.expect(0);
        let here = run(folder.path(), &NO_LIMIT, &import).await.expect(0);
        assert_eq!(there.stdout, here.stdout);
        assert_eq!(here.stderr, format!("{path}: read as {format}\n"));
        assert!(here.stdout.contains("\nbad: 0\n"), "{here:?}");
        if format == "ndjson" {
            let wanted = "items: 2 (error 2)\nmessages: 1 (user 1)\n\
                          items that replace an earlier one of the same type and key: 1\nbad: 0\n  \
                          item error k: \\\"a\\\\u001b[31m\\\"\n  item error k: 2\n  message user : hello\n";
            assert_eq!(here.stdout, wanted);
        }
    }
    assert_eq!(through.server.as_ref().unwrap().get("/api/projects").await.expect(200).json(), json!([]));
    assert!(!folder.path().join("data").exists());

    std::fs::write(&ndjson, "{\"type\":\"error\"}\n").unwrap();
    let ran =
        run(folder.path(), &[], &["import", "in.ndjson", "--project", "p", "--dry-run"]).await.expect(1);
    assert!(
        ran.stdout.contains("bad: 1\n") && ran.one_line().contains("1 bad lines, nothing was"),
        "{ran:?}"
    );
}

#[tokio::test]
async fn bad_records_are_named_and_nothing_is_applied() {
    let memory = |id: &str, text: &str| json!({"id": id, "memory": text});
    let mem0 = json!([memory("a", "good"), {"id": "b"}, memory(&"k".repeat(513), "x"), 7,
        memory("c", &"x".repeat(300_000)), memory("a", "later")]);
    let claude = r#"[{"uuid": "u", "chat_messages": [{"sender": "human", "text": "good"}, {"sender": "robot", "text": "x"},
        {"sender": "human", "text": "a\u0000b"}, {"sender": "assistant", "text": "also good"}]}, {"uuid": "v"}"#;
    let chatgpt = json!([{"id": "c", "current_node": "a", "mapping": {"a": {"parent": "b", "message": null},
        "b": {"parent": "a"}}}, {"mapping": {"a": {"message": {"author": {"role": "user"}, "create_time": 1,
        "content": {"content_type": "text", "parts": ["good"]}}}}}]);
    let graph = "{\"type\":\"entity\",\"name\":\"a\",\"entityType\":\"t\",\"observations\":[\"good\"]}\n{\"type\":\"entity\"}\n\
                 {\"type\":\"relation\",\"from\":\"a\"}\n{\"type\":\"entity\",\n";
    let cases = [
        (
            "mem0.json",
            mem0.to_string(),
            &[
                ": memory 2 (b): has no memory",
                ": memory 3 (kkk",
                ": memory 4: is no",
                ": memory 5 (c): value: ",
            ][..],
            "4 bad records",
            &["later"][..],
        ),
        (
            "claude.json",
            claude.to_owned(),
            &[
                ": conversation 1, message 2: sender: must be human or assistant",
                ": conversation 1, message 3: content: holds the NUL character",
                ": conversation 2: is the last, and the file breaks off",
            ],
            "3 bad records",
            &["good", "also good"],
        ),
        (
            "chatgpt.json",
            chatgpt.to_string(),
            &[": conversation 1: its messages go round in a circle"],
            "1 bad records",
            &["good"],
        ),
        (
            "graph.jsonl",
            graph.to_owned(),
            &[":2: name: is missing", ":3: relationType: ", ":4: "],
            "3 bad lines",
            &["{\"entityType\":\"t\",\"observations\":[\"good\"]}"],
        ),
    ];
    for (name, text, faults, count, good) in cases {
        let place = Place::new(false).await;
        std::fs::write(place.path().join(name), text).unwrap();
        let ran = place.run(&["import", name, "--project", "p"]).await.expect(1);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), faults.len() + 2, "{lines:#?}");
        for (fault, line) in faults.iter().zip(&lines[1..]) {
            assert!(line.starts_with(&format!("{name}{fault}")), "{fault}: {line}");
        }
        assert!(ran.one_line().contains(count) && ran.stdout.is_empty(), "{ran:?}");
        assert!(!place.path().join("data").exists(), "nothing was opened");

        let ran = place.run(&["import", name, "--project", "p", "--skip-bad"]).await.expect(0);
        let lines = parsed(&place.export(ran.stdout.trim()).await).split_off(1);
        let text = |line: &Value| match &line["content"] {
            Value::Null => line["value"].as_str().map_or_else(|| line["value"].to_string(), str::to_owned),
            content => content.as_str().unwrap().to_owned(),
        };
        assert_eq!(lines.iter().map(text).collect::<Vec<_>>(), good, "{name}");
    }
}

#[tokio::test]
async fn a_conversation_beyond_bounds_is_bad_and_the_next_is_taken() {
    let place = Place::new(false).await;
    let mut file = std::io::BufWriter::new(std::fs::File::create(place.path().join("large.json")).unwrap());
    file.write_all(b"[{\"uuid\":\"a\",\"chat_messages\":[{\"sender\":\"human\",\"text\":\"").unwrap();
    for _ in 0..65 {
        file.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    file.write_all(b"\"}]},{\"uuid\":\"b\",\"chat_messages\":[{\"sender\":\"human\",\"text\":\"good\"}]}]")
        .unwrap();
    drop(file);
    let import = ["import", "large.json", "--project", "p", "--from", "claude", "--skip-bad"];
    let ran = place.run(&import).await.expect(0);
    assert!(ran.stderr.starts_with("large.json: conversation 1: has more than 67108864 bytes"), "{ran:?}");
    assert!(ran.stderr.contains("items 0, messages 1"), "{ran:?}");
}

#[tokio::test]
async fn a_long_message_comes_in_parts_that_keep_their_order() {
    let place = Place::new(false).await;
    let text = "All work and no play.\n".repeat(30_000);
    let chat = json!([{"uuid": "a", "chat_messages": [{"sender": "human", "text": text, "created_at": "2025-01-01"},
        {"sender": "assistant", "text": "I see.", "created_at": "2025-01-01"}]}]);
    std::fs::write(place.path().join("long.json"), chat.to_string()).unwrap();
    let ran = place.run(&["import", "long.json", "--project", "p"]).await.expect(0);
    let lines = parsed(&place.export(ran.stdout.trim()).await).split_off(1);
    let said: String = lines.iter().map(|line| line["content"].as_str().unwrap()).collect();
    assert_eq!(said, text.trim_end().to_owned() + "I see.");
    let noted: Vec<_> = lines.iter().map(|line| line["metadata"]["summary"].as_str()).collect();
    assert_eq!(noted, [Some("part 1 of 3"), Some("part 2 of 3"), Some("part 3 of 3"), None]);
}

#[tokio::test]
async fn formats_that_do_not_fit_are_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("what"), "nobody knows").unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let import = async |file: &str, from: &str, code: i32, words: &[&str]| {
        refused(folder.path(), &[], &["import", file, "--project", "p", "--from", from], code, words).await;
    };
    import("what", "auto", 2, &["what: its format cannot be told", "--from"]).await;
    import("empty", "auto", 1, &["empty: ", "no Markdown file"]).await;
    import("empty", "markdown", 1, &["empty: ", "no Markdown file"]).await;
    import("empty", "claude", 1, &["empty: is a folder", "claude"]).await;
    for (file, from, word) in
        [("what", "mem0", "no JSON list"), ("what", "claude", "no conversation of claude.ai")]
    {
        let ran =
            run(folder.path(), &[], &["import", file, "--project", "p", "--from", from]).await.expect(1);
        assert!(ran.stderr.contains(word), "{ran:?}");
    }
    let unknown =
        run(folder.path(), &[], &["import", "what", "--project", "p", "--from", "zep"]).await.expect(2);
    assert!(unknown.stderr.contains("mcp-memory"), "{unknown:?}");
}
