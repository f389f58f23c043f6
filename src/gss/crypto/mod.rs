//! Keys of Kerberos and what is done with them: encrypting, decrypting, checksums (RFC 3961).
//!
//! ```text
//! password, salt, rounds ─ PBKDF2 ─ derive "kerberos" ─→ Key
//! Key, usage ─ derive ─→ encryption key + integrity key ─→ AES in CBC with stolen text, HMAC
//! ```
//!
//! Two families: RFC 3962 signs the text (HMAC-SHA-1), RFC 8009 signs what is sent (HMAC-SHA-2). The
//! block cipher is RustCrypto's, as ring has none; hashes are ring's.

mod cbc;
mod derive;
#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroU32;

use ring::hmac;
use ring::pbkdf2;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use cbc::{BLOCK, Cipher};
use derive::{Part, derive_sha1, derive_sha2};

/// A kind of encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Etype {
    /// aes128-cts-hmac-sha1-96 (RFC 3962).
    Aes128Sha1,
    /// aes128-cts-hmac-sha256-128 (RFC 8009).
    Aes128Sha256,
    /// aes256-cts-hmac-sha1-96 (RFC 3962).
    Aes256Sha1,
    /// aes256-cts-hmac-sha384-192 (RFC 8009).
    Aes256Sha384,
}

/// A key, wiped when it is let go.
#[derive(Clone)]
pub(crate) struct Key {
    etype: Etype,
    bytes: Zeroizing<Vec<u8>>,
}

/// The system gives no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no random number from the system")]
pub struct NoRandom;

/// Other bytes than the key has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was not encrypted with the key that it should be")]
pub(crate) struct Undecipherable;

/// How many rounds a password goes through, and why that many are not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it asks for {0} rounds of hashing the password, where {LEAST_ROUNDS} to {MOST_ROUNDS} are sensible"
)]
pub(crate) struct Rounds(u32);

impl Etype {
    /// All of them, the ones that are asked for first at the front: what everybody has comes first.
    pub(crate) const ALL: [Self; 4] = [
        Self::Aes256Sha1,
        Self::Aes128Sha1,
        Self::Aes256Sha384,
        Self::Aes128Sha256,
    ];

    /// The number in messages.
    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Aes128Sha1 => 17,
            Self::Aes256Sha1 => 18,
            Self::Aes128Sha256 => 19,
            Self::Aes256Sha384 => 20,
        }
    }

    /// The number of its checksums.
    pub(crate) fn checksum_number(self) -> i64 {
        match self {
            Self::Aes128Sha1 => 15,
            Self::Aes256Sha1 => 16,
            Self::Aes128Sha256 => 19,
            Self::Aes256Sha384 => 20,
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|etype| etype.number() == number)
    }

    fn key_len(self) -> usize {
        match self {
            Self::Aes128Sha1 | Self::Aes128Sha256 => 16,
            Self::Aes256Sha1 | Self::Aes256Sha384 => 32,
        }
    }

    /// Bytes of a checksum.
    fn checksum_len(self) -> usize {
        match self {
            Self::Aes128Sha1 | Self::Aes256Sha1 => 12,
            Self::Aes128Sha256 => 16,
            Self::Aes256Sha384 => 24,
        }
    }

    fn hash(self) -> hmac::Algorithm {
        match self {
            Self::Aes128Sha1 | Self::Aes256Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Aes128Sha256 => hmac::HMAC_SHA256,
            Self::Aes256Sha384 => hmac::HMAC_SHA384,
        }
    }

    /// Whether what is sent is signed, not what is meant.
    fn signs_ciphertext(self) -> bool {
        matches!(self, Self::Aes128Sha256 | Self::Aes256Sha384)
    }
}

