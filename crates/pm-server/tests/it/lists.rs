//! Lists: filters, sorts, totals, and cursors that belong to their list.

use serde_json::{Value, json};

use crate::harness::TestServer;

const NOON: &str = "2026-03-05T12:00:00Z";

/// Items of every type over five hours, the middle one at noon, under keys that no wildcard must match.
async fn filled(server: &TestServer) -> String {
    let id = server.project("p").await;
    let items = [
        ("error", "a_b", "10:00", "one"),
        ("solution", "a_b", "11:00", "one"),
        ("context", "axb", "12:00", "two"),
        ("dependency", "a%b", "13:00", "two"),
        ("context", "B", "14:00", ""),
    ];
    for (r#type, key, time, session) in items {
        let mut item = json!({"project_id": id, "type": r#type, "key": key, "value": 1});
        item["timestamp"] = json!(format!("2026-03-05T{time}:00Z"));
        if !session.is_empty() {
            item["session_id"] = json!(session);
        }
        server.post("/api/memory/store", item).await.expect(201);
    }
    for (role, content, time, session) in [
        ("user", "first", "10:00", "one"),
        ("ai_pm", "second", "12:00", "one"),
        ("system", "third", "13:00", "two"),
        ("user", "fourth", "14:00", ""),
    ] {
        let mut message = json!({"role": role, "content": content});
        message["timestamp"] = json!(format!("2026-03-05T{time}:00Z"));
        if !session.is_empty() {
            message["session_id"] = json!(session);
        }
        server.post(&format!("/api/projects/{id}/messages"), message).await.expect(201);
    }
    id
}

/// What `field` is in each entry that the list answers; the total must be right.
async fn listed(server: &TestServer, list: &str, query: &str, field: &str) -> Vec<String> {
    let answer = server.get(&format!("{list}?{query}")).await.expect(200);
    let entries = answer.each(field);
    assert_eq!(answer.header("x-total-count"), entries.len().to_string(), "{query}");
    assert_eq!(answer.next_page(), None, "{query}");
    entries
}

#[tokio::test]
async fn items_are_filtered_and_sorted() {
    let server = TestServer::start().await;
    let list = format!("/api/projects/{}/memory", filled(&server).await);
    for (query, keys) in [
        ("", &["B", "a%b", "axb", "a_b", "a_b"][..]),
        ("sort=-timestamp", &["B", "a%b", "axb", "a_b", "a_b"]),
        ("sort=timestamp", &["a_b", "a_b", "axb", "a%b", "B"]),
        ("sort=key", &["B", "a%b", "a_b", "a_b", "axb"]),
        ("sort=-key", &["axb", "a_b", "a_b", "a%b", "B"]),
        ("type=context", &["B", "axb"]),
        ("type=context&sort=timestamp", &["axb", "B"]),
        ("session_id=one", &["a_b", "a_b"]),
        ("session_id=three", &[]),
        ("prefix=a_", &["a_b", "a_b"]),
        ("prefix=a%25", &["a%b"]),
        ("prefix=b", &[]),
        ("prefix=*", &[]),
        (&format!("since={NOON}"), &["B", "a%b", "axb"]),
        (&format!("until={NOON}"), &["a_b", "a_b"]),
        (&format!("since={NOON}&until=2026-03-05T12:00:00.000001Z"), &["axb"]),
        ("since=2026-03-05T13:00:00%2B01:00&until=2026-03-05T13:00:00Z", &["axb"]),
        (&format!("since={NOON}&until={NOON}"), &[]),
        ("type=solution&session_id=one&prefix=a&until=2026-03-05T12:00:00Z", &["a_b"]),
    ] {
        assert_eq!(listed(&server, &list, query, "key").await, keys, "{query}");
    }
    assert_eq!(listed(&server, &list, "prefix=a_&sort=timestamp", "type").await, ["error", "solution"]);
}

#[tokio::test]
async fn messages_are_filtered_and_sorted() {
    let server = TestServer::start().await;
    let list = format!("/api/projects/{}/messages", filled(&server).await);
    for (query, contents) in [
        ("", &["fourth", "third", "second", "first"][..]),
        ("sort=timestamp", &["first", "second", "third", "fourth"]),
        ("role=user", &["fourth", "first"]),
        ("role=ai_pm", &["second"]),
        ("session_id=one", &["second", "first"]),
        (&format!("since={NOON}"), &["fourth", "third", "second"]),
        (&format!("until={NOON}"), &["first"]),
        (&format!("role=user&session_id=one&until={NOON}"), &["first"]),
    ] {
        assert_eq!(listed(&server, &list, query, "content").await, contents, "{query}");
    }
    for query in ["sort=key", "role=assistant", "since=noon", "type=error", "session_id=%01"] {
        let field = query.split('=').next().unwrap();
        server.get(&format!("{list}?{query}")).await.invalid(field);
    }
}

#[tokio::test]
async fn the_total_is_of_all_pages_and_of_the_filter() {
    let server = TestServer::start().await;
    let list = format!("/api/projects/{}/memory", filled(&server).await);
    for (query, total, page) in
        [("limit=2", "5", 2), ("limit=1&type=context", "2", 1), ("limit=5", "5", 5), ("type=error", "1", 1)]
    {
        let answer = server.get(&format!("{list}?{query}")).await.expect(200);
        assert_eq!(answer.header("x-total-count"), total, "{query}");
        assert_eq!(answer.each("key").len(), page, "{query}");
        assert_eq!(answer.next_page().is_some(), total.parse::<usize>().unwrap() > page, "{query}");
    }
}

#[tokio::test]
async fn the_limit_may_change_between_pages() {
    let server = TestServer::start().await;
    let list = format!("/api/projects/{}/memory", filled(&server).await);
    let first = server.get(&format!("{list}/?sort=key&limit=1")).await.expect(200);
    let next = first.next_page().unwrap();
    assert!(next.starts_with(&list) && next.contains("sort=key"), "{next}");
    let rest = server.get(&next.replace("limit=1", "limit=1000")).await.expect(200);
    assert_eq!([first.each("key"), rest.each("key")].concat(), ["B", "a%b", "a_b", "a_b", "axb"]);
    assert_eq!(rest.next_page(), None);
    assert_eq!(rest.header("x-total-count"), "5");
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_alone() {
    let server = TestServer::start().await;
    let (id, other) = (filled(&server).await, filled(&server).await);
    let cursor = async |target: &str| {
        let next = server.get(target).await.expect(200).next_page().unwrap();
        next.split("cursor=").nth(1).unwrap().split('&').next().unwrap().to_owned()
    };
    let (memory, messages) = (format!("/api/projects/{id}/memory"), format!("/api/projects/{id}/messages"));
    let of_items = cursor(&format!("{memory}?limit=1&type=context&since={NOON}")).await;
    let of_messages = cursor(&format!("{messages}?limit=1")).await;
    let of_projects = cursor("/api/projects?limit=1").await;
    let own = format!("type=context&since={NOON}&cursor={of_items}");
    server.get(&format!("{memory}?{own}")).await.expect(200);
    server.get(&format!("{memory}?sort=-timestamp&{own}")).await.expect(200);
    for target in [
        format!("{memory}?cursor={of_items}"),
        format!("{memory}?type=error&since={NOON}&cursor={of_items}"),
        format!("{memory}?prefix=a&{own}"),
        format!("{memory}?session_id=one&{own}"),
        format!("{memory}?until=2027-01-01T00:00:00Z&{own}"),
        format!("{memory}?sort=timestamp&{own}"),
        format!("{memory}?sort=key&{own}"),
        format!("/api/projects/{other}/memory?{own}"),
        format!("{messages}?cursor={of_items}"),
        format!("{messages}?role=user&cursor={of_messages}"),
        format!("{messages}?sort=timestamp&cursor={of_messages}"),
        format!("/api/projects/{other}/messages?cursor={of_messages}"),
        format!("/api/projects?cursor={of_messages}"),
        format!("/api/projects?status=active&cursor={of_projects}"),
        format!("/api/projects?search=p&cursor={of_projects}"),
        format!("/api/projects?sort=name&cursor={of_projects}"),
        format!("{messages}?cursor={of_messages}x"),
        format!("{messages}?cursor={}", &of_messages[1..]),
        format!("{messages}?cursor=%F0%9F%94%91"),
    ] {
        server.get(&target).await.invalid("cursor");
    }
}

#[tokio::test]
async fn projects_are_sorted_by_their_last_change() {
    let (server, _, clock) = TestServer::by_hand(&[]).await;
    let mut ids = Vec::new();
    for name in ["b", "a", "c"] {
        ids.push(server.project(name).await);
        clock.advance(jiff::SignedDuration::from_secs(1));
    }
    server.patch(&format!("/api/projects/{}", ids[0]), json!({"status": "archived"})).await.expect(200);
    let names = async |query: &str| listed(&server, "/api/projects", query, "name").await;
    assert_eq!(names("").await, ["c", "a", "b"]);
    assert_eq!(names("sort=updated_at").await, ["a", "c", "b"]);
    assert_eq!(names("sort=-updated_at").await, ["b", "c", "a"]);
    assert_eq!(names("status=archived").await, ["b"]);
    assert_eq!(names("status=active&sort=name&search=A").await, ["a"]);
    let read: Value = server.get("/api/projects?search=").await.expect(200).json();
    assert_eq!(read.as_array().unwrap().len(), 3, "an empty search finds all");
}
