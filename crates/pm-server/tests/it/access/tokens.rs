//! Sessions over HTTP: log-in, refresh, log-out, and tokens that are not good.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::harness::{Answer, TestServer};

pub const TOKEN: &str = "/api/auth/token";
pub const REFRESH: &str = "/api/auth/refresh";
const LOGOUT: &str = "/api/auth/logout";
const PASSWORD: &str = "correct horse";
pub const LOGIN: &str = "username=eve&password=correct+horse";
pub const KEY: (&str, &str) = ("SECRET_KEY", "the key that the tests of tokens use, 32 bytes and more");

pub async fn server() -> TestServer {
    let server = TestServer::with(&[("AUTH_REQUIRED", "true"), KEY]).await;
    server.user("eve", PASSWORD).await;
    server
}

pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

pub fn tokens(answer: Answer) -> Tokens {
    let body = answer.expect(200).json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(1800)));
    assert_eq!(body.as_object().unwrap().len(), 4, "{body}");
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    Tokens { access: text("access_token"), refresh: text("refresh_token") }
}

pub async fn me(server: &TestServer, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    server.call(Method::GET, "/api/auth/me", &[("authorization", &bearer)], Value::Null).await
}

async fn refresh(server: &TestServer, token: &str) -> Answer {
    server.post(REFRESH, json!({ "refresh_token": token })).await
}

