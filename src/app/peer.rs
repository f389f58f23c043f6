//! Another DNS server at an address, asked as a client.

use std::net::SocketAddr;
use std::sync::Arc;

use client::{Host, Limits, Server, Settings, Tls};
use tsig::Key;

use super::clock;

/// A server; requests are signed by the key, if there is one. Nothing is sent yet.
pub(super) fn server(address: SocketAddr, key: Option<Arc<Key>>, limits: Limits) -> Server {
    server_by(address, None, key, limits)
}

/// The same by TLS, if there is any.
pub(super) fn server_by(
    address: SocketAddr,
    tls: Option<Tls>,
    key: Option<Arc<Key>>,
    limits: Limits,
) -> Server {
    Server::new(Settings {
        host: Host::Address(address.ip()),
        port: address.port(),
        tls,
        key,
        limits,
        clock: || clock::now().unix_seconds(),
    })
}
