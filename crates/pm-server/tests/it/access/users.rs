//! Users from the shell, while a server runs.

use http::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::harness::process::{PATIENCE, Process, refused, run_with};

const KEY: [(&str, &str); 2] =
    [("AUTH_REQUIRED", "true"), ("SECRET_KEY", "the key that the tests of users use, of 32 bytes")];

async fn log_in(server: &Process, name: &str, password: &str) -> Result<String, u16> {
    let form = format!("username={name}&password={password}");
    let answer = server.post_form("/api/auth/token", &form).await;
    let status = answer.status.as_u16();
    if status == 200 { Ok(answer.json()["access_token"].as_str().unwrap().to_owned()) } else { Err(status) }
}

#[tokio::test]
async fn the_shell_adds_lists_changes_and_removes_users_while_a_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let server = Process::start(path, &KEY).await;
    let shell = async |stdin: &str, arguments: &[&str]| run_with(stdin, path, &[], arguments).await;
    let added =
        shell("correct horse\n", &["user", "add", "ada", "--admin", "--password-stdin"]).await.expect(0);
    assert_eq!(added.stdout, "added ada\n");
    shell("battery staple", &["user", "add", "bob", "--password-stdin", "--scope", "read"]).await.expect(0);
    let ada = log_in(&server, "ada", "correct+horse").await.unwrap();
    let ask = async |path: &str| {
        server.call(Method::GET, path, &[("authorization", &format!("Bearer {ada}"))], &Value::Null).await
    };
    let me = ask("/api/auth/me").await.expect(200).json();
    assert_eq!(me, json!({"kind": "user", "name": "ada", "scopes": ["admin"]}));
    ask("/api/auth/keys").await.expect(200);
    let bob = log_in(&server, "bob", "battery+staple").await.unwrap();
    let write = json!({"name": "p"});
    let answer = server.call(Method::POST, "/api/projects", &[("x-api-key", &bob)], &write).await;
    answer.problem(403, "forbidden");

    let listed = shell("", &["user", "list", "--json"]).await.expect(0);
    let names: Vec<Value> = listed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&names[0]["name"], &names[1]["scopes"]), (&json!("ada"), &json!(["read"])));
    assert!(!listed.stdout.contains("argon2"), "{listed:?}");
    assert!(shell("", &["user", "list"]).await.expect(0).stdout.contains("ada"));

    shell("another horse", &["user", "passwd", "ada", "--password-stdin"]).await.expect(0);
    shell("", &["user", "remove", "bob"]).await.expect(0);
    // Within a second the server has heard of it.
    let over = async { while ask("/api/auth/me").await.status.is_success() {} };
    timeout(PATIENCE, over).await.expect("it is never refused");
    assert_eq!(log_in(&server, "ada", "correct+horse").await, Err(401));
    assert_eq!(log_in(&server, "bob", "battery+staple").await, Err(401));
    assert!(log_in(&server, "ada", "another+horse").await.is_ok());
    let lines = server.stop().await;
    assert!(!lines.iter().any(|line| line.contains("horse") || line.contains("eyJ")), "{lines:#?}");

    for (arguments, code, word) in [
        (&["user", "add", "ada", "--password-stdin"][..], 1, "taken"),
        (&["user", "add", "a b", "--password-stdin"], 2, "name"),
        (&["user", "add", "eve", "--password-stdin", "--scope", "root"], 2, "scope"),
        (&["user", "add", "eve", "--password-stdin", "--project", "x"], 2, "project"),
        (&["user", "passwd", "bob", "--password-stdin"], 1, "no user"),
        (&["user", "remove", "bob"], 1, "no user"),
    ] {
        let ran = shell("long enough", arguments).await.expect(code);
        assert!(ran.one_line().contains(word), "{ran:?}");
    }
    let short = shell("short", &["user", "add", "eve", "--password-stdin"]).await.expect(2);
    assert!(short.one_line().contains("password") && !short.stderr.contains("short"), "{short:?}");
    refused(path, &[], &["user", "add", "eve"], 2, &["--password-stdin"]).await;
}
