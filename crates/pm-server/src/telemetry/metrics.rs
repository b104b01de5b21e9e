//! Metrics in the text format of Prometheus.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Requests answered; labels `method`, `route`, `status`.
pub const HTTP_REQUESTS_TOTAL: &str = "http_requests_total";
/// Time from a request's head to the last byte of its answer; labels `method`, `route`, `status`.
pub const HTTP_REQUEST_DURATION_SECONDS: &str = "http_request_duration_seconds";
/// Operations of the store; labels `operation`, `outcome`.
pub const STORE_OPERATIONS_TOTAL: &str = "store_operations_total";
/// Time of one operation of the store; label `operation`.
pub const STORE_OPERATION_DURATION_SECONDS: &str = "store_operation_duration_seconds";
/// Time of one stage of a recall; label `stage`.
pub const RECALL_STAGE_DURATION_SECONDS: &str = "recall_stage_duration_seconds";
/// Memory that the recall indexes take.
pub const INDEX_MEMORY_BYTES: &str = "index_memory_bytes";
/// Projects whose index is in memory.
pub const INDEX_PROJECTS: &str = "index_projects";
/// Items in these indexes.
pub const INDEX_ITEMS: &str = "index_items";

/// Calls to Redis; labels `command`, `outcome`.
pub const REDIS_COMMANDS_TOTAL: &str = "redis_commands_total";
/// Time of one call to Redis with all that it waited for; label `command`.
pub const REDIS_COMMAND_DURATION_SECONDS: &str = "redis_command_duration_seconds";
/// Calls to Redis under way.
pub const REDIS_COMMANDS_IN_FLIGHT: &str = "redis_commands_in_flight";
/// Nodes of Redis that are connected to.
pub const REDIS_CONNECTED_NODES: &str = "redis_connected_nodes";
/// Connections to Redis that were made.
pub const REDIS_CONNECTIONS_TOTAL: &str = "redis_connections_total";
/// Those of them that took the place of one that was lost.
pub const REDIS_RECONNECTS_TOTAL: &str = "redis_reconnects_total";
/// Times that a node limited callers by itself because the store did not say what is left.
pub const RATE_LIMIT_FALLBACKS_TOTAL: &str = "rate_limit_fallbacks_total";
/// Scripts that a server did not know any more.
pub const REDIS_SCRIPT_RELOADS_TOTAL: &str = "redis_script_reloads_total";

/// Calls to the server that makes vectors; labels `purpose`, `outcome`.
pub const EMBEDDER_CALLS_TOTAL: &str = "embedder_calls_total";
/// Time of one call to it; label `purpose`.
pub const EMBEDDER_CALL_DURATION_SECONDS: &str = "embedder_call_duration_seconds";
/// Texts that it made vectors of; label `purpose`.
pub const EMBEDDER_TEXTS_TOTAL: &str = "embedder_texts_total";
/// Calls to it that were tried again.
pub const EMBEDDER_RETRIES_TOTAL: &str = "embedder_retries_total";
/// How often it was left alone after failures in a row.
pub const EMBEDDER_BREAKER_OPENED_TOTAL: &str = "embedder_breaker_opened_total";
/// Whether it is left alone now: 1 or 0.
pub const EMBEDDER_BREAKER_OPEN: &str = "embedder_breaker_open";

/// Items that wait to be embedded.
pub const EMBEDDER_PENDING: &str = "embedder_pending";
/// Items whose turn came; label `outcome`.
pub const EMBEDDER_ITEMS_TOTAL: &str = "embedder_items_total";
/// Time of one batch of items with the embedder.
pub const EMBEDDER_BATCH_DURATION_SECONDS: &str = "embedder_batch_duration_seconds";
/// Recalls that wanted a vector of their query; label `outcome`.
pub const RECALL_QUERY_VECTORS_TOTAL: &str = "recall_query_vectors_total";

/// Upper bounds of the latency buckets, in seconds.
const REQUEST_BUCKETS: [f64; 16] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The same for what happens inside a request, where microseconds count.
const STAGE_BUCKETS: [f64; 15] =
    [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5];

/// How often recorded samples are folded into their buckets, so that they do not pile up between two scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// The metrics of the process.
#[derive(Debug, Clone)]
pub struct Metrics {
    recorder: PrometheusHandle,
    process: Collector,
}

/// Makes the `metrics` macros of all crates record here. Later calls answer the same metrics.
pub fn install() -> Metrics {
    static INSTALLED: OnceLock<Metrics> = OnceLock::new();
    INSTALLED
        .get_or_init(|| {
            let recorder = with_buckets(PrometheusBuilder::new()).build_recorder();
            let installed = Metrics { recorder: recorder.handle(), process: Collector::default() };
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::error!("another metrics recorder is in place; /metrics will stay empty");
            }
            describe();
            installed.process.describe();
            installed
        })
        .clone()
}

impl Metrics {
    /// Everything recorded, with the figures of the process as they are now.
    pub fn render(&self) -> String {
        self.process.collect();
        self.recorder.render()
    }

    /// Does the recorder's housekeeping until `shutdown` is cancelled. Needs a Tokio runtime.
    pub fn spawn_upkeep(&self, shutdown: CancellationToken) -> JoinHandle<()> {
        let recorder = self.recorder.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(UPKEEP);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
                recorder.run_upkeep();
            }
        })
    }
}

