//! What a server says of itself.

use std::time::Duration;

use pm_core::ports::ServerInfo;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisResult, Value};
use tokio::time::timeout;

/// How long a server may take to say something of itself.
pub(super) const PATIENCE: Duration = Duration::from_millis(500);

/// Sends a command and waits for a short time.
pub(super) async fn ask(connection: &mut MultiplexedConnection, command: &Cmd) -> RedisResult<Value> {
    match timeout(PATIENCE, connection.send_packed_command(command)).await {
        Ok(answer) => answer.and_then(Value::extract_error),
        Err(_) => Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "no answer within 500 ms").into()),
    }
}

/// Whether the server takes writes as far as its role goes.
pub(super) async fn is_primary(connection: &mut MultiplexedConnection) -> RedisResult<bool> {
    let answer = ask(connection, &redis::cmd("ROLE")).await?;
    Ok(match answer {
        Value::Array(parts) => parts.first().and_then(text).is_some_and(|role| role == "master"),
        _ => false,
    })
}

/// What the server is. Its mode is that of the link, which knows better.
pub(super) async fn server(
    connection: &mut MultiplexedConnection,
    mode: &'static str,
) -> RedisResult<ServerInfo> {
    let mut command = redis::cmd("INFO");
    command.arg("server");
    let info = ask(connection, &command).await?;
    let info = text(&info).unwrap_or_default();
    let line = |name: &str| {
        info.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.trim().to_owned())
    };
    let (product, version) = match line("valkey_version") {
        Some(version) => ("valkey", version),
        None => ("redis", line("redis_version").unwrap_or_default()),
    };
    Ok(ServerInfo { product: product.to_owned(), version, mode })
}

/// Says in the log what an acknowledgement is not worth on this server.
pub(super) async fn warn_of_loss(connection: &mut MultiplexedConnection, address: &str) {
    let append = setting(connection, "appendonly").await;
    let save = setting(connection, "save").await;
    if append.as_deref() == Some("no") && save.as_deref() == Some("") {
        tracing::warn!(
            server = address,
            "Redis keeps nothing on its disk (appendonly no, no snapshots): what it holds is lost when it stops; \
             set appendonly yes"
        );
    }
    let policy = setting(connection, "maxmemory-policy").await.unwrap_or_default();
    let bound = setting(connection, "maxmemory").await.unwrap_or_default();
    if !matches!(bound.as_str(), "" | "0") && !matches!(policy.as_str(), "" | "noeviction") {
        tracing::warn!(
            server = address,
            policy,
            "Redis may evict what was acknowledged when its memory is full; set maxmemory-policy noeviction"
        );
    }
}

/// A setting; `None` where the server does not tell.
async fn setting(connection: &mut MultiplexedConnection, name: &str) -> Option<String> {
    let mut command = redis::cmd("CONFIG");
    command.arg("GET").arg(name);
    value_of(ask(connection, &command).await.ok()?)
}

/// The value in the answer of `CONFIG GET` of one name.
pub(in crate::redis) fn value_of(answer: Value) -> Option<String> {
    let value = match answer {
        Value::Map(pairs) => pairs.into_iter().next()?.1,
        Value::Array(parts) => parts.into_iter().nth(1)?,
        _ => return None,
    };
    text(&value)
}

/// What is text in an answer.
pub(in crate::redis) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.clone()),
        _ => None,
    }
}
