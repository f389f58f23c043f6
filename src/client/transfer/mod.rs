//! Transfers as they come in (RFC 5936 §2.2, RFC 1995 §4): a strict reader of a stream of messages.
//!
//! ```text
//! message ─ head: number, opcode, code, question ─→ records, each in the zone ─ phase ─→ Sink
//!
//! asked for all          SOA ─ records … ─ SOA
//! asked for changes      SOA                                     nothing newer
//!                        SOA ─ records … ─ SOA                   all
//!                        SOA ─ (SOA removed … SOA added …)… ─ SOA  steps, each from where the last led
//! ```
//!
//! Invariants: the stream ends with the SOA it began with, and in the message that brings it. A zone
//! without any other record is none. Steps
//! begin at what was asked for, lead to newer serials only and end at the first SOA's. No record is
//! handed on that is outside the zone, of another class, or of a type that only travels.

mod fault;
mod reader;
#[cfg(test)]
mod tests;

use wire::{NameRef, Rtype, Serial, Ttl};

pub use fault::TransferFault;
pub use reader::{Reader, Wanted};

/// What came of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// There is nothing newer; the server has this serial.
    Current(Serial),
    /// What came leads from the serial that was asked for to this one.
    Steps(Serial),
    /// All of the zone came; it has this serial.
    Whole(Serial),
}

/// What form a transfer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Steps: what each removes, then what it adds, the SOA first both times.
    Steps,
    /// All records, the SOA first and once.
    Whole,
}

/// A record on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incoming<'a> {
    /// The name.
    pub owner: NameRef<'a>,
    /// The type.
    pub rtype: Rtype,
    /// The TTL.
    pub ttl: Ttl,
    /// The data, names in it whole.
    pub rdata: &'a [u8],
}

/// What is removed is not there, or what is added is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the steps do not fit what is there")]
pub struct Unfit;

/// Takes the records of a transfer.
pub trait Sink: Send {
    /// A transfer begins; whatever came before is void.
    fn begin(&mut self, form: Form);

    /// A record is added.
    ///
    /// # Errors
    /// When steps do not fit what is there.
    fn add(&mut self, record: Incoming<'_>) -> Result<(), Unfit>;

    /// A record is removed.
    ///
    /// # Errors
    /// When steps do not fit what is there.
    fn remove(&mut self, record: Incoming<'_>) -> Result<(), Unfit>;
}
