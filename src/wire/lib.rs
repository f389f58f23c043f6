//! DNS as bytes: names, record types, messages, EDNS, record data and their text form.
//!
//! In go bytes from a packet or characters from a zone file, out come checked values; and the way
//! back. Invariants: no I/O, no clock, no async, no panic on any input. A length on the wire is
//! never trusted for an allocation. What is not understood is kept as opaque bytes (RFC 3597).
//!
//! ```text
//! packet ──→ message ──→ name, edns, rdata ──→ answers        (binary)
//! token  ──→ text ─────→ name, rdata ────────→ zone contents   (zone files and messages)
//! ```

#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::indexing_slicing, reason = "tests may panic"))]

pub mod edns;
pub mod error;
pub mod message;
pub mod name;
pub mod rdata;
pub mod text;
pub mod types;
pub mod update;
pub mod write;

pub use error::WireError;
pub use name::{Name, NameRef};
pub use types::{Class, Opcode, Rcode, Rtype, Serial, Ttl};
