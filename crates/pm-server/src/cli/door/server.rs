//! A running server, over its API.

use std::path::Path;
use std::time::Duration;

use http::{HeaderValue, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use pm_core::input::{FieldError, Invalid};
use pm_core::model::ProjectId;
use serde_json::{Value, json};
use ureq::http::{Request, Response};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body};

use super::said::{self, Said, Shape};
use super::{Asked, Door, Page, Stored, trust};
use crate::cli::Failure;

/// The longest that one request may take, a batch of large items over a slow line included.
const PATIENCE: Duration = Duration::from_mins(2);
/// The most bytes of an answer: a page of items of the largest size fits.
const ANSWER_BYTES: u64 = 512 * 1024 * 1024;
/// How often a request that came too early is sent again.
const TRIES: usize = 100;
/// The most bytes of an answer of health.
const HEALTH_BYTES: u64 = 64 * 1024;
/// Projects of one name that are looked for, and pages of projects that are looked through.
const NAMESAKES: usize = 10;
const PAGES: usize = 1000;
/// All of a parameter but what stands for itself.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');

/// How a server is dealt with.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Patience {
    /// How long one request may take.
    pub(in crate::cli) request: Duration,
    /// Whether it is this machine's own server, that nothing is told to and that need not prove who it is: its certificate is
    /// for another name than the one of this machine to itself.
    pub(in crate::cli) own: bool,
}

impl Default for Patience {
    fn default() -> Self {
        Self { request: PATIENCE, own: false }
    }
}

/// How a server says it is.
#[derive(Debug)]
pub(in crate::cli) struct Health {
    pub(in crate::cli) status: u16,
    pub(in crate::cli) body: Value,
    /// The server's own time, as its header `Date` has it.
    pub(in crate::cli) date: Option<String>,
}

/// Entries of a page, few enough that a page of the largest items stays in bounds.
const PAGE: usize = 200;

/// The API at an address.
pub(in crate::cli) struct Server {
    agent: Agent,
    base: String,
    api_key: Option<String>,
    /// Where the next page of items and of messages is; `None`: there is none.
    items: Option<String>,
    messages: Option<String>,
}

