//! Access tokens that were not made here, over HTTP: as `Authorization`, as `X-API-Key`, and as refresh tokens.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};

use super::Verdicts;
use crate::access::tokens::{self, KEY, LOGIN, REFRESH, TOKEN, me, not_good, signed};
use crate::harness::TestServer;

/// Tokens that are each wrong in one way; `access` is good.
fn forged(access: &str) -> Vec<(&'static str, String)> {
    let [header, body, signature] = access.split('.').collect::<Vec<_>>()[..] else { panic!("{access}") };
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        signed(KEY.1, header, &claims)
    };
    let under = |header: Value| signed(KEY.1, &URL_SAFE_NO_PAD.encode(header.to_string()), &claims);
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut bare = claims.clone();
    bare.as_object_mut().unwrap().remove("exp");
    vec![
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("a thousand dots", ".".repeat(1_000)),
        ("a header alone", header.to_owned()),
        ("two parts", format!("{header}.{body}")),
        ("an empty signature", format!("{header}.{body}.")),
        ("no claims", format!("{header}..{signature}")),
        ("no header", format!(".{body}.{signature}")),
        ("four parts", format!("{access}.{signature}")),
        ("five parts", format!("{header}.{body}.{signature}.a.b")),
        ("parts in another order", format!("{body}.{header}.{signature}")),
        ("alg none", under(json!({"alg": "none", "typ": "JWT"}))),
        ("alg None", under(json!({"alg": "None", "typ": "JWT"}))),
        ("alg HS512", under(json!({"alg": "HS512", "typ": "JWT"}))),
        ("alg RS256", under(json!({"alg": "RS256", "typ": "JWT"}))),
        ("alg ES256", under(json!({"alg": "ES256", "typ": "JWT"}))),
        ("no alg", under(json!({"typ": "JWT"}))),
        ("alg twice over", under(json!({"alg": ["HS256"], "typ": "JWT"}))),
        ("another order in the header", under(json!({"typ": "JWT", "alg": "HS256"}))),
        ("a kid that is a path", under(json!({"alg": "HS256", "typ": "JWT", "kid": "../../dev/null"}))),
        ("a kid that is SQL", under(json!({"alg": "HS256", "typ": "JWT", "kid": "' or 1=1 --"}))),
        ("a jku", under(json!({"alg": "HS256", "typ": "JWT", "jku": "http://127.0.0.1/keys"}))),
        ("a jwk", under(json!({"alg": "HS256", "typ": "JWT", "jwk": {"kty": "oct", "k": ""}}))),
        ("a critical extension", under(json!({"alg": "HS256", "typ": "JWT", "crit": ["b64"], "b64": false}))),
        ("compressed claims", under(json!({"alg": "HS256", "typ": "JWT", "zip": "DEF"}))),
        ("another key", signed("another key", header, &claims)),
        ("an empty key", signed("", header, &claims)),
        ("half of the key", signed(&KEY.1[..16], header, &claims)),
        ("a signature of zeros", format!("{header}.{body}.{}", URL_SAFE_NO_PAD.encode([0; 32]))),
        ("half a signature", format!("{header}.{body}.{}", URL_SAFE_NO_PAD.encode(&bytes[..16]))),
        (
            "a longer signature",
            format!("{header}.{body}.{}", URL_SAFE_NO_PAD.encode([&bytes[..], &[0]].concat())),
        ),
        ("padding", format!("{access}=")),
        ("the other alphabet", format!("{header}.{body}.{}", STANDARD_NO_PAD.encode([0xfb; 32]))),
        ("upper case", access.to_uppercase()),
        ("a space inside", format!("{header}. {body}.{signature}")),
        ("the scheme twice", format!("Bearer {access}")),
        ("quotes", format!("\"{access}\"")),
        ("two tokens", format!("{access}, {access}")),
        ("10,000 bytes of claims", format!("{header}.{}.{signature}", "A".repeat(10_000))),
        ("an end in the past", with("exp", json!(1))),
        ("an end that is text", with("exp", json!("9999999999"))),
        ("an end beyond 64 bits", with("exp", json!(1e300))),
        ("an end before all time", with("exp", json!(i64::MIN))),
        ("an end that is null", with("exp", Value::Null)),
        ("no end", signed(KEY.1, header, &bare)),
        ("a start after all time", with("nbf", json!(i64::MAX))),
        ("another audience", with("aud", json!("ai-pm/refresh"))),
        ("an audience that is a list", with("aud", json!(["ai-pm"]))),
        ("another issuer", with("iss", json!("ai-pm "))),
        ("another user", with("sub", json!("root"))),
        ("a user that is a number", with("sub", json!(0))),
        ("another session", with("sid", json!("0".repeat(32)))),
        ("a session that is a path", with("sid", json!("../keys"))),
        ("a session with a NUL", with("sid", json!("\0"))),
        ("a session of 500 characters", with("sid", json!("x".repeat(500)))),
        ("claims that are null", signed(KEY.1, header, &Value::Null)),
        ("claims that are an array", signed(KEY.1, header, &json!([claims]))),
        ("claims that are a string", signed(KEY.1, header, &json!(claims.to_string()))),
    ]
}

#[tokio::test]
async fn they_let_nobody_in_by_any_door() {
    let server = TestServer::with(&[("AUTH_REQUIRED", "true"), KEY]).await;
    let more = not_good_named(not_good(&server).await);
    let good = tokens::tokens(server.post_form(TOKEN, LOGIN).await);
    let mut verdicts = Verdicts::default();
    for (case, token) in forged(&good.access).into_iter().chain(more) {
        let bearer = format!("Bearer {token}");
        for (name, value) in [("authorization", bearer.as_str()), ("x-api-key", token.as_str())] {
            let headers = [(name, value)];
            let answer = server.call(Method::POST, "/api/projects", &headers, json!({"name": "n"})).await;
            verdicts.problem(&format!("{case} as {name}"), answer, 401, "unauthorized");
        }
        // One of those is good for just this; the other has the form of one that was used, and would end its session.
        if !matches!(case, "not good 10" | "another audience") {
            let answer = server.post(REFRESH, json!({ "refresh_token": token })).await;
            verdicts.problem(&format!("{case} as a refresh token"), answer, 401, "unauthorized");
        }
    }
    me(&server, &good.access).await.expect(200);
    let bearer = format!("Bearer {}", good.access);
    let listed = [("authorization", bearer.as_str())];
    let listed = server.call(Method::GET, "/api/projects", &listed, Value::Null).await.expect(200);
    assert_eq!(listed.json(), json!([]), "nothing was stored");
    verdicts.hold();
}

fn not_good_named(tokens: Vec<String>) -> impl Iterator<Item = (&'static str, String)> {
    const NAMES: [&str; 12] = [
        "not good 0",
        "not good 1",
        "not good 2",
        "not good 3",
        "not good 4",
        "not good 5",
        "not good 6",
        "not good 7",
        "not good 8",
        "not good 9",
        "not good 10",
        "not good 11",
    ];
    assert_eq!(tokens.len(), NAMES.len());
    NAMES.into_iter().zip(tokens)
}
