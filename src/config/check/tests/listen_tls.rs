//! Settings of TLS, and what is granted by it.

use super::{good, problems};
use crate::settings::{ClientCertificates, ListenTls};

const ZONE: [&str; 2] = ["--zone-dir", "zones"];
const TLS: [&str; 3] = [
    "--listen-tls=127.0.0.1",
    "--listen-tls-cert=c.pem",
    "--listen-tls-cert-key=c.key",
];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    ZONE.iter().chain(more).copied().collect()
}

#[test]
fn tls_is_an_address_and_a_certificate() {
    assert_eq!(good(&ZONE, &[]).listen_tls, None);
    assert_eq!(good(&with(&["--listen-tls="]), &[]).listen_tls, None);
    let expected = ListenTls {
        addresses: vec!["127.0.0.1:853".parse().unwrap()],
        certificate: "c.pem".into(),
        key: "c.key".into(),
        client_ca: None,
        client_certificates: ClientCertificates::Required,
    };
    assert_eq!(good(&with(&TLS), &[]).listen_tls, Some(expected.clone()));
    let more = [
        "--listen-tls-client-ca=ca.pem",
        "--listen-tls-client-cert=optional",
        "--allow-transfer=key:xfr,cert:ns2.example.org",
    ];
    let expected = ListenTls {
        client_ca: Some("ca.pem".into()),
        client_certificates: ClientCertificates::Optional,
        ..expected
    };
    let config = good(&with(&[&TLS[..], &more].concat()), &[]);
    assert_eq!(config.listen_tls, Some(expected));
    assert_eq!(config.warnings, []);
}

#[test]
fn what_tls_lacks_is_said() {
    let cases = [
        (&TLS[..2], "TLS needs a certificate and its key"),
        (
            &[TLS[0], TLS[1], TLS[2], TLS[0]],
            "\"127.0.0.1:853\" is given twice",
        ),
        (
            &["--allow-transfer=key:xfr,tls"],
            "a grant by TLS is for nobody without \"--listen-tls\"",
        ),
        (
            &[TLS[0], TLS[1], TLS[2], "--allow-transfer=cert:*"],
            "a grant by TLS is for nobody without \"--listen-tls-client-ca\"",
        ),
    ];
    for (arguments, expected) in cases {
        let said = problems(&with(arguments), &[]);
        assert!(said.contains(expected), "{said}");
    }
    for (arguments, expected) in [
        (&["--listen-tls-cert=c.pem"][..], "TLS is spoken nowhere"),
        (
            &[TLS[0], TLS[1], TLS[2], "--listen-tls-client-cert=optional"],
            "no certificate of a client is trusted",
        ),
    ] {
        let config = good(&with(arguments), &[]);
        let said: Vec<String> = config.warnings.iter().map(ToString::to_string).collect();
        assert!(said.concat().contains(expected), "{said:?}");
    }
}
