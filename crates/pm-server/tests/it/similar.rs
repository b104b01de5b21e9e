//! `unless_similar`: what is there already is not stored again.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, TestServer};

const TEXT: &str = "the session cache runs out of connections after the deployment";

fn item(id: &str, r#type: &str, key: &str, value: &Value, least: f64) -> Value {
    json!({"project_id": id, "type": r#type, "key": key, "value": value, "unless_similar": least})
}

async fn store(server: &TestServer, id: &str, r#type: &str, key: &str, value: Value, least: f64) -> Answer {
    server.post("/api/memory/store", item(id, r#type, key, &value, least)).await
}

#[tokio::test]
async fn what_is_there_is_answered_in_place_of_storing_it_again() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    store(&server, &id, "error", "first", json!(TEXT), 0.9).await.expect(201);
    for value in [TEXT.to_owned(), format!("  {}\n", TEXT.to_uppercase().replace(' ', "\t "))] {
        let problem =
            store(&server, &id, "error", "second", json!(value), 1.0).await.problem(409, "similar_exists");
        let similar = json!({"type": "error", "key": "first", "similarity": 1.0, "value": TEXT});
        assert_eq!(problem["similar"], similar);
    }
    let near = json!("after the deployment the session cache ran out of connections");
    let problem =
        store(&server, &id, "error", "second", near.clone(), 0.5).await.problem(409, "similar_exists");
    let similarity = problem["similar"]["similarity"].as_f64().unwrap();
    assert!(similarity > 0.5 && similarity < 1.0, "{similarity}");
    assert_eq!(server.count(&id).await, 1);
    // Neither another text nor another type nor the same key is in the way.
    store(&server, &id, "error", "other", json!("invoices lack their last page"), 0.5).await.expect(201);
    store(&server, &id, "context", "first", json!(TEXT), 0.5).await.expect(201);
    store(&server, &id, "error", "first", json!(TEXT), 0.0).await.expect(200);
    store(&server, &id, "error", "second", near, 1.0).await.expect(201);
    assert_eq!(server.count(&id).await, 4);
}

#[tokio::test]
async fn the_most_similar_is_named() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    for n in 0..30 {
        server.store(&id, "error", &format!("k{n:02}"), json!(format!("{TEXT} of {n}"))).await.expect(201);
    }
    let value = json!(format!("{TEXT} of 17"));
    let problem = store(&server, &id, "error", "new", value, 0.1).await.problem(409, "similar_exists");
    assert_eq!((&problem["similar"]["key"], &problem["similar"]["similarity"]), (&json!("k17"), &json!(1.0)));
}

#[tokio::test]
async fn at_0_any_item_of_the_type_is_in_the_way() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    store(&server, &id, "error", "first", json!("zebra"), 0.0).await.expect(201);
    store(&server, &id, "solution", "first", json!("zebra"), 0.0).await.expect(201);
    for value in [json!("quark"), json!("the"), json!(null), json!({"a": [1, 2]})] {
        store(&server, &id, "error", "second", value, 0.0).await.problem(409, "similar_exists");
    }
    // Stop words alone find nothing, and are the same all the same.
    server.store(&id, "error", "third", json!("it is")).await.expect(201);
    let problem =
        store(&server, &id, "error", "fourth", json!("It Is"), 1.0).await.problem(409, "similar_exists");
    assert_eq!(problem["similar"]["key"], "third");
}

#[tokio::test]
async fn what_is_gone_is_not_in_the_way() {
    let (server, _, clock) = TestServer::by_hand(&[]).await;
    let id = server.project("p").await;
    let mut short = item(&id, "error", "first", &json!(TEXT), 1.0);
    short["ttl"] = json!(5);
    server.post("/api/memory/store", short).await.expect(201);
    store(&server, &id, "error", "second", json!(TEXT), 1.0).await.problem(409, "similar_exists");
    clock.advance(jiff::SignedDuration::from_secs(5));
    store(&server, &id, "error", "second", json!(TEXT), 1.0).await.expect(201);
    server.delete(&format!("/api/projects/{id}/memory/error/second")).await.expect(204);
    store(&server, &id, "error", "third", json!(TEXT), 1.0).await.expect(201);
}

#[tokio::test]
async fn other_faults_come_first() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    server.store(&id, "error", "first", json!(TEXT)).await.expect(201);
    for least in [json!(-0.1), json!(1.1), json!("0.5"), json!(true)] {
        let mut body = item(&id, "error", "second", &json!(TEXT), 0.5);
        body["unless_similar"] = least;
        server.post("/api/memory/store", body).await.invalid("unless_similar");
    }
    let nowhere = "0199d5f0-7d4e-7cc3-98c4-dc0c0c07398f";
    store(&server, nowhere, "error", "second", json!(TEXT), 0.5).await.problem(404, "project_not_found");
    let mut batch = item(&id, "error", "second", &json!(TEXT), 0.5);
    batch.as_object_mut().unwrap().remove("project_id");
    let batch = json!({"project_id": id, "items": [batch]});
    server.post("/api/memory/store/batch", batch).await.invalid("items[0].unless_similar");
    let put = json!({"value": TEXT, "unless_similar": 0.5});
    server.put(&format!("/api/projects/{id}/memory/error/second"), put).await.invalid("unless_similar");
    server.patch(&format!("/api/projects/{id}"), json!({"status": "archived"})).await.expect(200);
    store(&server, &id, "error", "second", json!(TEXT), 0.5).await.problem(409, "project_archived");
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_was() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let post = async |key: &str, name: &str| {
        let body = item(&id, "error", name, &json!(TEXT), 0.9);
        server.call(Method::POST, "/api/memory/store", &[("idempotency-key", key)], body).await
    };
    let first = post("a", "first").await.expect(201);
    assert_eq!(post("a", "first").await.expect(201).json(), first.json());
    post("b", "second").await.problem(409, "similar_exists");
    // Also where its own item is gone since, and another says the same.
    server.store(&id, "error", "third", json!(TEXT)).await.expect(201);
    server.delete(&format!("/api/projects/{id}/memory/error/first")).await.expect(204);
    assert_eq!(post("a", "first").await.expect(201).json(), first.json());
    assert_eq!(server.count(&id).await, 1);
    post("a", "second").await.problem(422, "idempotency_mismatch");
    post("c", "first").await.problem(409, "similar_exists");
    // What was refused was not done: the same key may try again.
    server.delete(&format!("/api/projects/{id}/memory/error/third")).await.expect(204);
    post("b", "second").await.expect(201);
}

#[tokio::test]
async fn the_largest_values_are_compared_by_their_beginning() {
    let server = TestServer::start().await;
    let id = server.project("p").await;
    let long = |end: &str| json!(format!("{}{end}", "several words of a log ".repeat(10_000)));
    store(&server, &id, "error", "first", long("a"), 0.9).await.expect(201);
    let problem = store(&server, &id, "error", "second", long("b"), 1.0).await.problem(409, "similar_exists");
    assert_eq!(problem["similar"]["similarity"], 1.0);
}
