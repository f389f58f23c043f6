//! A webhook provider that keeps records in memory, and every change that it was asked for.
//!
//! It speaks external-dns's webhook protocol (media type version 1): `GET /` with the domain filter,
//! `GET /records`, `POST /adjustendpoints`, `POST /records`. Records come back as they were written,
//! without labels, as a DNS server would give them back. Each call can be told to be slow, to fail or
//! to answer nonsense.

mod records;
mod serve;

pub use records::{Changes, Endpoint, Property};
pub use serve::{Applied, Fault, Recorder, Route};
