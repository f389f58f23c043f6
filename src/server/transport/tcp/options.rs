//! Settings of the TCP path.

use std::time::Duration;

/// Settings of the TCP path.
#[derive(Clone, Debug)]
pub struct TcpOptions {
    /// Connections of one client: an IPv4 address or an IPv6 network of 64 bits.
    pub per_client: u32,
    /// Connections in all. Beyond it, the one closest to its deadline makes room.
    pub connections: usize,
    /// How long a client may take for its first question.
    pub first_query: Duration,
    /// How long a client may take for each further question; told to clients that ask (RFC 7828).
    pub idle: Duration,
    /// How long a client may take to read its answers.
    pub write: Duration,
    /// How many bytes of answers may wait before they are written.
    pub queued: usize,
    /// How long connections may take to end when the server stops.
    pub drain: Duration,
    /// Connections that wait to be accepted.
    pub backlog: i32,
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            per_client: 20,
            connections: 1000,
            first_query: Duration::from_secs(5),
            idle: Duration::from_secs(10),
            write: Duration::from_secs(5),
            queued: 64 << 10,
            drain: Duration::from_secs(5),
            backlog: 1024,
        }
    }
}
