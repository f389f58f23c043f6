//! The webhook protocol of external-dns: as its client, any provider that exists out of tree; as its
//! server, any provider of ours for an external-dns that runs already.
//!
//! ```text
//! GET /              which names the other side takes (once, until it answers)
//! GET /records       what is there
//! POST /adjustendpoints   what is wanted, as the other side would store it
//! POST /records      a change set; 204 when done
//! ```

mod api;
mod provider;
mod service;
#[cfg(any(test, feature = "suite"))]
pub(crate) mod sim;
#[cfg(test)]
mod tests;

pub use provider::{Settings, Webhook};
pub use service::{MEDIA_TYPE, Reply, Service};
