//! Several destinations, address maps and claims, by settings file.

use super::*;
use crate::settings::{AddressMap, NamePattern, Policy, Provider, RecordType, Registry};

const TWO: &str = "version: 1
sources: [service, ingress]
txtOwnerId: home
policy: sync
addressMaps:
- {from: 10.0.0.0/24, to: 203.0.113.0/24}
destinations:
- name: inside
  zone: [example.org, 192.168.1.0/24]
  addressMaps: []
- name: outside
  provider: webhook
  domain-filter: example.com
  policy: upsert-only
  managedRecordTypes: [A, AAAA]
- name: behind nat
  provider: webhook
  webhook-provider-url: http://localhost:9999
  addressMaps:
  - from: 192.168.1.240-192.168.1.250
    to: 203.0.113.7
claims:
- namespaces: [web, shop]
  names: ['*.example.org', www.Example.com., _acme-challenge.*.example.org]
  types: A
- namespaces: '*'
  names: ['*']
";

#[test]
fn each_destination_has_settings_of_its_own() {
    let config = of_file(TWO).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.warnings, []);
    let sync = config.sync.unwrap();
    let [inside, outside, nat] = &sync.destinations[..] else {
        panic!("not three");
    };
    assert_eq!(
        [&inside.name, &outside.name, &nat.name],
        ["inside", "outside", "behind nat"]
    );
    assert!(matches!(&inside.provider, Provider::Embedded(it) if it.zones.len() == 2));
    assert_eq!(inside.policy, Policy::Sync);
    assert_eq!(outside.policy, Policy::UpsertOnly);
    assert_eq!(outside.managed_types, [RecordType::A, RecordType::Aaaa]);
    assert!(matches!(&outside.registry, Registry::Txt(txt) if txt.owner == "home"));
    assert_eq!(inside.address_maps, []);
    assert_eq!(
        outside.address_maps,
        [AddressMap::Network {
            from: "10.0.0.0/24".parse().unwrap(),
            to: "203.0.113.0/24".parse().unwrap(),
        }]
    );
    assert_eq!(
        nat.address_maps,
        [AddressMap::Pool {
            first: "192.168.1.240".parse().unwrap(),
            last: "192.168.1.250".parse().unwrap(),
            to: "203.0.113.7".parse().unwrap(),
        }]
    );
    let [first, second] = &sync.claims[..] else {
        panic!("not two claims");
    };
    assert_eq!(first.namespaces, ["web", "shop"]);
    assert_eq!(
        first.names,
        [
            NamePattern::Below("example.org".to_owned()),
            NamePattern::Exactly("www.example.com".to_owned()),
            NamePattern::Exactly("_acme-challenge.*.example.org".to_owned()),
        ]
    );
    assert_eq!(first.types, [RecordType::A]);
    assert_eq!(second.names, [NamePattern::Any]);
}

