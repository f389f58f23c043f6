//! What becomes of objects' wishes, told to the cluster: Events on the objects, if they are asked
//! for, and the status of DNSEndpoints.
//!
//! ```text
//! destinations ─ what was done ─→ Reports ─ queue, bounded ──────────→ write → API server
//! feed ─ objects seen ──────────→         └ statuses, one an object ─→
//! ```
//!
//! Events that find the queue full are dropped, since records matter more than words about them. A
//! status waits until it is written: nothing tells of it again.

mod outbox;
mod reports;
mod wishes;
mod write;

pub(super) use outbox::{Outbox, Told};
pub(super) use reports::{Done, Reports};
pub(super) use wishes::Wishes;
pub(super) use write::write;
