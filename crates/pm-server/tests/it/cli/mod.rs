//! The commands that work with projects, by the real program: in an opened store and through a running server.

mod doctor;
mod health;
mod screen;
mod strangers;
mod wrong;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::process::{Process, Ran, run, run_with};

/// Vectors come in the background, so that what recall says of an item depends on the moment.
const SETTINGS: [(&str, &str); 1] = [("EMBEDDER", "none")];

/// A folder with a store in it, and which way to go to it.
struct Place {
    folder: TempDir,
    server: Option<Process>,
}

impl Place {
    async fn new(through: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = if through { Some(Process::start(folder.path(), &SETTINGS).await) } else { None };
        Self { folder, server }
    }

    async fn run_with(&self, stdin: Option<&str>, arguments: &[&str]) -> Ran {
        let url = self.server.as_ref().map(Process::url);
        let way: Vec<&str> = url.iter().flat_map(|url| ["--server", url.as_str()]).collect();
        let arguments = [arguments, &way].concat();
        match stdin {
            Some(stdin) => run_with(stdin, self.folder.path(), &SETTINGS, &arguments).await,
            None => run(self.folder.path(), &SETTINGS, &arguments).await,
        }
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(None, arguments).await
    }

    /// The answer of a command that does what it should.
    async fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat()).await.expect(0);
        assert_eq!(ran.stdout.matches('\n').count(), 1, "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// The same place, through a server if it was not, and the other way round.
    async fn other_way(self) -> Self {
        let Self { folder, server } = self;
        let through = server.is_none();
        if let Some(server) = server {
            server.stop().await;
        }
        let server = if through { Some(Process::start(folder.path(), &SETTINGS).await) } else { None };
        Self { folder, server }
    }
}

