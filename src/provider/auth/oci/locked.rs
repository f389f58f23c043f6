//! Private keys under a passphrase: `BEGIN ENCRYPTED PRIVATE KEY` (PBES2, RFC 8018 §6.2) and
//! the older `Proc-Type: 4,ENCRYPTED` (RFC 1421), which Oracle's guide had people make. AES only.

use aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use plan::ProviderError;
use ring::pbkdf2;
use zeroize::Zeroizing;

use crate::auth::config_fault;
use crate::auth::rsa::RsaKey;

/// Reads a key, under a passphrase or not.
///
/// # Errors
/// It is something else, the passphrase is another, or it is locked in a way that nobody should use.
pub(super) fn read(pem: &str, passphrase: &str) -> Result<RsaKey, ProviderError> {
    if !pem.contains("ENCRYPTED") {
        return RsaKey::from_pem(pem);
    }
    if passphrase.is_empty() {
        return Err(wrong("it is encrypted, and there is no passphrase"));
    }
    let (headers, body) = parts(pem).ok_or_else(|| wrong("it is not PEM"))?;
    match headers.get("DEK-Info: ".len()..) {
        Some(info) if headers.starts_with("DEK-Info: ") => {
            let der = legacy(info, &body, passphrase)?;
            RsaKey::from_pkcs1(&der)
        }
        _ => {
            let der = pbes2(&body, passphrase)?;
            RsaKey::from_pkcs8(&der)
        }
    }
}

/// The header that says how it is locked, if there is one, and what is locked.
fn parts(pem: &str) -> Option<(String, Zeroizing<Vec<u8>>)> {
    let (_, rest) = pem.split_once("-----BEGIN ")?;
    let (_, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let lines = || body.lines().map(str::trim);
    let header = lines().find(|line| line.starts_with("DEK-Info: "));
    let digits: String = lines().filter(|line| !line.contains(':')).collect();
    let bytes = STANDARD.decode(Zeroizing::new(digits).as_bytes()).ok()?;
    Some((header.unwrap_or_default().to_owned(), Zeroizing::new(bytes)))
}

type Der = Zeroizing<Vec<u8>>;

fn legacy(info: &str, body: &[u8], passphrase: &str) -> Result<Der, ProviderError> {
    let (cipher, vector) = info
        .split_once(',')
        .ok_or_else(|| wrong("its DEK-Info has no vector"))?;
    let length = match cipher.trim() {
        "AES-128-CBC" => 16,
        "AES-192-CBC" => 24,
        "AES-256-CBC" => 32,
        other => return Err(wrong(&format!("it is encrypted by {other}; expected AES"))),
    };
    let vector = unhex(vector.trim()).ok_or_else(|| wrong("its DEK-Info has no vector"))?;
    // The key is MD5 over what there is of it so far, the passphrase and a salt.
    let (salt, _) = vector.split_at(8);
    let mut key = Zeroizing::new(Vec::new());
    let mut last = Vec::new();
    while key.len() < length {
        let mut hash = Md5::new();
        hash.update(&last);
        hash.update(passphrase.as_bytes());
        hash.update(salt);
        last = hash.finalize().to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    decrypt(&key, vector, body)
}

fn pbes2(body: &[u8], passphrase: &str) -> Result<Der, ProviderError> {
    let odd = || wrong("it is encrypted by other means than PBES2 with PBKDF2 and AES");
    let found = (|| {
        let (SEQUENCE, whole, _) = next(body)? else {
            return None;
        };
        let (SEQUENCE, scheme, rest) = next(whole)? else {
            return None;
        };
        let (OCTETS, locked, _) = next(rest)? else {
            return None;
        };
        let (_, name, rest) = next(scheme)?;
        let (_, parameters, _) = next(rest)?;
        let (_, derivation, rest) = next(parameters)?;
        let (_, cipher, _) = next(rest)?;
        let (_, derived_by, rest) = next(derivation)?;
        let (_, inputs, _) = next(rest)?;
        let (OCTETS, salt, rest) = next(inputs)? else {
            return None;
        };
        let (INTEGER, times, mut rest) = next(rest)? else {
            return None;
        };
        // The length of the key may be left out, and so may the hash.
        if let Some((INTEGER, _, after)) = next(rest) {
            rest = after;
        }
        let hash = match next(rest) {
            Some((SEQUENCE, hash, _)) => next(hash)?.1,
            _ => HMAC_SHA1,
        };
        let (_, encrypted_by, rest) = next(cipher)?;
        let (OCTETS, vector, _) = next(rest)? else {
            return None;
        };
        let known = name == PBES2 && derived_by == PBKDF2;
        known.then_some((locked, salt, times, hash, encrypted_by, vector))
    })();
    let (locked, salt, times, hash, cipher, vector) = found.ok_or_else(odd)?;
    let times = times.iter().fold(0_u32, |sum, byte| {
        sum.saturating_mul(256) | u32::from(*byte)
    });
    let times = std::num::NonZeroU32::new(times).filter(|times| times.get() <= MOST_TIMES);
    let hash = match hash {
        HMAC_SHA1 => pbkdf2::PBKDF2_HMAC_SHA1,
        HMAC_SHA256 => pbkdf2::PBKDF2_HMAC_SHA256,
        HMAC_SHA512 => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => return Err(odd()),
    };
    let length = match cipher {
        AES_128 => 16,
        AES_192 => 24,
        AES_256 => 32,
        _ => return Err(odd()),
    };
    let vector = vector.try_into().map_err(|_| odd())?;
    let mut key = Zeroizing::new(vec![0; length]);
    let times = times.ok_or_else(odd)?;
    pbkdf2::derive(hash, times, salt, passphrase.as_bytes(), &mut key);
    decrypt(&key, vector, locked)
}

/// Takes AES in CBC away, and the padding at the end.
fn decrypt(key: &[u8], mut vector: [u8; 16], bytes: &[u8]) -> Result<Der, ProviderError> {
    let other = || wrong("its passphrase is another one");
    let cipher = match key.len() {
        16 => Cipher::Aes128(Box::new(Aes128::new_from_slice(key).map_err(|_| other())?)),
        24 => Cipher::Aes192(Box::new(Aes192::new_from_slice(key).map_err(|_| other())?)),
        _ => Cipher::Aes256(Box::new(Aes256::new_from_slice(key).map_err(|_| other())?)),
    };
    let (blocks, rest) = bytes.as_chunks::<16>();
    let mut plain = Zeroizing::new(Vec::with_capacity(bytes.len()));
    for block in blocks {
        let mut opened = (*block).into();
        match &cipher {
            Cipher::Aes128(cipher) => cipher.decrypt_block(&mut opened),
            Cipher::Aes192(cipher) => cipher.decrypt_block(&mut opened),
            Cipher::Aes256(cipher) => cipher.decrypt_block(&mut opened),
        }
        plain.extend(opened.iter().zip(&vector).map(|(byte, mask)| byte ^ mask));
        vector = *block;
    }
    let padding = usize::from(plain.last().copied().unwrap_or_default());
    let length = plain
        .len()
        .checked_sub(padding)
        .filter(|_| (1..=16).contains(&padding));
    let length = length.filter(|_| rest.is_empty()).ok_or_else(other)?;
    plain.truncate(length);
    Ok(plain)
}

enum Cipher {
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
}

/// The tag of the next element of DER, what is in it, and what follows.
fn next(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], mut rest) = bytes.split_first_chunk()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (digits, after) = rest.split_at_checked(usize::from(first & 0x7F))?;
        if digits.len() > 4 {
            return None;
        }
        length = digits
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        rest = after;
    }
    let (inside, after) = rest.split_at_checked(length)?;
    Some((tag, inside, after))
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    <[u8; 16]>::try_from(bytes).ok().filter(|_| rest.is_empty())
}

