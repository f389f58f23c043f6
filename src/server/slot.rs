//! One request with room for its answer: what every transport hands to the core.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::later::Later;
use crate::transport::tls::Certificate;

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Over TCP.
    Tcp,
    /// Over TLS (RFC 7858).
    Tls,
    /// Over UDP.
    Udp,
}

impl Transport {
    /// Whether the client has a connection, so that its address is its own, and answers may have any
    /// length.
    #[inline]
    #[must_use]
    pub fn is_connected(self) -> bool {
        self != Self::Udp
    }
}

/// One request and the room for its answer. Made once and used again and again.
#[derive(Debug)]
pub struct Slot {
    /// Room for a request.
    pub request: Box<[u8]>,
    /// How many bytes of it are the request.
    pub request_len: usize,
    /// Room for an answer.
    pub reply: Box<[u8]>,
    /// How many bytes of it are the answer; 0 means that nothing is sent.
    pub reply_len: usize,
    /// What becomes of a request that is not answered at once. Transports take it.
    pub later: Option<Later>,
    /// Who asks: the address behind a PROXY header where a trusted peer sent one.
    pub client: SocketAddr,
    /// The address that the request was sent to, where the socket does not tell by itself.
    pub local: Option<IpAddr>,
    /// How it came.
    pub transport: Transport,
    /// What the client has shown of itself, where TLS asked for that.
    pub certificate: Option<Arc<Certificate>>,
}

impl Slot {
    /// A slot with room for requests and answers of these sizes.
    #[must_use]
    pub fn new(transport: Transport, request: usize, reply: usize) -> Self {
        Self {
            request: vec![0; request].into(),
            request_len: 0,
            reply: vec![0; reply].into(),
            reply_len: 0,
            later: None,
            client: SocketAddr::from(([0, 0, 0, 0], 0)),
            local: None,
            transport,
            certificate: None,
        }
    }

    /// The request's bytes.
    #[must_use]
    pub fn request(&self) -> &[u8] {
        self.request.get(..self.request_len).unwrap_or_default()
    }

    /// The answer's bytes.
    #[must_use]
    pub fn reply(&self) -> &[u8] {
        self.reply.get(..self.reply_len).unwrap_or_default()
    }
}
