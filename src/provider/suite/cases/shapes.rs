//! All types, several values, changes of type, and names that are written in several ways.

use crate::suite::case::{Case, Group, Named};
use crate::suite::run::{Wrong, ensure};
use crate::suite::steps::words;

pub(super) fn cases() -> Vec<Case> {
    let mut all = apex();
    all.extend(types());
    all.extend(several());
    all.extend(changes());
    all.push(alias());
    all.extend(names());
    all
}

fn apex() -> Vec<Case> {
    let case = |name, states: &[&str]| Case::new(Group::Apex, name, states);
    vec![
        case(
            "addresses and texts at the zone's own name",
            &[
                "@ A 192.0.2.1\n@ AAAA 2001:db8::1\n@ TXT \"v=spf1 -all\"",
                "@ A 192.0.2.2\n@ TXT \"v=spf1 +all\"",
                "",
            ],
        ),
        case(
            "MX at the zone's own name",
            &["@ MX 10 mail.example", "@ MX 20 mail.example", ""],
        ),
        case(
            "CAA at the zone's own name",
            &["@ CAA 0 issue \"ca.example\"", ""],
        )
        .named(Named::None),
        case("a wildcard", &["* A 192.0.2.1", "* A 192.0.2.2", ""]),
        case(
            "a wildcard below a name",
            &["*.a A 192.0.2.1\na A 192.0.2.2", "*.a A 192.0.2.3", ""],
        ),
        case(
            "a wildcard CNAME and text",
            &["* CNAME t.example", "* TXT \"x\"", ""],
        ),
        case("CNAME at the zone's own name", &["@ CNAME t.example", ""]),
    ]
}

