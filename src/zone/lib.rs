//! Zone contents: master files, the layered store, immutable snapshots and lookups in them.
//!
//! Synchronous; no sockets, no async, no Kubernetes. Files are read only in `file`.

pub mod check;
pub mod file;
pub mod records;
