//! A client that fills a server.

use serde_json::{Value, json};
use ureq::Agent;

use crate::Outcome;

/// Words that texts are made of: as many as a project's own vocabulary.
const WORDS: u64 = 2000;

/// An HTTP client that keeps its connection.
pub fn agent() -> Agent {
    Agent::config_builder().timeout_global(Some(std::time::Duration::from_mins(1))).build().new_agent()
}

/// Sends JSON and reads JSON.
pub fn post(agent: &Agent, url: &str, body: &Value) -> Outcome<Value> {
    let mut answer = agent.post(url).header("content-type", "application/json").send(body.to_string())?;
    Ok(serde_json::from_str(&answer.body_mut().read_to_string()?)?)
}

/// Makes a project; its id.
pub fn project(agent: &Agent, server: &str, name: &str) -> Outcome<String> {
    let project = post(agent, &format!("{server}/api/projects"), &json!({ "name": name }))?;
    Ok(project.get("id").and_then(Value::as_str).ok_or("no id")?.to_owned())
}

/// Stores `items` items in batches.
pub fn fill(agent: &Agent, server: &str, project: &str, items: usize) -> Outcome<()> {
    let mut random = Random(items as u64 + 1);
    for start in (0..items).step_by(500) {
        let batch: Vec<_> = (start..items.min(start + 500))
            .map(|n| json!({"type": "context", "key": format!("item-{n}"), "value": random.text()}))
            .collect();
        let body = json!({"project_id": project, "items": batch});
        post(agent, &format!("{server}/api/memory/store/batch"), &body)?;
    }
    Ok(())
}

/// A small generator (xorshift64), so that every run stores the same.
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 40 words; some come far more often than others, as in real text.
    pub fn text(&mut self) -> String {
        self.words(40)
    }

    /// Eight words.
    pub fn question(&mut self) -> String {
        self.words(8)
    }

    fn words(&mut self, count: usize) -> String {
        let words: Vec<_> =
            (0..count).map(|_| word((self.number() % WORDS) * (self.number() % WORDS) / WORDS)).collect();
        words.join(" ")
    }
}

/// Word `n` of the vocabulary.
fn word(mut n: u64) -> String {
    let mut word = String::from("w");
    loop {
        word.push(char::from(b'a' + u8::try_from(n % 26).unwrap_or(0)));
        n /= 26;
        if n == 0 {
            return word;
        }
    }
}
