//! The PROXY protocol, version 2, in its binary form (HAProxy, `proxy-protocol.txt` §2.2).
//!
//! In go the first bytes of a datagram or of a connection, out come the addresses that the proxy
//! saw and how many bytes its header took. Pure: who may send such a header is decided by the
//! transports, from a list of named peers. Additional fields (TLVs) are skipped, not read.
//! Invariant: no length in the header is trusted beyond the bytes at hand, or beyond [`MAX_LEN`].

mod header;

#[cfg(test)]
pub(crate) mod tests;

pub use header::{Addresses, Header, MAX_LEN, ProxyError, is_signed, parse};
