//! Keys of etcd as zone files.

use config::Skydns;
use provider::etcd::Pair;
use wire::{Name, NameRef};

use super::*;

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), Some(NameRef::ROOT)).unwrap()
}

fn made(zone: &str, owned: bool, keys: &[(&str, &str)]) -> String {
    let asked = Skydns {
        zone: name(zone),
        servers: Vec::new(),
        dump: None,
        prefix: "skydns".to_owned(),
        name_servers: vec![(name("ns.a.test"), Some([192, 0, 2, 7].into()))],
        owned,
    };
    let pairs = keys.iter().map(|(key, value)| Pair {
        key: key.as_bytes().to_vec(),
        value: value.as_bytes().to_vec(),
    });
    let made = skydns::make(&asked, &pairs.collect::<Vec<_>>(), 7);
    let mut text = String::new();
    let apex = made.records.apex().as_ref();
    zone::file::print(apex, made.records.iter(), &mut text).unwrap();
    let checked = zone::file::parse_str(text.as_bytes(), "output", made.records.apex());
    assert!(
        checked.records.is_some(),
        "{text}{}",
        checked.report.render(false)
    );
    text + &made.remarks.join("\n")
}

#[test]
fn services_become_records() {
    let keys = [
        ("/skydns/test/a/www", r#"{"host":"192.0.2.1","ttl":60}"#),
        (
            "/skydns/test/a/two/1a2b",
            r#"{"host":"192.0.2.2","targetstrip":1}"#,
        ),
        (
            "/skydns/test/a/two/3c4d",
            r#"{"host":"2001:db8::2","targetstrip":1}"#,
        ),
        ("/skydns/test/a/alias", r#"{"host":"www.a.test"}"#),
        (
            "/skydns/test/a/both/1",
            r#"{"host":"192.0.2.3","targetstrip":1}"#,
        ),
        (
            "/skydns/test/a/both/2",
            r#"{"host":"x.test","targetstrip":1}"#,
        ),
        (
            "/skydns/test/a/mail",
            r#"{"host":"mx.test","mail":true,"priority":10}"#,
        ),
        (
            "/skydns/test/a/_tcp/_http/1",
            r#"{"host":"192.0.2.4","port":80,"weight":5,"targetstrip":1}"#,
        ),
        ("/skydns/test/a/text", r#"{"text":"hello \"you\""}"#),
        ("/skydns/test/a/dns/ns/x", r#"{"host":"192.0.2.53"}"#),
        ("/skydns/test/a/dns/apex", r#"{"host":"192.0.2.80"}"#),
        ("/skydns/test/b/www", r#"{"host":"192.0.2.1"}"#),
        ("/skydns/test/a/bad", "no JSON"),
        ("/other/test/a/www", r#"{"host":"192.0.2.9"}"#),
    ];
    insta::assert_snapshot!(made("a.test", false, &keys), @r#"
    $ORIGIN a.test.
    @                        300     SOA     ns.a.test. hostmaster.a.test. 7 3600 600 1209600 30
    @                        300     A       192.0.2.80
    @                        300     NS      ns.a.test.
    _http._tcp               300     SRV     0 5 80 1._http._tcp.a.test.
    1._http._tcp             300     A       192.0.2.4
    alias                    300     CNAME   www.a.test.
    both                     300     A       192.0.2.3
    x.ns.dns                 300     A       192.0.2.53
    mail                     300     MX      10 mx.test.
    ns                       300     A       192.0.2.7
    text                     300     TXT     "hello \"you\""
    two                      300     A       192.0.2.2
    two                      300     AAAA    2001:db8::2
    www                      60      A       192.0.2.1
    warning: key "/skydns/test/a/bad" is left out: its value: expected ident at line 1 column 2
    2 keys are not in zone "a.test."
    warning: "both.a.test.": the alias is left out, since there are other records
    "#);
}

#[test]
fn what_external_dns_looks_after_is_left_to_its_objects() {
    let keys = [
        ("/skydns/test/a/own", r#"{"host":"192.0.2.1"}"#),
        (
            "/skydns/test/a/web/1",
            r#"{"host":"192.0.2.2","targetstrip":1}"#,
        ),
        (
            "/skydns/test/a/a-web/2",
            r#"{"text":"\"heritage=external-dns,external-dns/owner=me\"","targetstrip":1}"#,
        ),
    ];
    insta::assert_snapshot!(made("a.test", false, &keys), @"
    $ORIGIN a.test.
    @                        300     SOA     ns.a.test. hostmaster.a.test. 7 3600 600 1209600 30
    @                        300     NS      ns.a.test.
    ns                       300     A       192.0.2.7
    own                      300     A       192.0.2.1
    2 keys are left out: external-dns looks after 2 names, which come from their objects (--owned takes them)
    ");
    assert!(made("a.test", true, &keys).contains("web "));
}

#[test]
fn reverse_zones_have_pointers() {
    let keys = [("/skydns/arpa/in-addr/192/0/2/1", r#"{"host":"www.a.test"}"#)];
    insta::assert_snapshot!(made("2.0.192.in-addr.arpa", false, &keys), @"
    $ORIGIN 2.0.192.in-addr.arpa.
    @                        300     SOA     ns.a.test. hostmaster.2.0.192.in-addr.arpa. 7 3600 600 1209600 30
    @                        300     NS      ns.a.test.
    1                        300     PTR     www.a.test.
    ");
}
