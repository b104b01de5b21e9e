//! `ai-pm doctor`: what it finds, and that it changes nothing.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pm_testbed::{Product, Server};
use serde_json::Value;

use crate::harness::process::{Process, run};
use crate::harness::store::EMBEDDED;

/// Its findings, and whether it ended well.
async fn findings(folder: &Path, settings: &[(&str, &str)], code: i32) -> Vec<Value> {
    let ran = run(folder, settings, &["doctor", "--json"]).await.expect(code);
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["healthy"], code == 0, "{value}");
    value["findings"].as_array().unwrap().clone()
}

/// The finding of a check that has these words in it.
#[track_caller]
fn found<'a>(findings: &'a [Value], check: &str, words: &str) -> &'a Value {
    let fits =
        |finding: &&Value| finding["check"] == check && finding["detail"].as_str().unwrap().contains(words);
    findings.iter().find(fits).unwrap_or_else(|| panic!("{check} {words}: {findings:#?}"))
}

#[tokio::test]
async fn a_folder_that_is_well_is_told_so_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let settings = [EMBEDDED, ("API_HOST", "127.0.0.1")];
    let empty = findings(path, &settings, 0).await;
    assert_eq!(found(&empty, "store", "nothing is in ./data yet")["verdict"], "ok");
    assert!(std::fs::read_dir(path).unwrap().next().is_none(), "it makes nothing");
    for check in ["configuration", "server", "models", "clock", "limits", "disk"] {
        found(&empty, check, "");
    }
    assert_eq!(found(&empty, "models", "all-MiniLM-L6-v2 embeds a text, 384 numbers")["verdict"], "ok");

    run(path, &settings, &["remember", "k", "v", "-p", "p"]).await.expect(0);
    let filled = findings(path, &settings, 0).await;
    assert_eq!(found(&filled, "store", "1 projects, 1 items")["verdict"], "ok");
    assert_eq!(found(&filled, "integrity", "no fault")["verdict"], "ok");
    assert_eq!(found(&filled, "permissions", "./data")["verdict"], "ok");

    let server = Process::start(path, &settings).await;
    let port = server.address().port().to_string();
    let beside = findings(path, &[settings[0], settings[1], ("API_PORT", &port)], 0).await;
    found(&beside, "store", "a server holds it");
    assert_eq!(found(&beside, "server", "it runs and is healthy")["verdict"], "ok");
    assert_eq!(found(&beside, "clock", "agrees with that of the server")["verdict"], "ok");
}

#[tokio::test]
async fn what_is_wrong_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    run(path, &[EMBEDDED], &["remember", "k", "v", "-p", "p"]).await.expect(0);
    std::fs::write(path.join(".env"), "SECRET_KEY=0123456789012345678901234567890123456789\n").unwrap();
    std::fs::set_permissions(path.join(".env"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let open = findings(path, &[EMBEDDED], 0).await;
    let env = found(&open, "permissions", ".env: others get at it (644), and it holds SECRET_KEY");
    assert_eq!((&env["verdict"], &env["advice"]), (&"warning".into(), &"chmod 600 .env".into()));
    assert!(!format!("{open:?}").contains("0123456789"), "no secret is told");
    assert_eq!(found(&open, "configuration", "without a credential")["verdict"], "warning");
    let production = findings(path, &[EMBEDDED, ("ENVIRONMENT", "production")], 1).await;
    assert_eq!(found(&production, "permissions", ".env")["verdict"], "failed");

    let wrong = findings(path, &[EMBEDDED, ("API_PORT", "x"), ("EMBEDDER", "y")], 1).await;
    found(&wrong, "configuration", "API_PORT");
    found(&wrong, "configuration", "EMBEDDER");

    // A page in the middle of the file is lost.
    let file = path.join("data/ai-pm.sqlite3");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 8192].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let ran = run(path, &[EMBEDDED], &["doctor"]).await.expect(1);
    assert!(ran.stdout.contains("FAILED") && ran.stdout.contains("    -> stop the server"), "{ran:?}");
    assert!(ran.one_line().contains("unhealthy: 1 of "), "{ran:?}");
    std::fs::write(&file, "no database at all, but long enough to be one if it were".repeat(99)).unwrap();
    let foreign = findings(path, &[EMBEDDED], 1).await;
    assert_eq!(found(&foreign, "store", "not a database")["verdict"], "failed");
}

#[tokio::test]
async fn redis_is_asked_what_it_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let server = Server::builder(Product::Redis).config("appendonly", "yes").start();
    let url = format!("redis://127.0.0.1:{}", server.port());
    let settings = [("STORE", "redis"), ("REDIS_URL", url.as_str()), ("EMBEDDER", "static")];
    let well = findings(path, &settings, 0).await;
    assert_eq!(found(&well, "store", "redis")["verdict"], "ok");
    assert_eq!(found(&well, "integrity", "a log of all writes")["verdict"], "ok");
    assert_eq!(found(&well, "clock", "agrees with that of Redis")["verdict"], "ok");
    server.cli(&["CONFIG", "SET", "appendonly", "no"]).ok();
    server.cli(&["CONFIG", "SET", "save", ""]).ok();
    server.cli(&["CONFIG", "SET", "maxmemory", "100mb"]).ok();
    server.cli(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).ok();
    let loses = findings(path, &settings, 1).await;
    assert_eq!(found(&loses, "integrity", "keeps nothing on its disk")["verdict"], "failed");
    assert_eq!(found(&loses, "integrity", "allkeys-lru")["verdict"], "failed");
    drop(server);
    let away = findings(path, &settings, 1).await;
    found(&away, "store", "Redis does not answer");
}
