//! What must be to the byte.

mod leftover;
mod mapper;
mod migration;
mod records;

use wire::Rtype;

use super::crypto::Key;
use super::labels::{from_text, to_text};
use crate::Labels;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    let mut labels = Labels::default();
    for (key, value) in pairs {
        labels.set(key, value);
    }
    labels
}

#[test]
fn labels_are_written_by_key() {
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[], "heritage=external-dns"),
        (
            &[("owner", "me")],
            "heritage=external-dns,external-dns/owner=me",
        ),
        (
            &[("resource", "ingress/default/web"), ("owner", "default")],
            "heritage=external-dns,external-dns/owner=default,external-dns/resource=ingress/default/web",
        ),
        (
            &[("zz", "1"), ("Aa", "x=y"), ("owner", "")],
            "heritage=external-dns,external-dns/Aa=x=y,external-dns/owner=,external-dns/zz=1",
        ),
        (
            &[
                ("owner", "me"),
                ("txt-encryption-nonce", "abc"),
                ("previous-owner", "you"),
            ],
            "heritage=external-dns,external-dns/owner=me",
        ),
    ];
    for (pairs, expected) in cases {
        assert_eq!(to_text(&labels(pairs)), *expected);
    }
}

#[test]
fn labels_are_read_with_what_external_dns_lets_pass() {
    let me: &[(&str, &str)] = &[("owner", "me")];
    type Case<'a> = (&'a str, Option<&'a [(&'a str, &'a str)]>);
    let cases: &[Case<'_>] = &[
        ("heritage=external-dns,external-dns/owner=me", Some(me)),
        ("\"heritage=external-dns,external-dns/owner=me\"", Some(me)),
        (
            "\"\"heritage=external-dns,external-dns/owner=me\"",
            Some(me),
        ),
        ("external-dns/owner=me,heritage=external-dns", Some(me)),
        (
            "heritage=external-dns,foo=bar,nothing,external-dns/owner=me",
            Some(me),
        ),
        (
            "heritage=external-dns,external-dns/a=b=c",
            Some(&[("a", "b=c")]),
        ),
        (
            "heritage=external-dns,external-dnsx=1",
            Some(&[("external-dnsx", "1")]),
        ),
        ("heritage=external-dns", Some(&[])),
        (
            "heritage=external-dns,external-dns/previous-owner=me",
            Some(&[]),
        ),
        ("heritage=mate,external-dns/owner=me", None),
        ("heritage=external-dns,heritage=mate", None),
        ("external-dns/owner=me", None),
        ("v=spf1 -all", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(from_text(text), expected.map(labels), "{text}");
    }
}

const TEXT: &str =
    "heritage=external-dns,external-dns/owner=default,external-dns/resource=ingress/default/web";

/// `TEXT` as Go's gzip and AES-GCM encrypt it with this key and the nonce "twelve bytes".
const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";
const BY_GO: &str = "dHdlbHZlIGJ5dGVzXjIKcd+4/iH2cDKCMGufYp8JfHntdTLKAwHePlpVeRZMRAgpSkmJvQQswi6KAKrCr5BFP7AmuqpVkhUCblirYLDFNpcizvlSr7H/JC76gfW/AIHWsCgo2Kd9pNbcV/i3YJM7VgpwLTnoy5vW";

#[test]
fn what_go_encrypted_is_read() {
    let key = Key::new(KEY).unwrap();
    assert_eq!(key.decrypt(BY_GO).as_deref(), Some(TEXT));
    assert_eq!(key.decrypt(&format!("\"{BY_GO}\"")).as_deref(), Some(TEXT));
    let encoded = Key::new(b"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").unwrap();
    assert_eq!(encoded.decrypt(BY_GO).as_deref(), Some(TEXT));
    let other = Key::new(b"ffffffffffffffffffffffffffffffff").unwrap();
    assert_eq!(other.decrypt(BY_GO), None);
    for text in ["", "heritage=external-dns", "dHdlbHZlIGJ5dGVz", "AAAA"] {
        assert_eq!(key.decrypt(text), None);
    }
}

#[test]
fn keys_have_32_bytes() {
    for text in [
        "",
        "short",
        "MDEyMzQ1Njc4OWFiY2RlZg==",
        "0123456789abcdef0123456789abcdef0",
    ] {
        assert!(Key::new(text.as_bytes()).is_none(), "{text}");
    }
}

#[test]
fn encrypted_text_is_stable_and_its_own_for_each_name() {
    let key = Key::new(KEY).unwrap();
    let one = key.encrypt("a-web.example.org", TEXT).unwrap();
    assert_eq!(key.encrypt("A-web.example.org", TEXT), Some(one.clone()));
    assert_ne!(key.encrypt("b-web.example.org", TEXT), Some(one.clone()));
    assert_eq!(key.decrypt(&one).as_deref(), Some(TEXT));
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    use super::{TxtError, TxtOptions, TxtRegistry};
    let options = |owner: &str, prefix: &str, suffix: &str, encrypt, key: &str| TxtOptions {
        owner: owner.into(),
        prefix: prefix.into(),
        suffix: suffix.into(),
        encrypt,
        key: key.into(),
        managed: vec![Rtype::A],
        ..TxtOptions::default()
    };
    let key = std::str::from_utf8(KEY).unwrap();
    let cases = [
        (options("me", "p-", "", false, ""), None),
        (options("me", "", "-s", true, key), None),
        (options("", "", "", false, ""), Some(TxtError::Owner)),
        (
            options("me", "p-", "-s", false, ""),
            Some(TxtError::Affixes),
        ),
        (options("me", "", "", true, ""), Some(TxtError::NoKey)),
        (options("me", "", "", false, "short"), Some(TxtError::Key)),
    ];
    for (options, expected) in cases {
        assert_eq!(TxtRegistry::new(options).err(), expected);
    }
}
