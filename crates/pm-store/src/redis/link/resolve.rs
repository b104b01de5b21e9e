//! Which address the primary has.

use redis::{RedisResult, Value};

use super::connect::{Address, Connector};
use super::facts::{ask, text};

/// How an address is found.
#[derive(Clone, Debug)]
pub(super) enum Resolve {
    /// It is known.
    Fixed(Address),
    /// Sentinels know it.
    Sentinels {
        /// Where they are.
        addresses: Vec<Address>,
        /// Under which name they watch the primary.
        service: String,
    },
}

impl Resolve {
    /// The address of the primary as of now.
    pub(super) async fn primary(&self, connector: &Connector) -> Result<Address, String> {
        match self {
            Self::Fixed(address) => Ok(address.clone()),
            Self::Sentinels { addresses, service } => {
                let mut faults = Vec::new();
                for sentinel in addresses {
                    match ask_sentinel(connector, sentinel, service).await {
                        Ok(Some(primary)) => return Ok(primary),
                        Ok(None) => {
                            faults.push(format!("{}:{} watches no {service:?}", sentinel.0, sentinel.1));
                        }
                        Err(error) => faults.push(format!("{}:{}: {error}", sentinel.0, sentinel.1)),
                    }
                }
                Err(format!("no sentinel knows the primary: {}", faults.join("; ")))
            }
        }
    }
}

async fn ask_sentinel(
    connector: &Connector,
    sentinel: &Address,
    service: &str,
) -> RedisResult<Option<Address>> {
    let mut connection = connector.sentinel(sentinel).await?;
    let mut command = redis::cmd("SENTINEL");
    command.arg("GET-MASTER-ADDR-BY-NAME").arg(service);
    let Value::Array(parts) = ask(&mut connection, &command).await? else { return Ok(None) };
    let mut parts = parts.iter().filter_map(text);
    Ok(parts.next().zip(parts.next().and_then(|port| port.parse().ok())))
}
