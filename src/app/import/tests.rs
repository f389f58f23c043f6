//! Keys of etcd as zone files.

use config::Skydns;
use provider::etcd::Pair;
use wire::{Name, NameRef};

use super::*;

fn made(zone: &str, owned: bool, keys: &[(&str, &str)]) -> String {
    let asked = Skydns {
        zone: Name::from_text(zone.as_bytes(), Some(NameRef::ROOT)).unwrap(),
        servers: Vec::new(),
        dump: None,
        prefix: "skydns".to_owned(),
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
    insta::assert_snapshot!(made("a.test", false, &keys), @"");
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
    insta::assert_snapshot!(made("a.test", false, &keys), @"");
    assert!(made("a.test", true, &keys).contains("web "));
}

#[test]
fn reverse_zones_have_pointers() {
    let keys = [("/skydns/arpa/in-addr/192/0/2/1", r#"{"host":"www.a.test"}"#)];
    insta::assert_snapshot!(made("2.0.192.in-addr.arpa", false, &keys), @"");
}
