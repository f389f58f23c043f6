//! The table against itself and against the flags of external-dns.

use super::*;

fn all() -> impl Iterator<Item = (&'static Group, &'static Flag)> {
    groups()
        .iter()
        .flat_map(|group| group.flags.iter().map(move |flag| (group, flag)))
}

#[test]
fn every_flag_has_a_name_of_its_own_and_a_text() {
    let mut names: Vec<&str> = RETIRED.iter().map(|retired| retired.name).collect();
    for (_, flag) in all() {
        assert!(!names.contains(&flag.name), "{} is there twice", flag.name);
        assert!(!flag.short.is_empty(), "{} has no text", flag.name);
        assert!(!flag.short.ends_with('.'), "{}: no period", flag.name);
        assert_eq!(
            flag.value.is_empty(),
            matches!(flag.kind, Kind::Switch(_)),
            "{}: all but switches name their value",
            flag.name
        );
        names.push(flag.name);
    }
}

#[test]
fn variables_are_made_from_the_name() {
    assert_eq!(
        find("zone-dir").map(Flag::variables),
        Some(["ZONEWRIGHT_ZONE_DIR", "EXTERNAL_DNS_ZONE_DIR"].map(str::to_owned))
    );
}

/// A flag of external-dns.
struct Theirs {
    name: &'static str,
    form: &'static str,
    default: &'static str,
}

fn theirs() -> Vec<Theirs> {
    let lines = include_str!("external-dns.txt").lines();
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let [name, form, default] = words[..] else {
                panic!("not three words: {line}");
            };
            Theirs {
                name,
                form,
                default: if default == "-" { "" } else { default },
            }
        })
        .collect()
}

/// Rows whose default says more than theirs, or is another one: see the README.
const OTHER_DEFAULTS: &[(&str, &str)] = &[
    ("annotation-prefix", "external-dns.kubernetes.io/"),
    ("crd-registry-namespace", "our own"),
    ("events-emit", "none"),
    ("gateway-namespace", "all of them"),
    ("ingress-class", "all of them"),
    (
        "kubeconfig",
        "~/.kube/config if there is one, else the pod's own",
    ),
    ("managed-record-types", "A, AAAA and CNAME; all on embedded"),
    ("metrics-address", ":7979 beside a cluster, else off"),
    ("min-event-sync-interval", "0s"),
    ("namespace", "all of them"),
    ("policy", "sync, with a warning"),
    ("provider", "embedded"),
    ("rfc2136-port", "53; 853 with TLS"),
    ("rfc2136-zone", "found by asking"),
    ("registry", "txt; none is needed by embedded"),
    ("service-type-filter", "all of them"),
];

/// Flags that external-dns does not have and that are not of the process.
const OURS: &[&str] = &[
    "brake",
    "manifests",
    "rfc2136-kerberos-keytab",
    "rfc2136-tsig-key-file",
    "webhook-server-address",
    "zone",
    "zone-ns",
];

/// Flags of providers that external-dns had once, which are here.
const THEIRS_ONCE: &[&str] = &["digitalocean-", "infoblox-"];

#[test]
fn every_flag_of_external_dns_is_taken_as_it_is_there() {
    let theirs = theirs();
    assert_eq!(theirs.len(), 180);
    for flag in &theirs {
        let name = flag.name;
        let ours = find(name).unwrap_or_else(|| panic!("--{name} is missing"));
        let (form, words) = flag.form.split_once(':').unwrap_or((flag.form, ""));
        let kind = match form {
            "list" | "map" => Kind::Repeated,
            // Ours is on unless a prefix is given, theirs off; it is the same where it matters.
            "bool" if name == "enable-legacy-annotation-prefix" => Kind::Switch(true),
            "bool" => Kind::Switch(flag.default == "true"),
            _ => Kind::Once,
        };
        assert_eq!(ours.kind, kind, "{name}");
        match (form, words, ours.form) {
            ("int", _, Form::Number)
            | ("duration", _, Form::Duration)
            | ("map", _, Form::Pair)
            | ("string" | "bool", "", Form::Text)
            | ("list" | "enum", "", Form::Text) => {}
            ("list" | "enum", words, Form::Words(ours)) => {
                let ours: Vec<&str> = ours
                    .iter()
                    .copied()
                    .filter(|word| !word.is_empty())
                    .collect();
                let words: Vec<&str> = words.split(',').filter(|word| !word.is_empty()).collect();
                assert_eq!(ours, words, "{name}");
            }
            (_, _, ours) => panic!("{name} is {} there and {ours:?} here", flag.form),
        }
        let other = OTHER_DEFAULTS.iter().find(|(other, _)| *other == name);
        let default = match kind {
            Kind::Switch(_) => "",
            _ => other.map_or(flag.default, |(_, default)| default),
        };
        assert_eq!(ours.default, default, "{name}");
        assert_eq!(ours.variables()[1], variable(name), "{name}");
    }
}

#[test]
fn every_other_flag_is_one_of_ours() {
    let theirs = theirs();
    for (group, flag) in all() {
        let known = theirs.iter().any(|theirs| theirs.name == flag.name);
        let ours = group.scope == Scope::Process && group.built || OURS.contains(&flag.name);
        let mut once = THEIRS_ONCE.iter();
        let once = once.any(|prefix| flag.name.starts_with(prefix));
        assert!(known || ours || once, "{} is from nowhere", flag.name);
    }
}

#[test]
fn retired_flags_are_told_apart_and_sorted() {
    let is_back = |flag: &&Flag| THEIRS_ONCE.iter().any(|it| flag.name.starts_with(it));
    let back = all().map(|(_, flag)| flag).filter(is_back).count();
    assert_eq!(RETIRED.len() + back, 47);
    assert!(RETIRED.is_sorted_by_key(|retired| retired.name));
    assert!(RETIRED.iter().all(|retired| find(retired.name).is_none()));
}

/// As kingpin makes it.
fn variable(name: &str) -> String {
    let letters = name.chars().map(|letter| match letter {
        'a'..='z' | '0'..='9' => letter.to_ascii_uppercase(),
        _ => '_',
    });
    format!("EXTERNAL_DNS_{}", letters.collect::<String>())
}
