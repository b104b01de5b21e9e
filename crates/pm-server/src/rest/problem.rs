//! Errors as problem details (RFC 9457). This file alone maps the domain's errors to HTTP.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, StatusCode};
use pm_core::Error;
use pm_core::input::{FieldError, Invalid, Unreadable};
use pm_core::model::Similar;
use serde::Serialize;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// What went wrong, for machines. The table of names, statuses and titles is [`Code::row`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// The body is not JSON.
    MalformedJson,
    /// The request is broken otherwise.
    MalformedRequest,
    /// No valid credential came with it.
    Unauthorized,
    /// The credential does not let its bearer do that.
    Forbidden,
    /// There is no such project.
    ProjectNotFound,
    /// There is no such API key.
    KeyNotFound,
    /// There is no such item.
    MemoryNotFound,
    /// There is no such message.
    MessageNotFound,
    /// There is no such route.
    RouteNotFound,
    /// The route has no such method.
    MethodNotAllowed,
    /// The answer comes in no form the client takes.
    NotAcceptable,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is of a type that is not taken.
    UnsupportedMediaType,
    /// The project is archived.
    ProjectArchived,
    /// The project is full.
    MemoryLimitReached,
    /// The project has an item that says much the same.
    SimilarExists,
    /// Others kept changing it.
    Conflict,
    /// A condition of the request does not hold.
    PreconditionFailed,
    /// Fields break rules.
    ValidationError,
    /// The idempotency key stands for another body.
    IdempotencyMismatch,
    /// The caller has called too often.
    RateLimited,
    /// A fault of ours.
    InternalError,
    /// The store does not answer.
    StoreUnavailable,
    /// The server is going down.
    ShuttingDown,
}

impl Code {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::MalformedJson,
        Self::MalformedRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::ProjectNotFound,
        Self::KeyNotFound,
        Self::MemoryNotFound,
        Self::MessageNotFound,
        Self::RouteNotFound,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::ProjectArchived,
        Self::MemoryLimitReached,
        Self::SimilarExists,
        Self::Conflict,
        Self::PreconditionFailed,
        Self::ValidationError,
        Self::IdempotencyMismatch,
        Self::RateLimited,
        Self::InternalError,
        Self::StoreUnavailable,
        Self::ShuttingDown,
    ];

    /// Its name, status and title.
    pub fn row(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::MalformedJson => ("malformed_json", 400, "The body is not valid JSON"),
            Self::MalformedRequest => ("malformed_request", 400, "The request is malformed"),
            Self::Unauthorized => ("unauthorized", 401, "A valid credential is needed"),
            Self::Forbidden => ("forbidden", 403, "The credential does not allow that"),
            Self::ProjectNotFound => ("project_not_found", 404, "No such project"),
            Self::KeyNotFound => ("key_not_found", 404, "No such API key"),
            Self::MemoryNotFound => ("memory_not_found", 404, "No such memory item"),
            Self::MessageNotFound => ("message_not_found", 404, "No such message"),
            Self::RouteNotFound => ("route_not_found", 404, "No such route"),
            Self::MethodNotAllowed => ("method_not_allowed", 405, "The route has no such method"),
            Self::NotAcceptable => ("not_acceptable", 406, "No acceptable form of the answer"),
            Self::PayloadTooLarge => ("payload_too_large", 413, "The body is too large"),
            Self::UnsupportedMediaType => ("unsupported_media_type", 415, "The body's type is not taken"),
            Self::ProjectArchived => ("project_archived", 409, "The project is archived"),
            Self::MemoryLimitReached => ("memory_limit_reached", 409, "The project's memory is full"),
            Self::SimilarExists => ("similar_exists", 409, "The project has a similar memory item"),
            Self::Conflict => ("conflict", 409, "Conflicting changes"),
            Self::PreconditionFailed => ("precondition_failed", 412, "A condition does not hold"),
            Self::ValidationError => ("validation_error", 422, "Some fields are not valid"),
            Self::IdempotencyMismatch => {
                ("idempotency_mismatch", 422, "The Idempotency-Key stands for another body")
            }
            Self::RateLimited => ("rate_limited", 429, "Too many requests"),
            Self::InternalError => ("internal_error", 500, "Internal error"),
            Self::StoreUnavailable => ("store_unavailable", 503, "The store does not answer"),
            Self::ShuttingDown => ("shutting_down", 503, "The server is shutting down"),
        }
    }

    /// Its name, as it stands in the field `code`.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Its status.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().1).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// The code for a status that something else than us answered.
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            404 => Self::RouteNotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            413 => Self::PayloadTooLarge,
            415 => Self::UnsupportedMediaType,
            429 => Self::RateLimited,
            503 => Self::StoreUnavailable,
            400..=499 => Self::MalformedRequest,
            _ => Self::InternalError,
        }
    }
}

