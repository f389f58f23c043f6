//! The bounded lists that counters are kept by. Never a name, an address or a text of an error.

use std::net::IpAddr;
use std::time::Duration;

use wire::{Rcode, Rtype};

use crate::slot::Transport;

/// Record types that are counted by name; all others count as `other`.
pub const RTYPES: [Rtype; 24] = [
    Rtype::A,
    Rtype::AAAA,
    Rtype::ANY,
    Rtype::AXFR,
    Rtype::CAA,
    Rtype::CDNSKEY,
    Rtype::CDS,
    Rtype::CNAME,
    Rtype::DNAME,
    Rtype::DNSKEY,
    Rtype::DS,
    Rtype::HTTPS,
    Rtype::IXFR,
    Rtype::MX,
    Rtype::NAPTR,
    Rtype::NS,
    Rtype::NSEC3PARAM,
    Rtype::PTR,
    Rtype::SOA,
    Rtype::SRV,
    Rtype::SSHFP,
    Rtype::SVCB,
    Rtype::TLSA,
    Rtype::TXT,
];

/// Response codes that are counted by name; all others count as `other`.
pub const RCODES: [Rcode; 16] = [
    Rcode::NOERROR,
    Rcode::FORMERR,
    Rcode::SERVFAIL,
    Rcode::NXDOMAIN,
    Rcode::NOTIMP,
    Rcode::REFUSED,
    Rcode::YXDOMAIN,
    Rcode::YXRRSET,
    Rcode::NXRRSET,
    Rcode::NOTAUTH,
    Rcode::NOTZONE,
    Rcode::BADVERS,
    Rcode::BADKEY,
    Rcode::BADTIME,
    Rcode::BADTRUNC,
    Rcode::BADCOOKIE,
];

/// Upper bounds of the latency histogram; longer times fall into a last bucket.
pub const LATENCY_BOUNDS: [Duration; 12] = [
    Duration::from_nanos(250),
    Duration::from_nanos(500),
    Duration::from_micros(1),
    Duration::from_micros(2),
    Duration::from_micros(5),
    Duration::from_micros(10),
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_millis(10),
    Duration::from_millis(100),
];

/// Transports that are counted apart, by their number in [`Transport`].
pub(super) const TRANSPORTS: usize = 3;

/// The label of each transport.
pub(super) fn transport_label(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "tcp",
        Transport::Tls => "tls",
        Transport::Udp => "udp",
    }
}

/// The family of a client's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    pub(super) const COUNT: usize = 2;

    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }
}

macro_rules! drop_reasons {
    ($($name:ident $label:literal $doc:literal;)*) => {
        /// Why a request got no answer, or an answer was not sent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum DropReason { $(#[doc = $doc] $name,)* }

        impl DropReason {
            /// All reasons, in the order of their counters.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The label of the reason in metrics.
            #[must_use]
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }
        }
    };
}

drop_reasons! {
    ConnectionLimit "connection_limit" "A TCP connection beyond the limit of all, or one that made room for another.";
    Malformed "malformed" "Too broken to be answered: no whole header, or an answer instead of a request.";
    Panic "panic" "The core panicked on it.";
    PeerLimit "peer_limit" "A TCP connection beyond the limit of its client.";
    Proxy "proxy" "A PROXY header that is malformed, missing, or from a peer that is not named for it.";
    RateLimit "rate_limit" "Over the rate limit.";
    SendBuffer "send_buffer" "The socket's send buffer was full.";
    SendError "send_error" "The system refused to send it: no route, filtered, or an impossible address.";
    Source "source" "From port 0, or from our own socket.";
    Timeout "timeout" "A TCP client that sent or read too slowly.";
    Tls "tls" "A connection that TLS could not be begun on.";
}

/// How many counters there are for the types of questions: each listed type, all others, and
/// requests without a question that could be read.
pub(super) const QTYPES: usize = RTYPES.len() + 2;

/// How many counters there are for response codes: each listed one, and all others.
pub(super) const CODES: usize = RCODES.len() + 1;

/// The labels of the types of questions, in the order of their counters.
pub(super) fn qtype_labels() -> impl Iterator<Item = &'static str> {
    let names = RTYPES.iter().map(|rtype| rtype.mnemonic());
    names
        .map(|name| name.unwrap_or("other"))
        .chain(["other", "none"])
}

/// The labels of response codes, in the order of their counters.
pub(super) fn rcode_labels() -> impl Iterator<Item = &'static str> {
    let names = RCODES.iter().map(|rcode| rcode.mnemonic());
    names.map(|name| name.unwrap_or("other")).chain(["other"])
}

/// The counter of the type of a question; the last is for requests that have none.
#[inline]
pub(super) fn qtype_index(qtype: Option<Rtype>) -> usize {
    qtype.map_or(QTYPES - 1, rtype_index)
}

/// The counter of a record type; the one after the listed ones is for all others.
#[inline]
pub(super) fn rtype_index(rtype: Rtype) -> usize {
    match RTYPE_INDEX.get(usize::from(rtype.0)) {
        Some(index) => usize::from(*index),
        None => RTYPES.len(),
    }
}

/// The counter of a response code; the one after the last is for all others.
#[inline]
pub(super) fn rcode_index(rcode: Rcode) -> usize {
    match RCODE_INDEX.get(usize::from(rcode.0)) {
        Some(index) => usize::from(*index),
        None => RCODES.len(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the list is shorter than 255"
)]
static RTYPE_INDEX: [u8; 258] = {
    let mut table = [RTYPES.len() as u8; 258];
    let mut at = 0;
    while at < RTYPES.len() {
        table[RTYPES[at].0 as usize] = at as u8;
        at += 1;
    }
    table
};

#[expect(
    clippy::cast_possible_truncation,
    reason = "the list is shorter than 255"
)]
static RCODE_INDEX: [u8; 24] = {
    let mut table = [RCODES.len() as u8; 24];
    let mut at = 0;
    while at < RCODES.len() {
        table[RCODES[at].0 as usize] = at as u8;
        at += 1;
    }
    table
};