fn types() -> Vec<Case> {
    let case = |name, states: &[&str]| Case::new(Group::Types, name, states);
    let any = |name, states: &[&str]| case(name, states).named(Named::None);
    vec![
        case(
            "MX: another preference only",
            &[
                "m MX 10 a.example",
                "m MX 20 a.example",
                "m MX 0 a.example",
                "",
            ],
        ),
        case(
            "MX: twice the same host",
            &["m MX 10 a.example | 20 a.example", "m MX 20 a.example"],
        ),
        case("MX that takes no mail", &["m MX 0 .", ""]),
        case(
            "SRV: each field",
            &[
                "_sip._tcp SRV 1 2 3 a.example.",
                "_sip._tcp SRV 2 2 3 a.example.",
                "_sip._tcp SRV 2 1 3 a.example.",
                "_sip._tcp SRV 2 1 65535 a.example. | 0 0 1 b.example.",
                "",
            ],
        ),
        case("SRV of no service", &["_sip._tcp SRV 0 0 0 .", ""]),
        any(
            "CAA: flags, tags and values",
            &[
                "c CAA 0 issue \"ca.example\"",
                "c CAA 128 issue \"ca.example; account=1\" | 0 iodef \"mailto:a@example\"",
                "c CAA 0 issuewild \";\"",
                "",
            ],
        ),
        case(
            "NS of a zone below",
            &["sub NS ns1.example | ns2.example", "sub NS ns1.example", ""],
        ),
        any(
            "NAPTR",
            &["n NAPTR 100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" .", ""],
        ),
        any(
            "HTTPS and SVCB",
            &[
                "h HTTPS 1 . alpn=\"h2,h3\" port=\"8443\"",
                "h SVCB 1 t.example. port=\"853\"",
                "",
            ],
        ),
        any(
            "TLSA",
            &[
                "_443._tcp.t TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "",
            ],
        ),
        any(
            "SSHFP",
            &[
                "s SSHFP 4 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "",
            ],
        ),
        any(
            "DS beside its NS",
            &[
                "d NS ns1.example\nd DS 1 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                "",
            ],
        ),
        Case::new(
            Group::Types,
            "PTR of IPv4",
            &["9 PTR a.example", "9 PTR b.example", ""],
        )
        .zones(&["2.0.192.in-addr.arpa"]),
        Case::new(Group::Types, "PTR of IPv6", &["1.0.0.0 PTR a.example", ""])
            .zones(&["8.b.d.0.1.0.0.2.ip6.arpa"]),
    ]
}

fn several() -> Vec<Case> {
    let case = |name, states: &[&str]| Case::new(Group::MultiValue, name, states);
    let addresses = |count: usize| {
        let all = (0..count).map(|at| format!("192.0.{}.{}", at / 200, 1 + at % 200));
        format!("a A {}", all.collect::<Vec<_>>().join(" | "))
    };
    vec![
        case(
            "the order means nothing",
            &["a A 192.0.2.1 | 192.0.2.2", "a A 192.0.2.2 | 192.0.2.1"],
        ),
        case(
            "a value twice is there once",
            &["a A 192.0.2.1 | 192.0.2.1 | 192.0.2.2", "a A 192.0.2.1"],
        ),
        case(
            "one spelling of an address is as good as another",
            &[
                "a AAAA 2001:db8::1 | 2001:DB8:0::1",
                "a AAAA 2001:db8:0:0:0:0:0:1",
            ],
        ),
        case(
            "one of two is another",
            &["a A 192.0.2.1 | 192.0.2.2", "a A 192.0.2.2 | 192.0.2.3"],
        ),
        case(
            "all of them are others",
            &[
                "a A 192.0.2.1 | 192.0.2.2",
                "a A 192.0.2.3 | 192.0.2.4 | 192.0.2.5",
                "a A 192.0.2.6",
            ],
        ),
        case("20 values", &[&addresses(20), &addresses(19)]),
        case("100 values", &[&addresses(100), &addresses(50), ""]),
        case("401 values", &[&addresses(401), ""]),
        case(
            "a CNAME with two targets",
            &["c CNAME t.example | u.example", ""],
        ),
    ]
}

fn changes() -> Vec<Case> {
    let case = |name, states: &[&str]| Case::new(Group::TypeChange, name, states);
    vec![
        case(
            "an address becomes a CNAME",
            &["a A 192.0.2.1", "a CNAME t.example"],
        ),
        case(
            "a CNAME becomes an address",
            &["a CNAME t.example", "a A 192.0.2.1"],
        ),
        case(
            "there and back, again",
            &[
                "a A 192.0.2.1",
                "a CNAME t.example",
                "a A 192.0.2.1",
                "a CNAME t.example",
                "",
            ],
        ),
        case(
            "IPv4 becomes IPv6",
            &["a A 192.0.2.1", "a AAAA 2001:db8::1"],
        ),
        case(
            "two names change places",
            &[
                "a A 192.0.2.1\nb CNAME a.example.org",
                "a CNAME b.example.org\nb A 192.0.2.1",
            ],
        ),
        case(
            "several types become a CNAME",
            &[
                "a A 192.0.2.1\na AAAA 2001:db8::1\na TXT \"x\"",
                "a CNAME t.example",
                "a TXT \"x\"\na A 192.0.2.1",
            ],
        ),
    ]
}

/// Aliases look in each host's own way, so that they are judged by what the provider reads of them.
fn alias() -> Case {
    Case::script(
        Group::TypeChange,
        "an address becomes an alias, and back",
        |run| {
            Box::pin(async move {
                if !run.quirks.properties.contains(&"alias") {
                    run.skip("there are no aliases");
                    return Ok(());
                }
                run.want("a A 192.0.2.1").await?;
                for state in [
                    // Some hosts take names of their own clouds only, or of the same zone.
                    "a CNAME t.eu-central-1.elb.amazonaws.com ;; alias=true",
                    "a CNAME u.eu-central-1.elb.amazonaws.com ;; alias=true",
                ] {
                    let desired = run.endpoints(state);
                    let passed = run.pass(&desired).await;
                    let passed = passed.map_err(|error| Wrong(words(&error)))?;
                    ensure(passed.refused.is_empty(), || {
                        format!("refused: {:?}", passed.refused)
                    })?;
                    let held = run.held_at("a.example.org").await;
                    let target = state.split(' ').nth(2).unwrap_or_default();
                    let is_there = held.contains(target) && !held.contains("192.0.2.1");
                    ensure(is_there, || format!("{state}: there is {held}"))?;
                    let again = run.pass(&desired).await;
                    let again = again.map_err(|error| Wrong(words(&error)))?;
                    ensure(again.changes == 0, || format!("{state}: changed again"))?;
                }
                run.eventually("a A 192.0.2.2", 2).await.map(drop)
            })
        },
    )
}

fn names() -> Vec<Case> {
    let case = |name, states: &[&str]| Case::new(Group::Names, name, states);
    vec![
        case(
            "capital letters",
            &[
                "WWW.Sub A 192.0.2.1",
                "www.sub A 192.0.2.1",
                "wWw.sub A 192.0.2.2",
            ],
        ),
        case(
            "capital letters in a target",
            &["c CNAME Target.Example", "c CNAME target.example"],
        ),
        case(
            "letters of other scripts",
            &["bücher A 192.0.2.1", "xn--bcher-kva A 192.0.2.1"],
        ),
        case(
            "letters of other scripts in a target",
            &["c CNAME xn--bcher-kva.example", ""],
        ),
        case(
            "targets are whole names, with a dot or without",
            &["c CNAME host", "c CNAME host."],
        ),
        case(
            "a target in the same zone",
            &["c CNAME a.example.org", "c CNAME example.org"],
        ),
        case("a name with hyphens", &["a--b-c A 192.0.2.1", ""]),
        case(
            "names that begin alike",
            &[
                "a A 192.0.2.1\naa A 192.0.2.2\na.a A 192.0.2.3",
                "aa A 192.0.2.2",
                "",
            ],
        ),
        case(
            "a name like the zone's",
            &["example.org A 192.0.2.1\norg A 192.0.2.2", ""],
        ),
    ]
}
