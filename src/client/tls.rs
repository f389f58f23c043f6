//! DNS over TLS (RFC 7858) with what transfers ask for (RFC 9103): TLS 1.3 and ALPN `dot`.
//!
//! Files are read again before a new connection if they have changed: certificates end, and are
//! replaced while we run. What cannot be used then changes nothing, and is tried again with the next
//! change; so one file of a pair may come before the other.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::error::TlsError;
use crate::stamp::Stamp;

/// How servers are trusted, and who we are to them.
#[derive(Clone, Debug, Default)]
pub struct TlsSettings {
    /// The file of certificates that are trusted; those of the system without one.
    pub ca: Option<PathBuf>,
    /// The file of our certificate.
    pub certificate: Option<PathBuf>,
    /// The file of its key.
    pub key: Option<PathBuf>,
    /// Take any certificate, so that nobody is kept from reading and changing what is said.
    pub skip_verify: bool,
    /// The name that the server's certificate must have, if not that of its host.
    pub server_name: Option<Box<str>>,
}

/// TLS as it is set up, shared by connections.
#[derive(Clone, Debug)]
pub struct Tls {
    shared: Arc<Shared>,
    pub(crate) server_name: Option<Box<str>>,
}

#[derive(Debug)]
struct Shared {
    settings: TlsSettings,
    now: Mutex<Now>,
}

/// What was read last.
#[derive(Debug)]
struct Now {
    config: Arc<ClientConfig>,
    files: Vec<Stamp>,
}

impl Tls {
    /// Sets TLS up; reads the files.
    ///
    /// # Errors
    /// When a file cannot be read, or its contents are of no use.
    pub fn new(settings: &TlsSettings) -> Result<Self, TlsError> {
        let files = settings.stamps();
        let config = configure(settings)?;
        Ok(Self {
            server_name: settings.server_name.clone(),
            shared: Arc::new(Shared {
                settings: settings.clone(),
                now: Mutex::new(Now { config, files }),
            }),
        })
    }

    /// What a new connection begins with. Looks at files, and may read them.
    pub(crate) fn current(&self) -> Arc<ClientConfig> {
        let Shared { settings, now } = &*self.shared;
        let files = settings.stamps();
        // Nothing below can leave it halfway.
        let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.files != files {
            now.files = files;
            if let Ok(config) = configure(settings) {
                now.config = config;
            }
        }
        Arc::clone(&now.config)
    }

    /// The same for a server whose certificate must have this name.
    #[must_use]
    pub fn for_name(mut self, name: &str) -> Self {
        self.server_name = Some(name.into());
        self
    }
}

impl TlsSettings {
    /// What the files are like that are named.
    fn stamps(&self) -> Vec<Stamp> {
        let files = [&self.ca, &self.certificate, &self.key];
        let files = files.into_iter().flatten();
        files.map(|file| Stamp::of(file)).collect()
    }
}

fn configure(settings: &TlsSettings) -> Result<Arc<ClientConfig>, TlsError> {
    let crypto = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&crypto))
        .with_protocol_versions(&[&rustls::version::TLS13])?;
    let builder = if settings.skip_verify {
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyServer(crypto)))
    } else {
        builder.with_root_certificates(roots(settings.ca.as_deref())?)
    };
    let mut config = match (&settings.certificate, &settings.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(certificate), Some(key)) => {
            let chain = certificates(certificate)?;
            let read = |source| TlsError::Read {
                path: key.clone(),
                source,
            };
            let key = PrivateKeyDer::from_pem_file(key).map_err(read)?;
            builder.with_client_auth_cert(chain, key)?
        }
        _ => return Err(TlsError::Half),
    };
    config.alpn_protocols = vec![b"dot".to_vec()];
    Ok(Arc::new(config))
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    let Some(path) = ca else {
        // What cannot be read of the system's certificates does no harm while there are others.
        let found = rustls_native_certs::load_native_certs().certs;
        let (added, _) = store.add_parsable_certificates(found);
        return if added > 0 {
            Ok(store)
        } else {
            Err(TlsError::NoRoots)
        };
    };
    for certificate in certificates(path)? {
        store.add(certificate)?;
    }
    Ok(store)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = |source| TlsError::Read {
        path: path.to_owned(),
        source,
    };
    let all = CertificateDer::pem_file_iter(path).map_err(read)?;
    let all: Vec<_> = all.collect::<Result<_, _>>().map_err(read)?;
    if all.is_empty() {
        return Err(TlsError::Empty {
            path: path.to_owned(),
            expected: "a certificate",
        });
    }
    Ok(all)
}

/// Takes any certificate, as it was asked to. That who has it also has its key is still checked.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("expected TLS 1.3".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_change_are_read_again_and_those_of_no_use_are_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let fixtures = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../server/transport/tls/fixtures"
        );
        let copy = |from: &str, to: &str| {
            std::fs::copy(Path::new(fixtures).join(from), folder.path().join(to)).unwrap();
        };
        copy("ca.pem", "ca.pem");
        copy("client.pem", "own.pem");
        copy("client.key", "own.key");
        let path = |name: &str| Some(folder.path().join(name));
        let tls = Tls::new(&TlsSettings {
            ca: path("ca.pem"),
            certificate: path("own.pem"),
            key: path("own.key"),
            ..TlsSettings::default()
        });
        let tls = tls.unwrap();
        let first = tls.current();
        assert!(Arc::ptr_eq(&first, &tls.current()));
        // A certificate before its key.
        copy("server.pem", "own.pem");
        assert!(Arc::ptr_eq(&first, &tls.current()));
        copy("server.key", "own.key");
        let second = tls.clone().for_name("ns1.example.org").current();
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &tls.current()));
        std::fs::remove_file(folder.path().join("ca.pem")).unwrap();
        assert!(Arc::ptr_eq(&second, &tls.current()));
    }
}
