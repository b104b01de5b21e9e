//! `ai-pm config`.

use super::{Failure, say};
use crate::config::{Config, Redis, Topology};

/// Prints name, value and source of every setting, one on a line; then, as comments, what an acknowledgement means.
pub(super) fn print(config: &Config) -> Result<(), Failure> {
    for setting in config.report() {
        say(format_args!("{}={} ({})", setting.name, setting.value, setting.source))?;
    }
    match &config.store.redis {
        None => say(format_args!("# {EMBEDDED}")),
        Some(redis) => redis_lines(redis).iter().try_for_each(|line| say(format_args!("# {line}"))),
    }
}

const EMBEDDED: &str =
    "An acknowledged write is on the disk, and survives the death of the process and of the machine.";

fn redis_lines(redis: &Redis) -> Vec<String> {
    let mut lines = vec![
        "An acknowledged write is in the memory of the Redis primary. It survives what the primary's settings say: \
         appendonly yes with appendfsync always, a crash; with everysec, all but the last second; snapshots alone, what \
         the last one has; neither, nothing."
            .to_owned(),
    ];
    let replicas = redis.usage.wait_replicas;
    if replicas > 0 {
        lines.push(format!(
            "It is also in the memory of {replicas} replicas (REDIS_WAIT_REPLICAS), or was answered 503."
        ));
    } else if redis.topology != Topology::Single {
        lines.push(
            "Replication is asynchronous: a failover can lose the last writes. REDIS_WAIT_REPLICAS=1 waits for a replica."
                .to_owned(),
        );
    }
    lines
}
