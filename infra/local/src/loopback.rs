//! Ports of 127.0.0.1, the only address that a stack listens on.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::error::StackError;

/// Listens on a port, on any free one for 0; with the address that it has then.
pub(crate) async fn bind(port: u16) -> Result<(TcpListener, SocketAddr), StackError> {
    let taken = |error: std::io::Error| StackError::Port { port, why: error.to_string() };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    Ok((listener, address))
}
