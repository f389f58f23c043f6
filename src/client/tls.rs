//! DNS over TLS (RFC 7858) with what transfers ask for (RFC 9103): TLS 1.3 and ALPN `dot`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::error::TlsError;

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
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) server_name: Option<Box<str>>,
}

impl Tls {
    /// Sets TLS up; reads the files.
    ///
    /// # Errors
    /// When a file cannot be read, or its contents are of no use.
    pub fn new(settings: &TlsSettings) -> Result<Self, TlsError> {
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
        Ok(Self {
            config: Arc::new(config),
            server_name: settings.server_name.clone(),
        })
    }

    /// The same for a server whose certificate must have this name.
    #[must_use]
    pub fn for_name(mut self, name: &str) -> Self {
        self.server_name = Some(name.into());
        self
    }
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
