//! What a request goes through.

use std::hint::black_box;

use http::Method;
use pm_testbed::text::Random;
use serde_json::{Value, json};

use super::Operation;
use crate::app::App;

/// Items of a recall, and how many are stored at a time.
const ITEMS: usize = 1000;
const BATCH: usize = 500;
/// Words of an item, which make 360 bytes or so, and of a query.
const ITEM_WORDS: usize = 60;
const QUERY_WORDS: usize = 8;

pub(super) fn door() -> crate::Outcome<Operation> {
    let app = App::start()?;
    Ok(Box::new(move || {
        let principal = app.wait(app.access.authenticate(black_box(&app.key)))?;
        black_box(principal.ok_or("the key is not known")?);
        Ok(())
    }))
}

pub(super) fn get() -> crate::Outcome<Operation> {
    let mut app = App::start()?;
    let path = format!("/api/projects/{}", app.project()?);
    Ok(Box::new(move || {
        black_box(app.call(Method::GET, &path, String::new())?);
        Ok(())
    }))
}

pub(super) fn store() -> crate::Outcome<Operation> {
    let mut app = App::start()?;
    let project = app.project()?;
    let (mut random, mut number) = (Random(1), 0);
    Ok(Box::new(move || {
        number += 1;
        let mut item = item(number, &mut random);
        if let Value::Object(fields) = &mut item {
            fields.insert("project_id".to_owned(), project.clone().into());
        }
        black_box(app.call(Method::POST, "/api/memory/store", item.to_string())?);
        Ok(())
    }))
}

pub(super) fn recall() -> crate::Outcome<Operation> {
    let mut app = App::start()?;
    let project = app.project()?;
    let mut random = Random(1);
    for first in (0..ITEMS).step_by(BATCH) {
        let items: Vec<Value> = (first..first + BATCH).map(|number| item(number, &mut random)).collect();
        let body = json!({"project_id": project, "items": items});
        app.call(Method::POST, "/api/memory/store/batch", body.to_string())?;
    }
    Ok(Box::new(move || {
        let body = json!({"project_id": project, "query": random.words(QUERY_WORDS)});
        black_box(app.call(Method::POST, "/api/memory/recall", body.to_string())?);
        Ok(())
    }))
}

fn item(number: usize, random: &mut Random) -> Value {
    json!({"type": "context", "key": format!("item-{number}"), "value": random.words(ITEM_WORDS)})
}
