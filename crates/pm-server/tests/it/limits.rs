//! How often one caller may call.

use std::time::Instant;

use http::Method;
use jiff::SignedDuration;
use pm_testbed::shared;
use serde_json::{Value, json};

use crate::harness::process::Process;
use crate::harness::{Answer, TestServer};

const LIMIT: [(&str, &str); 2] = [("RATE_LIMIT_PER_SECOND", "2"), ("RATE_LIMIT_BURST", "5")];

/// The headers of an answer that tell the limit.
fn told(answer: &Answer) -> (String, String) {
    (answer.header("ratelimit-policy").to_owned(), answer.header("ratelimit").to_owned())
}

#[tokio::test]
async fn who_calls_too_often_is_told_when_to_come_back() {
    let (server, _, clock) = TestServer::by_hand(&LIMIT).await;
    let policy = "\"default\";q=5;w=3".to_owned();
    for (left, more) in [(4, 1), (3, 1), (2, 2), (1, 2), (0, 3)] {
        let answer = server.get("/api/projects").await.expect(200);
        assert_eq!(told(&answer), (policy.clone(), format!("\"default\";r={left};t={more}")));
        assert_eq!(answer.header("retry-after"), "");
    }
    for _ in 0..3 {
        let refused = server.get("/api/projects").await;
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(told(&refused), (policy.clone(), "\"default\";r=0;t=1".to_owned()));
        refused.problem(429, "rate_limited");
    }
    clock.advance(SignedDuration::from_millis(499));
    server.get("/api/projects").await.problem(429, "rate_limited");
    clock.advance(SignedDuration::from_millis(1));
    server.get("/api/projects").await.expect(200);
    server.get("/api/projects").await.problem(429, "rate_limited");
    clock.advance(SignedDuration::from_secs(60));
    for _ in 0..5 {
        server.get("/api/projects").await.expect(200);
    }
    server.get("/api/projects").await.problem(429, "rate_limited");
}

#[tokio::test]
async fn every_answer_that_counts_says_what_is_left() {
    let (server, ..) = TestServer::by_hand(&[("RATE_LIMIT_BURST", "100")]).await;
    let limited = TestServer::by_hand(&[("RATE_LIMIT_PER_SECOND", "1"), ("RATE_LIMIT_BURST", "100")]).await.0;
    let mut left = 100;
    for (method, path, body, status) in [
        (Method::GET, "/", Value::Null, 200),
        (Method::POST, "/api/projects", json!({"name": "n"}), 201),
        (Method::POST, "/api/projects", json!({}), 422),
        (Method::PUT, "/api/projects", json!({}), 405),
        (Method::GET, "/api/projects/none", Value::Null, 404),
        (Method::GET, "/nowhere", Value::Null, 404),
        (Method::GET, "/docs/%ff", Value::Null, 400),
        (Method::GET, "/docs", Value::Null, 200),
        (Method::GET, "/openapi.json", Value::Null, 200),
        (Method::HEAD, "/api/projects", Value::Null, 200),
    ] {
        let unlimited = server.call(method.clone(), path, &[], body.clone()).await.expect(status);
        assert_eq!(told(&unlimited), (String::new(), String::new()), "{method} {path}");
        let answer = limited.call(method.clone(), path, &[], body).await.expect(status);
        left -= 1;
        let (policy, rest) = told(&answer);
        assert_eq!(policy, "\"default\";q=100;w=100", "{method} {path}");
        assert_eq!(rest, format!("\"default\";r={left};t={}", 100 - left), "{method} {path}");
    }
}

#[tokio::test]
async fn what_watches_the_server_and_preflights_are_not_counted() {
    let (server, ..) = TestServer::by_hand(&LIMIT).await;
    for _ in 0..5 {
        server.get("/api/projects").await.expect(200);
    }
    let preflight = [("origin", "http://localhost:3000"), ("access-control-request-method", "POST")];
    for _ in 0..10 {
        for path in
            ["/health", "/api/health", "/health/live", "/api/health/ready/", "/metrics", "/api/metrics"]
        {
            let answer = server.get(path).await.expect(200);
            assert_eq!(told(&answer), (String::new(), String::new()), "{path}");
        }
        let asked = server.call(Method::OPTIONS, "/api/projects", &preflight, Value::Null).await.expect(200);
        assert_eq!(told(&asked), (String::new(), String::new()));
    }
    // A page of another origin may read why it is refused.
    let refused = server.call(Method::GET, "/api/projects", &preflight[..1], Value::Null).await;
    assert_eq!(refused.header("access-control-allow-origin"), "http://localhost:3000");
    let exposed = refused.header("access-control-expose-headers").to_owned();
    for header in ["ratelimit", "ratelimit-policy", "retry-after"] {
        assert!(exposed.split(',').any(|name| name.trim() == header), "{header}: {exposed}");
    }
    refused.problem(429, "rate_limited");
}

