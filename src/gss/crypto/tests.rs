//! Vectors of the RFCs.

use proptest::prelude::*;

use super::derive::fold;
use super::*;

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

#[test]
fn constants_are_folded_as_in_rfc_3961() {
    // RFC 3961 §A.1.
    let cases = [("kerberos", "6b65726265726f737b9b5b2b93132b93")];
    for (text, expected) in cases {
        assert_eq!(fold(text.as_bytes()).to_vec(), hex(expected), "{text}");
    }
}

#[test]
fn passwords_become_the_keys_of_rfc_3962() {
    // RFC 3962 §B; the vectors of fewer rounds are refused by us, see below, so PBKDF2 is ring's word.
    let cases = [
        (Etype::Aes128Sha1, "4c01cd46d632d01e6dbe230a01ed642a"),
        (
            Etype::Aes256Sha1,
            "55a6ac740ad17b4846941051e1e8b0a7548d93b0ab30a8bc3ff16280382b8c2a",
        ),
    ];
    for (etype, expected) in cases {
        let pass_phrase = "password";
        let key = key_of_rounds(etype, pass_phrase, "ATHENA.MIT.EDUraeburn", 1200);
        assert_eq!(key, hex(expected), "{etype:?}");
    }
}

/// The key of a password, of any number of rounds.
fn key_of_rounds(etype: Etype, password: &str, salt: &str, rounds: u32) -> Vec<u8> {
    let mut bytes = Zeroizing::new(vec![0; etype.key_len()]);
    let rounds = NonZeroU32::new(rounds).unwrap();
    let hash = pbkdf2::PBKDF2_HMAC_SHA1;
    pbkdf2::derive(
        hash,
        rounds,
        salt.as_bytes(),
        password.as_bytes(),
        &mut bytes,
    );
    let key = Key::new(etype, &bytes).unwrap();
    key.derive(b"kerberos", etype.key_len()).to_vec()
}

#[test]
fn few_and_many_rounds_are_refused() {
    for rounds in [0, 1, 4_095, 262_145, u32::MAX] {
        let key = Key::from_password(Etype::Aes256Sha1, "p", "s", Some(rounds));
        assert_eq!(key.unwrap_err(), Rounds(rounds));
    }
}

#[test]
fn passwords_become_the_keys_of_rfc_8009() {
    // RFC 8009 §A: the salt is sixteen bytes and the name of a realm and a user.
    let salt = hex("10df9dd783e5bc8acea1730e74355f61");
    let cases = [
        (Etype::Aes128Sha256, "089bca48b105ea6ea77ca5d2f39dc5e7"),
        (
            Etype::Aes256Sha384,
            "45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467",
        ),
    ];
    for (etype, expected) in cases {
        let (hash, name) = match etype {
            Etype::Aes128Sha256 => (pbkdf2::PBKDF2_HMAC_SHA256, "aes128-cts-hmac-sha256-128\0"),
            _ => (pbkdf2::PBKDF2_HMAC_SHA384, "aes256-cts-hmac-sha384-192\0"),
        };
        // The bytes are no UTF-8, so the salt is put together here.
        let salt = [name.as_bytes(), &salt, b"ATHENA.MIT.EDUraeburn"].concat();
        let mut bytes = vec![0; etype.key_len()];
        let rounds = NonZeroU32::new(32_768).unwrap();
        pbkdf2::derive(hash, rounds, &salt, b"password", &mut bytes);
        let key = Key::new(etype, &bytes).unwrap();
        let key = key.derive(b"kerberos", etype.key_len());
        assert_eq!(key.to_vec(), hex(expected), "{etype:?}");
    }
}

#[test]
fn text_is_stolen_as_in_rfc_3962() {
    // RFC 3962 §B: lengths around one and two blocks.
    let cipher = Cipher::new(b"chicken teriyaki");
    let text = b"I would like the General Gau's Chicken, please, and wonton soup.";
    let cases = [
        (17, "c6353568f2bf8cb4d8a580362da7ff7f97"),
        (
            31,
            "fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5",
        ),
        (
            32,
            "39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584",
        ),
        (
            47,
            "97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e\
             39312523a78662d5be7fcbcc98ebf5",
        ),
        (
            48,
            "97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd8\
             39312523a78662d5be7fcbcc98ebf5a8",
        ),
        (
            64,
            "97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a8\
             4807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8",
        ),
    ];
    for (length, expected) in cases {
        let mut bytes = text[..length].to_vec();
        cipher.encrypt(&mut bytes);
        assert_eq!(bytes, hex(expected), "{length}");
        cipher.decrypt(&mut bytes);
        assert_eq!(bytes, text[..length], "{length}");
    }
}

#[test]
fn checksums_and_texts_are_those_of_rfc_8009() {
    // RFC 8009 §A, use 2, "000102…14".
    let text: Vec<u8> = (0..=0x14).collect();
    let cases = [
        (
            Etype::Aes128Sha256,
            "3705d96080c17728a0e800eab6e0d23c",
            "d78367186643d67b411cba9139fc1dee",
            "ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718",
        ),
        (
            Etype::Aes256Sha384,
            "6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52",
            "45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a",
            "",
        ),
    ];
    for (etype, key, checksum, empty) in cases {
        let key = Key::new(etype, &hex(key)).unwrap();
        assert_eq!(key.checksum(2, &[&text]), hex(checksum), "{etype:?}");
        if !empty.is_empty() {
            let confounder = hex("7e5895eaf2672435bad817f545a37148");
            let sent = key.encrypt_with(2, confounder.try_into().unwrap(), &[]);
            assert_eq!(sent, hex(empty), "{etype:?}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_encrypted_is_decrypted_with_that_key_for_that_use_only(
        text: Vec<u8>, bytes: [u8; 32], usage: u32, which in 0..4_usize, at: usize,
    ) {
        let etype = Etype::ALL[which];
        let key = Key::new(etype, &bytes[..etype.key_len()]).unwrap();
        let mut sent = key.encrypt(usage, &text).unwrap();
        prop_assert_eq!(&key.decrypt(usage, &sent).unwrap()[..], &text[..]);
        prop_assert!(key.decrypt(usage ^ 1, &sent).is_err());
        let at = at % sent.len();
        sent[at] ^= 1;
        prop_assert!(key.decrypt(usage, &sent).is_err());
    }

    #[test]
    fn nothing_else_is_decrypted(bytes: Vec<u8>, which in 0..4_usize) {
        let etype = Etype::ALL[which];
        let key = Key::new(etype, &[7; 32][..etype.key_len()]).unwrap();
        prop_assert!(key.decrypt(3, &bytes).is_err());
    }
}
