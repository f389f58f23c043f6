//! Texts of keys, good and bad.

use super::*;
use crate::{Algorithm, Key, Keys};

fn fault(text: &str) -> String {
    let error = Keys::from_text(text).unwrap_err().to_string();
    assert!(!error.contains("c2Vj"), "{error}");
    error
}

#[test]
fn files_are_read_as_bind_reads_them() {
    let text = r#"
# made by tsig-keygen
key "First.Example" {
	algorithm hmac-sha256;
	secret "c2VjcmV0";
};
// another, in the other order /* not open
KEY second. { Secret c2VjcmV0 ; /* a comment
 of two lines */ algorithm "HMAC-MD5.SIG-ALG.REG.INT."; };key "a\"b"{algorithm hmac-sha512-256;secret "c2Vj
cmV0";};"#
        .replace("c2Vj\ncmV0", "c2Vj cmV0");
    let keys = Keys::from_text(&text).unwrap();
    let shown: Vec<String> = keys
        .iter()
        .map(|key| {
            format!(
                "{} {} {}",
                key.name(),
                key.algorithm(),
                key.to_text().contains("c2VjcmV0")
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    a\"b. hmac-sha512-256 true
    first.example. hmac-sha256 true
    second. hmac-md5 true
    "#);
    assert_eq!((keys.len(), keys.is_empty()), (3, false));
    assert!(Keys::from_text("").unwrap().is_empty());
}

#[test]
fn keys_are_printed_as_tsig_keygen_does() {
    let key = Key::from_short("hmac-sha1:Up.Example:c2VjcmV0").unwrap();
    insta::assert_snapshot!(key.to_text(), @r#"
    key "up.example" {
    	algorithm hmac-sha1;
    	secret "c2VjcmV0";
    };
    "#);
    let root = Key::from_short(".:c2VjcmV0").unwrap();
    assert!(root.to_text().starts_with("key \".\" {"));
}

#[test]
fn the_short_form_is_that_of_dig() {
    for (text, algorithm) in [
        ("a.b:c2VjcmV0", Algorithm::HmacSha256),
        ("hmac-sha512:a.b.:c2VjcmV0", Algorithm::HmacSha512),
        ("HMAC-MD5:A.B:c2VjcmV0", Algorithm::HmacMd5),
    ] {
        let key = Key::from_short(text).unwrap();
        assert_eq!(
            (key.algorithm(), key.name().to_string()),
            (algorithm, "a.b.".to_owned())
        );
    }
    let fault = |text| Key::from_short(text).unwrap_err();
    assert_eq!(fault("c2VjcmV0"), KeyFault::Form);
    assert_eq!(fault("a:b:c2VjcmV0:d"), KeyFault::Form);
    assert_eq!(fault("sha256:b:c2VjcmV0"), KeyFault::Algorithm);
    assert_eq!(fault("b:c2VjcmV"), KeyFault::Secret);
    assert_eq!(fault("b:"), KeyFault::Secret);
    assert!(matches!(fault("a..b:c2VjcmV0"), KeyFault::Name(_)));
}

#[test]
fn every_fault_of_a_file_has_its_place_and_says_what_is_wanted() {
    let texts = [
        "options { };",
        "key { algorithm hmac-sha256; };",
        "key \"a..b\" { };",
        "key a algorithm",
        "key a {\n  algorithm sha256;",
        "key a {\n  algorithm hmac-sha256\n  secret c2VjcmV0; };",
        "key a { secret hmac-sha256; };",
        "key a { secret \"\"; };",
        "key a { c2VjcmV0; };",
        "key a { secret c2VjcmV0; secret c2VjcmV0; };",
        "key a { algorithm hmac-sha1; algorithm hmac-sha1; };",
        "key a { algorithm hmac-sha1; };",
        "key a { secret c2VjcmV0; };",
        "key a { algorithm hmac-sha1; secret c2VjcmV0; }",
        "key a { algorithm hmac-sha1; secret c2VjcmV0; };\nkey \"A.\" {",
        "key \"a { algorithm hmac-sha1;\n",
        "key é { /* secret c2VjcmV0; };",
        "key a { algorithm c2VjcmV0; };",
        "key a {",
    ];
    let faults: Vec<String> = texts.into_iter().map(fault).collect();
    insta::assert_snapshot!(faults.join("\n"), @r#"
    1:1: expected key
      hint: this file holds keys only: key "NAME" { algorithm …; secret …; };
    1:5: expected the name of the key
    1:5: expected the name of the key: empty label (two dots in a row, or a dot at the front)
    1:7: expected { behind the name of the key
    2:13: expected an algorithm
      hint: hmac-sha256, or hmac-sha1, hmac-sha224, hmac-sha384, hmac-sha512, hmac-md5
    3:3: expected ; behind the value
    1:16: the secret is not base64, or empty
      hint: copy all of it, with the = at its end, or make a key with zonewright key new
    1:16: the secret is not base64, or empty
      hint: copy all of it, with the = at its end, or make a key with zonewright key new
    1:9: expected algorithm, secret or } in key
    1:26: secret is given twice in this key
    1:30: algorithm is given twice in this key
    1:30: key "a." has no secret
      hint: make a key with zonewright key new, or tsig-keygen
    1:26: key "a." has no algorithm
      hint: add algorithm hmac-sha256;
    1:48: expected ; behind the key
    2:5: key "A." is given twice
    1:5: quoted string that does not end on its line
    1:9: comment without an end
      hint: close it with */
    1:19: expected an algorithm
      hint: hmac-sha256, or hmac-sha1, hmac-sha224, hmac-sha384, hmac-sha512, hmac-md5
    1:8: expected algorithm, secret or } in key
    "#);
}

#[test]
fn a_file_that_is_of_no_use_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let shown = |error: KeyFileError| {
        let source = std::error::Error::source(&error);
        let source = source.map(|source| format!(": {source}"));
        format!("{error}{}", source.unwrap_or_default())
            .replace(&*folder.path().to_string_lossy(), "FOLDER")
    };
    let mut errors = vec![shown(Keys::read(&path).unwrap_err())];
    for content in [
        &b"key\xFF"[..],
        b"key a {\n  secret",
        &vec![b'\n'; (1 << 20) + 1],
    ] {
        std::fs::write(&path, content).unwrap();
        errors.push(shown(Keys::read(&path).unwrap_err()));
    }
    insta::assert_snapshot!(errors.join("\n"), @r#"
    read file of keys FOLDER/keys: No such file or directory (os error 2)
    FOLDER/keys: expected at most 1 MiB of text in UTF-8
    FOLDER/keys:2:9: the secret is not base64, or empty
      hint: copy all of it, with the = at its end, or make a key with zonewright key new
    FOLDER/keys: expected at most 1 MiB of text in UTF-8
    "#);
    std::fs::write(&path, "key a { algorithm hmac-sha1; secret c2VjcmV0; };").unwrap();
    assert_eq!(Keys::read(&path).unwrap().len(), 1);
}