#[tokio::test]
async fn a_refused_write_is_not_done() {
    let (server, ..) =
        TestServer::by_hand(&[("RATE_LIMIT_PER_SECOND", "1"), ("RATE_LIMIT_BURST", "2")]).await;
    server.post("/api/projects", json!({"name": "one"})).await.expect(201);
    let all = server.get("/api/projects").await.expect(200);
    assert_eq!(all.header("x-total-count"), "1");
    let path = "/api/projects";
    server.post(path, json!({"name": "two"})).await.problem(429, "rate_limited");
}

#[tokio::test]
async fn callers_behind_a_trusted_proxy_are_told_apart() {
    let limit = [("RATE_LIMIT_PER_SECOND", "1"), ("RATE_LIMIT_BURST", "1")];
    let behind = [limit[0], limit[1], ("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")];
    let (open, ..) = TestServer::by_hand(&behind).await;
    let (shut, ..) = TestServer::by_hand(&limit).await;
    let ask = async |server: &TestServer, name: &str, value: &str| {
        server.call(Method::GET, "/api/projects", &[(name, value)], Value::Null).await.status.as_u16()
    };
    for (name, value, status) in [
        ("x-forwarded-for", "192.0.2.1", 200),
        ("x-forwarded-for", "203.0.113.9, 192.0.2.1, 10.1.1.1", 429),
        ("forwarded", "for=192.0.2.1", 429),
        ("forwarded", "for=\"192.0.2.2:80\"", 200),
        // One network of IPv6 is one caller.
        ("forwarded", "for=\"[2001:db8::1]\"", 200),
        ("x-forwarded-for", "2001:db8::2", 429),
        ("x-forwarded-for", "2001:db8:0:1::2", 200),
        ("x-other", "192.0.2.3", 200),
        ("x-forwarded-for", "unknown", 429),
    ] {
        assert_eq!(ask(&open, name, value).await, status, "{name}: {value}");
    }
    assert_eq!(ask(&shut, "x-forwarded-for", "192.0.2.1").await, 200);
    assert_eq!(ask(&shut, "x-forwarded-for", "192.0.2.2").await, 429);
}

/// How often a node could not ask Redis in time, and limited by itself for a while.
async fn fallbacks(node: &Process) -> f64 {
    let text = String::from_utf8(node.get("/metrics").await.expect(200).body.to_vec()).unwrap();
    let line = text.lines().find(|line| line.starts_with("rate_limit_fallbacks_total "));
    line.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[tokio::test]
async fn nodes_over_one_redis_count_together() {
    let folder = tempfile::tempdir().unwrap();
    let url = shared::redis().url();
    for (per_second, burst, calls) in [(100_u32, 10_u32, 300), (1, 5, 20)] {
        let prefix = format!("limits-{}-{per_second}", std::process::id());
        let (rate, at_once) = (per_second.to_string(), burst.to_string());
        let settings = [
            ("REDIS_URL", url.as_str()),
            ("REDIS_PREFIX", &prefix),
            ("RATE_LIMIT_PER_SECOND", &rate),
            ("RATE_LIMIT_BURST", &at_once),
        ];
        let nodes =
            [Process::start(folder.path(), &settings).await, Process::start(folder.path(), &settings).await];
        let began = Instant::now();
        let mut allowed = 0;
        for n in 0..calls {
            let answer = nodes[n % 2].get("/api/projects").await;
            match answer.status.as_u16() {
                200 => allowed += 1,
                _ => drop(answer.problem(429, "rate_limited")),
            }
        }
        let elapsed = began.elapsed().as_secs_f64();
        let of_one_bucket = f64::from(burst) + f64::from(per_second) * elapsed * 1.1;
        // A node that had to go by itself has allowed what a bucket of its own holds.
        let mut buckets = 1;
        for node in &nodes {
            buckets += i32::from(fallbacks(node).await > 0.0);
        }
        assert!(
            f64::from(allowed) <= of_one_bucket * f64::from(buckets),
            "{allowed} calls in {elapsed} s with {buckets} buckets"
        );
        assert!(allowed >= burst, "{allowed}");
        for node in nodes {
            node.stop().await;
        }
    }
}