/// A problem to be answered. It travels as an extension of an empty response; the outermost layer
/// writes its body, since that alone knows the request's id.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    /// The item that is in the way.
    similar: Option<Arc<Similar>>,
    /// What lies under it: for the log, never for the answer.
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    similar: Option<&'a Similar>,
}

#[derive(Serialize)]
struct Fault<'a> {
    field: &'a str,
    message: &'a str,
}

impl Problem {
    /// A problem of this code; `detail` is a sentence for people, with the way out.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), similar: None, source: None }
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What lies under it, down to the root.
    pub fn causes(&self) -> String {
        let mut text = String::new();
        let mut next = self.source.as_ref().map(|source| &**source as &dyn std::error::Error);
        while let Some(cause) = next {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }

    /// Its body for the request of this id.
    pub fn body(&self, request_id: &str) -> Vec<u8> {
        let (code, status, title) = self.code.row();
        let errors = self.errors.iter().map(|error| Fault { field: &error.field, message: &error.message });
        let body = Body {
            r#type: format!("urn:ai-pm:problem:{code}"),
            title,
            status,
            detail: &self.detail,
            code,
            request_id,
            errors: errors.collect(),
            similar: self.similar.as_deref(),
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        let code = match error {
            Error::Invalid(invalid) => return invalid.into(),
            Error::ProjectNotFound => Code::ProjectNotFound,
            Error::KeyNotFound => Code::KeyNotFound,
            Error::MemoryNotFound => Code::MemoryNotFound,
            Error::MessageNotFound => Code::MessageNotFound,
            Error::ProjectArchived => Code::ProjectArchived,
            Error::MemoryLimitReached { .. } => Code::MemoryLimitReached,
            Error::SimilarExists(similar) => {
                return Self { similar: Some(similar.into()), ..Self::new(Code::SimilarExists, detail) };
            }
            Error::Conflict => Code::Conflict,
            Error::PreconditionFailed => Code::PreconditionFailed,
            Error::IdempotencyMismatch => Code::IdempotencyMismatch,
            Error::TooManyLogins => Code::RateLimited,
            Error::StoreUnavailable(source) => {
                let detail =
                    "the store does not answer: nothing is known to be written, try again".to_owned();
                return Self { source: Some(source.into()), ..Self::new(Code::StoreUnavailable, detail) };
            }
            Error::Internal(source) => {
                let detail = "something went wrong on our side: the log has it under this request_id";
                return Self { source: Some(source.into()), ..Self::new(Code::InternalError, detail) };
            }
        };
        Self::new(code, detail)
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let mut errors = invalid.0;
        for error in &mut errors {
            if error.field.is_empty() {
                "body".clone_into(&mut error.field);
            }
        }
        let detail = match errors.as_slice() {
            [one] => format!("{} {}", one.field, one.message),
            several => format!("{} fields are not valid: see errors", several.len()),
        };
        Self { errors, ..Self::new(Code::ValidationError, detail) }
    }
}

impl From<Unreadable> for Problem {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::Malformed(detail) => Self::new(Code::MalformedJson, detail),
            Unreadable::Invalid(invalid) => invalid.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match self.code {
            Code::StoreUnavailable | Code::ShuttingDown | Code::RateLimited => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Code::Unauthorized => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The headers of a foreign answer that still hold for the problem made of it.
pub fn kept_headers(foreign: &HeaderMap) -> HeaderMap {
    let kept = |name: &HeaderName| {
        let prefixed =
            ["access-control-", "ratelimit"].iter().any(|prefix| name.as_str().starts_with(prefix));
        prefixed || [ALLOW, RETRY_AFTER, VARY].contains(name)
    };
    foreign.iter().filter(|(name, _)| kept(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use pm_core::model::{Key, MemoryType};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_error_has_the_code_here_that_it_has_for_every_transport() {
        let similar = Similar {
            r#type: MemoryType::Error,
            key: Key::from_json(json!("k")).unwrap(),
            similarity: 0.9,
            value: pm_core::model::JsonText::of(&json!("v")),
        };
        for error in [
            Error::Invalid(Invalid::field("key", "is missing")),
            Error::ProjectNotFound,
            Error::KeyNotFound,
            Error::MemoryNotFound,
            Error::MessageNotFound,
            Error::ProjectArchived,
            Error::MemoryLimitReached { limit: 1 },
            Error::SimilarExists(Box::new(similar)),
            Error::Conflict,
            Error::PreconditionFailed,
            Error::IdempotencyMismatch,
            Error::TooManyLogins,
            Error::unavailable("away"),
            Error::internal("broken"),
        ] {
            let code = error.code();
            assert_eq!(Problem::from(error).code().name(), code);
        }
    }
}
