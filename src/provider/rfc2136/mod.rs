//! Name servers that take updates (RFC 2136): BIND, Knot, PowerDNS, our own, and others.
//!
//! ```text
//! records: SOA ─ moved ─→ IXFR or AXFR ─→ Contents ─→ endpoints        (list)
//!          without AXFR: the names that are wanted, asked one by one   (look)
//! apply:   changes ─ zone, group ─→ conditions from Contents + operations (group)
//!                  ─ batch ─→ one UPDATE a zone (write) ─→ pool ─→ server
//! ```
//!
//! Invariants: nothing is written to a zone that was not read before. What an UPDATE assumes is in
//! its conditions: each RRset that it touches is exactly as it was read, or is not there. A batch is
//! made whole or not at all; of one that is refused the groups at fault are found by halving.
//! Serials are compared with those of the same server only, and all of a zone is read again each
//! hour whatever its serial says.

mod contents;
mod fault;
mod group;
mod list;
mod look;
mod pool;
mod provider;
mod settings;
#[cfg(test)]
mod tests;
mod write;
mod zone;

pub use provider::Rfc2136;
pub use settings::{Balance, Settings};
