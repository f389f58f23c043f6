//! Signatures of messages by shared keys (TSIG, RFC 8945), both sides, and the files keys are in.
//!
//! ```text
//! server: request ─ verify ─→ Verified ─ sign / sequence ─→ answer, answers of a transfer
//!                          └→ Refusal ── append ─────────→ error answer
//! client: request ─ sign_request ─→ RequestMac ─ verify_answer / stream ─→ (), or an AnswerFault
//! text ───→ Keys                       Key ─→ text
//! client: the same by a Session, which signs in its own way (GSS-TSIG, RFC 3645)
//! ```
//!
//! Messages are digested where they lie, never copied. Invariants: no I/O but the one function that
//! reads a file of keys, no clock (the time comes in as seconds since 1970), no panic on any input.
//! A secret leaves its type by [`Key::to_text`] only: neither `Debug` nor an error shows one, and
//! errors about files quote no word of them. MACs are compared in constant time. A key belongs to one
//! algorithm, and a shorter MAC than that algorithm's own is never enough.
//!
//! Not done: the server does not remember the newest time of each key (RFC 8945 §5.2.3 has it as a
//! SHOULD): datagrams overtake each other, and who shares a key shares no clock.

#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]
#![cfg_attr(test, allow(clippy::indexing_slicing, reason = "tests may panic"))]

mod algorithm;
mod client;
mod digest;
mod file;
mod judge;
mod key;
mod keys;
mod mac;
mod record;
mod refusal;
mod server;
mod session;
mod sign;
mod stream;
mod verified;

pub use algorithm::{Algorithm, AlgorithmTextError};
pub use client::{RequestMac, sign_request};
pub use file::{KeyFault, KeyFileError, KeyTextError};
pub use judge::AnswerFault;
pub use key::{Key, Secret};
pub use keys::{DuplicateKey, Keys};
pub use record::{FUDGE, NoRoom, TsigError, TsigRecord};
pub use refusal::{Refusal, RefusalKind};
pub use server::verify;
pub use session::{Session, SessionMac, sign_request_in};
pub use stream::AnswerStream;
pub use verified::{AnswerSequence, Verified};

#[cfg(test)]
mod tests;
