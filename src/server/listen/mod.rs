//! Listening sockets: opened, set up, and explained where that is refused.
//!
//! In go addresses and sockets opened by others, out come sockets that are ready to serve: UDP and
//! TCP on the same port for each address, and those of TLS. A port that is taken names who has it and the way out.

mod bind;
mod error;
mod holder;
mod socket;

#[cfg(test)]
mod tests;

pub(crate) use bind::{Bound, bind};
pub use error::BindError;
pub use holder::{Holder, Process};
#[cfg(test)]
pub(crate) use socket::prepare_udp;
