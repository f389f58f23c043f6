//! DNS hosts on this machine: the stand-ins of the providers' suite behind a port of loopback, and
//! external-dns beside us at each of them.
//!
//! ```text
//! client ─HTTP→ Served ─ http ─→ Sim (dialect, strict store, log)       plain, as an API of one's own
//!        ─CONNECT→ TLS ─ http ─→ Sim                                    as a proxy, for fixed addresses
//! ```
//!
//! The proxy takes each host for the one that it stands in for, by a certificate that names them all,
//! so that programs that know no other address than their vendor's get here by `HTTPS_PROXY`. Nothing
//! is ever passed on to anywhere.

#![forbid(unsafe_code)]
#![cfg(feature = "all")]
#![expect(
    clippy::disallowed_methods,
    reason = "for trials only: tasks end with the runtime of the trial"
)]

mod cases;
mod certificates;
mod contents;
mod host;
mod http1;
mod pass;
mod serve;
#[cfg(test)]
mod tests;

pub use cases::{Case, ZONE, cases, many};
pub use certificates::Certificates;
pub use contents::{difference, lines};
pub use host::{HOSTS, Host, external_dns};
pub use pass::{Calls, Passed, Place, subject};
pub use serve::Served;
