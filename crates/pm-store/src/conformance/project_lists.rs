//! The list of projects.

use pm_core::model::{Project, ProjectStatus};
use pm_core::ports::{Order, ProjectFilter, ProjectSort, Store};

use super::Harness;
use super::fixture::{at, project};
use super::list::{BOTH, all_projects};

const SORTS: [ProjectSort; 3] = [ProjectSort::CreatedAt, ProjectSort::UpdatedAt, ProjectSort::Name];

/// Each sort in both orders, ties by id; pages of every size join to the same list.
pub async fn sorts_and_breaks_ties(harness: &dyn Harness) {
    let store = harness.store();
    let mut kept = Vec::new();
    for n in 0..11_i64 {
        let names = ["b", "a", "B", "é", "e\u{301}", "z", "\u{10ffff}"];
        let name = names[usize::try_from(n).unwrap() % names.len()];
        let project = Project { created_at: at(n % 3), updated_at: at(-n % 4), ..project(name) };
        store.create_project(&project, None).await.unwrap();
        kept.push(project);
    }
    for sort in SORTS {
        kept.sort_by(|a, b| {
            let by = match sort {
                ProjectSort::CreatedAt => a.created_at.cmp(&b.created_at),
                ProjectSort::UpdatedAt => a.updated_at.cmp(&b.updated_at),
                ProjectSort::Name => a.name.as_bytes().cmp(b.name.as_bytes()),
            };
            by.then(a.id.cmp(&b.id))
        });
        for order in BOTH {
            let mut expected = kept.clone();
            if order == Order::Descending {
                expected.reverse();
            }
            for limit in [1, 2, 3, 10, 11, 12] {
                let listed = all_projects(&*store, &ProjectFilter::default(), (sort, order, limit)).await;
                assert_eq!(listed, expected, "{sort:?} {order:?} by {limit}");
            }
        }
    }
}

/// A status lets only its own through, and the total counts only them.
pub async fn filters_by_status(harness: &dyn Harness) {
    let store = harness.store();
    for (name, status) in
        [("a", ProjectStatus::Active), ("b", ProjectStatus::Archived), ("c", ProjectStatus::Active)]
    {
        store.create_project(&Project { status, ..project(name) }, None).await.unwrap();
    }
    for (status, expected) in
        [(Some(ProjectStatus::Active), "ac"), (Some(ProjectStatus::Archived), "b"), (None, "abc")]
    {
        let filter = ProjectFilter { status, search: None };
        assert_eq!(names(&*store, &filter).await, expected);
    }
}

/// A search is literal, whatever the case, in name and description.
pub async fn searches_literally(harness: &dyn Harness) {
    let store = harness.store();
    let described = |name, text: &str| Project { description: Some(text.to_owned()), ..project(name) };
    for project in [
        project("1 100% sure"),
        project("2 snake_case [x] a*b? {c} \\d 'q' \"r\""),
        described("3", "Über ÉCLAIR Привет STRASSE İstanbul"),
        described("4", "nothing"),
    ] {
        store.create_project(&project, None).await.unwrap();
    }
    for (search, expected) in [
        ("%", "1"),
        ("100% S", "1"),
        ("_", "2"),
        ("*", "2"),
        ("?", "2"),
        ("[x]", "2"),
        ("\\D", "2"),
        ("'Q'", "2"),
        ("\"r\"", "2"),
        ("über", "3"),
        ("éclair", "3"),
        ("ПРИВЕТ", "3"),
        ("strasse", "3"),
        ("straße", ""),
        ("i\u{307}stanbul", "3"),
        ("e\u{301}clair", ""),
        ("s", "123"),
        ("absent", ""),
        ("", "1234"),
    ] {
        let filter = ProjectFilter { status: None, search: Some(search.to_owned()) };
        assert_eq!(names(&*store, &filter).await, expected, "{search}");
    }
}

/// The first characters of the names, by name.
async fn names(store: &dyn Store, filter: &ProjectFilter) -> String {
    let listed = all_projects(store, filter, (ProjectSort::Name, Order::Ascending, 2)).await;
    listed.iter().map(|project| &project.name[..1]).collect()
}
