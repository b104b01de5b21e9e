//! What goes wrong: exit codes, and what is said of it.

use std::process::Stdio;

use serde_json::{Value, json};

use super::{Place, SETTINGS};
use crate::harness::process::{Process, refused, run, run_into};
use crate::harness::store::EMBEDDED;

const ABSENT: &str = "0190a5d4-0000-7000-8000-000000000000";

#[tokio::test]
async fn wrong_use_is_2_and_what_fails_is_1() {
    let place = Place::new(false).await;
    place.run(&["projects", "create", "p"]).await.expect(0);
    for (code, arguments, word) in [
        (2, &["recall"][..], "--project NAME"),
        (2, &["remember", "-p", "p"], "KEY"),
        (2, &["remember", "k", "v", "-p", "p", "--meta", "x"], "NAME=VALUE"),
        (2, &["remember", "k", "v", "-p", "p", "--solves", "e", "-t", "error"], "only a solution"),
        (2, &["remember", "k", "v", "-p", "p", "--solves", "e", "--meta", "solves=f"], "--meta solves: "),
        (2, &["remember", "k", "v", "-p", "p", "--importance", "nan"], "finite"),
        (2, &["remember", "k", "--jsonn", "-p", "p"], "--jsonn"),
        (2, &["messages", "add", "user", "--jsonn", "-p", "p"], "--jsonn"),
        (2, &["recall", "x", "-p", "p", "--min-relevance", "NaN"], "finite"),
        (2, &["recall", "x", "-p", "p", "--server", "http://127.0.0.1:1/?x=1"], "--server"),
        (2, &["recall", "x", "-p", "p", "--server", "http://127.0.0.1:1/#x"], "--server"),
        (2, &["remember", "k", "{", "-p", "p", "--json-value"], "the value: "),
        (2, &["remember", "k", "v", "-p", "p", "-t", "bug"], "validation_error: type must be one of"),
        (2, &["remember", "k", "v", "-p", "p", "--ttl", "0"], "validation_error: ttl"),
        (2, &["remember", "", "v", "-p", "p"], "validation_error: key"),
        (2, &["recall", "x", "-p", "p", "--since", "yesterday"], "validation_error: since"),
        (2, &["messages", "add", "boss", "x", "-p", "p"], "validation_error: role"),
        (2, &["messages", "-p", "p", "--limit", "1001"], "validation_error: limit"),
        (2, &["projects", "--status", "odd"], "validation_error: status"),
        (2, &["projects", "create", "  "], "validation_error: name"),
        (2, &["projects", "delete", "p"], "--yes"),
        (2, &["forget", "--all", "-p", "p"], "--yes"),
        (2, &["forget", "-p", "p"], "KEY"),
        (2, &["forget", "k", "--all", "-p", "p"], "cannot be used with"),
        (2, &["man", "nothing"], "there is no command"),
        (2, &["completions", "dash"], "dash"),
        (2, &["health", "--timeout", "0"], "1..=300"),
        (1, &["recall", "x", "-p", ABSENT], "project_not_found: there is no project"),
        (1, &["remember", "k", "v", "-p", ABSENT], "project_not_found: there is no project"),
        (1, &["projects", "show", "q"], "`ai-pm projects` lists them"),
        (1, &["forget", "k", "-p", "p"], "memory_not_found: "),
    ] {
        let ran = place.run(arguments).await.expect(code);
        assert!(ran.stdout.is_empty() && ran.stderr.contains(word), "{arguments:?}: {ran:?}");
    }
    let several = ["remember", "", "v", "-p", "p", "-t", "bug", "--json"];
    let ran = place.run(&several).await.expect(2);
    let error: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!((&error["code"], error["errors"].as_array().unwrap().len()), (&json!("validation_error"), 2));
    let ran = place.run(&["recal", "--json"]).await.expect(2);
    assert_eq!(serde_json::from_str::<Value>(&ran.stderr).unwrap()["code"], "usage");
    // Two of the same name: which is meant?
    place.run(&["projects", "create", "p"]).await.expect(0);
    let ran = place.run(&["count", "-p", "p"]).await.expect(2);
    assert!(ran.one_line().contains("is the name of several projects"), "{ran:?}");
    let place = place.other_way().await;
    assert_eq!(place.run(&["count", "-p", "p"]).await.expect(2).stderr, ran.stderr);
}

#[tokio::test]
async fn a_store_that_a_server_holds_is_reached_through_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &[EMBEDDED]).await;
    server.project("p").await;
    let port = server.address().port().to_string();
    let settings = [EMBEDDED, ("API_PORT", port.as_str())];
    let commands: [&'static [&'static str]; 6] = [
        &["projects"],
        &["remember", "k", "v", "-p", "p"],
        &["recall", "x", "-p", "p"],
        &["stats"],
        &["messages", "-p", "p"],
        &["export", "--project", ABSENT],
    ];
    // Each waits a while for the store; together they wait no longer.
    let all = commands.map(|arguments| {
        let (folder, port) = (folder.path().to_owned(), port.clone());
        tokio::spawn(async move { run(&folder, &[EMBEDDED, ("API_PORT", &port)], arguments).await })
    });
    for ran in all {
        let ran = ran.await.unwrap().expect(1);
        let line = ran.one_line();
        assert!(
            line.contains("store_held") && line.contains(&format!("--server http://127.0.0.1:{port}")),
            "{line}"
        );
    }
    run(folder.path(), &settings, &["recall", "x", "-p", "p", "--server", &server.url()]).await.expect(0);
}

