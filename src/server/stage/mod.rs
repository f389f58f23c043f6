//! Stages of the pipeline: small decisions, each pure and in a file of its own.
//!
//! Each takes values and gives a verdict; none reads a clock, a socket or another stage. The
//! pipeline says in which order they stand.

pub mod acl;
pub mod cookie;
pub mod policy;
pub mod ratelimit;
pub mod who;
