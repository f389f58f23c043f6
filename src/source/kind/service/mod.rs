//! Service: names from annotations, targets from its type.
//!
//! ```text
//! hostname, internal-hostname → names ─┐
//! type, status, pods, nodes → targets ─┴→ endpoints → nothing? another dialect → templates
//! ```
//!
//! A target annotation stands over everything that the type gives.

mod dialect;
mod headless;
mod names;
mod node_port;
mod touch;
mod view;

pub(super) use names::endpoints;
pub(super) use touch::{also, doubt, touched};
