//! AES in CBC, from an initial vector of zeros, with the last two blocks swapped and the last one cut,
//! so that no padding is needed (RFC 3962 §5).

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};

/// Bytes of a block.
pub(super) const BLOCK: usize = 16;

/// A cipher with its key, wiped when it is let go.
pub(super) enum Cipher {
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
}

type Block = [u8; BLOCK];

impl Cipher {
    /// The cipher of a key of 16 or 32 bytes.
    pub(super) fn new(key: &[u8]) -> Self {
        if let Ok(cipher) = Aes256::new_from_slice(key) {
            return Self::Aes256(Box::new(cipher));
        }
        let cipher = Aes128::new_from_slice(key).expect("a key has the length of its kind");
        Self::Aes128(Box::new(cipher))
    }

    /// Encrypts a block.
    pub(super) fn encrypt_block(&self, block: &mut Block) {
        let mut array = (*block).into();
        match self {
            Self::Aes128(cipher) => cipher.encrypt_block(&mut array),
            Self::Aes256(cipher) => cipher.encrypt_block(&mut array),
        }
        *block = array.into();
    }

    fn decrypt_block(&self, block: &mut Block) {
        let mut array = (*block).into();
        match self {
            Self::Aes128(cipher) => cipher.decrypt_block(&mut array),
            Self::Aes256(cipher) => cipher.decrypt_block(&mut array),
        }
        *block = array.into();
    }

    /// Encrypts in place what is at least a block; shorter bytes are left as they are.
    pub(super) fn encrypt(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        if length < BLOCK {
            return;
        }
        bytes.resize(length.next_multiple_of(BLOCK), 0);
        let (blocks, _) = bytes.as_chunks_mut::<BLOCK>();
        let mut before = [0; BLOCK];
        for block in blocks.iter_mut() {
            mix(block, &before);
            self.encrypt_block(block);
            before = *block;
        }
        if let [.., next_to_last, last] = blocks {
            std::mem::swap(next_to_last, last);
        }
        bytes.truncate(length);
    }

    /// Decrypts in place what is at least a block; shorter bytes are left as they are.
    pub(super) fn decrypt(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        if length < BLOCK {
            return;
        }
        bytes.resize(length.next_multiple_of(BLOCK), 0);
        let (blocks, _) = bytes.as_chunks_mut::<BLOCK>();
        // How much of the last block was sent.
        let kept = length - (blocks.len() - 1) * BLOCK;
        if let [.., next_to_last, last] = blocks {
            // What was sent next to last is the last block, made of the last text and zeros mixed with
            // the block before it; so its end is the end of that block, which was cut.
            let mut opened = *next_to_last;
            self.decrypt_block(&mut opened);
            for (byte, missing) in last.iter_mut().zip(&opened).skip(kept) {
                *byte = *missing;
            }
            std::mem::swap(next_to_last, last);
        }
        let mut before = [0; BLOCK];
        for block in blocks.iter_mut() {
            let this = *block;
            self.decrypt_block(block);
            mix(block, &before);
            before = this;
        }
        bytes.truncate(length);
    }
}

fn mix(block: &mut Block, other: &Block) {
    for (byte, other) in block.iter_mut().zip(other) {
        *byte ^= other;
    }
}
