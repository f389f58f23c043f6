//! What a client has shown of itself.

use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

/// The certificate of a client, by an authority that we trust for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate(CertificateDer<'static>);

/// A name that a certificate may have: a host's, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateName(ServerName<'static>);

impl Certificate {
    pub(crate) fn new(der: CertificateDer<'static>) -> Self {
        Self(der)
    }

    /// Whether it is for this name, by its subject alternative names.
    #[must_use]
    pub fn has_name(&self, name: &CertificateName) -> bool {
        let parsed = ParsedCertificate::try_from(&self.0);
        parsed.is_ok_and(|parsed| verify_server_name(&parsed, &name.0).is_ok())
    }
}

impl CertificateName {
    /// A name of a host, or an address.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let name = ServerName::try_from(text.trim_end_matches('.').to_owned());
        name.ok().map(Self)
    }
}
