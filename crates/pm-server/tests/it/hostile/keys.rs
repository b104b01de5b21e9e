//! API keys that are none, over HTTP.

use http::{Method, Request};
use serde_json::{Value, json};

use super::Verdicts;
use crate::harness::TestServer;

/// Bytes that are not the key `good`, each in one way.
fn forged(good: &str) -> Vec<(&'static str, Vec<u8>)> {
    let [prefix, id, secret] = good.split('_').collect::<Vec<_>>()[..] else { panic!("{good}") };
    let other = if secret.ends_with('0') { '1' } else { '0' };
    let cases = vec![
        ("nothing", String::new()),
        ("one character", "x".to_owned()),
        ("the prefix", "aipm_".to_owned()),
        ("the prefix without its line", format!("aipm{id}_{secret}")),
        ("no id", format!("{prefix}__{secret}")),
        ("no secret", format!("{prefix}_{id}_")),
        ("an id alone", id.to_owned()),
        ("a secret alone", secret.to_owned()),
        ("id and secret change places", format!("{prefix}_{secret}_{id}")),
        ("the last digit is another", format!("{}{other}", &good[..good.len() - 1])),
        ("the last digit is missing", good[..good.len() - 1].to_owned()),
        ("a digit more", format!("{good}0")),
        ("upper case", good.to_uppercase()),
        ("a prefix in upper case", good.replace("aipm", "AIPM")),
        ("a secret in upper case", format!("{prefix}_{id}_{}A", secret[1..].to_uppercase())),
        ("another prefix", good.replace("aipm", "sk")),
        ("a secret of zeros", format!("{prefix}_{id}_{}", "0".repeat(64))),
        ("an id of zeros", format!("{prefix}_{}_{secret}", "0".repeat(32))),
        ("an id that is a wildcard", format!("{prefix}_*_{secret}")),
        ("an id of wildcards", format!("{prefix}_{}_{secret}", "?".repeat(32))),
        ("an id that is a path", format!("{prefix}_../../../../../../../../../etc/p_{secret}")),
        ("an id that is SQL", format!("{prefix}_' or '1'='1' -- {}_{secret}", "x".repeat(14))),
        ("an id with a line of Redis", format!("{prefix}_{{tag}}:keys:{}_{secret}", "x".repeat(21))),
        ("an id with dashes", format!("{prefix}_{}-{}_{secret}", &id[..8], &id[8..])),
        ("a secret with a sign", format!("{prefix}_{id}_+{}", &secret[1..])),
        ("a secret with a prefix", format!("{prefix}_{id}_0x{}", &secret[2..])),
        ("the bootstrap key", format!("{prefix}_bootstrap_{secret}")),
        ("the bootstrap key of zeros", format!("{prefix}_bootstrap_{}", "0".repeat(64))),
        ("twice", good.repeat(2)),
        ("two keys", format!("{good},{good}")),
        ("quotes", format!("\"{good}\"")),
        ("a space inside", good.replace('_', " ")),
        ("percent-encoded", good.replace('_', "%5F")),
        ("wide digits", format!("{prefix}_{id}_{}", "é".repeat(32))),
        ("10,000 digits", format!("{prefix}_{id}_{}", "0".repeat(10_000))),
    ];
    let mut cases: Vec<_> = cases.into_iter().map(|(case, text)| (case, text.into_bytes())).collect();
    cases.push(("bytes above ASCII", [good.as_bytes(), b"\xff\xfe"].concat()));
    cases.push(("a tab inside", good.replacen('_', "\t", 1).into_bytes()));
    cases
}

#[tokio::test]
async fn they_let_nobody_in() {
    let server = TestServer::with(&[("AUTH_REQUIRED", "true")]).await;
    let good = server.key(json!({"scopes": ["admin"]})).await;
    let mut verdicts = Verdicts::default();
    for (case, sent) in forged(&good) {
        let bearer = [b"Bearer ", &sent[..]].concat();
        for (name, value) in [("authorization", &bearer), ("x-api-key", &sent)] {
            let request = Request::post("/api/projects")
                .header("content-type", "application/json")
                .header(name, value.as_slice())
                .body(r#"{"name":"n"}"#.into());
            let answer = server.send(request.unwrap()).await;
            verdicts.problem(&format!("{case} as {name}"), answer, 401, "unauthorized");
        }
    }
    // A key that is good, sent as none is.
    let basic = format!("Basic {good}");
    for (case, headers) in [
        ("no scheme", vec![("authorization", good.as_str())]),
        ("another scheme", vec![("authorization", basic.as_str())]),
        ("in both headers", vec![("authorization", "Bearer x"), ("x-api-key", good.as_str())]),
        ("twice over", vec![("x-api-key", good.as_str()), ("x-api-key", good.as_str())]),
        ("in a cookie", vec![("cookie", good.as_str())]),
        ("for a proxy", vec![("proxy-authorization", good.as_str())]),
    ] {
        let answer = server.call(Method::POST, "/api/projects", &headers, json!({"name": "n"})).await;
        verdicts.problem(case, answer, 401, "unauthorized");
    }
    let answer = server.get(&format!("/api/projects?api_key={good}")).await;
    verdicts.problem("in the query string", answer, 401, "unauthorized");
    let admin = [("x-api-key", good.as_str())];
    let listed = server.call(Method::GET, "/api/projects", &admin, Value::Null).await.expect(200);
    assert_eq!(listed.json(), json!([]), "nothing was stored");
    let keys = server.call(Method::GET, "/api/auth/keys", &admin, Value::Null).await.expect(200);
    assert_eq!(keys.json().as_array().unwrap().len(), 1);
    verdicts.hold();
}
