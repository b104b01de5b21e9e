//! Projects.

use http::Method;
use serde_json::{Value, json};

use crate::harness::TestServer;

#[tokio::test]
async fn a_project_from_its_making_to_its_end() {
    let server = TestServer::start().await;
    let made = server
        .post("/api/projects/", json!({"name": "  web shop ", "description": "the shop"}))
        .await
        .expect(201);
    let project = made.json();
    let path = format!("/api/projects/{}", project["id"].as_str().unwrap());
    assert_eq!(made.header("location"), path);
    assert_eq!(project["name"], "web shop");
    assert_eq!(project["status"], "active");
    assert_eq!(project["created_at"], project["updated_at"]);
    assert!(project["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(project.get("metadata").is_none(), "an absent field is left out");

    let read = server.get(&path).await.expect(200);
    assert_eq!(read.json(), project);
    assert_eq!(read.header("etag"), made.header("etag"));
    assert_eq!(server.get(&format!("{path}/")).await.expect(200).json(), project);

    let changed = server
        .patch(&path, json!({"description": null, "metadata": {"a": {"b": 1}}}))
        .await
        .expect(200)
        .json();
    assert!(changed.get("description").is_none());
    assert_eq!(changed["name"], "web shop");
    let changed = server.patch(&path, json!({"metadata": {"a": {"c": [1]}}})).await.expect(200).json();
    assert_eq!(changed["metadata"], json!({"a": {"b": 1, "c": [1]}}));
    let replaced = server.put(&path, json!({"name": "shop"})).await.expect(200).json();
    assert!(replaced.get("metadata").is_none(), "what is not sent is cleared");
    assert_eq!(replaced["created_at"], project["created_at"]);

    server.delete(&path).await.expect(204);
    server.get(&path).await.problem(404, "project_not_found");
    server.delete(&path).await.problem(404, "project_not_found");
}

#[tokio::test]
async fn an_archived_project_is_read_and_recalled_but_not_written() {
    let server = TestServer::start().await;
    let id = server.project("old").await;
    let path = format!("/api/projects/{id}");
    server.store(&id, "error", "k", json!("the cache is cold")).await.expect(201);
    let message = json!({"role": "user", "content": "hello"});
    let said = server.post(&format!("{path}/messages"), message.clone()).await.expect(201).json();
    server.patch(&path, json!({"status": "archived"})).await.expect(200);

    assert_eq!(server.recalled(&id, "cold cache").await, ["k"]);
    server.get(&format!("{path}/context")).await.expect(200);
    let item = format!("{path}/memory/error/k");
    let said = format!("{path}/messages/{}", said["id"].as_str().unwrap());
    server.get(&said).await.expect(200);
    server.store(&id, "error", "k2", json!(1)).await.problem(409, "project_archived");
    server.put(&item, json!({"value": 1})).await.problem(409, "project_archived");
    server.delete(&item).await.problem(409, "project_archived");
    server.delete(&format!("{path}/memory")).await.problem(409, "project_archived");
    server.delete(&said).await.problem(409, "project_archived");
    server.post(&format!("{path}/messages"), message).await.problem(409, "project_archived");
    let batch = json!({"project_id": id, "items": []});
    server.post("/api/memory/store/batch", batch.clone()).await.problem(409, "project_archived");

    server.patch(&path, json!({"status": "active"})).await.expect(200);
    assert_eq!(server.post("/api/memory/store/batch", batch).await.expect(200).json(), json!([]));
    server.store(&id, "error", "k2", json!(1)).await.expect(201);
}

#[tokio::test]
async fn conditions_decide_over_writes() {
    let server = TestServer::start().await;
    let made = server.post("/api/projects", json!({"name": "a"})).await.expect(201);
    let path = format!("/api/projects/{}", made.json()["id"].as_str().unwrap());
    let (tag, body) = (made.header("etag").to_owned(), json!({"name": "b"}));
    let call =
        async |method, name, value: &str| server.call(method, &path, &[(name, value)], body.clone()).await;
    for (method, name, value) in [
        (Method::PATCH, "if-match", "\"999999\""),
        (Method::PATCH, "if-match", "no tag at all"),
        (Method::PATCH, "if-match", &format!("W/{tag}")),
        (Method::PUT, "if-none-match", "*"),
    ] {
        call(method, name, value).await.problem(412, "precondition_failed");
    }
    let changed = call(Method::PATCH, "if-match", &format!("\"999999\", {tag}")).await.expect(200);
    assert_ne!(changed.header("etag"), tag);
    call(Method::PUT, "if-match", &tag).await.problem(412, "precondition_failed");
    call(Method::PUT, "if-match", "*").await.expect(200);

    let now = server.get(&path).await.expect(200);
    let known = now.header("etag").to_owned();
    let same = server.call(Method::GET, &path, &[("if-none-match", &known)], Value::Null).await.expect(304);
    assert!(same.body.is_empty());
    assert_eq!(same.header("etag"), known);
    server.call(Method::GET, &path, &[("if-none-match", &tag)], Value::Null).await.expect(200);
    server.call(Method::GET, &path, &[("if-match", &known)], Value::Null).await.expect(200);
    let stale = server.call(Method::GET, &path, &[("if-match", &tag)], Value::Null).await;
    stale.problem(412, "precondition_failed");

    let stale = [("if-match", tag.as_str())];
    server.call(Method::DELETE, &path, &stale, Value::Null).await.problem(412, "precondition_failed");
    server.call(Method::DELETE, &path, &[("if-match", &known)], Value::Null).await.expect(204);
    server
        .call(Method::DELETE, &path, &[("if-match", "*")], Value::Null)
        .await
        .problem(412, "precondition_failed");
}

#[tokio::test]
async fn of_many_updates_with_the_same_tag_one_wins_each_round() {
    let server = std::sync::Arc::new(TestServer::start().await);
    let id = server.project("contended").await;
    for path in [format!("/api/projects/{id}"), format!("/api/projects/{id}/memory/context/k")] {
        if path.ends_with('k') {
            server.put(&path, json!({"value": 0})).await.expect(201);
        }
        for round in 0..5 {
            let tag = server.get(&path).await.expect(200).header("etag").to_owned();
            let updates = (0..100).map(|n| {
                let (server, path, tag) = (server.clone(), path.clone(), tag.clone());
                let body = if path.ends_with('k') {
                    json!({"value": n})
                } else {
                    json!({"name": format!("{round}-{n}")})
                };
                tokio::spawn(async move {
                    server.call(Method::PUT, &path, &[("if-match", &tag)], body).await.status.as_u16()
                })
            });
            let mut statuses = Vec::new();
            for update in updates.collect::<Vec<_>>() {
                statuses.push(update.await.unwrap());
            }
            assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{path}: {statuses:?}");
            assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 99, "{path}: {statuses:?}");
        }
    }
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_searched() {
    let server = TestServer::start().await;
    for name in ["Zebra 100%", "apple_pie", "Äpfel", "banana"] {
        server
            .post("/api/projects", json!({"name": name, "description": format!("about {name}")}))
            .await
            .expect(201);
    }
    let names = async |query: &str| {
        let answer = server.get(&format!("/api/projects?{query}")).await.expect(200);
        let names: Vec<String> = serde_json::from_value(
            answer.json().as_array().unwrap().iter().map(|p| p["name"].clone()).collect(),
        )
        .unwrap();
        assert_eq!(answer.header("x-total-count"), names.len().to_string());
        names
    };
    assert_eq!(names("").await, ["banana", "Äpfel", "apple_pie", "Zebra 100%"], "newest first");
    assert_eq!(names("sort=created_at").await, ["Zebra 100%", "apple_pie", "Äpfel", "banana"]);
    assert_eq!(names("sort=name").await, ["Zebra 100%", "apple_pie", "banana", "Äpfel"]);
    assert_eq!(names("sort=-name").await, ["Äpfel", "banana", "apple_pie", "Zebra 100%"]);
    assert_eq!(names("search=%C3%A4PF").await, ["Äpfel"], "whatever the case, in every script");
    assert_eq!(names("search=%25").await, ["Zebra 100%"], "no character is special");
    assert_eq!(names("search=_").await, ["apple_pie"]);
    assert_eq!(names("search=ABOUT+b").await, ["banana"], "descriptions too");
    assert_eq!(names("status=archived").await, Vec::<String>::new());
    for (query, field) in [
        ("sort=size", "sort"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("status=gone", "status"),
        ("colour=red", "colour"),
        ("limit=1&limit=2", "limit"),
        ("cursor=xyz", "cursor"),
        ("cursor=", "cursor"),
    ] {
        server.get(&format!("/api/projects?{query}")).await.invalid(field);
    }
}

#[tokio::test]
async fn a_store_heeds_conditions_too() {
    let server = TestServer::start().await;
    let project = server.project("p").await;
    let store = async |name, tag: &str, value: u8| {
        let body = json!({"project_id": project, "type": "error", "key": "k", "value": value});
        server.call(Method::POST, "/api/memory/store", &[(name, tag)], body).await
    };
    store("if-match", "*", 1).await.problem(412, "precondition_failed");
    let tag = store("if-none-match", "*", 2).await.expect(201).header("etag").to_owned();
    store("if-none-match", "*", 3).await.problem(412, "precondition_failed");
    store("if-match", "\"999\"", 4).await.problem(412, "precondition_failed");
    let item = server.get(&format!("/api/projects/{project}/memory/error/k")).await.expect(200);
    assert_eq!(item.json()["value"], 2);
    store("if-match", &tag, 5).await.expect(200);
}
