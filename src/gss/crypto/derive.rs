//! Keys from keys: one for each use and part of it.

use ring::hmac;
use zeroize::Zeroizing;

use super::cbc::{BLOCK, Cipher};

/// What a derived key is for (RFC 3961 §5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Checksum,
    Encryption,
    Integrity,
}

impl Part {
    /// The last byte of the constant that stands for a use.
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Checksum => 0x99,
            Self::Encryption => 0xAA,
            Self::Integrity => 0x55,
        }
    }
}

/// RFC 3961 §5.1: the constant, folded to a block, is encrypted again and again.
pub(super) fn derive_sha1(key: &[u8], constant: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let cipher = Cipher::new(key);
    let mut block = Zeroizing::new(fold(constant));
    let mut derived = Zeroizing::new(Vec::with_capacity(length + BLOCK));
    while derived.len() < length {
        cipher.encrypt_block(&mut block);
        derived.extend_from_slice(&*block);
    }
    derived.truncate(length);
    derived
}

/// RFC 8009 §3: one round of HMAC is always enough.
pub(super) fn derive_sha2(
    hash: hmac::Algorithm,
    key: &[u8],
    constant: &[u8],
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hash, key));
    context.update(&[0, 0, 0, 1]);
    context.update(constant);
    // In bits; at most 256.
    let bits = u32::try_from(length * 8).unwrap_or(u32::MAX);
    context.update(&[0]);
    context.update(&bits.to_be_bytes());
    let mut derived = Zeroizing::new(context.sign().as_ref().to_vec());
    derived.truncate(length);
    derived
}

/// Spreads bytes over a block (RFC 3961 §5.1, "n-fold"): copies of them, each turned by 13 bits more,
/// are cut into blocks, and these are added with the carry going round.
pub(super) fn fold(bytes: &[u8]) -> [u8; BLOCK] {
    let mut sums = [0_u32; BLOCK];
    if bytes.is_empty() {
        return [0; BLOCK];
    }
    let mut place = 0;
    let mut turned = 0;
    // Until a copy and a block end together.
    loop {
        for at in 0..bytes.len() {
            if let Some(sum) = sums.get_mut(place % BLOCK) {
                *sum += u32::from(turned_byte(bytes, at, turned));
            }
            place += 1;
        }
        turned += 13;
        if place % BLOCK == 0 {
            break;
        }
    }
    loop {
        let mut carry = 0;
        for sum in sums.iter_mut().rev() {
            *sum += carry;
            carry = *sum >> 8;
            *sum &= 0xFF;
        }
        if carry == 0 {
            break;
        }
        if let Some(last) = sums.last_mut() {
            *last += carry;
        }
    }
    // Each is below 256 now.
    sums.map(|sum| u8::try_from(sum).unwrap_or_default())
}

/// A byte of `bytes` turned to the right by some bits.
fn turned_byte(bytes: &[u8], at: usize, bits: usize) -> u8 {
    let count = bytes.len();
    let from = at + count - bits / 8 % count;
    let byte = |at: usize| bytes.get(at % count).copied().unwrap_or_default();
    let pair = u16::from_be_bytes([byte(from + count - 1), byte(from)]);
    let [_, turned] = (pair >> (bits % 8)).to_be_bytes();
    turned
}