impl Server {
    pub(in crate::cli) fn new(
        url: &str,
        api_key: Option<String>,
        ca: Option<&Path>,
        patience: Patience,
    ) -> Result<Self, Failure> {
        let fault =
            || Failure::usage(format!("--server {url:?}: must be an address such as http://localhost:8000"));
        let parsed: Uri = url.parse().map_err(|_| fault())?;
        if !matches!(parsed.scheme_str(), Some("http" | "https")) || parsed.host().is_none() {
            return Err(fault());
        }
        if url.contains(['?', '#']) {
            return Err(Failure::usage(format!(
                "--server {url:?}: paths come after it: leave out what stands from ? or # on"
            )));
        }
        if api_key.as_deref().is_some_and(|key| HeaderValue::from_str(key).is_err()) {
            return Err(Failure::usage("the API key: has characters that no key has"));
        }
        let encrypted = parsed.scheme_str() == Some("https");
        if ca.is_some() && !encrypted {
            return Err(Failure::usage(format!("--ca: is used only with https, and --server is {url:?}")));
        }
        // Followed, a redirect would take the key to another host, and make of a write a read.
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(patience.request));
        if patience.own {
            config = config.proxy(None);
        }
        if encrypted {
            let trusted = TlsConfig::builder().root_certs(trust::roots(ca)?);
            config = config.tls_config(trusted.disable_verification(patience.own).build());
        }
        let (agent, base) = (config.build().new_agent(), url.trim_end_matches('/').to_owned());
        Ok(Self { agent, base, api_key, items: None, messages: None })
    }

    /// Asks how it is, once.
    pub(in crate::cli) fn health(&self) -> Result<Health, Failure> {
        let mut response = self.send("GET", "/health", None).map_err(|error| self.unreached(&error))?;
        let said = self.read(&mut response, "/health", HEALTH_BYTES)?;
        // Whatever else answers there is not healthy, in no words of ours.
        Ok(Health { status: said.status, body: said.body.unwrap_or_default(), date: said.date })
    }

    /// Passes bytes of JSON on as they are; the status and the bytes that are answered.
    pub(in crate::cli) fn pass(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        bytes: &[u8],
        most: u64,
    ) -> Result<(u16, Vec<u8>), Failure> {
        let mut request =
            Request::post(format!("{}{path}", self.base)).header("content-type", "application/json");
        for (name, value) in
            headers.iter().copied().chain(self.api_key.as_deref().map(|key| ("x-api-key", key)))
        {
            request = request.header(name, value);
        }
        let sent = request.body(bytes).map_err(ureq::Error::from).and_then(|request| self.agent.run(request));
        let mut response = sent.map_err(|error| self.unreached(&error))?;
        self.stays(&response, path)?;
        let bytes = response.body_mut().with_config().limit(most).read_to_vec();
        let bytes = bytes.map_err(|error| self.unreached(&error))?;
        Ok((response.status().as_u16(), bytes))
    }

    /// Refuses to be sent elsewhere.
    fn stays<T>(&self, response: &Response<T>, path: &str) -> Result<(), Failure> {
        if !response.status().is_redirection() {
            return Ok(());
        }
        let location = response.headers().get("location").map(|to| String::from_utf8_lossy(to.as_bytes()));
        let to = location.map_or_else(|| "nowhere".to_owned(), |to| format!("to {to}"));
        Err(Failure::failed(format!(
            "{}{path}: {} sends on {to}, where no command follows: give --server the address of ai-pm itself",
            self.base,
            response.status().as_u16()
        )))
    }

    /// Asks for something of this shape; what else comes is a failure.
    fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        shape: Shape,
    ) -> Result<(Value, Said), Failure> {
        let mut response = self.send(method, path, body).map_err(|error| self.unreached(&error))?;
        // Messages go one by one, faster than a caller may call.
        for _ in 1..TRIES {
            let Some(pause) = told_to_wait(&response) else { break };
            std::thread::sleep(pause);
            response = self.send(method, path, body).map_err(|error| self.unreached(&error))?;
        }
        let mut said = self.read(&mut response, path, ANSWER_BYTES)?;
        if !(200..300).contains(&said.status) {
            return Err(self.refused(path, &said));
        }
        let body = std::mem::replace(&mut said.body, Ok(Value::Null));
        let body = body.map_err(|why| {
            Failure::failed(format!(
                "{}{path}: {} and an answer that is no JSON: {why}",
                self.base, said.status
            ))
        })?;
        self.shaped(path, &body, shape)?;
        Ok((body, said))
    }

    fn shaped(&self, path: &str, body: &Value, shape: Shape) -> Result<(), Failure> {
        let other = |wanted| Failure::failed(format!("{}{path}: the answer is not {wanted}", self.base));
        shape.check(body).map_err(other)
    }

    fn read(&self, response: &mut Response<Body>, path: &str, most: u64) -> Result<Said, Failure> {
        self.stays(response, path)?;
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (total, date, next) =
            (header("x-total-count").and_then(|text| text.parse().ok()), header("date"), next_of(response));
        let evicted = header("x-evicted-key").unwrap_or_default();
        let evicted = evicted.split(',').filter(|key| !key.is_empty());
        let evicted = evicted.map(|key| percent_decode_str(key).decode_utf8_lossy().into_owned()).collect();
        let text = response.body_mut().with_config().limit(most).read_to_string();
        let text = text.map_err(|error| Failure::failed(format!("{}{path}: {error}", self.base)))?;
        let body = said::json(&text);
        Ok(Said { status: response.status().as_u16(), body, total, next, evicted, date })
    }

    /// The problem that it answered.
    fn refused(&self, path: &str, said: &Said) -> Failure {
        let body = said.body.as_ref().unwrap_or(&Value::Null);
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let (Some(code), Some(detail)) = (text("code"), text("detail")) else {
            return Failure::failed(format!("{}{path}: {} and no problem of ai-pm", self.base, said.status));
        };
        let errors = body.get("errors").and_then(Value::as_array).into_iter().flatten();
        let error = |error: &Value| {
            let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            FieldError { field: text("field"), message: text("message") }
        };
        Failure { errors: errors.map(error).collect(), ..Failure::coded(code, detail) }
    }

    /// The same, where it may be the project that is not there.
    fn of_project(named: &str) -> impl Fn(Failure) -> Failure {
        move |failure| {
            if failure.code == "project_not_found" { Failure::no_project(named) } else { failure }
        }
    }

    fn unreached(&self, error: &ureq::Error) -> Failure {
        Failure::coded("server_unreachable", format!("{}: {}", self.base, trust::told(error)))
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

    fn page(&self, path: &str) -> Result<(Page, Option<String>), Failure> {
        let (body, said) = self.call("GET", path, None, Shape::List)?;
        let entries = match body {
            Value::Array(entries) => entries,
            _ => Vec::new(),
        };
        let cursor = |link: &String| link.split_once("cursor=").map(|(_, cursor)| cursor.to_owned());
        let next = said.next.as_ref().and_then(cursor);
        Ok((Page { entries, total: said.total.unwrap_or_default(), next }, said.next))
    }

    fn next_page(&self, path: Option<String>) -> Result<(Vec<Value>, Option<String>), Failure> {
        let Some(path) = path else { return Ok((Vec::new(), None)) };
        let (page, next) = self.page(&path)?;
        Ok((page.entries, next))
    }

    /// The project of this name. As in the store: of several the active one is meant.
    fn of_name(&self, name: &str) -> Result<Value, Failure> {
        let (mut found, mut asked) =
            (Vec::new(), vec![("search", name.to_owned()), ("limit", "1000".to_owned())]);
        for _ in 0..PAGES {
            let (page, _) = self.page(&with("/api/projects", &asked))?;
            found.extend(page.entries.into_iter().filter(|project| is(project, "name", name)));
            asked.truncate(2);
            match page.next {
                Some(cursor) if found.len() <= NAMESAKES => asked.push(("cursor", cursor)),
                _ => break,
            }
        }
        if found.iter().any(|project| is(project, "status", "active")) {
            found.retain(|project| is(project, "status", "active"));
        }
        let ids: Vec<_> = found.iter().take(NAMESAKES).filter_map(|project| project["id"].as_str()).collect();
        if ids.len() > 1 {
            let message = format!("is the name of several projects: give the id of one: {}", ids.join(", "));
            return Err(Invalid::field("project", message).into());
        }
        let project = found.pop().ok_or_else(|| Failure::no_project(name))?;
        self.shaped("/api/projects", &project, Shape::Project)?;
        Ok(project)
    }
}

