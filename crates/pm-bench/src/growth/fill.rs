//! Projects and their items, as fast as they can be stored.

use std::ops::Range;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::connection::Connection;
use crate::Outcome;
use crate::process::Server;
use crate::text::Writer;

/// As many as one request may bring.
const BATCH: usize = 1000;
/// Filling ends after this, on a machine that is too slow or too busy for all of it.
const PATIENCE: Duration = Duration::from_mins(4);
/// Why a part fails that needs all.
pub const TOO_SLOW: &str = "filling takes too long on this machine";

/// Makes a project; its id.
pub fn project(connection: &mut Connection, name: &str) -> Outcome<String> {
    let project: Value = serde_json::from_slice(connection.post("/api/projects", &json!({ "name": name }))?)?;
    Ok(project.get("id").and_then(Value::as_str).ok_or("no id")?.to_owned())
}

/// Stores the items of these numbers; [`key`] names each. `false`: not all of them, for want of time.
pub fn items(connection: &mut Connection, project: &str, numbers: Range<usize>) -> Outcome<bool> {
    let began = Instant::now();
    let mut random = Writer::new(numbers.start as u64 + 1);
    for start in numbers.clone().step_by(BATCH) {
        if began.elapsed() > PATIENCE {
            return Ok(false);
        }
        let batch = start..numbers.end.min(start + BATCH);
        let batch: Vec<_> =
            batch.map(|n| json!({"type": "context", "key": key(n), "value": random.text()})).collect();
        connection.post("/api/memory/store/batch", &json!({"project_id": project, "items": batch}))?;
    }
    Ok(true)
}

/// What item `n` of a project is called.
pub fn key(n: usize) -> String {
    format!("item-{n}")
}

/// Makes the projects of these numbers with so many items each, by several clients at a time, since a commit that many share costs each less;
/// their ids, of fewer than were wanted where the time is up.
pub fn projects(server: &Server, numbers: Range<usize>, items_each: usize) -> Outcome<Vec<String>> {
    const CLIENTS: usize = 16;
    let began = Instant::now();
    let fill = |first: usize| -> Outcome<Vec<String>> {
        let mut connection = Connection::open(server)?;
        let made = numbers.clone().skip(first).step_by(CLIENTS);
        let made = made.take_while(|_| began.elapsed() <= PATIENCE).map(|n| {
            let id = project(&mut connection, &format!("project {n}"))?;
            // No two have the same texts.
            let mut random = Writer::new(n as u64 + 1);
            let batch: Vec<_> = (0..items_each)
                .map(|n| json!({"type": "context", "key": key(n), "value": random.text()}))
                .collect();
            connection.post("/api/memory/store/batch", &json!({"project_id": id, "items": batch}))?;
            Ok(id)
        });
        made.collect()
    };
    let made = together(CLIENTS, fill)?;
    Ok(made.into_iter().flatten().collect())
}

/// Has so many threads do something, each with its number; what came of it, in their order.
pub fn together<T: Send>(threads: usize, each: impl Fn(usize) -> Outcome<T> + Sync) -> Outcome<Vec<T>> {
    let each = &each;
    let done = std::thread::scope(|scope| {
        let spawn = |n| scope.spawn(move || each(n).map_err(|error| error.to_string()));
        let running: Vec<_> = (0..threads).map(spawn).collect();
        let joined = running.into_iter().map(|one| one.join().map_err(|_| "a client panicked".to_owned())?);
        joined.collect::<Result<Vec<_>, String>>()
    })?;
    Ok(done)
}
