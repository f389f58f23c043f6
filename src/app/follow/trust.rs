//! TLS with primaries (RFC 9103): set up once, with the name that each one's certificate must have.

use anyhow::Context;
use client::{Tls, TlsSettings};
use config::{Peers, PrimaryTls};

/// TLS as it is set up; nothing if no primary speaks it.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust(Option<Tls>);

impl Trust {
    /// Reads the files of certificates, if a primary speaks TLS.
    ///
    /// # Errors
    /// When a file cannot be read, or its contents are of no use.
    pub(super) fn new(peers: &Peers) -> anyhow::Result<Self> {
        let mut primaries = peers.followed.iter().flat_map(|one| &one.primaries);
        if primaries.all(|primary| primary.tls == PrimaryTls::Off) {
            return Ok(Self::default());
        }
        let files = &peers.followed_tls;
        let tls = Tls::new(&TlsSettings {
            ca: files.ca.clone(),
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            skip_verify: files.skip_verify,
            server_name: None,
        });
        Ok(Self(Some(tls.context("TLS with primaries")?)))
    }

    /// TLS with one of them.
    pub(super) fn of(&self, primary: &PrimaryTls) -> Option<Tls> {
        let tls = self.0.as_ref()?;
        match primary {
            PrimaryTls::Off => None,
            PrimaryTls::Address => Some(tls.clone()),
            PrimaryTls::Name(name) => Some(tls.clone().for_name(name)),
        }
    }
}
