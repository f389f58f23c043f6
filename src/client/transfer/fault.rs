//! What is wrong with a transfer.

use wire::{Name, Rcode, Rtype, Serial, WireError};

use super::Unfit;
use crate::answer::Mismatch;

/// A stream of messages that is no transfer of the zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferFault {
    /// Another class than IN.
    #[error("record of another class than IN")]
    Class,
    /// Nothing but the SOA. No zone is so, as each has name servers; a stream out of order is.
    #[error("the zone has no record but its SOA")]
    Empty,
    /// Records after the last SOA.
    #[error("records after the end")]
    Excess,
    /// The last SOA is not the first one.
    #[error("it ends with another SOA than it began with; the zone may have changed meanwhile")]
    Last,
    /// Not an answer to the request.
    #[error("a message is none of the answer")]
    Mismatch(#[source] Mismatch),
    /// No record at all.
    #[error("the first message has no record")]
    NoRecord,
    /// The first record is no SOA of the zone.
    #[error("it begins with {0}, not with the SOA of the zone")]
    NoSoa(Rtype),
    /// A name that is not in the zone.
    #[error("name \"{0}\" is not in the zone")]
    OutOfZone(Name),
    /// Serials that lead nowhere.
    #[error("a step goes from serial {from} to {to}; expected one from {expected} to a newer one")]
    Order {
        /// Where it begins.
        from: Serial,
        /// Where it leads.
        to: Serial,
        /// Where it should begin.
        expected: Serial,
    },
    /// The server refuses.
    #[error("the server answers {0}")]
    Rcode(Rcode),
    /// Cut, which a transfer must not be.
    #[error("a message is truncated")]
    Truncated,
    /// A type that only travels.
    #[error("record of type {0}")]
    Type(Rtype),
    /// The sink does not go along.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A message that cannot be read.
    #[error(transparent)]
    Wire(#[from] WireError),
}
