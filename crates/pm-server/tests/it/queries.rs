//! Queries that nobody writes and some that many do: of one letter, of 8 KiB, in other scripts, of nothing but noise.

use std::iter;

use serde_json::{Value, json};

use crate::harness::TestServer;

/// Text of `bytes` bytes that repeats nothing soon and looks like base64.
fn base64(bytes: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let numbers = iter::successors(Some(1_u64), |n| {
        Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    });
    numbers.take(bytes).map(|n| char::from(LETTERS[(n >> 58) as usize])).collect()
}

/// As much of `text` again and again as fits into 8 KiB.
fn filled(text: &str) -> String {
    text.repeat(8192 / text.len())
}

/// Items that each say something in another script, and the query that must find them first.
fn items() -> Vec<(&'static str, String, String)> {
    vec![
        ("chinese", "登录页面在部署后返回错误,会话缓存拒绝连接".into(), "会话缓存".into()),
        ("japanese", "セッションキャッシュへの接続が拒否されました".into(), "接続が拒否".into()),
        ("korean", "세션 캐시가 연결을 거부했습니다".into(), "캐시가".into()),
        ("thai", "การเชื่อมต่อกับแคชถูกปฏิเสธ".into(), "แคชถูกปฏิเสธ".into()),
        ("arabic", "تم رفض الاتصال بذاكرة التخزين المؤقت".into(), "رفض الاتصال".into()),
        ("hebrew", "החיבור למטמון נדחה לאחר הפריסה".into(), "החיבור למטמון".into()),
        ("russian", "соединение с кешем сеансов отклонено".into(), "соединение отклонено".into()),
        ("emoji", "the build is 🔥 and the release is 🚀".into(), "🚀".into()),
        ("base64", format!("the certificate {} is revoked", base64(400)), base64(400)),
        (
            "digest",
            "9f86d081884c7d659a2feaa0c55ad015 is the wrong image".into(),
            "9f86d081884c7d659a2feaa0c55ad015".into(),
        ),
        ("letter", "plan b is to roll back".into(), "b".into()),
        ("english", "the session cache refuses connections".into(), "refused connection of the cache".into()),
    ]
}

/// Each must have an answer, whatever it is.
fn odd() -> Vec<String> {
    let mut odd: Vec<String> = [
        "a",
        "é",
        "漢",
        "𓀀",
        "?",
        "!?…",
        "—",
        "the of and is to",
        "🔥",
        "\u{200f}",
        "\u{0301}",
        "%",
        "\\",
        "\"'`",
        "0",
    ]
    .map(str::to_owned)
    .into();
    odd.extend(
        [
            "a",
            "a ",
            "the ",
            "?! ",
            "漢",
            "漢字 ",
            "ا",
            "اتصال ",
            "🔥",
            "👨‍👩‍👧‍👦",
            "e\u{301}",
            "aB",
            "a_",
            "a/",
            "a.b-",
            "É",
        ]
        .map(filled),
    );
    odd.extend([base64(8192), "x".repeat(8192), "\u{301}".repeat(4096)]);
    odd.push((0..1600).map(|n| n.to_string()).collect::<Vec<_>>().join(" w")[..8192].to_owned());
    odd
}

async fn check(embedder: &str) {
    let server = TestServer::with(&[("EMBEDDER", embedder)]).await;
    let id = server.project("p").await;
    for (key, text, _) in items() {
        server.store(&id, "context", key, json!(text)).await.expect(201);
    }
    server.embedded().await;
    for (key, _, query) in items() {
        assert_eq!(
            server.recalled(&id, &query).await.first().map(String::as_str),
            Some(key),
            "{embedder}: {query}"
        );
    }
    for query in odd() {
        let body = json!({"project_id": id, "query": query, "explain": true});
        let found = server.post("/api/memory/recall", body).await.expect(200).json();
        for item in found.as_array().unwrap() {
            let relevance =
                item["relevance"].as_f64().unwrap_or_else(|| panic!("{embedder}: {query}: {item}"));
            assert!((0.0..=1.0).contains(&relevance), "{embedder}: {query}: {item}");
            assert_eq!(item["explain"]["transformer"], Value::Null, "{embedder}: {query}: it had the time");
        }
    }
    for nothing in ["?", "!?…", "—"] {
        assert!(server.recalled(&id, nothing).await.is_empty(), "{embedder}: {nothing}");
    }
}

#[tokio::test]
async fn they_are_answered_with_the_transformer() {
    check("minilm").await;
}

#[tokio::test]
async fn they_are_answered_with_static_vectors() {
    check("static").await;
}

#[tokio::test]
async fn they_are_answered_with_words_alone() {
    check("none").await;
}

#[tokio::test]
async fn a_query_of_more_than_8_kib_is_refused() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let body = json!({"project_id": id, "query": "é".repeat(4097)});
    server.post("/api/memory/recall", body).await.invalid("query");
}
