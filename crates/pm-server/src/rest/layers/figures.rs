//! How many requests there were, and how long they took.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use metrics::{Counter, Histogram};

use crate::telemetry::metrics::{HTTP_REQUEST_DURATION_SECONDS, HTTP_REQUESTS_TOTAL};

/// The figures of each sort of request, which the recorder is asked for once: to look them up there takes longer than to count.
/// There are as many as routes, methods and statuses that were met together, which strangers cannot make up.
#[derive(Default)]
pub struct Figures(RwLock<HashMap<String, Vec<Figure>>>);

struct Figure {
    method: &'static str,
    status: u16,
    count: Counter,
    duration: Histogram,
}

impl Figures {
    /// Counts a request and the time it took.
    pub fn count(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        if !self.count_known(method, route, status, took) {
            let labels =
                [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
            let count = metrics::counter!(HTTP_REQUESTS_TOTAL, &labels);
            let duration = metrics::histogram!(HTTP_REQUEST_DURATION_SECONDS, &labels);
            count.increment(1);
            duration.record(took);
            // Where two find it missing at once it stands there twice, and both are the same to the recorder.
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            known.entry(route.to_owned()).or_default().push(Figure { method, status, count, duration });
        }
    }

    fn count_known(&self, method: &str, route: &str, status: u16, took: Duration) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut of_route = known.get(route).into_iter().flatten();
        let figure = of_route.find(|figure| figure.status == status && figure.method == method);
        figure.is_some_and(|figure| {
            figure.count.increment(1);
            figure.duration.record(took);
            true
        })
    }
}

impl fmt::Debug for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Figures")
    }
}
