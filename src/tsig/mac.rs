//! HMAC by algorithm: a prepared key, a digest under way, and the MAC that comes of it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac as _};
use md5::Md5;
use sha2::Sha224;
use subtle::ConstantTimeEq;

use crate::Algorithm;

/// The longest MAC there is: that of SHA-512.
const MAX_LEN: usize = 64;

/// A key taken in by its hash, so that a message costs no more than itself.
#[derive(Clone)]
pub(crate) enum Prepared {
    Md5(Hmac<Md5>),
    Ring(ring::hmac::Key),
    Sha224(Hmac<Sha224>),
}

impl Prepared {
    pub(crate) fn new(algorithm: Algorithm, secret: &[u8]) -> Self {
        let ring = match algorithm {
            Algorithm::HmacMd5 => {
                let keyed = Hmac::new_from_slice(secret);
                return Self::Md5(keyed.expect("HMAC takes keys of every length"));
            }
            Algorithm::HmacSha224 => {
                let keyed = Hmac::new_from_slice(secret);
                return Self::Sha224(keyed.expect("HMAC takes keys of every length"));
            }
            Algorithm::HmacSha1 => ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Algorithm::HmacSha256 | Algorithm::HmacSha256_128 => ring::hmac::HMAC_SHA256,
            Algorithm::HmacSha384 | Algorithm::HmacSha384_192 => ring::hmac::HMAC_SHA384,
            Algorithm::HmacSha512 | Algorithm::HmacSha512_256 => ring::hmac::HMAC_SHA512,
        };
        Self::Ring(ring::hmac::Key::new(ring, secret))
    }

    /// A digest that nothing was fed to yet.
    pub(crate) fn start(&self) -> Context {
        match self {
            Self::Md5(keyed) => Context::Md5(keyed.clone()),
            Self::Ring(key) => Context::Ring(ring::hmac::Context::with_key(key)),
            Self::Sha224(keyed) => Context::Sha224(keyed.clone()),
        }
    }
}

/// A digest under way.
#[derive(Clone)]
pub(crate) enum Context {
    Md5(Hmac<Md5>),
    Ring(ring::hmac::Context),
    Sha224(Hmac<Sha224>),
}

impl Context {
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(digest) => digest.update(bytes),
            Self::Ring(digest) => digest.update(bytes),
            Self::Sha224(digest) => digest.update(bytes),
        }
    }

    /// The MAC of what was fed, whole.
    pub(crate) fn finish(self) -> Mac {
        match self {
            Self::Md5(digest) => Mac::cut(&digest.finalize().into_bytes(), MAX_LEN),
            Self::Ring(digest) => Mac::cut(digest.sign().as_ref(), MAX_LEN),
            Self::Sha224(digest) => Mac::cut(&digest.finalize().into_bytes(), MAX_LEN),
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The state was made with a secret.
        f.write_str("Context(..)")
    }
}

/// A MAC, or the first bytes of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mac {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Mac {
    /// The first `len` bytes of these, or all if there are fewer.
    pub(crate) fn cut(bytes: &[u8], len: usize) -> Self {
        let mut mac = Self {
            bytes: [0; MAX_LEN],
            len: bytes.len().min(len).min(MAX_LEN),
        };
        for (slot, byte) in mac.bytes.iter_mut().zip(bytes).take(mac.len) {
            *slot = *byte;
        }
        mac
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Whether `received` is what this begins with, in a time that does not tell where it is not.
    /// Nothing is no beginning.
    pub(crate) fn begins_with(&self, received: &[u8]) -> bool {
        match self.as_bytes().get(..received.len()) {
            Some(expected) if !received.is_empty() => expected.ct_eq(received).into(),
            _ => false,
        }
    }
}
