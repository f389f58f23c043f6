//! Kubernetes objects in, endpoints out.
//!
//! ```text
//! API server ─ watch ─┐
//!                     ├→ object (trimmed) → index → kind: which objects are touched,
//! folder ─ manifest ──┘                             and which endpoints they ask for → plan
//! ```
//!
//! The index is pure: fed by `apply`, `delete` and lists, from a cluster or from files alike. Each
//! kind of source is a pure function of it. Only `watch` knows HTTP.

#![forbid(unsafe_code)]