#[expect(clippy::expect_used, reason = "the only error is an empty list, and these lists are constants")]
fn with_buckets(builder: PrometheusBuilder) -> PrometheusBuilder {
    [
        (HTTP_REQUEST_DURATION_SECONDS, &REQUEST_BUCKETS[..]),
        (STORE_OPERATION_DURATION_SECONDS, &STAGE_BUCKETS[..]),
        (RECALL_STAGE_DURATION_SECONDS, &STAGE_BUCKETS[..]),
        (REDIS_COMMAND_DURATION_SECONDS, &STAGE_BUCKETS[..]),
        (EMBEDDER_CALL_DURATION_SECONDS, &REQUEST_BUCKETS[..]),
        (EMBEDDER_BATCH_DURATION_SECONDS, &REQUEST_BUCKETS[..]),
    ]
    .into_iter()
    .fold(builder, |builder, (name, buckets)| {
        builder
            .set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
            .expect("the list of buckets is not empty")
    })
}

fn describe() {
    describe_counter!(HTTP_REQUESTS_TOTAL, Unit::Count, "Requests answered.");
    describe_histogram!(
        HTTP_REQUEST_DURATION_SECONDS,
        Unit::Seconds,
        "Time from a request's head to its answer."
    );
    describe_counter!(STORE_OPERATIONS_TOTAL, Unit::Count, "Operations of the store, by outcome.");
    describe_histogram!(
        STORE_OPERATION_DURATION_SECONDS,
        Unit::Seconds,
        "Time of one operation of the store."
    );
    describe_histogram!(RECALL_STAGE_DURATION_SECONDS, Unit::Seconds, "Time of one stage of a recall.");
    describe_gauge!(INDEX_MEMORY_BYTES, Unit::Bytes, "Memory that the recall indexes take.");
    describe_gauge!(INDEX_PROJECTS, Unit::Count, "Projects whose recall index is in memory.");
    describe_gauge!(INDEX_ITEMS, Unit::Count, "Items in the recall indexes in memory.");
    describe_counter!(REDIS_COMMANDS_TOTAL, Unit::Count, "Calls to Redis, by outcome.");
    describe_histogram!(REDIS_COMMAND_DURATION_SECONDS, Unit::Seconds, "Time of one call to Redis.");
    describe_gauge!(REDIS_COMMANDS_IN_FLIGHT, Unit::Count, "Calls to Redis under way.");
    describe_gauge!(REDIS_CONNECTED_NODES, Unit::Count, "Nodes of Redis that are connected to.");
    describe_counter!(REDIS_CONNECTIONS_TOTAL, Unit::Count, "Connections to Redis made.");
    describe_counter!(
        REDIS_RECONNECTS_TOTAL,
        Unit::Count,
        "Connections to Redis made in place of lost ones."
    );
    describe_counter!(
        RATE_LIMIT_FALLBACKS_TOTAL,
        Unit::Count,
        "Times that this node limited callers by itself: Redis did not answer in time."
    );
    describe_counter!(REDIS_SCRIPT_RELOADS_TOTAL, Unit::Count, "Scripts that Redis had forgotten.");
    describe_gauge!(EMBEDDER_PENDING, Unit::Count, "Items that wait to be embedded.");
    describe_counter!(EMBEDDER_ITEMS_TOTAL, Unit::Count, "Items whose turn to be embedded came, by outcome.");
    describe_histogram!(
        EMBEDDER_BATCH_DURATION_SECONDS,
        Unit::Seconds,
        "Time of one batch of items with the embedder."
    );
    describe_counter!(
        RECALL_QUERY_VECTORS_TOTAL,
        Unit::Count,
        "Recalls that wanted a vector of their query, by outcome."
    );
    describe_counter!(EMBEDDER_CALLS_TOTAL, Unit::Count, "Calls to the embedder, by outcome.");
    describe_histogram!(EMBEDDER_CALL_DURATION_SECONDS, Unit::Seconds, "Time of one call to the embedder.");
    describe_counter!(EMBEDDER_TEXTS_TOTAL, Unit::Count, "Texts that the embedder made vectors of.");
    describe_counter!(EMBEDDER_RETRIES_TOTAL, Unit::Count, "Calls to the embedder that were tried again.");
    describe_counter!(EMBEDDER_BREAKER_OPENED_TOTAL, Unit::Count, "Times that the embedder was left alone.");
    describe_gauge!(EMBEDDER_BREAKER_OPEN, Unit::Count, "Whether the embedder is left alone now.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_rendered_with_help_buckets_and_the_process() {
        install();
        let again = install();
        metrics::counter!(HTTP_REQUESTS_TOTAL, "method" => "GET", "route" => "/a\"b\n", "status" => "200")
            .increment(2);
        metrics::histogram!(HTTP_REQUEST_DURATION_SECONDS, "route" => "/a").record(0.0002);
        metrics::gauge!(INDEX_PROJECTS).set(3.0);
        let text = again.render();
        for line in [
            "# HELP http_requests_total Requests answered.",
            "# TYPE http_requests_total counter",
            "http_requests_total{method=\"GET\",route=\"/a\\\"b\\n\",status=\"200\"} 2",
            "# TYPE http_request_duration_seconds histogram",
            "http_request_duration_seconds_bucket{route=\"/a\",le=\"0.0001\"} 0",
            "http_request_duration_seconds_bucket{route=\"/a\",le=\"0.00025\"} 1",
            "http_request_duration_seconds_bucket{route=\"/a\",le=\"10\"} 1",
            "http_request_duration_seconds_count{route=\"/a\"} 1",
            "index_projects 3",
            "# TYPE process_resident_memory_bytes gauge",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is missing in\n{text}");
        }
    }

    #[tokio::test]
    async fn upkeep_ends_with_the_server() {
        let shutdown = CancellationToken::new();
        let upkeep = install().spawn_upkeep(shutdown.clone());
        shutdown.cancel();
        upkeep.await.unwrap();
    }
}