/// An answer without what differs from run to run.
fn steady(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                match name.as_str() {
                    "id" | "project_id" | "timestamp" | "created_at" | "updated_at" | "expires_at"
                    | "deleted"
                        if value.is_string() =>
                    {
                        *value = json!("~");
                    }
                    _ => steady(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(steady),
        Value::Number(number) if number.is_f64() => {
            // How old an item is counts a little.
            *value = json!((number.as_f64().unwrap() * 1000.0).round());
        }
        _ => {}
    }
}

/// Commands in their order, each with its exit code and, where it reads, what it is given.
const STORY: [(i32, Option<&str>, &[&str]); 34] = [
    (0, None, &["projects"]),
    (0, None, &["projects", "create", "  web shop ", "--description", "what\nis sold"]),
    (0, None, &["projects", "create", "older"]),
    (
        0,
        None,
        &["remember", "login-500", "POST /login answers 500: ECONNREFUSED", "-t", "error", "-p", "web shop"],
    ),
    (
        0,
        None,
        &[
            "remember",
            "pool",
            "set CACHE_POOL=32",
            "--solves",
            "login-500",
            "-p",
            "web shop",
            "--meta",
            "file=a.rs",
            "--meta",
            "n=2",
        ],
    ),
    (
        0,
        Some("from\nstandard input\n"),
        &["remember", "note", "-", "-p", "web shop", "--session", "monday", "--importance", "0.9"],
    ),
    (
        0,
        None,
        &[
            "remember",
            "limits",
            "{\"pool\": [32, null]}",
            "--json-value",
            "--ttl",
            "86400",
            "-t",
            "dependency",
            "-p",
            "web shop",
        ],
    ),
    (0, None, &["remember", "note", "another", "-p", "web shop", "--session", "monday"]),
    (0, None, &["remember", "k", "v", "-p", "made here"]),
    (0, None, &["recall", "why", "is", "the", "login", "refused", "-p", "web shop"]),
    (
        0,
        None,
        &["recall", "login", "-p", "web shop", "--explain", "--limit", "1", "-t", "error", "-t", "solution"],
    ),
    (0, None, &["recall", "-p", "web shop", "--session", "monday"]),
    (0, None, &["recall", "login", "-p", "web shop", "--since", "2020-01-01", "--until", "2021-01-01"]),
    (0, None, &["recall", "login", "-p", "web shop", "--min-relevance", "0.01"]),
    (0, None, &["messages", "add", "user", "the login answers 500 again", "-p", "web shop"]),
    (
        0,
        Some("have you restarted it?"),
        &["messages", "add", "ai_pm", "-", "-p", "web shop", "--session", "s"],
    ),
    (0, None, &["messages", "-p", "web shop"]),
    (0, None, &["messages", "-p", "web shop", "--role", "user", "--limit", "1"]),
    (0, None, &["context", "-p", "web shop"]),
    (0, None, &["context", "what is the pool?", "-p", "web shop"]),
    (0, None, &["count", "-p", "web shop"]),
    (0, None, &["projects", "show", "web shop"]),
    (0, None, &["projects", "archive", "older"]),
    (1, None, &["remember", "k", "v", "-p", "older"]),
    (0, None, &["projects", "activate", "older"]),
    (0, None, &["projects", "--search", "SHOP", "--sort", "name"]),
    (0, None, &["stats", "-p", "web shop"]),
    (0, None, &["forget", "note", "-p", "web shop", "--type", "context"]),
    (1, None, &["forget", "note", "-p", "web shop"]),
    (0, None, &["forget", "--all", "--yes", "-p", "web shop"]),
    (0, None, &["projects", "delete", "older", "--yes"]),
    (1, None, &["count", "-p", "older"]),
    (2, None, &["recall", "x", "-p", "web shop", "--limit", "0"]),
    (0, None, &["projects", "--status", "active"]),
];

/// What a command says for programs: its answer, or its error.
fn said(ran: &Ran) -> Value {
    let text = if ran.code == Some(0) { &ran.stdout } else { ran.stderr.lines().last().unwrap() };
    let mut value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    steady(&mut value);
    value
}

#[tokio::test]
async fn every_command_answers_the_same_whichever_way() {
    let (local, through) = (Place::new(false).await, Place::new(true).await);
    for (code, stdin, arguments) in STORY {
        let arguments = [arguments, &["--json"]].concat();
        let one = local.run_with(stdin, &arguments).await.expect(code);
        let other = through.run_with(stdin, &arguments).await.expect(code);
        assert_eq!(said(&one), said(&other), "{arguments:?}");
        // And people are told the same.
        assert_eq!(one.stderr, other.stderr, "{arguments:?}");
        assert!(one.stdout.is_empty() == (code != 0), "{one:?}");
    }
    // Each sees what the other way has written, in the API's own words.
    let before = local.json(&["recall", "k", "-p", "made here"]).await;
    assert_eq!(before[0]["value"], "v");
    let server = local.other_way().await;
    let mut after = server.json(&["recall", "k", "-p", "made here"]).await;
    assert_eq!(after[0]["project_id"], before[0]["project_id"]);
    let mut before = before;
    steady(&mut before);
    steady(&mut after);
    assert_eq!(before, after);
    let id = after_id(&server).await;
    let own = server.server.as_ref().unwrap().get(&format!("/api/projects/{id}")).await.expect(200).json();
    assert_eq!(server.json(&["projects", "show", &id]).await, own);
}

async fn after_id(place: &Place) -> String {
    let shown = place.json(&["projects", "show", "made here"]).await;
    shown["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_remembered_is_what_was_given() {
    let place = Place::new(false).await;
    let ran = place.run(&["remember", "k", "v", "-p", "new"]).await.expect(0);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("remembered context k in new\n", "made the project \"new\"\n")
    );
    let ran = place.run(&["remember", "k", "-5", "-p", "new", "-t", "error"]).await.expect(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("remembered error k in new\n", ""));
    place.run(&["remember", "h", "-p", "new", "-t", "error", "--", "--json"]).await.expect(0);
    assert_eq!(place.json(&["recall", "-p", "new", "--limit", "1"]).await[0]["value"], "--json");
    let ran = place.run(&["remember", "k", "w", "-p", "new"]).await.expect(0);
    assert_eq!(ran.stdout, "replaced context k in new\n");
    let arguments = [
        "remember", "s", "x", "-p", "new", "--solves", "a", "--solves", "b", "--meta", "tag=1", "--meta",
        "tag=y",
    ];
    let item = place.json(&arguments).await;
    assert_eq!(item["metadata"], json!({"tag": [1, "y"], "solves": ["a", "b"]}));
    assert_eq!(item["type"], "solution");
    let item = place
        .run_with(
            Some("{\"a\": [1, \"two\"]}\r\n"),
            &["remember", "j", "--json-value", "-p", "new", "--json"],
        )
        .await;
    let item: Value = serde_json::from_str(&item.expect(0).stdout).unwrap();
    assert_eq!(item["value"], json!({"a": [1, "two"]}));
}

#[tokio::test]
async fn the_project_comes_from_the_environment_or_the_folder() {
    let place = Place::new(false).await;
    let folder = place.folder.path();
    place.run(&["remember", "k", "v", "-p", "shop"]).await.expect(0);
    let named = [SETTINGS[0], ("AI_PM_PROJECT", "shop")];
    assert!(run(folder, &named, &["count"]).await.expect(0).stdout.contains("context         1\n"));
    let none = run(folder, &SETTINGS, &["count"]).await.expect(2);
    assert!(
        none.one_line().contains("--project NAME") && none.one_line().contains("AI_PM_PROJECT"),
        "{none:?}"
    );
    std::fs::create_dir(folder.join(".git")).unwrap();
    std::fs::write(
        folder.join(".git/config"),
        "[remote \"origin\"]\n\turl = git@host.example:team/shop.git\n",
    )
    .unwrap();
    assert_eq!(place.json(&["count"]).await["count"], 1);
    // What nobody named is not made.
    std::fs::write(
        folder.join(".git/config"),
        "[remote \"origin\"]\n\turl = git@host.example:team/other.git\n",
    )
    .unwrap();
    let ran = place.run(&["remember", "k", "v"]).await.expect(1);
    assert!(ran.one_line().starts_with("ai-pm: project_not_found: there is no project \"other\""), "{ran:?}");
}

#[tokio::test]
async fn stats_count_all_projects() {
    let place = Place::new(false).await;
    for project in ["a", "b"] {
        for key in ["1", "2"] {
            place.run(&["remember", key, "v", "-p", project, "-t", "error"]).await.expect(0);
        }
        place.run(&["messages", "add", "user", "hello", "-p", project]).await.expect(0);
    }
    place.run(&["projects", "archive", "b"]).await.expect(0);
    let mut local = place.json(&["stats"]).await;
    let place = place.other_way().await;
    let mut through = place.json(&["stats"]).await;
    let wanted = json!({"error": 4, "solution": 0, "context": 0, "dependency": 0});
    assert_eq!((&local["by_type"], &local["items"], &local["messages"]), (&wanted, &json!(4), &json!(2)));
    assert_eq!((&local["projects"], &local["archived"]), (&json!(2), &json!(1)));
    local.as_object_mut().unwrap().shift_remove("data_bytes");
    assert_eq!(through.as_object_mut().unwrap().shift_remove("pending"), Some(json!(0)));
    assert_eq!(local, through);
}
