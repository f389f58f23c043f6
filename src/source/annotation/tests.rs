//! Annotations, case by case.

use super::{Annotations, duration, split};
use crate::object::{Pairs, Uid};
use crate::{Outcome, Rules};

const NEW: &str = "external-dns.kubernetes.io/";
const OLD: &str = "external-dns.alpha.kubernetes.io/";

fn meta(pairs: &[(&str, &str, &str)]) -> crate::object::Meta {
    let pairs = pairs
        .iter()
        .map(|(prefix, key, value)| (format!("{prefix}{key}"), *value));
    crate::object::Meta {
        key: crate::object::Key::new("default", "web"),
        uid: Uid::None,
        created: 0,
        labels: Pairs::default(),
        annotations: Pairs::new(pairs),
        whole: None,
    }
}

#[test]
fn the_new_prefix_wins_key_by_key() {
    let rules = Rules::default();
    let meta = meta(&[
        (OLD, "hostname", "old.example.org"),
        (NEW, "hostname", "new.example.org"),
        (OLD, "target", "192.0.2.1"),
        (OLD, "aws-weight", "1"),
        (NEW, "aws-weight", "2"),
        (OLD, "aws-region", "eu"),
        (OLD, "cloudflare-proxied", "true"),
    ]);
    let annotations = Annotations::of(&meta, &rules);
    assert_eq!(annotations.hostnames(), ["new.example.org"]);
    assert_eq!(annotations.targets(), ["192.0.2.1"]);
    let properties = annotations.properties();
    let all: Vec<_> = properties.iter().collect();
    assert_eq!(
        all,
        [
            ("aws/region", "eu"),
            ("aws/weight", "2"),
            ("external-dns.kubernetes.io/cloudflare-proxied", "true"),
        ]
    );
}

#[test]
fn a_prefix_of_ones_own_is_the_only_one() {
    let rules = Rules {
        prefixes: vec!["dns.example.org/".into()],
        ..Rules::default()
    };
    let meta = meta(&[
        (NEW, "hostname", "a"),
        ("dns.example.org/", "hostname", "b"),
    ]);
    assert_eq!(Annotations::of(&meta, &rules).hostnames(), ["b"]);
}

#[test]
fn settings_for_providers_are_named_by_provider() {
    let rules = Rules::default();
    let meta = meta(&[
        (NEW, "alias", "true"),
        (NEW, "record-type", "ptr"),
        (NEW, "scw-priority", "1"),
        (NEW, "coredns-group", "g"),
        (NEW, "webhook-x/y", "z"),
        (NEW, "azure-tags", "a=b"),
        (NEW, "cloudflare-unheard-of", "x"),
        (NEW, "unheard-of", "x"),
        (NEW, "set-identifier", "one"),
    ]);
    let annotations = Annotations::of(&meta, &rules);
    assert_eq!(annotations.set_identifier(), "one");
    let properties = annotations.properties();
    let all: Vec<_> = properties.iter().collect();
    assert_eq!(
        all,
        [
            ("alias", "true"),
            ("azure/tags", "a=b"),
            ("coredns/group", "g"),
            ("record-type", "ptr"),
            ("scw/priority", "1"),
            ("webhook/x/y", "z"),
        ]
    );
}

#[test]
fn alias_is_the_word_true_only() {
    let rules = Rules::default();
    let meta = meta(&[(NEW, "alias", "True")]);
    assert!(Annotations::of(&meta, &rules).properties().is_empty());
}

#[test]
fn ttl_is_seconds_or_a_duration() {
    let rules = Rules::default();
    for (text, expected, problems) in [
        ("300", Some(300), 0),
        ("+300", Some(300), 0),
        ("5m", Some(300), 0),
        ("1h30m", Some(5400), 0),
        ("1.5s", Some(1), 0),
        ("0", None, 0),
        ("0s", None, 0),
        ("2147483647", Some(2_147_483_647), 0),
        ("2147483648", None, 1),
        ("-1", None, 1),
        ("-5m", None, 1),
        ("5x", None, 1),
        ("", None, 1),
        ("ten", None, 1),
    ] {
        let meta = meta(&[(NEW, "ttl", text)]);
        let mut outcome = Outcome::default();
        let ttl = Annotations::of(&meta, &rules).ttl(&mut outcome);
        assert_eq!(ttl.map(wire::Ttl::as_secs), expected, "{text}");
        assert_eq!(outcome.problems.len(), problems, "{text}");
    }
}

#[test]
fn durations_are_those_of_go() {
    for (text, expected) in [
        ("1s", Some(1)),
        (".5m", Some(30)),
        ("1.m", Some(60)),
        ("2562047h", Some(9_223_369_200)),
        ("2562048h", None),
        ("99999999999999999999999999999999999999999h", None),
        ("1", None),
        (".s", None),
        ("1..5s", None),
        ("s", None),
        ("1µs", Some(0)),
        ("1d", None),
        ("-1s", Some(-1)),
        ("", None),
        ("+", None),
        ("é", None),
    ] {
        assert_eq!(duration(text), expected, "{text}");
    }
}

#[test]
fn lists_lose_all_spaces() {
    assert_eq!(split(" a . b , c,\t"), ["a.b", "c", ""]);
    assert_eq!(split(""), [""]);
}