impl Key {
    /// A key of these bytes, if they are as many as they must be.
    pub(crate) fn new(etype: Etype, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == etype.key_len()).then(|| Self {
            etype,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    }

    /// A new key.
    pub(crate) fn random(etype: Etype) -> Result<Self, NoRandom> {
        let mut bytes = Zeroizing::new(vec![0; etype.key_len()]);
        getrandom::fill(&mut bytes).map_err(|_| NoRandom)?;
        Ok(Self { etype, bytes })
    }

    /// The key of a password (RFC 3962 §4, RFC 8009 §4). `rounds` is what the KDC asks for, if it does.
    pub(crate) fn from_password(
        etype: Etype,
        password: &str,
        salt: &str,
        rounds: Option<u32>,
    ) -> Result<Self, Rounds> {
        let (hash, name, usual) = match etype {
            Etype::Aes128Sha1 | Etype::Aes256Sha1 => (pbkdf2::PBKDF2_HMAC_SHA1, "", 4_096),
            Etype::Aes128Sha256 => (
                pbkdf2::PBKDF2_HMAC_SHA256,
                "aes128-cts-hmac-sha256-128\0",
                32_768,
            ),
            Etype::Aes256Sha384 => (
                pbkdf2::PBKDF2_HMAC_SHA384,
                "aes256-cts-hmac-sha384-192\0",
                32_768,
            ),
        };
        let rounds = rounds.unwrap_or(usual);
        // Who stands between us and the KDC could ask for few, to guess the password from what we
        // send, or for so many that we never come to an end.
        if !(LEAST_ROUNDS..=MOST_ROUNDS).contains(&rounds) {
            return Err(Rounds(rounds));
        }
        let count = NonZeroU32::new(rounds).ok_or(Rounds(rounds))?;
        let salt = format!("{name}{salt}");
        let mut bytes = Zeroizing::new(vec![0; etype.key_len()]);
        pbkdf2::derive(
            hash,
            count,
            salt.as_bytes(),
            password.as_bytes(),
            &mut bytes,
        );
        let key = Self { etype, bytes };
        let bytes = key.derive(b"kerberos", etype.key_len());
        Ok(Self { etype, bytes })
    }

    pub(crate) fn etype(&self) -> Etype {
        self.etype
    }

    /// For a message that carries the key to the other side.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Encrypts for a use (RFC 4120 §7.5.1).
    pub(crate) fn encrypt(&self, usage: u32, text: &[u8]) -> Result<Vec<u8>, NoRandom> {
        let mut confounder = [0; BLOCK];
        getrandom::fill(&mut confounder).map_err(|_| NoRandom)?;
        Ok(self.encrypt_with(usage, confounder, text))
    }

    fn encrypt_with(&self, usage: u32, confounder: [u8; BLOCK], text: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(BLOCK + text.len() + self.etype.checksum_len());
        bytes.extend_from_slice(&confounder);
        bytes.extend_from_slice(text);
        let cipher = self.cipher(usage);
        let signature = if self.etype.signs_ciphertext() {
            cipher.encrypt(&mut bytes);
            self.integrity(usage, &bytes)
        } else {
            let signature = self.integrity(usage, &bytes);
            cipher.encrypt(&mut bytes);
            signature
        };
        bytes.extend_from_slice(&signature);
        bytes
    }

    /// Decrypts what was encrypted for a use.
    pub(crate) fn decrypt(
        &self,
        usage: u32,
        bytes: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Undecipherable> {
        let end = bytes
            .len()
            .checked_sub(self.etype.checksum_len())
            .filter(|end| *end >= BLOCK)
            .ok_or(Undecipherable)?;
        let (text, signature) = bytes.split_at_checked(end).ok_or(Undecipherable)?;
        let mut text = Zeroizing::new(text.to_vec());
        let cipher = self.cipher(usage);
        let expected = if self.etype.signs_ciphertext() {
            let expected = self.integrity(usage, &text);
            cipher.decrypt(&mut text);
            expected
        } else {
            cipher.decrypt(&mut text);
            self.integrity(usage, &text)
        };
        if !bool::from(expected.ct_eq(signature)) {
            return Err(Undecipherable);
        }
        text.drain(..BLOCK);
        Ok(text)
    }

    /// The checksum of some bytes for a use.
    pub(crate) fn checksum(&self, usage: u32, parts: &[&[u8]]) -> Vec<u8> {
        let key = self.derive_for(usage, Part::Checksum);
        self.sign(&key, parts)
    }

    /// Whether this is the checksum of the bytes, in a time that does not tell where it is not.
    pub(crate) fn is_checksum(&self, usage: u32, parts: &[&[u8]], checksum: &[u8]) -> bool {
        self.checksum(usage, parts).ct_eq(checksum).into()
    }

    fn cipher(&self, usage: u32) -> Cipher {
        Cipher::new(&self.derive_for(usage, Part::Encryption))
    }

    /// What is sent beside the encrypted bytes.
    fn integrity(&self, usage: u32, bytes: &[u8]) -> Vec<u8> {
        let key = self.derive_for(usage, Part::Integrity);
        // RFC 8009 §5: what is signed begins with the cipher's state, which is all zeros.
        match self.etype.signs_ciphertext() {
            true => self.sign(&key, &[&[0; BLOCK], bytes]),
            false => self.sign(&key, &[bytes]),
        }
    }

    fn sign(&self, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        let key = hmac::Key::new(self.etype.hash(), key);
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            context.update(part);
        }
        let mut signature = context.sign().as_ref().to_vec();
        signature.truncate(self.etype.checksum_len());
        signature
    }

    fn derive_for(&self, usage: u32, part: Part) -> Zeroizing<Vec<u8>> {
        let [a, b, c, d] = usage.to_be_bytes();
        let length = match (part, self.etype.signs_ciphertext()) {
            (Part::Encryption, _) | (_, false) => self.etype.key_len(),
            // RFC 8009 §5: as long as the checksum.
            (Part::Checksum | Part::Integrity, true) => self.etype.checksum_len(),
        };
        self.derive(&[a, b, c, d, part.byte()], length)
    }

    fn derive(&self, constant: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
        if self.etype.signs_ciphertext() {
            derive_sha2(self.etype.hash(), &self.bytes, constant, length)
        } else {
            derive_sha1(&self.bytes, constant, length)
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, ..)", self.etype)
    }
}

/// What KDCs ask for is 4,096 (RFC 3962) or 32,768 (RFC 8009).
const LEAST_ROUNDS: u32 = 4_096;
/// A fraction of a second.
const MOST_ROUNDS: u32 = 262_144;
