//! Records that are keys of etcd, as name servers beside it read them.
//!
//! ```text
//! keys ─ Service, Layout ─→ RRsets     edits ─ draft ─→ guards, puts and removals ─→ one transaction
//! ```
//!
//! A key holds one value, and perhaps a text beside it. What differs between the name servers is a
//! [`Layout`]: which key a value stands at, and of which name a key is. Invariants:
//!
//! - Only keys are written that hold a value which an edit names, each guarded by the revision that it
//!   was read in; a name of which nothing was known is guarded by nothing being there.
//! - What a key says beyond our records stays. A key that makes no sense is told and left alone.

mod api;
mod draft;
mod known;
mod layout;
mod service;
#[cfg(any(test, feature = "suite"))]
#[allow(
    dead_code,
    reason = "a build has any of the name servers, and each needs a part of it"
)]
pub(crate) mod sim;
#[cfg(test)]
pub(crate) mod stub;

pub(crate) use api::{Keyed, Settings};
#[allow(
    unused_imports,
    reason = "a build has any of the name servers, and one of them needs it"
)]
pub(crate) use layout::is_reverse;
pub(crate) use layout::{Layout, Part, Place};
pub(crate) use service::Service;
