//! stub
mod script;
use super::options::{RedisOptions, Topology};
use pm_core::ports::ServerInfo;
use pm_core::{Error, Result};
use redis::Value;
pub(super) use script::Script;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Debug, Default, Clone)]
pub(super) struct Call {
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) args: Vec<Vec<u8>>,
}
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct OpenError;
#[derive(Clone)]
enum Con {
    One(redis::aio::MultiplexedConnection),
    Cluster(redis::cluster_async::ClusterConnection),
}
pub(super) struct Link {
    options: RedisOptions,
    con: tokio::sync::OnceCell<Con>,
    closed: Arc<AtomicBool>,
}
impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link")
    }
}
impl Link {
    pub(super) fn open(options: RedisOptions) -> Result<Self, OpenError> {
        Ok(Self { options, con: tokio::sync::OnceCell::new(), closed: Arc::default() })
    }
    async fn con(&self) -> Result<Con> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(Error::unavailable("closed"));
        }
        self.con
            .get_or_try_init(|| async {
                let urls: Vec<String> =
                    self.options.nodes.iter().map(|(h, p)| format!("redis://{h}:{p}/")).collect();
                if self.options.topology == Topology::Cluster {
                    let client = redis::cluster::ClusterClient::new(urls).map_err(Error::unavailable)?;
                    Ok(Con::Cluster(client.get_async_connection().await.map_err(Error::unavailable)?))
                } else {
                    let client = redis::Client::open(urls[0].as_str()).map_err(Error::unavailable)?;
                    let config = redis::AsyncConnectionConfig::new()
                        .set_response_timeout(Some(Duration::from_secs(5)));
                    Ok(Con::One(
                        client
                            .get_multiplexed_async_connection_with_config(&config)
                            .await
                            .map_err(Error::unavailable)?,
                    ))
                }
            })
            .await
            .cloned()
    }
    pub(super) async fn ready(&self, _within: Duration) -> Result<()> {
        self.ping().await
    }
    async fn send(&self, cmd: &redis::Cmd) -> redis::RedisResult<Value> {
        use redis::aio::ConnectionLike;
        match self
            .con()
            .await
            .map_err(|e| redis::RedisError::from((redis::ErrorKind::Io, "closed", format!("{e:?}"))))?
        {
            Con::One(mut c) => c.req_packed_command(cmd).await,
            Con::Cluster(mut c) => c.req_packed_command(cmd).await,
        }
    }
    pub(super) async fn read(&self, script: &Script, call: &Call) -> Result<Value> {
        let build = |head: &str, text: &str| {
            let mut c = redis::cmd(head);
            c.arg(text).arg(call.keys.len());
            for k in &call.keys {
                c.arg(k);
            }
            for a in &call.args {
                c.arg(a);
            }
            c
        };
        match self.send(&build("EVALSHA", &script.sha1)).await.and_then(Value::extract_error) {
            Err(e) if e.code() == Some("NOSCRIPT") => self
                .send(&build("EVAL", script.source))
                .await
                .and_then(Value::extract_error)
                .map_err(|e| fail(script.name, &e)),
            other => other.map_err(|e| fail(script.name, &e)),
        }
    }
    pub(super) async fn write(&self, script: &Script, call: &Call) -> Result<Value> {
        self.read(script, call).await
    }
    pub(super) async fn command(&self, _key: &[u8], command: &redis::Cmd) -> Result<Value> {
        self.send(command).await.and_then(Value::extract_error).map_err(|e| fail("command", &e))
    }
    pub(super) async fn ping(&self) -> Result<()> {
        self.send(&redis::cmd("PING")).await.map(drop).map_err(|e| fail("ping", &e))
    }
    pub(super) fn server(&self) -> Option<ServerInfo> {
        None
    }
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }
}
fn fail(name: &str, e: &redis::RedisError) -> Error {
    if e.kind() == redis::ErrorKind::Io {
        Error::unavailable(format!("{name}: {e}"))
    } else {
        Error::internal(format!("{name}: {e}"))
    }
}
