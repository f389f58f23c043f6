//! Why files are of no use for TLS, in words that say which, and what to do.

use std::path::PathBuf;

use rustls::pki_types::pem;

/// Something is wrong with the files of TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The authorities of clients cannot be used.
    #[error(
        "certificates {path:?}, which clients are to be trusted by, are of no use; expected those of \
         authorities, in PEM form"
    )]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The certificate is none that TLS could use.
    #[error("certificate {path:?} is of no use")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// A file has nothing in it that is of use.
    #[error("file {path:?} has no {expected} in it; expected PEM form, with \"-----BEGIN\" lines")]
    Empty {
        /// The file.
        path: PathBuf,
        /// What should be there.
        expected: &'static str,
    },
    /// The key is none that TLS could use.
    #[error(
        "key {path:?} is of no use; expected one of ECDSA (P-256, P-384), Ed25519 or RSA (2048 bits and \
         more), without a password"
    )]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::Error,
    },
    /// The certificate is for another key.
    #[error(
        "key {key:?} is not the one of certificate {certificate:?}; the server's own certificate must \
         stand first in its file, and both files must be of the same time"
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// A file cannot be read.
    #[error("file {path:?} of TLS cannot be read; it must be there for the user that this runs as")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: pem::Error,
    },
    /// The library cannot do what we want.
    #[error("set up TLS")]
    Setup(#[source] rustls::Error),
}
