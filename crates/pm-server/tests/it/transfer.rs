//! Export and import, through the store itself and through a running server.

mod faults;
mod first_version;
mod formats;

use std::fmt::Write;
use std::path::Path;

use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::process::{Process, Ran, run};

const NO_LIMIT: [(&str, &str); 1] = [("MAX_MEMORY_ITEMS", "0")];

/// A folder with a store in it, and which way to go to it.
struct Place {
    folder: TempDir,
    server: Option<Process>,
}

impl Place {
    /// An empty store: `through` a server or by itself.
    async fn new(through: bool) -> Self {
        Self::at(tempfile::tempdir().unwrap(), through).await
    }

    async fn at(folder: TempDir, through: bool) -> Self {
        let server = if through { Some(Process::start(folder.path(), &NO_LIMIT).await) } else { None };
        Self { folder, server }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command of the binary here.
    async fn run(&self, arguments: &[&str]) -> Ran {
        let url = self.server.as_ref().map(Process::url);
        let way: Vec<&str> = url.iter().flat_map(|url| ["--server", url.as_str()]).collect();
        run(self.path(), &NO_LIMIT, &[arguments, &way].concat()).await
    }

    /// Imports `text`; the id of the new project.
    async fn import(&self, text: &str, name: &str) -> String {
        std::fs::write(self.path().join("in.ndjson"), text).unwrap();
        let ran = self.run(&["import", "in.ndjson", "--project", name]).await.expect(0);
        ran.stdout.strip_suffix('\n').unwrap().to_owned()
    }

    async fn export(&self, id: &str) -> String {
        let ran = self.run(&["export", "--project", id]).await.expect(0);
        assert_eq!(ran.stderr, "");
        ran.stdout
    }

    /// The same place with the other way to it.
    async fn other_way(self) -> Self {
        let through = self.server.is_none();
        if let Some(server) = self.server {
            server.stop().await;
        }
        Self::at(self.folder, through).await
    }
}

fn parsed(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines of an export without what an import may not keep, items in the order of their names.
fn lasting(text: &str) -> Vec<Value> {
    let mut lines = parsed(text);
    for line in &mut lines {
        let object = line.as_object_mut().unwrap();
        for field in ["id", "project_id", "created_at", "updated_at"] {
            object.shift_remove(field);
        }
        if let Some(end) = object.shift_remove("expires_at") {
            // What is left of its life: within ten minutes of the two hours that it was given.
            let ttl = object.insert("ttl".to_owned(), json!("some")).unwrap().as_u64().unwrap();
            assert!((6600..=7200).contains(&ttl) && end.is_string(), "{object:?}");
        }
    }
    let last_item = lines.iter().rposition(|line| line["kind"] == "item").unwrap_or_default();
    if last_item > 0 {
        let name = |item: &Value| (item["type"].to_string(), item["key"].to_string());
        lines[1..=last_item].sort_by_key(name);
    }
    lines
}

/// Fills a project with one of everything; its id.
async fn rich(server: &Process) -> String {
    let metadata = json!({"z": {"deep": [1, {"a": null}]}, "a": "é"});
    let body = json!({"name": "rich", "description": "all\nof \"it\"", "metadata": metadata});
    let project = server.post("/api/projects", body).await.expect(201).json();
    let id = project["id"].as_str().unwrap();
    let values = [
        json!("x\u{0}\u{1f600}\u{2028}\\\"\n".replace('\0', "").repeat(12_000)),
        json!({"z": 1, "a": [0.1, 1e300, -5e-324, u64::MAX, i64::MIN, true, null, "", {}]}),
        (0..120).fold(json!("deep"), |value, _| json!([value])),
        Value::Null,
    ];
    let keys = ["recall", "store", ".", "..", "a/b?c=d#e%20", " ", "ключ", "\"quoted\\\"", "e\u{301}", "é"];
    let mut items: Vec<Value> = Vec::new();
    for (number, key) in keys.into_iter().enumerate() {
        for r#type in ["error", "solution", "context", "dependency"] {
            items.push(json!({"type": r#type, "key": key, "value": values[number % 4]}));
        }
    }
    items[0]["ttl"] = json!(7200);
    items[1]["metadata"] = json!({"tags": ["a", 1, true, null], "speaker": "Ann", "n": 1.5});
    items[2]["session_id"] = json!(" session / 1 ");
    items[3]["importance"] = json!(0.25);
    items[4]["timestamp"] = json!("1999-12-31T23:59:59.123456Z");
    server.post("/api/memory/store/batch", json!({"project_id": id, "items": items})).await.expect(200);
    for number in 0..250 {
        // Many at the same time: their order is kept all the same.
        let mut message = json!({"role": "user", "content": format!("said {number}")});
        message["timestamp"] = json!(format!("2024-01-01T00:00:0{}Z", number / 50));
        match number % 5 {
            1 => message["session_id"] = json!("s"),
            2 => message["role"] = json!("ai_pm"),
            3 => message["role"] = json!("system"),
            4 => {
                message["metadata"] = json!({"for_developer": true, "instruction": "do\nit", "summary": "s",
                    "confidence": 0.5, "memory_keys": keys});
            }
            _ => {}
        }
        server.post(&format!("/api/projects/{id}/messages"), message).await.expect(201);
    }
    let archive = json!({"status": "archived"});
    server.call(Method::PATCH, &format!("/api/projects/{id}"), &[], &archive).await.expect(200);
    id.to_owned()
}

#[tokio::test]
async fn what_is_exported_is_imported_whichever_way() {
    let source = Place::new(true).await;
    let id = rich(source.server.as_ref().unwrap()).await;
    let through = source.export(&id).await;
    let source = source.other_way().await;
    let local = source.export(&id).await;
    assert_eq!(lasting(&through), lasting(&local));
    let lines = parsed(&local);
    assert_eq!(lines.len(), 1 + 40 + 250);
    let kinds: Vec<&Value> = lines.iter().map(|line| &line["kind"]).collect();
    assert!(kinds[0] == "project" && kinds[1..41].iter().all(|kind| *kind == "item"), "{kinds:?}");
    assert_eq!(lines[0]["status"], "archived");

    for exported in [through, local] {
        for way in [false, true] {
            let target = Place::new(way).await;
            let new = target.import(&exported, "  another name ").await;
            assert_ne!(new, id);
            let again = target.export(&new).await;
            let mut wanted = lasting(&exported);
            wanted[0]["name"] = json!("another name");
            let found = lasting(&again);
            for (wanted, found) in wanted.iter().zip(&found) {
                assert_eq!(wanted, found);
            }
            assert_eq!(found.len(), wanted.len());
            // And the other way sees the same.
            let target = target.other_way().await;
            assert_eq!(lasting(&target.export(&new).await), found);
        }
    }
}

#[tokio::test]
async fn a_large_project_and_its_recall() {
    let mut text = String::new();
    for n in 0..5000 {
        let item =
            json!({"kind": "item", "type": "context", "key": format!("k{n}"), "value": format!("word{n}")});
        writeln!(text, "{item}").unwrap();
        if n % 25 == 0 {
            let message = json!({"kind": "message", "role": "user", "content": format!("m{n}")});
            writeln!(text, "{message}").unwrap();
        }
    }
    let place = Place::new(false).await;
    let first = place.import(&text, "large").await;
    let place = place.other_way().await;
    let second = place.import(&text, "large").await;
    let server = place.server.as_ref().unwrap();
    for id in [&first, &second] {
        let count = server.get(&format!("/api/projects/{id}/memory/count")).await.expect(200).json();
        assert_eq!(count["count"], 5000);
        let found = json!({"project_id": id, "query": "word4321", "limit": 1});
        let found = server.post("/api/memory/recall", found).await.expect(200).json();
        assert_eq!(found[0]["key"], "k4321");
        let lines = lasting(&place.export(id).await);
        assert_eq!(lines.len(), 1 + 5000 + 200);
        let said: Vec<&Value> =
            lines.iter().filter(|line| line["kind"] == "message").map(|line| &line["content"]).collect();
        assert_eq!(
            said,
            (0..200).map(|n| json!(format!("m{}", n * 25))).collect::<Vec<_>>().iter().collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn plain_items_blank_lines_and_repeated_names_are_taken() {
    for way in [false, true] {
        let place = Place::new(way).await;
        let text = "\r\n  \n{\"type\":\"error\",\"key\":\"a\",\"value\":1}\r\n\
                    {\"type\":\"solution\",\"key\":\"a\",\"value\":2}\n\
                    {\"kind\":\"item\",\"type\":\"error\",\"key\":\"b\",\"value\":3,\"project_id\":\"other\"}\n\n\
                    {\"type\":\"error\",\"key\":\"a\",\"value\":4,\"relevance\":0.5}";
        let id = place.import(text, "plain").await;
        let lines = lasting(&place.export(&id).await);
        let found: Vec<_> = lines[1..].iter().map(|item| (&item["key"], item["value"].as_u64())).collect();
        let (a, b) = (json!("a"), json!("b"));
        assert_eq!(found, [(&a, Some(4)), (&b, Some(3)), (&a, Some(2))], "the later line wins");
        assert_eq!(lines[0]["status"], "active");
        let empty = place.import("{\"kind\":\"project\",\"name\":\"p\"}", "empty").await;
        assert_eq!(lasting(&place.export(&empty).await).len(), 1);
    }
}

#[tokio::test]
async fn what_has_expired_is_left_out() {
    let place = Place::new(true).await;
    let text = r#"{"type":"error","key":"soon","value":1,"ttl":1}
        {"type":"error","key":"past","value":1,"ttl":5,"expires_at":"2020-01-01T00:00:00Z"}
        {"type":"error","key":"later","value":1,"ttl":9000,"expires_at":"2999-01-01T00:00:00Z"}"#;
    let refused = text.replace("2999", "2999999");
    let id =
        place.import(&text.replace(",\"ttl\":9000,\"expires_at\":\"2999-01-01T00:00:00Z\"", ""), "p").await;
    let server = place.server.as_ref().unwrap();
    let path = format!("/api/projects/{id}/memory/error/soon");
    // It lives a second; asking for it is what passes the time.
    while server.get(&path).await.status != 404 {}
    let check = |text: &str| {
        let keys: Vec<Value> = parsed(text)[1..].iter().map(|line| line["key"].clone()).collect();
        assert_eq!(keys, ["later"]);
    };
    check(&place.export(&id).await);
    let place = place.other_way().await;
    check(&place.export(&id).await);
    std::fs::write(place.path().join("in.ndjson"), refused).unwrap();
    let ran = place.run(&["import", "in.ndjson", "--project", "p"]).await.expect(1);
    assert!(ran.stderr.contains("in.ndjson:3: expires_at"), "{ran:?}");
}
