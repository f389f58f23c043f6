//! The control socket: `zonewright zone …`, `explain`, `plan` and `brake` ask, the daemon answers, a
//! line of JSON at a time.
//!
//! ```text
//! client ──{"version":1,"command":"show","zone":"example.org"}──→ daemon
//!        ←──{"zone":{…}} … "done"   or   {"error":"…"}─────────────
//! ```
//!
//! The socket belongs to the user that the daemon runs as; who can connect may do everything.

mod answerer;
mod client;
mod contents;
mod import;
mod orders;
mod print;
mod protocol;
mod report;
mod server;
mod socket;
mod sources;

pub(crate) use answerer::Answerer;
pub(crate) use client::{brake, explain, held, zone};
pub(crate) use import::import;
pub(crate) use server::serve;
pub(crate) use socket::Socket;

#[cfg(test)]
mod tests;