#[tokio::test]
async fn a_server_asks_for_a_key_and_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let guarded = [EMBEDDED, ("AUTH_REQUIRED", "true")];
    let made =
        run(folder.path(), &guarded, &["key", "create", "ops", "--scope", "write"]).await.expect(0).stdout;
    let server = Process::start(folder.path(), &guarded).await;
    let url = server.url();
    let arguments = ["remember", "k", "v", "-p", "p", "--server", url.as_str()];
    let ran = run(folder.path(), &[], &arguments).await.expect(1);
    assert!(ran.one_line().starts_with("ai-pm: unauthorized: "), "{ran:?}");
    run(folder.path(), &[], &[&arguments[..], &["--api-key", made.trim()]].concat()).await.expect(0);
    // As it comes out of a file, with the end of its line.
    let line = format!("{}\r\n", made.trim());
    let key = [("AI_PM_API_KEY", line.as_str())];
    run(folder.path(), &key, &arguments).await.expect(0);
    server.stop().await;
    // A key in the environment does not ask for a server.
    run(folder.path(), &[EMBEDDED, key[0]], &["count", "-p", "p"]).await.expect(0);
}

#[tokio::test]
async fn who_has_read_enough_is_no_failure() {
    let place = Place::new(false).await;
    place.run(&["remember", "k", "v", "-p", "p"]).await.expect(0);
    let commands: [&[&str]; 6] = [
        &["recall", "v", "-p", "p"],
        &["projects", "--json"],
        &["completions", "bash"],
        &["man"],
        &["config"],
        &["openapi"],
    ];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = run_into(writer.into(), place.folder.path(), &SETTINGS, arguments).await.expect(0);
        assert_eq!(ran.stderr, "", "{arguments:?}");
    }
}

/// What a command ends with whose standard error nobody reads.
fn unheard(place: &Place, arguments: &[&str]) -> Option<i32> {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ai-pm"));
    command
        .current_dir(place.folder.path())
        .env_clear()
        .envs(crate::harness::store::with(place.folder.path(), &SETTINGS));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(writer).status().unwrap().code()
}

#[tokio::test]
async fn who_does_not_hear_of_a_failure_changes_nothing_of_it() {
    let place = Place::new(false).await;
    for (code, arguments) in [
        (0, &["remember", "k", "v", "-p", "made here"][..]),
        (1, &["count", "-p", "absent"]),
        (1, &["count", "-p", "absent", "--json"]),
        (2, &["recal"]),
        (2, &["recall", "x", "-p", "made here", "--limit", "0"]),
    ] {
        assert_eq!(unheard(&place, arguments), Some(code), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_project_that_is_named_by_nothing_is_no_other_project() {
    let place = Place::new(false).await;
    let folder = place.folder.path();
    place.run(&["remember", "k", "v", "-p", "shop"]).await.expect(0);
    let settings = [SETTINGS[0], ("AI_PM_PROJECT", "shop")];
    for blank in ["", " \t"] {
        for arguments in [&["forget", "--all", "--yes"][..], &["count"], &["remember", "k", "w"]] {
            let arguments = [arguments, &["-p", blank]].concat();
            refused(folder, &settings, &arguments, 2, &["--project: is empty"]).await;
        }
    }
    assert_eq!(place.json(&["count", "-p", "shop"]).await["count"], 1);
}

#[tokio::test]
async fn what_is_refused_makes_no_project() {
    for through in [false, true] {
        let place = Place::new(through).await;
        for (arguments, stdin) in [
            (&["remember", "k", "v", "-t", "bug"][..], None),
            (&["remember", "k", "v", "--importance", "2"], None),
            (&["remember", "k", "-"], Some("a\0b")),
            (&["remember", "k", "-", "--json-value"], Some("{\"a\": \"\\u0000\"}")),
            (&["remember", "k", "-", "--json-value"], Some("\"\\ud800\"")),
        ] {
            let arguments = [arguments, &["-p", "new", "--json"]].concat();
            let ran = place.run_with(stdin, &arguments).await.expect(2);
            assert!(!ran.stderr.contains("made"), "{ran:?}");
        }
        assert_eq!(place.json(&["projects"]).await, json!([]));
    }
}

#[tokio::test]
async fn nul_is_taken_neither_way() {
    let mut said = Vec::new();
    for through in [false, true] {
        let place = Place::new(through).await;
        place.run(&["projects", "create", "p"]).await.expect(0);
        for arguments in [
            &["remember", "k", "-", "-p", "p", "--json"][..],
            &["messages", "add", "user", "-", "-p", "p", "--json"],
        ] {
            let ran = place.run_with(Some("a\0b"), arguments).await.expect(2);
            assert!(ran.stderr.contains("validation_error") && ran.stderr.contains("NUL"), "{ran:?}");
            said.push(ran.stderr);
        }
    }
    assert_eq!(said[..2], said[2..]);
}

#[tokio::test]
async fn commands_at_once_wait_for_one_another() {
    let place = Place::new(false).await;
    place.run(&["projects", "create", "p"]).await.expect(0);
    let keys: Vec<String> = (0..4).map(|n| format!("k{n}")).collect();
    let commands = keys.iter().map(|key| {
        let (folder, key) = (place.folder.path().to_owned(), key.clone());
        tokio::spawn(async move { run(&folder, &SETTINGS, &["remember", &key, "v", "-p", "p"]).await })
    });
    for command in commands.collect::<Vec<_>>() {
        command.await.unwrap().expect(0);
    }
    assert_eq!(place.json(&["count", "-p", "p"]).await["count"], 4);
}
