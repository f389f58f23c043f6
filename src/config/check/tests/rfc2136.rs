//! Name servers that take updates.

use super::*;
use crate::settings::{LoadBalancing, Provider, Rfc2136, TsigKey};

const ALL: [&str; 4] = [
    "--source=service",
    "--provider=rfc2136",
    "--policy=sync",
    "--rfc2136-host=192.0.2.53",
];

fn with(more: &[&'static str]) -> Vec<&'static str> {
    ALL.iter().chain(more).copied().collect()
}

fn servers(more: &[&'static str], variables: &[(&str, &str)]) -> Rfc2136 {
    let sync = good(&with(more), variables).sync.unwrap();
    match &sync.destinations[0].provider {
        Provider::Rfc2136(servers) => servers.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn little_has_to_be_said_of_a_server() {
    let insecure = servers(&["--rfc2136-insecure"], &[]);
    assert_eq!((insecure.port, insecure.batch), (53, 50));
    assert_eq!(insecure.key, TsigKey::None);
    assert!(insecure.zones.is_empty() && !insecure.axfr);
    let more = [
        "--rfc2136-tsig-keyname=K.Example.",
        "--rfc2136-host=[2001:db8::53]",
        "--rfc2136-zone=Example.ORG.",
        "--rfc2136-use-tls",
        "--rfc2136-tsig-axfr",
        "--rfc2136-load-balancing-strategy=round-robin",
    ];
    let secret = [("EXTERNAL_DNS_RFC2136_TSIG_SECRET", "c2VjcmV0")];
    let all = servers(&more, &secret);
    assert_eq!((all.port, all.axfr), (853, true));
    assert_eq!(all.hosts, ["192.0.2.53", "[2001:db8::53]"]);
    assert_eq!(all.zones[0].to_string(), "example.org.");
    assert_eq!(all.load_balancing, LoadBalancing::RoundRobin);
    let TsigKey::Given { algorithm, .. } = &all.key else {
        panic!("{:?}", all.key);
    };
    assert_eq!(algorithm, "hmac-sha256");
    assert!(!format!("{all:?}").contains("c2VjcmV0"));
}

#[test]
fn zones_are_looked_for_where_filters_say() {
    let hints = |more: &[&'static str]| -> Vec<String> {
        let more: Vec<_> = more
            .iter()
            .chain(&["--rfc2136-insecure"])
            .copied()
            .collect();
        let hints = servers(&more, &[]).hints;
        hints.iter().map(ToString::to_string).collect()
    };
    let filters = [
        "--domain-filter=.example.org",
        "--domain-filter=example.net",
    ];
    assert_eq!(hints(&filters), ["example.org.", "example.net."]);
    let named = ["--domain-filter=example.org", "--rfc2136-zone=example.org"];
    assert_eq!(hints(&named), [""; 0]);
    assert_eq!(hints(&["--regex-domain-filter=x"]), [""; 0]);
}

#[test]
fn what_is_wrong_with_servers_is_said_with_a_way_out() {
    let cases: [(&[&str], &str); 6] = [
        (&[], "there is no key to sign updates with"),
        (&["--rfc2136-tsig-keyname=k"], "the key has no secret"),
        (&["--rfc2136-tsig-secret=eA=="], "the key has no name"),
        (
            &["--rfc2136-insecure", "--rfc2136-host=192.0.2.1:53"],
            "the port is said by --rfc2136-port",
        ),
        (
            &["--rfc2136-insecure", "--tls-client-cert=x"],
            "a certificate needs its key",
        ),
        (
            &[
                "--rfc2136-tsig-keyname=k",
                "--rfc2136-tsig-secret=eA==",
                "--rfc2136-tsig-secret-alg=md5",
            ],
            "\"md5\" is not an algorithm",
        ),
    ];
    for (more, expected) in cases {
        let arguments: Vec<&str> = ALL.iter().chain(more).copied().collect();
        let text = problems(&arguments, &[]);
        assert!(text.contains(expected), "{more:?}: {text}");
        assert!(!text.contains("eA=="), "{text}");
    }
    let none = [
        "--source=service",
        "--provider=rfc2136",
        "--rfc2136-insecure",
    ];
    assert!(problems(&none, &[]).contains("there is no name server to write to"));
}

#[test]
fn kerberos_needs_a_user_and_names_of_servers() {
    const HEAD: [&str; 4] = [
        "--source=service",
        "--provider=rfc2136",
        "--policy=sync",
        "--rfc2136-gss-tsig",
    ];
    const ALL: [&str; 4] = [
        "--rfc2136-host=dc1.example.org",
        "--rfc2136-kerberos-username=dns@example.org",
        "--rfc2136-kerberos-password=eA==",
        "--rfc2136-kerberos-realm=example.org",
    ];
    let sync = good(&[HEAD, ALL].concat(), &[]).sync.unwrap();
    let Provider::Rfc2136(servers) = &sync.destinations[0].provider else {
        panic!("{:?}", sync.destinations[0].provider);
    };
    let TsigKey::Kerberos(kerberos) = &servers.key else {
        panic!("{:?}", servers.key);
    };
    assert_eq!((&*kerberos.user, &*kerberos.realm), ("dns", "EXAMPLE.ORG"));
    assert!(!format!("{servers:?}").contains("eA=="));

    let with = |other: &'static str| {
        let mut all = ALL;
        all[2] = other;
        [&HEAD[..], &all].concat()
    };
    let sync = good(&with("--rfc2136-kerberos-keytab=dns.keytab"), &[]).sync;
    let said = format!("{:?}", sync.unwrap().destinations[0].provider);
    assert!(said.contains("Kerberos(dns@EXAMPLE.ORG, ..)"), "{said}");
    let both = [&HEAD[..], &ALL, &["--rfc2136-kerberos-keytab=dns.keytab"]].concat();
    assert!(problems(&both, &[]).contains("which one counts?"));

    let cases: [(usize, &str, &str); 7] = [
        (0, "--rfc2136-host=192.0.2.53", "is an address"),
        (0, "--rfc2136-host=[2001:db8::53]", "is an address"),
        (
            1,
            "--rfc2136-kerberos-username=EXAMPLE\\dns",
            "has a domain in it",
        ),
        (
            1,
            "--rfc2136-kerberos-username=dns@example.net",
            "has another realm than EXAMPLE.ORG",
        ),
        (1, "--rfc2136-zone=example.org", "needs a username"),
        (2, "--rfc2136-zone=example.org", "needs a password"),
        (3, "--rfc2136-insecure", "are updates signed or not?"),
    ];
    for (place, other, expected) in cases {
        let mut all = ALL;
        all[place] = other;
        let text = problems(&[HEAD, all].concat(), &[]);
        assert!(text.contains(expected), "{other}: {text}");
        assert!(!text.contains("eA=="), "{text}");
    }
}
