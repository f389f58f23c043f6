//! What a server can be told: plain values with the defaults that a public server wants.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;

use ipnet::IpNet;

use crate::pipeline::CoreOptions;
use crate::transport::tcp::TcpOptions;
use crate::transport::tls::Tls;
use crate::transport::udp::UdpOptions;

/// Everything about listening, transports and answers.
#[derive(Debug)]
pub struct Options {
    /// Where to listen, each for UDP and TCP on one port.
    pub listen: Vec<Listen>,
    /// Sockets that somebody opened for us, bound or listening (socket activation). With any of
    /// these, an empty `listen` means no others.
    pub inherited: Vec<OwnedFd>,
    /// Where to listen for DNS over TLS.
    pub listen_tls: Vec<SocketAddr>,
    /// What is spoken there; it may be set up later than the sockets.
    pub tls: Tls,
    /// The UDP path.
    pub udp: UdpOptions,
    /// The TCP path.
    pub tcp: TcpOptions,
    /// Peers that send PROXY headers before their requests, and must.
    pub proxies: Vec<IpNet>,
    /// How requests are answered. The time a client is told about idle connections is that of
    /// `tcp`; a rate limit whose key is all zeros gets a random one.
    pub core: CoreOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: vec![
                Listen::required((Ipv4Addr::UNSPECIFIED, PORT).into()),
                Listen::optional((Ipv6Addr::UNSPECIFIED, PORT).into()),
            ],
            inherited: Vec::new(),
            listen_tls: Vec::new(),
            tls: Tls::default(),
            udp: UdpOptions::default(),
            tcp: TcpOptions::default(),
            proxies: Vec::new(),
            core: CoreOptions::default(),
        }
    }
}

/// One place to listen at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
    /// Whether it is an error if this machine does not have the address's family.
    pub required: bool,
}

impl Listen {
    /// A place that somebody asked for.
    #[must_use]
    pub fn required(address: SocketAddr) -> Self {
        Self {
            address,
            required: true,
        }
    }

    /// A place that is skipped where IPv6 is off.
    #[must_use]
    pub fn optional(address: SocketAddr) -> Self {
        Self {
            address,
            required: false,
        }
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self::required(address)
    }
}

/// DNS.
const PORT: u16 = 53;
