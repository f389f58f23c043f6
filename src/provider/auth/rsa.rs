//! RSA keys from PEM, and signatures with them (PKCS #1, version 1.5).

use std::fmt;
use std::sync::Arc;

use plan::ProviderError;
use ring::error::KeyRejected;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use super::config_fault;

/// A private key.
#[derive(Clone)]
pub struct RsaKey(Arc<KeyPair>);

impl fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl RsaKey {
    /// Reads `BEGIN PRIVATE KEY` or `BEGIN RSA PRIVATE KEY`.
    ///
    /// # Errors
    /// It is something else, or has less than 2048 bits.
    pub fn from_pem(pem: &str) -> Result<Self, ProviderError> {
        if pem.contains("ENCRYPTED") {
            return Err(config_fault(
                "the private key is encrypted; expected one without a passphrase \
                 (openssl pkey -in key.pem -out plain.pem)"
                    .to_owned(),
            ));
        }
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
            config_fault("the private key is not PEM; expected \"BEGIN PRIVATE KEY\"".to_owned())
        })?;
        match &der {
            PrivateKeyDer::Pkcs1(der) => Self::from_pkcs1(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => Self::from_pkcs8(der.secret_pkcs8_der()),
            _ => Err(config_fault("the private key is none of RSA".to_owned())),
        }
    }

    /// Reads what is in `BEGIN RSA PRIVATE KEY`.
    ///
    /// # Errors
    /// As [`RsaKey::from_pem`].
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, ProviderError> {
        Self::of(KeyPair::from_der(der))
    }

    /// Reads what is in `BEGIN PRIVATE KEY`.
    ///
    /// # Errors
    /// As [`RsaKey::from_pem`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, ProviderError> {
        Self::of(KeyPair::from_pkcs8(der))
    }

    fn of(pair: Result<KeyPair, KeyRejected>) -> Result<Self, ProviderError> {
        let pair = pair.map_err(|why| {
            config_fault(format!(
                "the private key cannot be used: {why}; expected RSA of 2048 to 4096 bits"
            ))
        })?;
        Ok(Self(Arc::new(pair)))
    }

    /// The public key that belongs to it, as PKCS #1 has it.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// A signature over SHA-256.
    ///
    /// # Errors
    /// The system gives no random bytes, which blinding needs.
    pub fn sign_sha256(&self, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        self.sign(&RSA_PKCS1_SHA256, message)
    }

    /// A signature over SHA-512.
    ///
    /// # Errors
    /// As [`RsaKey::sign_sha256`].
    pub fn sign_sha512(&self, message: &[u8]) -> Result<Vec<u8>, ProviderError> {
        self.sign(&RSA_PKCS1_SHA512, message)
    }

    fn sign(
        &self,
        how: &'static dyn RsaEncoding,
        message: &[u8],
    ) -> Result<Vec<u8>, ProviderError> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        let signed = self
            .0
            .sign(how, &SystemRandom::new(), message, &mut signature);
        signed.map_err(|_| config_fault("the private key cannot sign".to_owned()))?;
        Ok(signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_told_without_it() {
        for (pem, said) in [
            (
                "s3cret",
                "the private key is not PEM; expected \"BEGIN PRIVATE KEY\"",
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nczNjcmV0\n-----END PRIVATE KEY-----\n",
                "the private key cannot be used: InvalidEncoding; expected RSA of 2048 to 4096 bits",
            ),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
                "the private key is encrypted; expected one without a passphrase \
                 (openssl pkey -in key.pem -out plain.pem)",
            ),
        ] {
            assert_eq!(RsaKey::from_pem(pem).unwrap_err().message, said);
        }
    }
}
