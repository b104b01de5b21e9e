//! Opens the port.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// Connections that may wait to be accepted. The system lowers it to its own bound.
const BACKLOG: u32 = 4096;

/// Listens on the first address of `host` that can be had; port 0 takes any free port.
///
/// The error names the address.
pub async fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    let name = match host.parse::<IpAddr>() {
        Ok(address) => SocketAddr::new(address, port).to_string(),
        Err(_) => format!("{host}:{port}"),
    };
    let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {name}: {error}"));
    let mut outcome = Err(io::Error::new(io::ErrorKind::NotFound, "the host has no address"));
    for address in lookup_host((host, port)).await.map_err(named)? {
        outcome = listen(address);
        if outcome.is_ok() {
            break;
        }
    }
    outcome.map_err(named)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that was restarted must not wait for the old one's connections to time out. On Windows the option would
    // let two servers share a port.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
