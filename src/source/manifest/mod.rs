//! Kubernetes objects from files: what `kubectl get -o yaml` and `-o json` write, and what people
//! write for `kubectl apply`.
//!
//! ```text
//! paths → files → text (documents) → compose | JSON → node (a tree with places)
//!                                      → batch (objects, or problems with their places) → Loaded
//! ```
//!
//! - Every reading is a full list: the objects of all files, in their order. Of an object that is
//!   given twice the last one counts, and a warning says so.
//! - A mistake costs the object or the document it is in, and no other. Yet a reading with an error
//!   is not [complete](Loaded::is_complete): what it does not hold may still be meant, so nothing
//!   may be deleted for it.
//! - Lists (`kind: List`, `ServiceList`) are opened. An object of a namespaced kind that has no
//!   namespace is in `default`. Kinds that are not wanted are counted and left out.
//! - Rules are those of a cluster: what a status says is taken as it stands, and what it does not
//!   say is not there.

mod batch;
mod compose;
mod fault;
mod files;
mod json;
mod node;
mod read;
mod report;
mod say;
mod scalar;
mod text;

#[cfg(test)]
mod tests;

pub use read::{Loaded, read};
pub use report::{MAX_KEPT, Mark, Problem, Report, Severity};
