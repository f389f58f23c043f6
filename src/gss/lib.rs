//! Signing by Kerberos (GSS-TSIG, RFC 3645), the side that asks: a user's password becomes tickets,
//! a ticket becomes a session with a name server, and the session signs updates.
//!
//! ```text
//! krb5.conf, SRV records ─ Realms ─→ KDCs ┐
//! user, realm, password ──────── Login ───┴ AS, TGS ─→ ticket for DNS/host        (RFC 4120)
//! ticket ─ AP-REQ in a TKEY query ─→ name server ─ AP-REP ─→ SecurityContext      (RFC 2930, 4121)
//! SecurityContext ─ MIC tokens ─→ the MACs of TSIG records, both ways             (tsig::Session)
//! ```
//!
//! Tickets are kept until they end, so a session that is made anew mostly costs one exchange with the
//! name server. After a wrong password KDCs are left in peace for a while, by all logins of that
//! account: directories lock accounts that fail too often. The token is plain Kerberos, not SPNEGO: there is one mechanism to
//! choose from, BIND takes either, and external-dns has sent the same to Windows for years.
//!
//! Invariants: no panic on any input, nothing is reserved because a message says that it is long, a
//! password and a key are wiped when they are let go and never shown. The time of day comes from a
//! function that the caller gives, settings from the caller.
//!
//! What is deliberately not here: the accepting side, RC4 and DES, FAST, PKINIT, caches and keytabs
//! on disk.

#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::indexing_slicing, reason = "tests may panic"))]

mod account;
mod conf;
mod context;
mod crypto;
mod der;
mod fault;
mod kdc;
mod keytab;
mod login;
mod message;
mod negotiate;
mod realms;
#[cfg(test)]
mod tests;
mod time;
mod tkey;
mod token;

pub use conf::{Conf, ConfError};
pub use crypto::NoRandom;
pub use fault::{Asked, Code, Fault};
pub use keytab::KeytabError;
pub use login::{Credentials, Login, Proof};
pub use negotiate::Negotiator;
pub use realms::Realms;
