//! DNS cookies (RFC 7873) in the form all servers share (RFC 9018): made and checked.
//!
//! In goes the COOKIE option of a request with the client's address, out comes what it proves.
//! Any server with the same secret accepts what another made: replicas behind one address, and
//! BIND, NSD and Knot beside them. Nothing is stored per client. `now` is Unix time in seconds,
//! cut to 32 bits: timestamps are compared by serial arithmetic (RFC 9018 §4.3).

mod check;

#[cfg(test)]
mod tests;

pub use check::{ClientCookie, CookieState, Secret, Secrets, ServerCookie, check, make};