/// Whether a field holds this text.
fn is(object: &Value, field: &str, text: &str) -> bool {
    object.get(field).and_then(Value::as_str) == Some(text)
}

/// A path with a query string.
fn with(path: &str, asked: &Asked) -> String {
    let pairs = asked.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ESCAPED)));
    let query = pairs.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
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
        // What can be no id must not become part of an address.
        let id = ProjectId::parse(id).ok_or_else(|| Failure::no_project(id))?.to_string();
        self.items = Some(format!("/api/projects/{id}/memory?sort=key&limit={PAGE}"));
        self.messages = Some(format!("/api/projects/{id}/messages?sort=timestamp&limit={PAGE}"));
        let project = self.call("GET", &format!("/api/projects/{id}"), None, Shape::Project);
        Ok(project.map_err(Self::of_project(&id))?.0)
    }

    fn find_project(&mut self, named: &str) -> Result<Value, Failure> {
        if ProjectId::parse(named).is_some() {
            match self.project(named) {
                // Somebody may call a project as an id looks.
                Err(failure) if failure.code == "project_not_found" => {}
                found => return found,
            }
        }
        match named.trim() {
            "" => Err(Failure::no_project(named)),
            name => self.of_name(name),
        }
    }

    fn projects(&mut self, asked: &Asked) -> Result<Page, Failure> {
        Ok(self.page(&with("/api/projects", asked))?.0)
    }

    fn make_project(&mut self, body: Value) -> Result<Value, Failure> {
        Ok(self.call("POST", "/api/projects", Some(&body), Shape::Project)?.0)
    }

    fn patch_project(&mut self, id: &str, patch: Value) -> Result<Value, Failure> {
        let patched = self.call("PATCH", &format!("/api/projects/{id}"), Some(&patch), Shape::Project);
        Ok(patched.map_err(Self::of_project(id))?.0)
    }

    fn delete_project(&mut self, id: &str) -> Result<(), Failure> {
        let deleted = self.call("DELETE", &format!("/api/projects/{id}"), None, Shape::Nothing);
        deleted.map(drop).map_err(Self::of_project(id))
    }

    fn note_export(&mut self, _: &str) -> Result<(), Failure> {
        // To the server these are reads like any others.
        Ok(())
    }

    fn next_items(&mut self, _: &str) -> Result<Vec<Value>, Failure> {
        let (entries, next) = self.next_page(self.items.clone())?;
        self.items = next;
        Ok(entries)
    }

    fn next_messages(&mut self, _: &str) -> Result<Vec<Value>, Failure> {
        let (entries, next) = self.next_page(self.messages.clone())?;
        self.messages = next;
        Ok(entries)
    }

    fn store_items(&mut self, id: &str, items: Vec<Value>) -> Result<(), Failure> {
        let body = json!({ "project_id": id, "items": items });
        self.call("POST", "/api/memory/store/batch", Some(&body), Shape::List).map(drop)
    }

    fn store(&mut self, body: Value) -> Result<Stored, Failure> {
        let (item, said) = self.call("POST", "/api/memory/store", Some(&body), Shape::Object)?;
        Ok(Stored { item, created: said.status == 201, evicted: said.evicted })
    }

    fn recall(&mut self, body: Value) -> Result<Value, Failure> {
        Ok(self.call("POST", "/api/memory/recall", Some(&body), Shape::List)?.0)
    }

    fn forget(&mut self, id: &str, key: &str, r#type: Option<&str>) -> Result<(), Failure> {
        let mut asked = vec![("project_id", id.to_owned()), ("key", key.to_owned())];
        asked.extend(r#type.map(|name| ("type", name.to_owned())));
        self.call("DELETE", &with("/api/memory", &asked), None, Shape::Nothing).map(drop)
    }

    fn clear(&mut self, id: &str) -> Result<Value, Failure> {
        Ok(self.call("DELETE", &format!("/api/projects/{id}/memory"), None, Shape::Object)?.0)
    }

    fn count(&mut self, id: &str) -> Result<Value, Failure> {
        Ok(self.call("GET", &format!("/api/projects/{id}/memory/count"), None, Shape::Object)?.0)
    }

    fn messages(&mut self, id: &str, asked: &Asked) -> Result<Page, Failure> {
        Ok(self.page(&with(&format!("/api/projects/{id}/messages"), asked))?.0)
    }

    fn add_message(&mut self, id: &str, body: Value) -> Result<Value, Failure> {
        Ok(self.call("POST", &format!("/api/projects/{id}/messages"), Some(&body), Shape::Object)?.0)
    }

    fn add_messages(&mut self, id: &str, bodies: Vec<Value>) -> Result<(), Failure> {
        let path = format!("/api/projects/{id}/messages");
        // One after the other: the server gives out ids as they arrive, and those of one time sort by them.
        bodies.iter().try_for_each(|body| self.call("POST", &path, Some(body), Shape::Object).map(drop))
    }

    fn context(&mut self, id: &str, query: Option<&str>) -> Result<Value, Failure> {
        let asked = query.map(|query| ("query", query.to_owned())).into_iter().collect();
        Ok(self.call("GET", &with(&format!("/api/projects/{id}/context"), &asked), None, Shape::Object)?.0)
    }

    fn about(&mut self) -> Result<Value, Failure> {
        let health = self.health()?.body;
        let of = |thing: &str, field: &str| health.get(thing).and_then(|thing| thing.get(field)).cloned();
        Ok(json!({ "store": of("store", "kind"), "pending": of("embedder", "pending") }))
    }

    fn close(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}
