//! Records of all kinds, at names of all kinds.

use crate::suite::case::{Case, Group};

pub(super) fn cases() -> Vec<Case> {
    let mut all = basic();
    all.extend(ttl());
    all
}

fn basic() -> Vec<Case> {
    let label = "l".repeat(63);
    let target = format!("c CNAME {label}.{label}.example");
    let long = format!("{label} A 192.0.2.1\nx A 192.0.2.2\n1 A 192.0.2.3");
    // With room for the label of its ownership record before it.
    let parts = [
        "a".repeat(63),
        "b".repeat(63),
        "c".repeat(63),
        "d".repeat(34),
    ];
    let longest = format!("{}.long A 192.0.2.1", parts.join("."));
    let case = |name, states: &[&str]| Case::new(Group::Basic, name, states);
    vec![
        case(
            "one address comes, changes and goes",
            &["a A 192.0.2.1", "a A 192.0.2.2", ""],
        ),
        case(
            "one address becomes three, then one",
            &[
                "a A 192.0.2.1",
                "a A 192.0.2.1 | 192.0.2.2 | 192.0.2.3",
                "a A 192.0.2.3",
                "",
            ],
        ),
        case(
            "IPv6 addresses in any spelling",
            &[
                "a AAAA 2001:DB8:0:0::1",
                "a AAAA 2001:db8::1 | ::ffff:192.0.2.1",
                "",
            ],
        ),
        case(
            "CNAME with another target",
            &["c CNAME t.example", "c CNAME u.example.", ""],
        ),
        case("CNAME to labels of 63 bytes", &[&target, ""]),
        case(
            "several types at one name",
            &[
                "m A 192.0.2.1\nm AAAA 2001:db8::1\nm TXT \"v=1\"\nm MX 10 mail.example",
                "m A 192.0.2.1\nm TXT \"v=1\"",
                "m AAAA 2001:db8::2\nm TXT \"v=2\"",
                "",
            ],
        ),
        case(
            "two names with the same target",
            &["a CNAME t.example\nb CNAME t.example", "b CNAME t.example"],
        ),
        case("labels of one byte and of 63", &[&long, ""]),
        case("a name as long as names can be", &[&longest, ""]),
        case(
            "labels with underscores",
            &["_acme._tcp A 192.0.2.1\na_b A 192.0.2.2", ""],
        ),
        case(
            "labels of digits",
            &["1 A 192.0.2.1\n2.1 A 192.0.2.1", "2.1 A 192.0.2.9"],
        ),
        case("many names at once", &[&many(40), &many(20), ""]),
    ]
}

fn many(count: usize) -> String {
    let lines = (0..count).map(|at| format!("n{at} A 192.0.2.{}", 1 + at % 200));
    lines.collect::<Vec<_>>().join("\n")
}

fn ttl() -> Vec<Case> {
    let case = |name, states: &[&str]| Case::new(Group::Ttl, name, states);
    vec![
        case(
            "another TTL only",
            &[
                "a 300 A 192.0.2.1",
                "a 600 A 192.0.2.1",
                "a 300 A 192.0.2.1",
            ],
        ),
        case(
            "another TTL of many values",
            &[
                "a 300 A 192.0.2.1 | 192.0.2.2 | 192.0.2.3",
                "a 3600 A 192.0.2.1 | 192.0.2.2 | 192.0.2.3",
            ],
        ),
        case(
            "another TTL and other values",
            &[
                "a 300 A 192.0.2.1 | 192.0.2.2",
                "a 3600 A 192.0.2.1 | 192.0.2.3 | 192.0.2.4",
            ],
        ),
        case(
            "a TTL below the least",
            &["a 1 A 192.0.2.1", "a 2 A 192.0.2.1", "a 1 A 192.0.2.2"],
        ),
        case(
            "a TTL that is none of the usual",
            &["a 4711 A 192.0.2.1", "a 4711 A 192.0.2.2"],
        ),
        case("the longest TTL", &["a 2147483647 A 192.0.2.1", ""]),
        case(
            "no TTL, and values that change",
            &["a A 192.0.2.1", "a A 192.0.2.2 | 192.0.2.3"],
        ),
        case(
            "no TTL, then one, then none",
            &[
                "a A 192.0.2.1",
                "a 900 A 192.0.2.1",
                "a A 192.0.2.1",
                "a A 192.0.2.2",
            ],
        ),
        case(
            "a TTL of zero is none",
            &["a 0 A 192.0.2.1", "a 0 A 192.0.2.2"],
        ),
    ]
}