#[test]
fn flags_do_not_speak_of_destinations_that_a_file_lists() {
    let folder = std::env::temp_dir().join(format!("zonewright-two-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("zonewright.yaml");
    std::fs::write(&path, TWO).unwrap();
    let flag = format!("--config={}", path.display());
    let config = good(&[&flag, "--source=crd", "--once"], &[]);
    let sync = config.sync.unwrap();
    assert_eq!(sync.sources, [crate::SourceName::Crd]);
    assert!(sync.once);
    let wrong = problems(
        &[&flag, "--domain-filter=example.net"],
        &[("EXTERNAL_DNS_AWS_PROFILE", "x")],
    );
    std::fs::remove_dir_all(&folder).unwrap();
    insta::assert_snapshot!(wrong, @"
    error: EXTERNAL_DNS_AWS_PROFILE: the settings file lists destinations; which one is meant?
      hint: write it in the file: in a destination, or at the top for all
    error: --domain-filter: the settings file lists destinations; which one is meant?
      hint: write it in the file: in a destination, or at the top for all
    ");
}

#[test]
fn destinations_that_are_in_each_others_way_are_told() {
    let wrong = |destinations: &str| {
        let text = format!("version: 1\nsource: crd\npolicy: sync\n{destinations}");
        of_file(&text).unwrap_err().to_string()
    };
    insta::assert_snapshot!(wrong("destinations:\n- name: a\n  provider: webhook\n- name: a\n  provider: inmemory\n"), @r#"
    error: etc/zonewright.yaml:7:3: name: there are two destinations "a"
      7 | - name: a
        |   ^
      hint: give each a name of its own
    "#);
    insta::assert_snapshot!(wrong("destinations:\n- name: a\n  provider: webhook\n- name: b\n  provider: webhook\n  domain-filter: x.example\n"), @r#"
    error: etc/zonewright.yaml:7:3: txt-owner-id: destination "a" writes to the same place as the same owner
      7 | - name: b
        |   ^
      hint: set another txt-owner-id for one of them
    "#);
    insta::assert_snapshot!(wrong("destinations:\n- name: a\n  zone: x.example\n- name: b\n  zone: [y.example, X.example]\n"), @r#"
    error: etc/zonewright.yaml:7:3: zone: zone "x.example." is one of destination "a" too
      7 | - name: b
        |   ^
    "#);
    insta::assert_snapshot!(wrong("destinations: []\n"), @"
    error: etc/zonewright.yaml:4:15: the list of destinations is empty
      4 | destinations: []
        |               ^
    ");
}

#[test]
fn mistakes_in_destinations_have_a_line_and_a_column() {
    let wrong = |text: &str| {
        let text = format!("version: 1\nsource: crd\npolicy: sync\n{text}");
        of_file(&text).unwrap_err().to_string()
    };
    insta::assert_snapshot!(
        wrong(
            "destinations:\n\
             - name: a\n  \
               zone: x.example\n  \
               domian-filter: x\n  \
               listen: 127.0.0.1:53\n  \
               txt-cache-interval: 5\n  \
               addressMaps:\n  \
               - from: 10.0.0.0/8\n    \
                 to: 192.168.0.0/16\n  \
               - from: 10.0.0.9-10.0.0.1\n    \
                 to: 192.0.2.1\n  \
               - from: 10.0.0.1\n    \
                 to: 2001:db8::1\n\
             claims:\n\
             - namespaces: Web\n  \
               names: ['a.*']\n  \
               types: [a]\n\
             - namespaces: []\n  \
               names: []\n"
        ),
        @r#"
    error: etc/zonewright.yaml:7:3: "domian-filter" is not a setting
      7 |   domian-filter: …
        |   ^
      hint: did you mean "domain-filter"?
    error: etc/zonewright.yaml:8:3: listen: this is no setting of a destination
      8 |   listen: 127.0.0.1:53
        |   ^
      hint: write it at the top of the file
    error: etc/zonewright.yaml:9:23: txt-cache-interval: "5" is not a duration; expected one such as 30s, 1m30s or 1.5h
      9 |   txt-cache-interval: 5
        |                       ^
      hint: write the unit: 5s
    error: etc/zonewright.yaml:11:11: addressMaps: "10.0.0.0/8" and "192.168.0.0/16" are not of the same size
      11 |   - from: 10.0.0.0/8
         |           ^
      hint: map to a network of the same length, or all to one address
    error: etc/zonewright.yaml:13:11: addressMaps: "10.0.0.9-10.0.0.1" is not a pool; expected one such as 192.168.1.240-192.168.1.250, the lower address first
      13 |   - from: 10.0.0.9-10.0.0.1
         |           ^
    error: etc/zonewright.yaml:15:11: addressMaps: "10.0.0.1" and "2001:db8::1" are not both IPv4 or both IPv6
      15 |   - from: 10.0.0.1
         |           ^
    error: etc/zonewright.yaml:18:15: claims: "Web" is not a namespace; expected its name, or * for all
      18 | - namespaces: Web
         |               ^
    error: etc/zonewright.yaml:20:11: claims: "a" is not a type here
      20 |   types: [a]
         |           ^
      hint: there are A, AAAA, CNAME, DNAME, MX, NAPTR, NS, PTR, SRV and TXT
    error: etc/zonewright.yaml:21:3: claims: a claim without namespaces
      21 | - namespaces: []
         |   ^
    error: etc/zonewright.yaml:21:3: claims: a claim without names
      21 | - namespaces: []
         |   ^
    "#
    );
    insta::assert_snapshot!(wrong("destinations:\n- name: a\n  zone: x\n  addressMaps:\n  - from: 10.0.0.0/8\n    two: x\n"), @r#"
    error: etc/zonewright.yaml:9:5: "two" is no key here; expected one of from, to
      9 |     two: …
        |     ^
    "#);
    insta::assert_snapshot!(wrong("destinations: here\n"), @"
    error: etc/zonewright.yaml:4:15: no list; expected one, of lines that begin with a hyphen
      4 | destinations: here
        |               ^
      hint: write a list as: [a, b], or each item on a line that begins with a hyphen
    ");
    insta::assert_snapshot!(wrong("zone: x\ndomainFilter: y\ndomain-filter: z\n"), @"
    error: etc/zonewright.yaml:6:1: domain-filter: this is given twice
      6 | domain-filter: z
        | ^
    ");
}
