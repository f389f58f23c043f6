//! Why a server cannot listen, in words that say what to do.

use std::io;
use std::net::SocketAddr;

use super::holder::Holder;

/// An address or a socket that cannot be listened at.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The machine does not have this address.
    #[error(
        "listen on {address}: this machine has no such address; `ip address` lists those it has"
    )]
    Absent {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Ports below 1024 need a privilege.
    #[error(
        "listen on {address}: ports below 1024 need the capability CAP_NET_BIND_SERVICE; grant it \
         (`setcap cap_net_bind_service=+ep` on the binary, AmbientCapabilities= in systemd, \
         capabilities.add in Kubernetes) or use a high port, such as `{flag} 127.0.0.1:5353`"
    )]
    Denied {
        /// The address.
        address: SocketAddr,
        /// The flag that asked for it.
        flag: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// An inherited socket is not one that we can serve.
    #[error("inherited socket {number}: {problem}")]
    Inherited {
        /// Its position among those that were handed over, from 0.
        number: usize,
        /// What is wrong with it.
        problem: &'static str,
        /// What the system said, if it was asked.
        source: Option<io::Error>,
    },
    /// IPv6 is off.
    #[error(
        "listen on {address}: IPv6 is switched off on this machine; leave the address out or \
         listen on an IPv4 address"
    )]
    NoIpv6 {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system has no random numbers for us.
    #[error("draw a random key from the system")]
    Random(#[source] getrandom::Error),
    /// A socket could not be made or set up.
    #[error("listen on {address}: {step}")]
    Socket {
        /// The address.
        address: SocketAddr,
        /// What was tried.
        step: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else has the port.
    #[error("listen on {address}: port taken{}", Holder::explain(.holder.as_ref(), *.address, .flag))]
    Taken {
        /// The address.
        address: SocketAddr,
        /// Who has it, if that could be found.
        holder: Option<Holder>,
        /// The flag that asked for it.
        flag: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

impl BindError {
    /// Whether the address's family is missing, so that a default address may be left out.
    pub(super) fn is_family_missing(&self) -> bool {
        matches!(self, Self::NoIpv6 { .. })
    }

    /// The same, of an address that this flag asked for.
    pub(super) fn of_flag(mut self, name: &'static str) -> Self {
        match &mut self {
            Self::Denied { flag, .. } | Self::Taken { flag, .. } => *flag = name,
            _ => {}
        }
        self
    }

    /// Whether the port was taken.
    pub(super) fn is_taken(&self) -> bool {
        matches!(self, Self::Taken { .. })
    }
}
