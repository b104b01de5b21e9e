//! Making connections.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, ProtocolVersion, PushKind,
    RedisConnectionInfo, RedisResult, TlsCertificates,
};
use tokio::sync::Notify;

use super::OpenError;
use crate::redis::options::RedisOptions;

/// How long a connection may take to be made.
pub(super) const CONNECT: Duration = Duration::from_secs(1);
/// How long an answer may take.
pub(super) const ANSWER: Duration = Duration::from_millis(1_500);
/// How many calls may wait to be sent on one connection before callers wait.
const QUEUE: usize = 1_024;

/// A host name or address, and a port.
pub(in super::super) type Address = (String, u16);

/// How connections are made.
#[derive(Clone, Debug)]
pub(in super::super) struct Connector {
    tls: Option<Arc<TlsCertificates>>,
    data: RedisConnectionInfo,
}

impl Connector {
    /// Reads what the options name.
    pub(in super::super) fn new(options: &RedisOptions) -> Result<Self, OpenError> {
        let root_cert = match &options.tls_ca {
            Some(path) if options.tls => {
                let pem = std::fs::read(path);
                Some(pem.map_err(|source| OpenError::Authority { path: path.clone(), source })?)
            }
            _ => None,
        };
        let mut data = RedisConnectionInfo::default()
            .set_db(i64::from(options.db))
            .set_protocol(ProtocolVersion::RESP3)
            .set_lib_name("ai-pm", env!("CARGO_PKG_VERSION"));
        if let Some(name) = &options.username {
            data = data.set_username(name);
        }
        if let Some(password) = &options.password {
            data = data.set_password(&password.0);
        }
        let tls = options.tls.then(|| Arc::new(TlsCertificates { client_tls: None, root_cert }));
        let connector = Self { tls, data };
        // A file that is no certificate is found out now, not at the first connection.
        if let Some((host, port)) = options.nodes.first() {
            connector.client(&(host.clone(), *port), true).map_err(OpenError::Client)?;
        }
        Ok(connector)
    }

    /// A connection to a server of data; `broken` is notified when it ends.
    pub(in super::super) async fn data(
        &self,
        address: &Address,
        broken: Arc<Notify>,
    ) -> RedisResult<MultiplexedConnection> {
        let config = config().set_push_sender(move |push: redis::PushInfo| {
            if push.kind == PushKind::Disconnection {
                broken.notify_one();
            }
            Ok::<(), redis::aio::SendError>(())
        });
        self.client(address, true)?.get_multiplexed_async_connection_with_config(&config).await
    }

    /// A connection to a sentinel. Sentinels have users of their own, and most have none.
    pub(super) async fn sentinel(&self, address: &Address) -> RedisResult<MultiplexedConnection> {
        self.client(address, false)?.get_multiplexed_async_connection_with_config(&config()).await
    }

    fn client(&self, (host, port): &Address, data: bool) -> RedisResult<Client> {
        let (host, port) = (host.clone(), *port);
        let address = match self.tls {
            Some(_) => ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None },
            None => ConnectionAddr::Tcp(host, port),
        };
        let mut info = address.into_connection_info()?;
        if data {
            info = info.set_redis_settings(self.data.clone());
        }
        match &self.tls {
            Some(tls) => Client::build_with_tls(info, TlsCertificates::clone(tls)),
            None => Client::open(info),
        }
    }
}

fn config() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(ANSWER))
        .set_pipeline_buffer_size(QUEUE)
}
