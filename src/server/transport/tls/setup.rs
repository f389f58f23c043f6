//! From files to what connections begin with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys, RootCertStore, ServerConfig};

use super::error::TlsError;

/// Where certificates and keys are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// Our certificate, and behind it those of the authorities between.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// What clients are asked to show of themselves.
    pub clients: ClientCertificates,
}

/// What clients are asked to show of themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClientCertificates {
    /// Nothing.
    #[default]
    Ignored,
    /// A certificate by an authority in this file, if they have one.
    Optional(PathBuf),
    /// A certificate by an authority in this file, or they are not spoken with.
    Required(PathBuf),
}

/// TLS as it is set up now. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Tls(Arc<ArcSwapOption<ServerConfig>>);

impl Tls {
    /// Reads the files, for all connections from now on. What was set up before stays in use if that
    /// is not possible; before the first time nobody is spoken with.
    ///
    /// # Errors
    /// When a file cannot be read, or its contents are of no use.
    pub fn load(&self, files: &TlsFiles) -> Result<(), TlsError> {
        self.0.store(Some(Arc::new(configure(files)?)));
        Ok(())
    }

    /// What a new connection begins with.
    pub(crate) fn current(&self) -> Option<Arc<ServerConfig>> {
        self.0.load_full()
    }
}

fn configure(files: &TlsFiles) -> Result<ServerConfig, TlsError> {
    let crypto = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&crypto))
        // RFC 9103 §7.1: no version before 1.3.
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(TlsError::Setup)?;
    let builder = match verifier(&files.clients, &crypto)? {
        None => builder.with_no_client_auth(),
        Some(verifier) => builder.with_client_cert_verifier(verifier),
    };
    let certified = SingleCertAndKey::from(certified(files, &crypto)?);
    let mut config = builder.with_cert_resolver(Arc::new(certified));
    config.alpn_protocols = vec![b"dot".to_vec()];
    Ok(config)
}

fn certified(files: &TlsFiles, crypto: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|source| match source {
        pem::Error::NoItemsFound => TlsError::Empty {
            path: files.key.clone(),
            expected: "key (without a password)",
        },
        source => TlsError::Read {
            path: files.key.clone(),
            source,
        },
    })?;
    let of_no_use = |source| TlsError::Key {
        path: files.key.clone(),
        source,
    };
    let key = crypto.key_provider.load_private_key(key);
    let certified = CertifiedKey::new(chain, key.map_err(of_no_use)?);
    match certified.keys_match() {
        // Some keys do not tell what is public of them; a handshake would.
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(Error::InconsistentKeys(_)) => Err(TlsError::Mismatch {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
        }),
        Err(source) => Err(TlsError::Certificate {
            path: files.certificate.clone(),
            source,
        }),
    }
}

fn verifier(
    clients: &ClientCertificates,
    crypto: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
    let (path, required) = match clients {
        ClientCertificates::Ignored => return Ok(None),
        ClientCertificates::Optional(path) => (path, false),
        ClientCertificates::Required(path) => (path, true),
    };
    let of_no_use = |source| TlsError::Authorities {
        path: path.clone(),
        source,
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|source| of_no_use(source.into()))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(crypto));
    let builder = match required {
        true => builder,
        false => builder.allow_unauthenticated(),
    };
    match builder.build() {
        Ok(verifier) => Ok(Some(verifier)),
        Err(source) => Err(of_no_use(source.into())),
    }
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
            expected: "certificate",
        });
    }
    Ok(all)
}
