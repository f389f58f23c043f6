//! Asks DNS servers, as a client: questions, updates, notifications, zone transfers.
//!
//! ```text
//! names, types, operations ─ compose ─→ bytes ─ (tsig) ─→ UDP, TCP or TLS ─→ server
//!                Answer ←── checked: number, question, signature ───────────┘
//! zone, serial ─ transfer ─→ a stream of messages ─ Reader ─→ Sink: records, one by one
//! ```
//!
//! Invariants: no answer is taken that is not one to its request, by number, question, address and,
//! if the request was signed, signature. Everything has a deadline and a limit of bytes. A transfer is
//! read by a strict state machine that hands records on as they come and keeps none; nothing counts
//! until it says how it ended. The time of day is asked of a function that the caller gives.
//!
//! What is deliberately not here: recursion, caching, retrying of updates on other servers.

#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::indexing_slicing, reason = "tests may panic"))]

mod answer;
pub mod compose;
mod error;
mod host;
mod server;
mod session;
mod skew;
mod stamp;
mod tls;
pub mod transfer;

pub use answer::{Answer, Found, Mismatch, Record, Records, Section};
pub use error::{Fault, TlsError};
pub use host::{Host, HostError};
pub use server::{Clock, Limits, Opening, Server, Sessions, Settings};
pub use session::{Opened, SessionFault};
pub use skew::skew;
pub use stamp::Stamp;
pub use tls::{Tls, TlsSettings};
pub use transfer::{Form, Incoming, Sink, Transfer, TransferFault, Unfit};

#[cfg(test)]
mod tests;
