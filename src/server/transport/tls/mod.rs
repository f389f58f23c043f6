//! DNS over TLS (RFC 7858), strict enough for transfers (RFC 9103 §7.1): TLS 1.3 alone, ALPN `dot`.
//!
//! ```text
//! files ─→ Tls::load ─→ what new connections begin with ─→ handshake ─→ bytes, perhaps a certificate
//! ```
//!
//! Files are read as a whole and judged before they are used: what is there stays in use until then,
//! and connections that are open keep what they began with. What a client shows of itself is judged
//! by its authority here, and by what is granted to its name elsewhere. No early data is taken: a
//! stranger could send it again.

mod certificate;
mod error;
mod setup;

#[cfg(test)]
pub(crate) mod tests;

pub use certificate::{Certificate, CertificateName};
pub use error::TlsError;
pub use setup::{ClientCertificates, Tls, TlsFiles};
