//! Cursors that no list gave, or another list did.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::Verdicts;
use crate::harness::{Answer, TestServer};

fn encoded(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// The lists there are, each with a word of the query that changes what it lists.
fn lists(project: &str) -> [(String, &'static str); 6] {
    [
        ("/api/projects?sort=name".to_owned(), "status=active"),
        ("/api/projects?sort=-created_at".to_owned(), "search=p"),
        (format!("/api/projects/{project}/memory?sort=key"), "type=context"),
        (format!("/api/projects/{project}/memory?sort=timestamp"), "prefix=k"),
        (format!("/api/projects/{project}/messages?sort=timestamp"), "role=user"),
        ("/api/auth/keys?limit=1000".to_owned(), ""),
    ]
}

async fn filled() -> (TestServer, String, String) {
    let server = TestServer::start().await;
    let admin = server.key(json!({"scopes": ["admin"]})).await;
    server.key(json!({"scopes": ["read"]})).await;
    let (_, project) = (server.project("p").await, server.project("p").await);
    for key in ["k1", "k2"] {
        server.store(&project, "context", key, json!(1)).await.expect(201);
        let message = json!({"role": "user", "content": key});
        server.post(&format!("/api/projects/{project}/messages"), message).await.expect(201);
    }
    (server, project, admin)
}

async fn ask(server: &TestServer, admin: &str, target: &str) -> Answer {
    server.call(http::Method::GET, target, &[("x-api-key", admin)], Value::Null).await
}

async fn follow(server: &TestServer, admin: &str, list: &str, cursor: &str) -> Answer {
    ask(server, admin, &format!("{list}&cursor={}", utf8_percent_encode(cursor, NON_ALPHANUMERIC))).await
}

/// The cursor of a list's second page.
async fn cursor_of(server: &TestServer, admin: &str, list: &str) -> String {
    let list = list.replace("limit=1000", "");
    let first = ask(server, admin, &format!("{list}&limit=1")).await.expect(200);
    let next = first.next_page().unwrap_or_else(|| panic!("{list} has one page"));
    next.split(['?', '&']).find_map(|part| part.strip_prefix("cursor=")).unwrap().to_owned()
}

/// Cursors that are not `good`, which says `identity` and `position`.
fn forged(good: &str, identity: &str, position: &Value) -> Vec<(&'static str, String)> {
    let bytes = URL_SAFE_NO_PAD.decode(good).unwrap();
    let placed = |position: &str| encoded(&format!(r#"["{identity}",{position}]"#));
    let mut swapped: Vec<char> = good.chars().collect();
    swapped.swap(0, 1);
    vec![
        ("one character", "A".to_owned()),
        ("the last character is missing", good[..good.len() - 1].to_owned()),
        ("the first character is missing", good[1..].to_owned()),
        ("half of it", good[..good.len() / 2].to_owned()),
        ("a character more", format!("{good}A")),
        ("twice", good.repeat(2)),
        ("the first two characters change places", swapped.into_iter().collect()),
        ("upper case", good.to_uppercase()),
        ("padding", format!("{good}=")),
        ("padding as it should be", URL_SAFE.encode([&bytes[..], b" "].concat()) + "=="),
        ("the other alphabet", STANDARD.encode("[\"\u{3fb}\u{7ff}>>>???\",1]")),
        ("a space before", format!(" {good}")),
        ("a line after", format!("{good}\n")),
        ("a NUL after", format!("{good}\0")),
        ("encoded twice", encoded(good)),
        ("not encoded", String::from_utf8(bytes).unwrap()),
        ("not ASCII", "é語😀".to_owned()),
        ("not UTF-8", URL_SAFE_NO_PAD.encode(b"[\"\xff\",1]")),
        ("20,000 characters", "A".repeat(20_000)),
        ("10,000 arrays deep", encoded(&"[".repeat(10_000))),
        ("a position 5,000 arrays deep", placed(&format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000)))),
        ("null", encoded("null")),
        ("a number", encoded("7")),
        ("a string", encoded("\"x\"")),
        ("an object", encoded(&json!({"0": identity, "1": position}).to_string())),
        ("an empty array", encoded("[]")),
        ("an array of one", encoded(&json!([identity]).to_string())),
        ("an array of three", encoded(&json!([identity, position, 1]).to_string())),
        ("an identity that is a number", encoded(&json!([1, position]).to_string())),
        ("an identity that is null", encoded(&json!([null, position]).to_string())),
        ("an identity cut short", encoded(&json!([&identity[1..], position]).to_string())),
        ("an identity and a space", encoded(&json!([format!("{identity} "), position]).to_string())),
        ("something behind it", encoded(&format!("{} x", json!([identity, position])))),
        ("a position that is null", placed("null")),
        ("a position that is true", placed("true")),
        ("a position that is an object", placed(r#"{"0":1}"#)),
        ("a position of nothing", placed("[]")),
        ("a position of too much", placed("[1,2,3,4,5,6]")),
        ("a position beyond 64 bits", placed("[18446744073709551616,\"context\",\"k1\"]")),
        ("a position beyond a double", placed("[1e999,\"context\",\"k1\"]")),
        ("a position of NaN", placed("NaN")),
        ("a lone surrogate", placed("\"\\ud800\"")),
    ]
}

#[tokio::test]
async fn each_list_refuses_them_and_goes_on() {
    let (server, project, admin) = filled().await;
    for (list, _) in lists(&project) {
        let good = cursor_of(&server, &admin, &list).await;
        let said: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&good).unwrap()).unwrap();
        let mut verdicts = Verdicts::default();
        for (case, cursor) in forged(&good, said[0].as_str().unwrap(), &said[1]) {
            let answer = follow(&server, &admin, &list, &cursor).await;
            verdicts.note(case, &answer.status.as_u16(), &422);
            if answer.status == 422 {
                answer.invalid("cursor");
            }
        }
        let next = follow(&server, &admin, &list, &good).await.expect(200);
        assert!(!next.json().as_array().unwrap().is_empty(), "{list}");
        verdicts.hold();
    }
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list_filter_sort_and_project() {
    let (server, project, admin) = filled().await;
    let lists = lists(&project);
    let mut verdicts = Verdicts::default();
    for (from, _) in &lists {
        let cursor = cursor_of(&server, &admin, from).await;
        for (list, filter) in lists.iter().filter(|(list, _)| list != from) {
            let answer = follow(&server, &admin, list, &cursor).await;
            verdicts.problem(&format!("{from} at {list}"), answer, 422, "validation_error");
            if !filter.is_empty() {
                let answer = follow(&server, &admin, &format!("{list}&{filter}"), &cursor).await;
                verdicts.problem(&format!("{from} at {list}&{filter}"), answer, 422, "validation_error");
            }
        }
    }
    for (list, filter) in lists.iter().filter(|(_, filter)| !filter.is_empty()) {
        let cursor = cursor_of(&server, &admin, list).await;
        let filtered = format!("{list}&{filter}");
        follow(&server, &admin, &filtered, &cursor).await.invalid("cursor");
        let turned = list.replace("sort=", "sort=-").replace("--", "");
        follow(&server, &admin, &turned, &cursor).await.invalid("cursor");
        let other = list.replace(&project, &server.project("other").await);
        if other != *list {
            follow(&server, &admin, &other, &cursor).await.invalid("cursor");
        }
    }
    verdicts.hold();
}

/// Positions that a list never had, in the form that it has: a page, or a refusal; no fault of ours.
#[tokio::test]
async fn positions_at_the_ends_of_numbers_and_text_are_answered() {
    let (server, project, admin) = filled().await;
    let id = "00000000-0000-0000-0000-000000000000";
    let values = [
        json!(i64::MIN),
        json!(i64::MAX),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(0.5),
        json!(1e300),
        json!(""),
        json!("\0"),
        json!("\u{10ffff}"),
        json!("%_'\"\\*?["),
        json!("x".repeat(4_000)),
        json!(null),
        json!(true),
        json!([]),
    ];
    for (list, _) in lists(&project) {
        let good = cursor_of(&server, &admin, &list).await;
        let said: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&good).unwrap()).unwrap();
        let mut verdicts = Verdicts::default();
        for value in &values {
            let rests =
                [json!([value, id]), json!([value, "context", value]), json!([value, value]), json!(value)];
            for position in rests.into_iter().chain([json!([said[1][0], value]), json!([value, said[1][1]])])
            {
                let cursor = encoded(&json!([said[0], position]).to_string());
                let answer = follow(&server, &admin, &list, &cursor).await;
                let case = format!("{list}: {}", position.to_string().chars().take(80).collect::<String>());
                let status = answer.status.as_u16();
                verdicts.cases.push(case.clone());
                if !matches!(status, 200 | 422) {
                    verdicts.wrong.push(format!("{case}: {status}"));
                }
            }
        }
        follow(&server, &admin, &list, &good).await.expect(200);
        verdicts.cases.sort_unstable();
        verdicts.cases.dedup();
        verdicts.hold();
    }
}
