//! JSON bodies.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http::request::Parts;
use http::{HeaderMap, HeaderName};
use http_body_util::BodyExt;
use pm_core::input::{self, BODY_DEPTH, Invalid};
use pm_core::operations::Idempotency;
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::room::{self, Burden, Pace, Room, SMALL};
use crate::rest::layers::identify::Identity;
use crate::rest::problem::{Code, Problem};

/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_mins(1);
/// An item of a batch stands two levels deeper than one of its own. What may nest has a bound of its own, whose fault names
/// the field; this one only keeps the parser within its stack.
const DEPTH: usize = BODY_DEPTH + 3;
/// What is read and thrown away of a body that is too large, so that a sender who reads only after it has sent all
/// comes to read the answer. Who does not send is not waited for.
const DISCARDED: usize = 64 * 1024 * 1024;
const SENDING: Duration = Duration::from_millis(500);
const TOO_MANY: &str = "the body has so many values that they would take too much memory: send it in parts";
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// From how many bytes on a body is parsed beside the threads that serve requests.
const LONG: usize = 256 * 1024;

/// The most bytes of a body, and what bodies may take together.
#[derive(Clone, Debug)]
pub struct BodyLimit {
    pub(super) bytes: usize,
    room: Arc<Room>,
}

impl BodyLimit {
    /// A server that takes bodies of up to so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self { bytes, room: Arc::new(Room::new(bytes)) }
    }

    /// A body that may have fewer.
    pub(super) fn at_most(self, bytes: usize) -> Self {
        Self { bytes: self.bytes.min(bytes), ..self }
    }
}

/// A JSON body, read strictly.
pub struct JsonBody(pub Value);

impl<S: Send + Sync> FromRequest<S> for JsonBody
where
    BodyLimit: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        check_type(&parts.headers)?;
        let limit = BodyLimit::from_ref(state);
        let arrived = bounded(&parts, body, &limit).await?;
        if arrived.bytes.len() < LONG {
            return Ok(Self(input::parse(&arrived.bytes, DEPTH)?));
        }
        // Others are served meanwhile.
        let parsed = tokio::task::spawn_blocking(move || input::parse(&arrived.bytes, DEPTH)).await;
        Ok(Self(parsed.map_err(pm_core::Error::internal)??))
    }
}

/// A whole JSON body that may be parsed: there is room for what is made of it until the request is answered.
pub async fn bounded(parts: &Parts, body: Body, limit: &BodyLimit) -> Result<Arrived, Problem> {
    let arrived = arrival(&parts.headers, body, limit).await?;
    if arrived.bytes.len() > SMALL {
        let weight = input::weight(&arrived.bytes);
        if weight > room::heaviest(limit.bytes) {
            return Err(Problem::new(Code::PayloadTooLarge, TOO_MANY));
        }
        let made = limit.room.to_be_made(weight).await?;
        if let Some(burden) = parts.extensions.get::<Burden>() {
            burden.carry(made);
        }
    }
    Ok(arrived)
}

/// A whole body, with its room.
pub struct Arrived {
    /// Its bytes.
    pub bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// The whole body, in time.
pub(super) async fn arrival(headers: &HeaderMap, body: Body, limit: &BodyLimit) -> Result<Arrived, Problem> {
    let late = |_| {
        let detail = format!("the body did not arrive within {} seconds", ARRIVAL.as_secs());
        Problem::new(Code::MalformedRequest, detail)
    };
    tokio::time::timeout(ARRIVAL, read(headers, body, limit)).await.map_err(late)?
}

/// A JSON body of a write that creates, which an `Idempotency-Key` makes repeatable.
pub struct Repeatable {
    /// The body.
    pub body: Value,
    /// What makes it repeatable.
    pub once: Option<Idempotency>,
}

impl<S: Send + Sync> FromRequest<S> for Repeatable
where
    BodyLimit: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let keys: Vec<_> = request.headers().get_all(IDEMPOTENCY_KEY).iter().cloned().collect();
        let action = format!("{} {}", request.method(), request.uri().path());
        let principal = Identity::of(request.extensions())?.clone();
        let JsonBody(body) = JsonBody::from_request(request, state).await?;
        let key = match keys.as_slice() {
            [] => return Ok(Self { body, once: None }),
            [key] => key,
            _ => return Err(Invalid::field("Idempotency-Key", "is there more than once: send one").into()),
        };
        let key = key
            .to_str()
            .map_err(|_| Invalid::field("Idempotency-Key", "must be visible ASCII characters"))?;
        let once = Idempotency::new(&principal.identity(), &action, key, &body)?;
        Ok(Self { body, once: Some(once) })
    }
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let wanted = "send the body as Content-Type: application/json";
    let fault = |what: &str| Err(Problem::new(Code::UnsupportedMediaType, format!("{what}: {wanted}")));
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return fault("the body has a Content-Encoding");
    }
    let Some(sent) = headers.get(CONTENT_TYPE) else { return fault("there is no Content-Type") };
    let sent = sent.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut parts = sent.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    if !json {
        return fault("the Content-Type is not JSON");
    }
    let charset = parts.find_map(|parameter| parameter.strip_prefix("charset="));
    match charset.map(|charset| charset.trim_matches('"')) {
        None | Some("utf-8" | "utf8" | "us-ascii") => Ok(()),
        Some(_) => fault("the charset is not UTF-8"),
    }
}

async fn read(headers: &HeaderMap, mut body: Body, limit: &BodyLimit) -> Result<Arrived, Problem> {
    let BodyLimit { bytes: limit, room } = limit;
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let too_large = || {
        Problem::new(
            Code::PayloadTooLarge,
            format!("the body has more than {limit} bytes: send less, or in parts"),
        )
    };
    if announced.is_some_and(|length| length > *limit as u64) {
        // Who waits to be told to go on has not sent it yet.
        if !headers.contains_key(EXPECT) {
            discard(body).await;
        }
        return Err(too_large());
    }
    // Of a body that does not say how long it is, the worst is to be feared once it is not small.
    let feared = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(*limit);
    let (mut bytes, mut place) = (BytesMut::new(), None);
    let mut pace = Pace::new();
    loop {
        // A timer that is due so soon wakes the thread that waits for all of them, and a body is most often not there when it is
        // first asked for: only who takes much room is watched.
        let frame = if place.is_some() {
            let Ok(frame) = tokio::time::timeout(Pace::SPAN, body.frame()).await else {
                pace.come(0, room)?;
                continue;
            };
            frame
        } else {
            body.frame().await
        };
        let Some(frame) = frame else { break };
        let broken = |_| Problem::new(Code::MalformedRequest, "the body broke off");
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if bytes.len() + data.len() > *limit {
            drop((bytes, place));
            discard(body).await;
            return Err(too_large());
        }
        if place.is_none() && bytes.len() + data.len() > SMALL {
            place = Some(room.to_arrive(feared).await?);
            pace = Pace::new();
            // Once, rather than twice as much again and again.
            bytes.reserve(feared.saturating_sub(bytes.len()));
        }
        bytes.extend_from_slice(&data);
        if place.is_some() {
            pace.come(data.len(), room)?;
        }
    }
    Ok(Arrived { bytes: bytes.freeze(), _room: place })
}

/// Reads what is left of a body, up to a bound, and throws it away.
async fn discard(mut body: Body) {
    let mut left = DISCARDED;
    while let Ok(Some(Ok(frame))) = tokio::time::timeout(SENDING, body.frame()).await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
