//! One signature, verified over its RRset as a validator does (RFC 4034 §3.1.8.1).

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519,
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};
use wire::Class;

use super::super::rrset::Rrset;
use crate::file::settle::canonical;

/// Whether the signature fits; nothing is known for algorithms that are not verified here.
///
/// `fields` is the data of the RRSIG up to its signature, the signer's name in lower case.
pub(super) fn verify(
    algorithm: u8,
    key: &[u8],
    (fields, signature): (&[u8], &[u8]),
    run: &Rrset<'_>,
) -> Option<bool> {
    let known = |algorithm| Some(Method::Curve(algorithm));
    let method = match algorithm {
        5 | 7 => Some(Method::Rsa(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY)),
        8 => Some(Method::Rsa(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)),
        10 => Some(Method::Rsa(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY)),
        13 => known(&ECDSA_P256_SHA256_FIXED as &dyn VerificationAlgorithm),
        14 => known(&ECDSA_P384_SHA384_FIXED),
        15 => known(&ED25519),
        _ => None,
    }?;
    let message = message(fields, run)?;
    Some(match method {
        Method::Rsa(parameters) => {
            let (e, n) = rsa(key)?;
            let key = RsaPublicKeyComponents { n, e };
            key.verify(parameters, &message, signature).is_ok()
        }
        Method::Curve(algorithm) => {
            // RFC 6605 §4: the point without the byte that says that it is whole.
            let mut point = Vec::with_capacity(key.len() + 1);
            if algorithm_has_prefix(key.len()) {
                point.push(4);
            }
            point.extend_from_slice(key);
            let key = UnparsedPublicKey::new(algorithm, point);
            key.verify(&message, signature).is_ok()
        }
    })
}

enum Method {
    Rsa(&'static RsaParameters),
    Curve(&'static dyn VerificationAlgorithm),
}

/// Keys of ECDSA have two coordinates, those of Ed25519 one.
fn algorithm_has_prefix(length: usize) -> bool {
    length > 32
}

/// What was signed: the fields, then all records in canonical form and order.
fn message(fields: &[u8], run: &Rrset<'_>) -> Option<Vec<u8>> {
    let &[_, _, _, labels, a, b, c, d, ..] = fields else {
        return None;
    };
    let first = run.first();
    let owner = first.owner.to_lowercase();
    let count = owner.as_ref().label_count();
    // RFC 4034 §3.1.3: an asterisk does not count; the caller has compared the labels.
    if usize::from(labels) > count {
        return None;
    }
    let mut datas: Vec<Vec<u8>> = run.iter().map(|record| canonical(&record)).collect();
    datas.sort();
    datas.dedup();
    let mut message = fields.to_vec();
    for data in datas {
        message.extend_from_slice(owner.as_bytes());
        message.extend_from_slice(&first.rtype.0.to_be_bytes());
        message.extend_from_slice(&Class::IN.0.to_be_bytes());
        message.extend_from_slice(&[a, b, c, d]);
        message.extend_from_slice(&u16::try_from(data.len()).ok()?.to_be_bytes());
        message.extend_from_slice(&data);
    }
    Some(message)
}

/// The exponent and the modulus of an RSA key (RFC 3110 §2).
fn rsa(key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match key {
        [0, high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
        [length, rest @ ..] => (u16::from(*length), rest),
        [] => return None,
    };
    let (e, n) = rest.split_at_checked(usize::from(length))?;
    // Zeros in front say nothing, and are not taken.
    let trim = |bytes: &'_ [u8]| bytes.iter().take_while(|byte| **byte == 0).count();
    Some((e.get(trim(e)..)?, n.get(trim(n)..)?))
}
