//! Encrypted text of ownership TXT records, in the form of external-dns.
//!
//! ```text
//! text ─ gzip ─ AES-256-GCM (nonce of 12 bytes, no further data) ─→ base64(nonce ‖ cipher text ‖ tag)
//! ```
//!
//! external-dns draws the nonce by chance and keeps it; here it comes from the key, the name and
//! the text by HMAC, so the same text at the same name is always the same bytes, and two texts never
//! share a nonce. Its compressed bytes differ from ours, so what was read is kept as it was.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use ring::{aead, hmac};

/// A key that reads and writes encrypted text.
pub struct Key {
    cipher: aead::LessSafeKey,
    nonces: hmac::Key,
}

/// More than any TXT holds; what grows beyond it is not ours.
const MAX_TEXT: u64 = 1 << 20;

impl Key {
    /// A key of 32 bytes, or of 32 bytes in base64; none if it is neither.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let decoded;
        let bytes: &[u8] = if text.len() == 32 {
            text
        } else {
            decoded = STANDARD.decode(text).ok()?;
            &decoded
        };
        let cipher = aead::UnboundKey::new(&aead::AES_256_GCM, bytes).ok()?;
        Some(Self {
            cipher: aead::LessSafeKey::new(cipher),
            nonces: hmac::Key::new(hmac::HMAC_SHA256, bytes),
        })
    }

    /// Text encrypted for the TXT of this name.
    #[must_use]
    pub fn encrypt(&self, name: &str, text: &str) -> Option<String> {
        let mut context = hmac::Context::with_key(&self.nonces);
        context.update(b"ownership text nonce\0");
        context.update(name.to_lowercase().as_bytes());
        context.update(b"\0");
        context.update(text.as_bytes());
        let tag = context.sign();
        let nonce: [u8; aead::NONCE_LEN] = tag.as_ref().get(..aead::NONCE_LEN)?.try_into().ok()?;
        self.seal(nonce, text)
    }

    /// The number used once of a text that is encrypted with this key, in base64.
    #[must_use]
    pub fn nonce<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.decrypt(text)?;
        // Twelve bytes are sixteen digits, without any of what follows in the last one.
        text.trim_matches('"').get(..16)
    }

    /// The text within, if it is encrypted with this key; quotes around it don't matter.
    #[must_use]
    pub fn decrypt(&self, text: &str) -> Option<String> {
        let mut bytes = STANDARD.decode(text.trim_matches('"')).ok()?;
        let (nonce, sealed) = bytes.split_at_mut_checked(aead::NONCE_LEN)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
        let packed = self
            .cipher
            .open_in_place(nonce, aead::Aad::empty(), sealed)
            .ok()?;
        let mut text = String::new();
        let mut reader = GzDecoder::new(&*packed).take(MAX_TEXT);
        reader.read_to_string(&mut text).ok()?;
        Some(text)
    }

    fn seal(&self, nonce: [u8; aead::NONCE_LEN], text: &str) -> Option<String> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(text.as_bytes()).ok()?;
        let mut sealed = packed.finish().ok()?;
        let own = aead::Nonce::assume_unique_for_key(nonce);
        self.cipher
            .seal_in_place_append_tag(own, aead::Aad::empty(), &mut sealed)
            .ok()?;
        let mut bytes = nonce.to_vec();
        bytes.append(&mut sealed);
        Some(STANDARD.encode(bytes))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}
