//! The webhook protocol of external-dns, as its client: any provider that exists out of tree.
//!
//! ```text
//! GET /              which names the other side takes (once, until it answers)
//! GET /records       what is there
//! POST /adjustendpoints   what is wanted, as the other side would store it
//! POST /records      a change set; 204 when done
//! ```

mod api;
mod provider;
#[cfg(test)]
mod tests;

pub use provider::{Settings, Webhook};
