//! Bytes from sockets to slots and back. What a request means is the core's business.
//!
//! ```text
//! socket ─→ mmsg ─→ udp ─→ (proxy) ─→ Handle ─→ udp ─→ (gso) ─→ mmsg ─→ socket
//! socket ─→ tcp ─→ (proxy) ─→ (tls) ─→ Handle ─→ tcp ─→ socket
//! ```

pub mod gso;
pub mod proxy;
pub mod tcp;
pub mod tls;
pub mod udp;

mod ancillary;
pub(crate) mod mmsg;

#[cfg(test)]
pub(crate) mod testing;
