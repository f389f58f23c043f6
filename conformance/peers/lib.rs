//! Name servers on loopback for tests and benches: BIND, Knot, NSD, PowerDNS and our own.
//!
//! In go a [`Program`], a list of zones and [`Options`]; out comes a [`Server`] that answers, with
//! its address and its processes. It is stopped when the value is dropped, also by a panic, and by
//! the kernel when the whole process dies.
//!
//! ```no_run
//! use peers::{Options, Program, Server, Zone};
//!
//! let options = Options::new([Zone::new("example.org", "zones/good/example.org.zone")]);
//! let knot = Server::start(&Program::find_knot().unwrap(), &options.cpus("0").workers(1)).unwrap();
//! println!("{} {:?} {} B", knot.address(), knot.cpu_time().unwrap(), knot.memory().unwrap());
//! ```
//!
//! ```text
//! Program ─┐
//! Options ─┴→ configure/<program> → command and files in a temporary folder → process
//!                                    → probe: every zone's SOA until all are answered → Server
//! ```
//!
//! Invariants: loopback addresses and ports above 1024 only; nothing is written outside the
//! temporary folder, but by secondaries; no server transfers, notifies, limits rates, recurses or says who it is, unless
//! extra lines or the role of a zone ask for it. Everything else stays as each program does it by default, so that a
//! comparison shows what its users get.

#![forbid(unsafe_code)]

mod attempt;
mod configure;
mod options;
mod port;
mod probe;
mod process;
mod program;
mod role;
mod server;

pub use attempt::attempt;
pub use options::{Identity, Options, Ready, Zone};
pub use port::free_port;
pub use probe::answers;
pub use program::{Kind, Program};
pub use role::{Key, Role};
pub use server::{Server, Signal, StartError};

#[cfg(test)]
mod tests;
