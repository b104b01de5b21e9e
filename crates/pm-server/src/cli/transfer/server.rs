//! A running server, over its API.

use std::path::Path;
use std::time::Duration;

use http::Uri;
use serde_json::{Value, json};
use ureq::http::{Request, Response};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};

use super::door::Door;
use super::trust;
use crate::cli::Failure;

/// The longest that one request may take, a batch of large items over a slow line included.
const PATIENCE: Duration = Duration::from_mins(2);
/// The most bytes of an answer: a page of items of the largest size fits.
const ANSWER_BYTES: u64 = 512 * 1024 * 1024;
/// How often a request that came too early is sent again.
const TRIES: usize = 100;
/// Entries of a page, few enough that a page of the largest items stays in bounds.
const PAGE: usize = 200;

/// The API at an address.
pub(super) struct Server {
    agent: Agent,
    base: String,
    api_key: Option<String>,
    /// Where the next page of items and of messages is; `None`: there is none.
    items: Option<String>,
    messages: Option<String>,
}

impl Server {
    pub(super) fn new(url: &str, api_key: Option<String>, ca: Option<&Path>) -> Result<Self, Failure> {
        let fault =
            || Failure::usage(format!("--server {url:?}: must be an address such as http://localhost:8000"));
        let parsed: Uri = url.parse().map_err(|_| fault())?;
        if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
            return Err(fault());
        }
        let encrypted = parsed.scheme_str() == Some("https");
        if ca.is_some() && !encrypted {
            return Err(Failure::usage(format!("--ca: is used only with https, and --server is {url:?}")));
        }
        let mut config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE));
        if encrypted {
            config = config.tls_config(TlsConfig::builder().root_certs(trust::roots(ca)?).build());
        }
        let (agent, base) = (config.build().new_agent(), url.trim_end_matches('/').to_owned());
        Ok(Self { agent, base, api_key, items: None, messages: None })
    }

    fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(Value, Option<String>), Failure> {
        let at = |error: &dyn std::fmt::Display| Failure::failed(format!("{}{path}: {error}", self.base));
        let mut response = self.send(method, path, body).map_err(|error| at(&trust::told(&error)))?;
        // Messages go one by one, faster than a caller may call.
        for _ in 1..TRIES {
            let Some(pause) = told_to_wait(&response) else { break };
            std::thread::sleep(pause);
            response = self.send(method, path, body).map_err(|error| at(&trust::told(&error)))?;
        }
        let text = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES)
            .read_to_string()
            .map_err(|error| at(&error))?;
        let answer = serde_json::from_str(&text).unwrap_or(Value::Null);
        if response.status().is_success() {
            return Ok((answer, next_of(&response)));
        }
        let detail = answer.get("detail").and_then(Value::as_str).unwrap_or("no detail");
        Err(at(&format!("{}: {detail}", response.status())))
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Response<Body>, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(key) = &self.api_key {
            request = request.header("x-api-key", key);
        }
        match body {
            Some(body) => {
                let bytes = serde_json::to_vec(body).map_err(std::io::Error::from)?;
                self.agent.run(request.header("content-type", "application/json").body(bytes)?)
            }
            None => self.agent.run(request.body(())?),
        }
    }

    fn page(&self, path: Option<String>) -> Result<(Vec<Value>, Option<String>), Failure> {
        let Some(path) = path else { return Ok((Vec::new(), None)) };
        match self.call("GET", &path, None)? {
            (Value::Array(entries), next) => Ok((entries, next)),
            _ => Err(Failure::failed(format!("{}{path}: the answer is not a list", self.base))),
        }
    }
}

/// The address in `Link: <...>; rel="next"`.
fn next_of<T>(response: &Response<T>) -> Option<String> {
    let link = response.headers().get("link")?.to_str().ok()?;
    let (address, relation) = link.strip_prefix('<')?.split_once('>')?;
    relation.contains("rel=\"next\"").then(|| address.to_owned())
}

/// How long to wait before the request is sent again, where it came too early: at most a minute.
fn told_to_wait<T>(response: &Response<T>) -> Option<Duration> {
    if response.status().as_u16() != 429 {
        return None;
    }
    let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    Some(Duration::from_secs(seconds.unwrap_or(1).clamp(1, 60)))
}

impl Door for Server {
    fn project(&mut self, id: &str) -> Result<Value, Failure> {
        self.items = Some(format!("/api/projects/{id}/memory?sort=key&limit={PAGE}"));
        self.messages = Some(format!("/api/projects/{id}/messages?sort=timestamp&limit={PAGE}"));
        Ok(self.call("GET", &format!("/api/projects/{id}"), None)?.0)
    }

    fn note_export(&mut self, _: &str) -> Result<(), Failure> {
        // To the server these are reads like any others.
        Ok(())
    }

    fn next_items(&mut self, _: &str) -> Result<Vec<Value>, Failure> {
        let (entries, next) = self.page(self.items.clone())?;
        self.items = next;
        Ok(entries)
    }

    fn next_messages(&mut self, _: &str) -> Result<Vec<Value>, Failure> {
        let (entries, next) = self.page(self.messages.clone())?;
        self.messages = next;
        Ok(entries)
    }

    fn create_project(&mut self, body: Value) -> Result<String, Failure> {
        let (project, _) = self.call("POST", "/api/projects", Some(&body))?;
        let id = project.get("id").and_then(Value::as_str);
        id.map(str::to_owned)
            .ok_or_else(|| Failure::failed(format!("{}: the answer names no project", self.base)))
    }

    fn set_status(&mut self, id: &str, status: &str) -> Result<(), Failure> {
        self.call("PATCH", &format!("/api/projects/{id}"), Some(&json!({ "status": status }))).map(drop)
    }

    fn store_items(&mut self, id: &str, items: Vec<Value>) -> Result<(), Failure> {
        let body = json!({ "project_id": id, "items": items });
        self.call("POST", "/api/memory/store/batch", Some(&body)).map(drop)
    }

    fn add_messages(&mut self, id: &str, bodies: Vec<Value>) -> Result<(), Failure> {
        let path = format!("/api/projects/{id}/messages");
        // One after the other: the server gives out ids as they arrive, and those of one time sort by them.
        bodies.iter().try_for_each(|body| self.call("POST", &path, Some(body)).map(drop))
    }

    fn delete_project(&mut self, id: &str) -> Result<(), Failure> {
        self.call("DELETE", &format!("/api/projects/{id}"), None).map(drop)
    }

    fn close(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