/// A token that says this, signed with the key as it should be.
pub fn signed(key: &str, header: &str, claims: &Value) -> String {
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Access tokens that must open nothing, to a server with [`KEY`]: each has one fault.
pub async fn not_good(server: &TestServer) -> Vec<String> {
    server.user("eve", PASSWORD).await;
    let Tokens { access, refresh } = tokens(server.post_form(TOKEN, LOGIN).await);
    let ended = tokens(server.post_form(TOKEN, LOGIN).await);
    server.post(LOGOUT, json!({"refresh_token": ended.refresh})).await.expect(204);
    let [header, body, signature] = access.split('.').collect::<Vec<_>>()[..] else { panic!("{access}") };
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap();
    assert_eq!(signed(KEY.1, header, &claims), access, "the test signs as the server does");
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let begun = claims["iat"].as_i64().unwrap();
    let longer = URL_SAFE_NO_PAD.encode(with("exp", json!(begun + 36_000)).to_string());
    let none = URL_SAFE_NO_PAD.encode(json!({"alg": "none", "typ": "JWT"}).to_string());
    vec![
        // Expired, not good yet, for others, from others, of nobody.
        signed(KEY.1, header, &with("exp", json!(begun - 31))),
        signed(KEY.1, header, &with("nbf", json!(begun + 3600))),
        signed(KEY.1, header, &with("aud", json!("another service"))),
        signed(KEY.1, header, &with("iss", json!("another issuer"))),
        signed(KEY.1, header, &with("sub", json!("ada"))),
        signed(KEY.1, header, &with("sid", json!("0"))),
        // By another key, by none, tampered with.
        signed("another key", header, &claims),
        signed(KEY.1, &none, &claims),
        format!("{none}.{body}."),
        format!("{header}.{longer}.{signature}"),
        refresh,
        ended.access,
    ]
}

#[tokio::test]
async fn a_log_in_opens_a_session_that_is_refreshed_and_ended() {
    let server = server().await;
    // As FastAPI's clients send it.
    let form = "grant_type=&username=eve&password=correct%20horse&scope=&client_id=&client_secret=";
    let first = server.post_form(TOKEN, form).await;
    assert_eq!(first.header("cache-control"), "no-store");
    let first = tokens(first);
    let who = me(&server, &first.access).await.expect(200).json();
    assert_eq!(who, json!({"kind": "user", "name": "eve", "scopes": ["write"]}));
    let by_header = [("x-api-key", first.access.as_str())];
    server.call(Method::POST, "/api/projects", &by_header, json!({"name": "p"})).await.expect(201);

    let second = tokens(refresh(&server, &first.refresh).await);
    let form = format!("grant_type=refresh_token&refresh_token={}", second.refresh);
    let third = tokens(server.post_form(TOKEN, &form).await);
    let form = format!("refresh_token={}", third.refresh);
    let fourth = tokens(server.post_form(REFRESH, &form).await);
    me(&server, &fourth.access).await.expect(200);

    server.post(LOGOUT, json!({"refresh_token": fourth.refresh})).await.expect(204);
    for token in [&first.access, &fourth.access] {
        me(&server, token).await.problem(401, "unauthorized");
    }
    refresh(&server, &fourth.refresh).await.problem(401, "unauthorized");
    // Who is out already may say so again.
    server.post(LOGOUT, json!({"refresh_token": fourth.refresh})).await.expect(204);
}

#[tokio::test]
async fn an_access_token_ends_its_own_session() {
    let server = server().await;
    let (one, other) =
        (tokens(server.post_form(TOKEN, LOGIN).await), tokens(server.post_form(TOKEN, LOGIN).await));
    let bearer = format!("Bearer {}", one.access);
    server.call(Method::POST, LOGOUT, &[("authorization", &bearer)], Value::Null).await.expect(204);
    me(&server, &one.access).await.problem(401, "unauthorized");
    refresh(&server, &one.refresh).await.problem(401, "unauthorized");
    me(&server, &other.access).await.expect(200);
    // A key has no session.
    let key = server.key(json!({"scopes": ["read"]})).await;
    let answer = server.call(Method::POST, LOGOUT, &[("x-api-key", &key)], Value::Null).await;
    answer.invalid("refresh_token");
}

#[tokio::test]
async fn a_refresh_token_that_comes_twice_ends_its_session() {
    let server = server().await;
    let first = tokens(server.post_form(TOKEN, LOGIN).await);
    let second = tokens(refresh(&server, &first.refresh).await);
    refresh(&server, &first.refresh).await.problem(401, "unauthorized");
    refresh(&server, &second.refresh).await.problem(401, "unauthorized");
    me(&server, &second.access).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_session_is_refreshed_also_with_a_credential_that_has_expired() {
    let server = server().await;
    let first = tokens(server.post_form(TOKEN, LOGIN).await);
    let body = json!({"refresh_token": first.refresh});
    let expired = [("authorization", "Bearer x.y.z")];
    tokens(server.call(Method::POST, REFRESH, &expired, body).await);
    for path in [REFRESH, LOGOUT] {
        for body in [Value::Null, json!({}), json!({"refresh_token": first.access}), json!([]), json!("x")] {
            server.call(Method::POST, path, &[], body.clone()).await.problem(401, "unauthorized");
        }
        let key = server.key(json!({"scopes": ["read"]})).await;
        let answer = server.call(Method::POST, path, &[("x-api-key", &key)], json!({})).await;
        answer.invalid("refresh_token");
    }
}

#[tokio::test]
async fn a_form_with_faults_is_told_what_is_wrong() {
    let server = server().await;
    for (form, field) in [
        ("", "username"),
        ("username=eve", "password"),
        ("password=x", "username"),
        ("username=eve&password=x&password=y", "password"),
        ("username=eve&password=x&colour=red", "colour"),
        ("username=eve&password=x&grant_type=client_credentials", "grant_type"),
        ("grant_type=refresh_token", "refresh_token"),
        ("grant_type=refresh_token&refresh_token=x&username=eve", "username"),
        ("username=eve%00&password=x", "username"),
    ] {
        server.post_form(TOKEN, form).await.invalid(field);
    }
    for form in ["username=%FF&password=x", &"a=b&".repeat(65)] {
        server.post_form(TOKEN, form).await.problem(400, "malformed_request");
    }
    let long = format!("username=eve&password={}", "x".repeat(16 * 1024));
    server.post_form(TOKEN, &long).await.problem(413, "payload_too_large");
    server
        .post(TOKEN, json!({"username": "eve", "password": PASSWORD}))
        .await
        .problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn ten_failures_a_minute_are_taken_from_one_address() {
    let (server, _, clock) =
        TestServer::by_hand(&[("AUTH_REQUIRED", "true"), ("RATE_LIMIT_PER_SECOND", "100")]).await;
    server.user("eve", PASSWORD).await;
    for guess in 0..10 {
        tokens(server.post_form(TOKEN, LOGIN).await);
        let who = if guess % 2 == 0 { "eve" } else { "nobody" };
        let wrong = server.post_form(TOKEN, &format!("username={who}&password={guess}")).await;
        let told = wrong.problem(401, "unauthorized");
        assert_eq!(told["detail"], "the user name or the password is not right", "the same for all");
    }
    let refused = server.post_form(TOKEN, LOGIN).await;
    assert_eq!(refused.header("retry-after"), "6");
    let limits: Vec<_> = refused.headers.get_all("ratelimit").iter().collect();
    assert_eq!(limits[0], "\"login\";r=0;t=6");
    assert!(limits[1].to_str().unwrap().starts_with("\"default\";"), "{limits:?}");
    refused.problem(429, "rate_limited");
    server.get("/").await.expect(200);
    clock.advance(SignedDuration::from_secs(6));
    tokens(server.post_form(TOKEN, LOGIN).await);
}

#[tokio::test]
async fn the_key_that_signs_is_changed_without_a_log_in() {
    let folder = server().await.stop().await;
    let (old, new) = (KEY.1, "the next key of the tests of tokens, of 32 bytes too");
    let start = async |folder, settings: &[(&str, &str)]| TestServer::start_in(folder, settings).await;
    let server = start(folder, &[KEY]).await;
    let tokens_of_old = tokens(server.post_form(TOKEN, LOGIN).await);
    let server = start(server.stop().await, &[("SECRET_KEY", new), ("SECRET_KEY_PREVIOUS", old)]).await;
    me(&server, &tokens_of_old.access).await.expect(200);
    let tokens_of_new = tokens(refresh(&server, &tokens_of_old.refresh).await);
    let server = start(server.stop().await, &[("SECRET_KEY", new)]).await;
    me(&server, &tokens_of_old.access).await.problem(401, "unauthorized");
    me(&server, &tokens_of_new.access).await.expect(200);
    // Another algorithm makes other tokens.
    let server = start(server.stop().await, &[("SECRET_KEY", new), ("ALGORITHM", "HS512")]).await;
    me(&server, &tokens_of_new.access).await.problem(401, "unauthorized");
    me(&server, &tokens(server.post_form(TOKEN, LOGIN).await).access).await.expect(200);
}

#[tokio::test]
async fn while_the_store_is_away_log_ins_fail_clearly_and_count_as_no_failure() {
    let (server, store, _) = TestServer::by_hand(&[]).await;
    server.user("eve", PASSWORD).await;
    store.fail(true);
    for _ in 0..11 {
        server.post_form(TOKEN, LOGIN).await.problem(503, "store_unavailable");
    }
    // Health needs nobody to be known.
    server
        .call(
            Method::GET,
            "/health/live",
            &[("x-api-key", &format!("aipm_{}_{}", "0".repeat(32), "0".repeat(64)))],
            Value::Null,
        )
        .await
        .expect(200);
    store.fail(false);
    tokens(server.post_form(TOKEN, LOGIN).await);
}