fn wrong(what: &str) -> ProviderError {
    config_fault(format!("the private key cannot be read: {what}"))
}

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

// RFC 8018 appendix A and C, RFC 3565 §4.1.
const PBES2: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D";
const PBKDF2: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0C";
const HMAC_SHA1: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x02\x07";
const HMAC_SHA256: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x02\x09";
const HMAC_SHA512: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x02\x0B";
const AES_128: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x02";
const AES_192: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x16";
const AES_256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x01\x2A";

/// Far more than anybody takes; a file must not keep us busy for hours.
const MOST_TIMES: u32 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::vectors::rsa_key;

    const PKCS1: &str = include_str!("locked.pkcs1.pem");
    const PKCS8: &str = include_str!("locked.pkcs8.pem");

    #[test]
    fn a_key_is_unlocked_by_its_passphrase() {
        let wanted = rsa_key().sign_sha256(b"x").unwrap();
        for pem in [PKCS1, PKCS8, include_str!("../vectors.key.pem")] {
            let key = read(pem, "hunter22").unwrap();
            assert_eq!(key.sign_sha256(b"x").unwrap(), wanted);
        }
    }

    #[test]
    fn what_cannot_be_unlocked_is_told() {
        let none =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
        for (pem, passphrase, said) in [
            (
                PKCS8.to_owned(),
                "",
                "it is encrypted, and there is no passphrase",
            ),
            (
                none.to_owned(),
                "x",
                "it is encrypted by other means than PBES2 with PBKDF2 and AES",
            ),
            (
                PKCS1.replace("AES-128-CBC", "DES-CBC"),
                "x",
                "it is encrypted by DES-CBC; expected AES",
            ),
            (
                PKCS1.replace("AES-128-CBC,", "AES-128-CBC,zz"),
                "x",
                "its DEK-Info has no vector",
            ),
            ("ENCRYPTED".to_owned(), "x", "it is not PEM"),
        ] {
            let error = read(&pem, passphrase).unwrap_err();
            assert_eq!(
                error.message,
                format!("the private key cannot be read: {said}")
            );
        }
        for pem in [PKCS1, PKCS8] {
            read(pem, "hunter23").unwrap_err();
        }
    }

    #[test]
    fn no_bytes_are_too_odd() {
        let der = STANDARD.decode(
            PKCS8
                .lines()
                .filter(|line| !line.contains('-'))
                .collect::<String>(),
        );
        let der = der.unwrap();
        for at in 0..120 {
            let mut odd = der.clone();
            odd[at] ^= 0x81;
            drop(pbes2(&odd[..der.len() - at], "x"));
            drop(pbes2(&der[..at], "x"));
        }
    }
}
