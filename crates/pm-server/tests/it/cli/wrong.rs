//! What goes wrong: exit codes, and what is said of it.

use serde_json::{Value, json};

use super::{Place, SETTINGS};
use crate::harness::process::{Process, run, run_into};
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
    let commands: [&[&str]; 6] = [
        &["projects"],
        &["remember", "k", "v", "-p", "p"],
        &["recall", "x", "-p", "p"],
        &["stats"],
        &["messages", "-p", "p"],
        &["export", "--project", ABSENT],
    ];
    for arguments in commands {
        let ran = run(folder.path(), &settings, arguments).await.expect(1);
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
    let key = [("AI_PM_API_KEY", made.trim())];
    run(folder.path(), &key, &arguments).await.expect(0);
    server.stop().await;
    // A key in the environment does not ask for a server.
    run(folder.path(), &[EMBEDDED, key[0]], &["count", "-p", "p"]).await.expect(0);
}

#[tokio::test]
async fn who_has_read_enough_is_no_failure() {
    let place = Place::new(false).await;
    place.run(&["remember", "k", "v", "-p", "p"]).await.expect(0);
    let commands: [&[&str]; 4] =
        [&["recall", "v", "-p", "p"], &["projects", "--json"], &["completions", "bash"], &["man"]];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ran = run_into(writer.into(), place.folder.path(), &SETTINGS, arguments).await.expect(0);
        assert_eq!(ran.stderr, "", "{arguments:?}");
    }
}
