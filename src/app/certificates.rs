//! The files of TLS: read at the start, and again when they change.
//!
//! ```text
//! start ─→ load ─ of no use → ends the start
//! look ─→ changed, and the same at the next look ─→ load ─┬→ used by new connections
//!                                                         └ of no use → said once, the old ones stay
//! ```
//!
//! Files are looked at again and again, not watched: they are few, and what replaces them may be a
//! link in a folder above (Kubernetes), another file of the name, or the same one written anew.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use client::Stamp;
use config::Config;
use server::transport::tls::{ClientCertificates, Tls, TlsFiles};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::telemetry;

/// The files, and what is made of them.
#[derive(Debug)]
pub(super) struct Certificates {
    files: TlsFiles,
    tls: Tls,
    /// What the files were like when they were read.
    read: Vec<Stamp>,
}

impl Certificates {
    /// Those of the settings, if TLS is spoken. Nothing is read yet.
    pub(super) fn new(config: &Config) -> Option<Self> {
        let listen = config.listen_tls.as_ref()?;
        let clients = match (&listen.client_ca, listen.client_certificates) {
            (None, _) => ClientCertificates::Ignored,
            (Some(ca), config::ClientCertificates::Optional) => {
                ClientCertificates::Optional(ca.clone())
            }
            (Some(ca), config::ClientCertificates::Required) => {
                ClientCertificates::Required(ca.clone())
            }
        };
        Some(Self {
            files: TlsFiles {
                certificate: listen.certificate.clone(),
                key: listen.key.clone(),
                clients,
            },
            tls: Tls::default(),
            read: Vec::new(),
        })
    }

    /// What connections begin with, once it is loaded.
    pub(super) fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// Reads the files for the first time.
    ///
    /// # Errors
    /// When they are of no use.
    pub(super) fn load(&mut self) -> anyhow::Result<()> {
        self.read = self.look();
        self.tls.load(&self.files).context("serve by TLS")
    }

    /// Reads them again when they have changed, until the stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut ticks = interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = self.read.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
            }
            // A folder that does not answer holds up nobody else.
            let looked = tokio::task::spawn_blocking(move || {
                let now = self.look();
                // Of a pair that is being replaced one may be the old one still.
                if now != self.read && now == last {
                    self.reload(now.clone());
                }
                (self, now)
            });
            let looked = tokio::select! {
                looked = looked => looked,
                () = stop.cancelled() => return,
            };
            match looked {
                Ok((own, now)) => (self, last) = (own, now),
                Err(error) => {
                    tracing::error!(%error, "files of TLS are not looked at any more");
                    return;
                }
            }
        }
    }

    fn reload(&mut self, now: Vec<Stamp>) {
        self.read = now;
        match self.tls.load(&self.files) {
            Ok(()) => tracing::info!(
                certificate = %self.files.certificate.display(),
                "files of TLS have changed and are used from now on"
            ),
            Err(error) => tracing::error!(
                error = telemetry::chain(&error),
                "files of TLS have changed and are of no use, the old ones stay in use"
            ),
        }
    }

    fn look(&self) -> Vec<Stamp> {
        let TlsFiles {
            certificate,
            key,
            clients,
        } = &self.files;
        let ca: Option<&PathBuf> = match clients {
            ClientCertificates::Ignored => None,
            ClientCertificates::Optional(ca) | ClientCertificates::Required(ca) => Some(ca),
        };
        let files = [certificate, key].into_iter().chain(ca);
        files.map(|file| Stamp::of(file)).collect()
    }
}

/// How long between two looks.
const PAUSE: Duration = Duration::from_secs(1);
