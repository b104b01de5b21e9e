//! The list of projects, whose entries are copies: what becomes of it when somebody dies between the change and the copy.

use pm_core::ports::{Order, PageRequest, ProjectFilter, ProjectSort, Store};
use pm_store::redis::RedisStore;
use pm_testbed::{Product, Server};

use super::{single, store};
use crate::fixture::{kept_project, project};

async fn names(store: &RedisStore) -> Vec<String> {
    let page = PageRequest { sort: ProjectSort::Name, order: Order::Ascending, after: None, limit: 10 };
    let listed = store.projects(&ProjectFilter::default(), &page).await.unwrap();
    assert_eq!(listed.total, u64::try_from(listed.entries.len()).unwrap());
    listed.entries.into_iter().map(|entry| entry.value.name).collect()
}

/// Leaves the mark of a change of this project, as who dies before the copy is made does.
fn mark(server: &Server, prefix: &str, id: uuid::Uuid) {
    let key = format!("{prefix}:1:{{projects}}:w");
    let field = [id.as_bytes().as_slice(), b"token-of-16-byte"].concat();
    server.cli(&[b"HSET", key.as_bytes(), &field, b"4102444800"]).int();
}

#[tokio::test]
async fn what_was_changed_and_not_copied_is_seen() {
    let server = Server::start(Product::Redis);
    let options = single(server.port());
    let prefix = options.prefix.clone();
    let store = store(options).await;
    let changed = kept_project(&*store).await;
    let gone = kept_project(&*store).await;
    let made = project();
    let hash = |id| format!("{prefix}:1:{{{id}}}:p");

    let body = server.cli(&["HGET", &hash(changed), "d"]).text().replace("a project", "changed");
    server.cli(&["HSET", &hash(changed), "d", &body, "v", "2", "r", "2"]).int();
    server.cli(&["DEL", &hash(gone)]).int();
    let body =
        serde_json::to_string(&pm_core::model::Project { name: "made".to_owned(), ..made.clone() }).unwrap();
    let fields = ["HSET", &hash(made.id), "d", &body, "v", "1", "s", "0", "r", "1", "n", "0", "l", "x"];
    server.cli(&fields).int();
    assert_eq!(names(&store).await, ["a project", "a project"], "nothing says that anything changed");

    for id in [changed, gone, made.id] {
        mark(&server, &prefix, id.uuid());
    }
    assert_eq!(names(&store).await, ["changed", "made"]);
    assert_eq!(names(&store).await, ["changed", "made"], "marks that are young stay, and do no harm");
}
