//! The life of names at a server of others: made, changed, taken away, and given back to external-dns.

use peers::Program;

use super::push_place::Place;
use super::site::{answer, check, skip, start};
use crate::interop::did;

/// Every type, then each changed, one of another type, and all taken away. `lists` is whether
/// records of another process are seen.
pub(super) fn full_life(
    program: &Program,
    place: &mut Place,
    flags: &[&str],
    lists: bool,
) -> Result<(), String> {
    let long = "k".repeat(300);
    place.want(&[
        ("web.example.org", "A", "192.0.2.10", 60),
        ("web.example.org", "AAAA", "2001:db8::10", 0),
        ("alias.example.org", "CNAME", "web.example.org", 0),
        ("turn.example.org", "A", "192.0.2.11", 0),
        ("mail.example.org", "MX", "10 web.example.org", 0),
        (
            "_sip._tcp.example.org",
            "SRV",
            "0 5 5060 web.example.org.",
            0,
        ),
        ("*.wild.example.org", "A", "192.0.2.12", 0),
        ("text.example.org", "TXT", &long, 0),
        ("10.2.0.192.in-addr.arpa", "PTR", "web.example.org", 0),
        ("foreign.example.org", "A", "192.0.2.13", 0),
    ])?;
    let pusher = start(program, &place.options(flags))?;
    let (first, rest) = long.split_at(255);
    let text = format!("text.example.org. 300 TXT \"{first}\" \"{rest}\"");
    let owner = "\"heritage=external-dns,external-dns/owner=us,\
                 external-dns/resource=crd/default/all\"";
    let claim = format!("a-owner.web.example.org. 300 TXT {owner}");
    let turned = format!("cname-owner.turn.example.org. 300 TXT {owner}");
    let (texts, claims, turned) = ([&*text], [&*claim], [&*turned]);
    let expected: Vec<(&str, &[&str])> = vec![
        ("web.example.org A", &["web.example.org. 60 A 192.0.2.10"]),
        (
            "web.example.org AAAA",
            &["web.example.org. 300 AAAA 2001:db8::10"],
        ),
        (
            "alias.example.org CNAME",
            &["alias.example.org. 300 CNAME web.example.org."],
        ),
        (
            "turn.example.org A",
            &["turn.example.org. 300 A 192.0.2.11"],
        ),
        (
            "mail.example.org MX",
            &["mail.example.org. 300 MX 10 web.example.org."],
        ),
        (
            "_sip._tcp.example.org SRV",
            &["_sip._tcp.example.org. 300 SRV 0 5 5060 web.example.org."],
        ),
        (
            "x.wild.example.org A",
            &["x.wild.example.org. 300 A 192.0.2.12"],
        ),
        ("text.example.org TXT +tcp", &texts),
        (
            "10.2.0.192.in-addr.arpa PTR",
            &["10.2.0.192.in-addr.arpa. 300 PTR web.example.org."],
        ),
        ("a-owner.web.example.org TXT", &claims),
        (
            "foreign.example.org A",
            &["foreign.example.org. 300 A 192.0.2.99"],
        ),
    ];
    for (query, wanted) in expected {
        place.wait_for(&pusher, query, wanted)?;
    }
    place.want(&[
        ("web.example.org", "A", "192.0.2.20", 90),
        ("turn.example.org", "CNAME", "web.example.org", 0),
    ])?;
    let expected: Vec<(&str, &[&str])> = vec![
        ("web.example.org A", &["web.example.org. 90 A 192.0.2.20"]),
        (
            "turn.example.org CNAME",
            &["turn.example.org. 300 CNAME web.example.org."],
        ),
        ("cname-owner.turn.example.org TXT", &turned),
        ("a-owner.turn.example.org TXT", &[]),
        ("web.example.org AAAA", &[]),
        ("alias.example.org CNAME", &[]),
        ("mail.example.org MX", &[]),
        ("_sip._tcp.example.org SRV", &[]),
        ("x.wild.example.org A", &[]),
        ("text.example.org TXT", &[]),
        ("10.2.0.192.in-addr.arpa PTR", &[]),
        ("ptr-owner.10.2.0.192.in-addr.arpa TXT", &[]),
        (
            "foreign.example.org A",
            &["foreign.example.org. 300 A 192.0.2.99"],
        ),
    ];
    for (query, wanted) in expected {
        place.wait_for(&pusher, query, wanted)?;
    }
    let log = pusher.log();
    check(
        !log.contains("WARN") || !log.contains("pass failed"),
        || log.clone(),
    )?;
    drop(pusher);

    // Another process takes over what the first one has left.
    place.want(&[("web.example.org", "CNAME", "x.example.org", 90)])?;
    let pusher = start(program, &place.options(flags))?;
    let alias = "web.example.org. 90 CNAME x.example.org.";
    place.wait_for(&pusher, "web.example.org CNAME", &[alias])?;
    place.wait_for(&pusher, "a-owner.web.example.org TXT", &[])?;
    let gone: &[&str] = match lists {
        false => &["turn.example.org. 300 CNAME web.example.org."],
        true => &[],
    };
    place.wait_for(&pusher, "turn.example.org CNAME", gone)?;
    if place.has_api() {
        return Ok(());
    }
    let row = written(place);
    for (column, how) in [("update", "TCP"), ("delete", ""), ("TSIG", "sha256")] {
        did(&row, column, how);
    }
    if !flags.is_empty() {
        did(&row, "AXFR", "");
    }
    Ok(())
}

/// The row of a server that we write to.
pub(super) fn written(place: &Place) -> String {
    format!("{}, written to", place.kind())
}

/// What we have made, external-dns takes away as the same owner, and nothing else.
pub(super) fn give_back(
    program: &Program,
    place: &mut Place,
    flags: &[&str],
) -> Result<(), String> {
    place.want(&[
        ("web.example.org", "A", "192.0.2.10", 60),
        ("alias.example.org", "CNAME", "web.example.org", 0),
        ("10.2.0.192.in-addr.arpa", "PTR", "web.example.org", 0),
    ])?;
    let pusher = start(program, &place.options(flags))?;
    let pointer = "10.2.0.192.in-addr.arpa. 300 PTR web.example.org.";
    place.wait_for(&pusher, "10.2.0.192.in-addr.arpa PTR", &[pointer])?;
    place.wait_for(
        &pusher,
        "web.example.org A",
        &["web.example.org. 60 A 192.0.2.10"],
    )?;
    drop(pusher);
    if !place.external_dns_wants_nothing()? {
        skip(
            "external_dns_takes_the_zone_back",
            "external-dns is not built",
        );
        return Ok(());
    }
    for query in [
        "web.example.org A",
        "a-owner.web.example.org TXT",
        "alias.example.org CNAME",
        "cname-owner.alias.example.org TXT",
        "10.2.0.192.in-addr.arpa PTR",
    ] {
        let left = answer(place.server()?.address(), query)?;
        check(left.is_empty(), || format!("{query}: {left:?}"))?;
    }
    let foreign = answer(place.server()?.address(), "foreign.example.org A")?;
    check(foreign == ["foreign.example.org. 300 A 192.0.2.99"], || {
        format!("{foreign:?}")
    })
}
