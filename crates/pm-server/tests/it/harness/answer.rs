//! What a server answered.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        // Answers nest as deep as what was stored, and a list is one level deeper still.
        let mut deserializer = serde_json::Deserializer::from_slice(&self.body);
        deserializer.disable_recursion_limit();
        Value::deserialize(&mut deserializer).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same answer, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// Checks that the answer is a problem of this status and code, as the contract has it.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        assert_eq!(self.status.as_u16(), status, "{body}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{body}");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{body}");
        assert_eq!(problem["status"], status, "{body}");
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{body}");
        for field in ["type", "title", "detail"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {body}");
        }
        problem
    }

    /// Checks that the answer is a 422 that names `field`.
    #[track_caller]
    pub fn invalid(self, field: &str) -> Value {
        let problem = self.problem(422, "validation_error");
        let errors = problem["errors"].as_array().expect("errors");
        assert!(errors.iter().any(|error| error["field"] == field), "{field} is not named: {problem}");
        problem
    }

    /// Where the next page of a list is: a `Link` that names a path of this server and nothing else.
    #[track_caller]
    pub fn next_page(&self) -> Option<String> {
        let link = self.headers.get("link")?.to_str().unwrap();
        let target = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
        let target = target.unwrap_or_else(|| panic!("{link}"));
        assert!(target.starts_with("/api/"), "{link}");
        Some(target.to_owned())
    }

    /// The strings that the objects of a list have under `field`, in order.
    #[track_caller]
    pub fn each(&self, field: &str) -> Vec<String> {
        let list = self.json();
        let list = list.as_array().unwrap_or_else(|| panic!("{list}"));
        list.iter().map(|entry| entry[field].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// A header, empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
