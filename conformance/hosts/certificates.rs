//! Certificates of a server that stands in for several.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Certificates in a folder.
#[derive(Clone, Debug)]
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes an authority, and a certificate for these hosts by it.
    ///
    /// # Errors
    /// `openssl` is not there, or does not do it.
    pub fn make(folder: &Path, hosts: &[&str]) -> io::Result<Self> {
        let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30";
        let names: Vec<String> = hosts.iter().map(|host| format!("DNS:{host}")).collect();
        std::fs::write(
            folder.join("names"),
            format!("subjectAltName={}\n", names.join(",")),
        )?;
        for arguments in [
            format!("req -x509 {new} -subj /CN=authority -keyout ca.key -out ca.pem"),
            format!("req {new} -subj /CN=stand-in -keyout host.key -out host.csr"),
            "x509 -req -in host.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names -out host.pem"
                .to_owned(),
        ] {
            let said = Command::new("openssl")
                .args(arguments.split_whitespace())
                .current_dir(folder)
                .stdin(Stdio::null())
                .output()?;
            if !said.status.success() {
                return Err(io::Error::other(String::from_utf8_lossy(&said.stderr).into_owned()));
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// The certificate of the authority, which clients have to trust.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// What a server needs.
    ///
    /// # Errors
    /// The files cannot be read.
    pub fn server(&self) -> io::Result<ServerConfig> {
        // Another part of the program may have set it up already; then that one is in use.
        drop(rustls::crypto::ring::default_provider().install_default());
        let chain = CertificateDer::from_pem_file(self.folder.join("host.pem"));
        let key = PrivateKeyDer::from_pem_file(self.folder.join("host.key"));
        ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(
                vec![chain.map_err(io::Error::other)?],
                key.map_err(io::Error::other)?,
            )
            .map_err(io::Error::other)
    }
}
