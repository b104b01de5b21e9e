//! `ai-pm import --from-redis-v1`: what the first version kept.

use pm_testbed::{Product, Server};
use serde_json::json;

use super::Place;
use crate::harness::process::run;

/// A Redis as the first version left it, with keys of others beside.
fn first_version() -> Server {
    let redis = Server::start(Product::Redis);
    let item = |value: serde_json::Value, r#type: &str| {
        json!({"value": value, "type": r#type, "timestamp": "2025-03-01T10:00:00.5", "project_id": "shop", "ttl": null})
            .to_string()
    };
    let project = json!({"id": "shop", "name": "The shop", "description": "sells", "status": "archived",
        "created_at": "2025-01-01T00:00:00"});
    let keys = [
        ("project:shop:memory:MessageType.CONTEXT:project_shop", item(project, "context")),
        ("project:shop:memory:error:login:500: twice", item(json!("the token expires"), "error")),
        ("project:shop:memory:MemoryType.SOLUTION:login", item(json!({"fix": "renew it"}), "solution")),
        ("project:other:memory:dependency:redis", item(json!(["7.0", true, null]), "dependency")),
        ("project:shop:memory:error:broken", "{\"value\": ".to_owned()),
        ("project:shop:memory:opinion:x", item(json!("x"), "opinion")),
        ("session:1", "of another program".to_owned()),
    ];
    for (key, value) in &keys {
        redis.cli(&["SET", key, value]).ok();
    }
    redis
        .cli(&["SET", "project:other:memory:context:soon", &item(json!("gone"), "context"), "EX", "3600"])
        .ok();
    redis.cli(&["LPUSH", "project:shop:memory:context:list", "x"]);
    redis
}

#[tokio::test]
async fn all_that_can_be_taken_is_and_the_rest_is_named() {
    let redis = first_version();
    let before = redis.cli(&["DBSIZE"]).int();
    for through in [false, true] {
        let place = Place::new(through).await;
        let url = redis.url();
        let ran = place.run(&["import", "--from-redis-v1", &url]).await.expect(1);
        for named in
            ["memory:error:broken", "memory:opinion:x", "memory:context:list: is no string", "3 entries"]
        {
            assert!(ran.stderr.contains(named), "{named}: {ran:?}");
        }
        let ids: Vec<Vec<&str>> = ran.stdout.lines().map(|line| line.split('\t').collect()).collect();
        assert_eq!(ids.len(), 2, "{ran:?}");
        assert_eq!((ids[0][0], ids[0][2], ids[1][0], ids[1][2]), ("other", "2 items", "shop", "2 items"));
        let shop = place.export(ids[1][1]).await;
        let lines: Vec<serde_json::Value> =
            shop.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["name"], "The shop");
        assert_eq!(lines[0]["status"], "archived");
        assert_eq!(lines[0]["metadata"], json!({"v1_id": "shop", "v1_created_at": "2025-01-01T00:00:00"}));
        let of_key = |key: &str| lines.iter().find(|line| line["key"] == key).unwrap();
        let error = of_key("login:500: twice");
        assert_eq!((&error["type"], &error["value"]), (&json!("error"), &json!("the token expires")));
        assert_eq!(error["timestamp"], "2025-03-01T10:00:00.5Z");
        let solution = of_key("login");
        assert_eq!(
            (&solution["type"], &solution["value"]),
            (&json!("solution"), &json!({"fix": "renew it"}))
        );
        assert_eq!(lines.len(), 3);
        let other = place.export(ids[0][1]).await;
        assert!(other.contains("\"name\":\"other\"") && other.contains("\"v1_id\":\"other\""), "{other}");
        let soon = other.lines().find(|line| line.contains("\"soon\"")).unwrap();
        let soon: serde_json::Value = serde_json::from_str(soon).unwrap();
        assert!((3_500..=3_600).contains(&soon["ttl"].as_u64().unwrap()), "{soon}");
    }
    assert_eq!(redis.cli(&["DBSIZE"]).int(), before, "nothing was changed there");
}

#[tokio::test]
async fn a_dry_run_stores_nothing() {
    let redis = first_version();
    let place = Place::new(true).await;
    let ran = place.run(&["import", "--from-redis-v1", &redis.url(), "--dry-run"]).await.expect(1);
    assert_eq!(ran.stdout, "other\tother\t2 items\nshop\tThe shop\t2 items\n");
    let projects = place.server.as_ref().unwrap().get("/api/projects").await.expect(200).json();
    assert_eq!(projects, json!([]));
}

#[tokio::test]
async fn what_cannot_be_read_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let import = async |url: &str| {
        let ran = run(folder.path(), &[], &["import", "--from-redis-v1", url]).await.expect(1);
        assert!(!ran.stderr.contains("secret"), "{ran:?}");
        ran.one_line().to_owned()
    };
    assert!(import("redis://:secret@127.0.0.1:1").await.contains("--from-redis-v1"));
    assert!(import("redis+cluster://:secret@127.0.0.1:1").await.contains("redis://"));
    assert!(import("http://:secret@127.0.0.1:1").await.contains("scheme"));
    run(folder.path(), &[], &["import"]).await.expect(2);
    run(folder.path(), &[], &["import", "file"]).await.expect(2);
    run(folder.path(), &[], &["import", "file", "--from-redis-v1", "redis://x"]).await.expect(2);
}
