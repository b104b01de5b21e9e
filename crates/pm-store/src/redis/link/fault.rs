//! What went wrong, and what follows from it.

use pm_core::Error;
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// What to do about an error of Redis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Remedy {
    /// The script is not known there: nothing was done, send it whole.
    SendWhole,
    /// The slot is elsewhere for good, or for this one call: nothing was done, ask there.
    Moved,
    Ask,
    /// Nothing was done, and it may go better in a moment.
    Wait,
    /// Nothing more can be expected of this connection.
    Reconnect,
    /// It does not do its work now.
    Unavailable,
    /// A fault of ours.
    None,
}

/// What servers say when they do not do their work, in front of an error or, up to 6.2, within that of a script.
const UNABLE: [&str; 8] =
    ["OOM", "MISCONF", "NOREPLICAS", "BUSY", "UNKILLABLE", "NOPERM", "MASTERDOWN", "NOMASTERLINK"];
/// What they say when another connection, to another server perhaps, is needed.
const ELSEWHERE: [&str; 3] = ["READONLY", "NOAUTH", "WRONGPASS"];

/// Reads an error.
pub(super) fn remedy(error: &RedisError) -> Remedy {
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::NoScript) => Remedy::SendWhole,
        ErrorKind::Server(ServerErrorKind::Moved) => Remedy::Moved,
        ErrorKind::Server(ServerErrorKind::Ask) => Remedy::Ask,
        ErrorKind::Server(
            ServerErrorKind::TryAgain | ServerErrorKind::ClusterDown | ServerErrorKind::BusyLoading,
        ) => Remedy::Wait,
        ErrorKind::Server(ServerErrorKind::ReadOnly) | ErrorKind::AuthenticationFailed | ErrorKind::Parse => {
            Remedy::Reconnect
        }
        // A connection whose answer is late may still be good: the watch finds out.
        ErrorKind::Io if error.is_timeout() => Remedy::Unavailable,
        ErrorKind::Io => Remedy::Reconnect,
        ErrorKind::Server(ServerErrorKind::MasterDown | ServerErrorKind::NoPerm) => Remedy::Unavailable,
        ErrorKind::Server(_) | ErrorKind::Extension => by_text(error),
        _ => Remedy::None,
    }
}

fn by_text(error: &RedisError) -> Remedy {
    let code = error.code().unwrap_or_default();
    let detail = error.detail().unwrap_or_default();
    let says = |word: &str| {
        code == word
            || detail.starts_with(&format!("{word} "))
            || detail.contains(&format!(": -{word} "))
            || detail.contains(&format!(" -{word} "))
    };
    if ELSEWHERE.into_iter().any(says) {
        Remedy::Reconnect
    } else if UNABLE.into_iter().any(says) || detail.contains("max number of clients") {
        Remedy::Unavailable
    // A slot is on its way to another node, and with it what the script wants to read.
    } else if detail.contains("non local key") || says("TRYAGAIN") || says("LOADING") {
        Remedy::Wait
    } else {
        Remedy::None
    }
}

/// The error of the domain. What Redis said goes to the log, and it never holds a password.
pub(super) fn error(what: &'static str, error: &RedisError) -> Error {
    match remedy(error) {
        Remedy::None | Remedy::SendWhole => Error::internal(format!("{what}: {error}")),
        _ => Error::unavailable(format!("{what}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use redis::Value;

    use super::*;

    fn said(line: &str) -> RedisError {
        let bytes = format!("-{line}\r\n");
        redis::parse_redis_value(bytes.as_bytes()).and_then(Value::extract_error).unwrap_err()
    }

    #[test]
    fn errors_are_recognised_within_scripts_of_old_and_new_servers() {
        let cases = [
            ("NOSCRIPT No matching script.", Remedy::SendWhole),
            ("MOVED 3999 127.0.0.1:6381", Remedy::Moved),
            ("ASK 3999 127.0.0.1:6381", Remedy::Ask),
            ("TRYAGAIN Multiple keys request during rehashing of slot", Remedy::Wait),
            ("CLUSTERDOWN The cluster is down", Remedy::Wait),
            ("LOADING Redis is loading the dataset in memory", Remedy::Wait),
            ("READONLY You can't write against a read only replica.", Remedy::Reconnect),
            ("NOAUTH Authentication required.", Remedy::Reconnect),
            ("WRONGPASS invalid username-password pair or user is disabled.", Remedy::Reconnect),
            (
                "OOM command not allowed when used memory > 'maxmemory'. script: 5, on @user_script:1.",
                Remedy::Unavailable,
            ),
            (
                "ERR Error running script (call to f_5): @user_script:1: @user_script: 1: -OOM command not allowed when used memory > 'maxmemory'.",
                Remedy::Unavailable,
            ),
            (
                "ERR Error running script (call to f_5): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.",
                Remedy::Reconnect,
            ),
            (
                "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
                Remedy::Unavailable,
            ),
            ("NOREPLICAS Not enough good replicas to write.", Remedy::Unavailable),
            ("NOPERM this user has no permissions to run the 'evalsha' command", Remedy::Unavailable),
            ("BUSY Redis is busy running a script.", Remedy::Unavailable),
            ("ERR max number of clients reached", Remedy::Unavailable),
            (
                "ERR Script attempted to access a non local key in a cluster node script: 5, on @user_script:9.",
                Remedy::Wait,
            ),
            ("ERR value is not an integer or out of range", Remedy::None),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", Remedy::None),
        ];
        for (line, expected) in cases {
            assert_eq!(remedy(&said(line)), expected, "{line}");
        }
    }
}
