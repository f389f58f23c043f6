//! Client addresses: one form of them for access lists, rate limits, cookies and metrics.
//!
//! In go addresses as sockets and PROXY headers show them, out come plain IPv4 or IPv6 addresses,
//! the network a client counts under, and whether an address belongs to the internet at large.
//! Invariant: an IPv4 client is an IPv4 client however it came (RFC 4291 §2.5.5.2 mapped form).

mod client;
mod map;

#[cfg(test)]
mod tests;

pub use client::{canonical, is_global, network};
pub use map::{AddressMap, AddressSet};
