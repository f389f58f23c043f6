//! The rules of the plan, one by one.

use wire::Rtype;

use super::{Lost, Policy, Rules, Skip, Tie, embeddable, plan};
use crate::filter::DomainFilter;
use crate::sample::{ep, line, lines};
use crate::{ChangeSet, Endpoint};

fn endpoints(lines: &[&str]) -> Vec<Endpoint> {
    lines.iter().map(|line| ep(line)).collect()
}

fn text(changes: &ChangeSet) -> Vec<String> {
    let create = changes.create.iter().map(|new| format!("+ {}", line(new)));
    let update = changes.update.iter();
    let update = update.map(|update| format!("~ {} => {}", line(&update.old), line(&update.new)));
    let delete = changes.delete.iter().map(|old| format!("- {}", line(old)));
    create.chain(update).chain(delete).collect()
}

fn mine() -> Rules {
    Rules {
        owner: Some("me".into()),
        ..Rules::default()
    }
}

/// Plans with an owner, and compares what is to do.
fn check(current: &[&str], desired: &[&str], expected: &[&str]) {
    let plan = plan(endpoints(current), endpoints(desired), &mine());
    assert_eq!(text(&plan.changes), expected, "{current:?} {desired:?}");
}

#[test]
fn free_names_are_created_and_names_nobody_wants_deleted() {
    check(&[], &["a.org A 192.0.2.1"], &["+ a.org A 192.0.2.1"]);
    check(
        &["a.org A 192.0.2.1 owner=me"],
        &[],
        &["- a.org A 192.0.2.1 owner=me"],
    );
    check(
        &[],
        &[
            "b.org CNAME x.org",
            "a.org AAAA 2001:db8::1",
            "a.org A 192.0.2.1",
        ],
        &[
            "+ a.org A 192.0.2.1",
            "+ a.org AAAA 2001:db8::1",
            "+ b.org CNAME x.org",
        ],
    );
    check(&[], &[], &[]);
}

#[test]
fn names_are_compared_in_one_form() {
    check(
        &["xn--bcher-kva.org A 192.0.2.1 owner=me"],
        &["BÜCHER.org. A 192.0.2.1"],
        &[],
    );
    check(&["A.org A 192.0.2.1 owner=me"], &["a.org A 192.0.2.1"], &[]);
}

#[test]
fn updates_are_for_what_differs() {
    let current = "a.org A 192.0.2.1 ttl=60 owner=me aws/w=1";
    let same = [
        "a.org A 192.0.2.1 ttl=60 aws/w=1",
        // A TTL that is not asked for stays as it is.
        "a.org A 192.0.2.1 aws/w=1",
        "a.org A 192.0.2.1 ttl=0 aws/w=1",
        // Labels are no reason.
        "a.org A 192.0.2.1 from=pod/x/y other=label aws/w=1",
    ];
    for desired in same {
        check(&[current], &[desired], &[]);
    }
    let different = [
        (
            "a.org A 192.0.2.2 aws/w=1",
            "a.org A 192.0.2.2 owner=me aws/w=1",
        ),
        (
            "a.org A 192.0.2.1,192.0.2.2 aws/w=1",
            "a.org A 192.0.2.1,192.0.2.2 owner=me aws/w=1",
        ),
        (
            "a.org A 192.0.2.1 ttl=61 aws/w=1",
            "a.org A 192.0.2.1 ttl=61 owner=me aws/w=1",
        ),
        ("a.org A 192.0.2.1", "a.org A 192.0.2.1 owner=me"),
        (
            "a.org A 192.0.2.1 aws/w=2",
            "a.org A 192.0.2.1 owner=me aws/w=2",
        ),
        (
            "a.org A 192.0.2.1 aws/w=1 aws/x=1",
            "a.org A 192.0.2.1 owner=me aws/w=1 aws/x=1",
        ),
        // Of a property that is there twice, the last one is meant.
        (
            "a.org A 192.0.2.1 aws/w=1 aws/w=2",
            "a.org A 192.0.2.1 owner=me aws/w=1 aws/w=2",
        ),
    ];
    for (desired, new) in different {
        check(&[current], &[desired], &[&format!("~ {current} => {new}")]);
    }
}

#[test]
fn targets_are_the_same_in_any_order_case_and_notation() {
    let same = [
        ("CNAME lb.org", "CNAME LB.org"),
        ("A 192.0.2.1,192.0.2.2", "A 192.0.2.2,192.0.2.1"),
        ("AAAA 2001:db8::1", "AAAA 2001:DB8:0::1"),
        (
            "AAAA 2001:db8::1,2001:db8::2",
            "AAAA 2001:db8::2,2001:0db8::1",
        ),
    ];
    for (current, desired) in same {
        check(
            &[&format!("a.org {current} owner=me")],
            &[&format!("a.org {desired}")],
            &[],
        );
    }
    // One address in another notation must not hide that the next one differs.
    let old = "a.org AAAA 2001:db8::1,2001:db8::2 owner=me";
    let new = "a.org AAAA 2001:0db8::1,2001:db8::3";
    check(&[old], &[new], &[&format!("~ {old} => {new} owner=me")]);
}

#[test]
fn the_winner_has_the_least_targets() {
    let cases = [
        (["A 192.0.2.2", "A 192.0.2.1"], "A 192.0.2.1"),
        (["A 10.0.0.1", "A 9.0.0.1"], "A 9.0.0.1"),
        (["A 192.0.2.9", "A 192.0.2.1,192.0.2.2"], "A 192.0.2.9"),
        (["CNAME 1-2-3-4.org", "CNAME 1.2.3.4"], "CNAME 1.2.3.4"),
        (["CNAME b.org", "CNAME a.org"], "CNAME a.org"),
    ];
    for (candidates, expected) in cases {
        for order in [candidates, [candidates[1], candidates[0]]] {
            let desired = order.map(|kind| format!("a.org {kind}"));
            check(
                &[],
                &[&desired[0], &desired[1]],
                &[&format!("+ a.org {expected}")],
            );
        }
    }
}

#[test]
fn a_record_stays_with_its_object() {
    let first = "a.org A 192.0.2.1 from=pod/x/first";
    let second = "a.org A 192.0.2.2 from=pod/x/second";
    let plan = plan(
        endpoints(&["a.org A 192.0.2.2 from=pod/x/second owner=me"]),
        endpoints(&[first, second]),
        &mine(),
    );
    assert!(plan.changes.is_empty());
    assert_eq!(line(&plan.conflicts[0].loser), first);
    assert_eq!(plan.conflicts[0].lost, Lost::Holder);
    // Once it is gone, the least of the others follows.
    check(
        &["a.org A 192.0.2.9 from=pod/x/gone owner=me"],
        &[second, first],
        &[
            "~ a.org A 192.0.2.9 owner=me from=pod/x/gone => a.org A 192.0.2.1 owner=me from=pod/x/first",
        ],
    );
}

#[test]
fn cnames_give_way_to_other_types() {
    let plan = plan(
        endpoints(&["a.org CNAME x.org owner=me"]),
        endpoints(&[
            "a.org CNAME x.org",
            "a.org A 192.0.2.1",
            "a.org AAAA 2001:db8::1",
        ]),
        &mine(),
    );
    assert_eq!(
        text(&plan.changes),
        [
            "+ a.org A 192.0.2.1",
            "+ a.org AAAA 2001:db8::1",
            "- a.org CNAME x.org owner=me"
        ]
    );
    assert_eq!(plan.conflicts[0].lost, Lost::BesideOthers);
}

#[test]
fn types_change_by_delete_and_create() {
    check(
        &["a.org CNAME x.org owner=me"],
        &["a.org A 192.0.2.1"],
        &["+ a.org A 192.0.2.1", "- a.org CNAME x.org owner=me"],
    );
    check(
        &[
            "a.org A 192.0.2.1 owner=me",
            "a.org AAAA 2001:db8::1 owner=me",
        ],
        &["a.org CNAME x.org"],
        &[
            "+ a.org CNAME x.org",
            "- a.org A 192.0.2.1 owner=me",
            "- a.org AAAA 2001:db8::1 owner=me",
        ],
    );
    check(
        &[
            "a.org A 192.0.2.1 owner=me",
            "a.org AAAA 2001:db8::1 owner=me",
        ],
        &["a.org A 192.0.2.1"],
        &["- a.org AAAA 2001:db8::1 owner=me"],
    );
}

#[test]
fn set_identifiers_make_rows_of_their_own() {
    check(
        &["a.org A 192.0.2.1 set=blue owner=me"],
        &["a.org A 192.0.2.1 set=green", "a.org A 192.0.2.2 set=blue"],
        &[
            "+ a.org A 192.0.2.1 set=green",
            "~ a.org A 192.0.2.1 set=blue owner=me => a.org A 192.0.2.2 set=blue owner=me",
        ],
    );
}

#[test]
fn what_others_own_is_left_alone() {
    for owner in ["owner=you", ""] {
        let current = format!("a.org A 192.0.2.1 {owner}");
        check(&[&current], &[], &[]);
        check(&[&current], &["a.org A 192.0.2.2"], &[]);
        check(&[&current], &["a.org CNAME x.org"], &[]);
        check(
            &[&current],
            &["a.org A 192.0.2.1", "a.org AAAA 2001:db8::1"],
            &[],
        );
    }
    // Nothing is created while any record at the name is foreign, even of another type.
    let plan = plan(
        endpoints(&[
            "w.a.org A 192.0.2.1 owner=me",
            "w.a.org TXT x set=s owner=you",
            "w.a.org MX y owner=you",
        ]),
        endpoints(&["w.a.org A 192.0.2.1", "w.a.org AAAA 2001:db8::1"]),
        &Rules {
            managed: vec![Rtype::A, Rtype::AAAA, Rtype::MX, Rtype::TXT],
            ..mine()
        },
    );
    assert!(plan.changes.is_empty(), "{:?}", plan.changes);
    let held: Vec<_> = plan
        .skipped
        .iter()
        .filter(|skip| skip.reason == Skip::HeldBack)
        .collect();
    assert_eq!(held.len(), 1);
    assert_eq!(
        (held[0].foreign_owner(), held[0].parent_domain()),
        ("you", "a.org")
    );
    assert_eq!(lines(&held[0].wanted), ["w.a.org AAAA 2001:db8::1"]);
}

#[test]
fn without_an_owner_everything_is_ours() {
    let rules = Rules::default();
    let current = endpoints(&["a.org A 192.0.2.1 owner=you", "b.org A 192.0.2.1"]);
    let plan = plan(current, endpoints(&["b.org A 192.0.2.2"]), &rules);
    assert_eq!(
        text(&plan.changes),
        [
            "~ b.org A 192.0.2.1 => b.org A 192.0.2.2 owner=",
            "- a.org A 192.0.2.1 owner=you"
        ]
    );
}

#[test]
fn a_record_listed_twice_is_deleted_once() {
    let twice = ["a.org A 192.0.2.1 owner=me", "a.org A 192.0.2.2 owner=me"];
    check(&twice, &[], &["- a.org A 192.0.2.1 owner=me"]);
    // Where it is wanted, the last one is what is there.
    check(&twice, &["a.org A 192.0.2.2"], &[]);
}

#[test]
fn only_managed_types_and_filtered_names_are_looked_at() {
    let rules = Rules {
        managed: vec![Rtype::A, Rtype::CNAME, Rtype::TXT],
        excluded: vec![Rtype::TXT],
        filters: vec![
            DomainFilter::lists(&["a.org", "b.org"], &["x.a.org"]),
            DomainFilter::regexes("", r"^secret\.").unwrap(),
        ],
        ..mine()
    };
    let current = [
        "a.org TXT x owner=me",
        "a.org AAAA 2001:db8::1 owner=me",
        "c.org A 192.0.2.1 owner=me",
        "1.x.a.org A 192.0.2.1 owner=me",
        "secret.a.org A 192.0.2.1 owner=me",
        "b.org A 192.0.2.1 owner=me",
    ];
    let desired = [
        "b.org TXT x",
        "d.org A 192.0.2.1",
        "n.a.org A 192.0.2.1",
        "n.a.org AAAA 2001:db8::1",
    ];
    let plan = plan(endpoints(&current), endpoints(&desired), &rules);
    assert_eq!(
        text(&plan.changes),
        ["+ n.a.org A 192.0.2.1", "- b.org A 192.0.2.1 owner=me"]
    );
}

#[test]
fn policies_withhold_changes() {
    let current = ["d.org A 192.0.2.1 owner=me", "u.org A 192.0.2.1 owner=me"];
    let desired = ["n.org A 192.0.2.1", "u.org A 192.0.2.2"];
    let all = [
        "+ n.org A 192.0.2.1",
        "~ u.org A 192.0.2.1 owner=me => u.org A 192.0.2.2 owner=me",
        "- d.org A 192.0.2.1 owner=me",
    ];
    for (policy, made) in [
        (Policy::Sync, 3),
        (Policy::UpsertOnly, 2),
        (Policy::CreateOnly, 1),
        (Policy::None, 0),
    ] {
        let rules = Rules { policy, ..mine() };
        let plan = plan(endpoints(&current), endpoints(&desired), &rules);
        assert_eq!(text(&plan.changes), all[..made], "{policy:?}");
        assert_eq!(text(&plan.withheld), all[made..], "{policy:?}");
    }
}

#[test]
fn age_decides_where_nobody_remembers() {
    let rules = Rules {
        tie: Tie::Age,
        ..Rules::default()
    };
    let winner = |desired: &[&str]| {
        let plan = plan(Vec::new(), endpoints(desired), &rules);
        assert_eq!(plan.changes.create.len(), 1);
        plan.changes.create[0].targets[0].to_string()
    };
    let cases: &[(&[&str], &str)] = &[
        (
            &[
                "a.org A 192.0.2.1 from=pod/x/a created=9",
                "a.org A 192.0.2.2 from=pod/x/b created=8",
            ],
            "192.0.2.2",
        ),
        (
            &[
                "a.org A 192.0.2.1 from=pod/x/b created=8",
                "a.org A 192.0.2.2 from=pod/x/a created=8",
            ],
            "192.0.2.2",
        ),
        (
            &[
                "a.org A 192.0.2.1 from=pod/y/a created=8",
                "a.org A 192.0.2.2 from=pod/x/b created=8",
            ],
            "192.0.2.2",
        ),
        // Not to say when is to be the youngest.
        (
            &[
                "a.org A 192.0.2.1 from=pod/x/a",
                "a.org A 192.0.2.2 from=pod/x/b created=8",
            ],
            "192.0.2.2",
        ),
        (
            &["a.org A 192.0.2.1", "a.org A 192.0.2.2 from=pod/x/b"],
            "192.0.2.2",
        ),
    ];
    for (desired, expected) in cases {
        assert_eq!(winner(desired), *expected, "{desired:?}");
    }
}

#[test]
fn only_what_a_zone_can_hold_is_embedded() {
    type Case<'a> = (&'a [&'a str], bool, &'a [&'a str], &'a [Lost], usize);
    let cases: &[Case<'_>] = &[
        (&["a.org A 192.0.2.1"], true, &["a.org A 192.0.2.1"], &[], 0),
        (
            &["a.org CNAME x.org"],
            false,
            &["a.org CNAME x.org"],
            &[],
            0,
        ),
        (&["a.org CNAME x.org"], true, &[], &[], 1),
        (
            &["a.org CNAME x.org", "a.org TXT t"],
            true,
            &["a.org TXT t"],
            &[Lost::Apex],
            0,
        ),
        (
            &["a.org CNAME x.org", "a.org A 192.0.2.1", "a.org MX m"],
            false,
            &["a.org A 192.0.2.1", "a.org MX m"],
            &[Lost::BesideOthers],
            0,
        ),
        (
            &[
                "a.org CNAME x.org from=pod/x/b created=1",
                "a.org CNAME y.org from=pod/x/a created=2",
            ],
            false,
            &["a.org CNAME x.org from=pod/x/b"],
            &[Lost::Younger],
            0,
        ),
        (
            &["a.org CNAME x.org,y.org"],
            false,
            &["a.org CNAME x.org"],
            &[Lost::SecondTarget],
            0,
        ),
        (
            &[
                "a.org A 192.0.2.2 set=b ttl=9",
                "a.org A 192.0.2.1 set=a ttl=8",
            ],
            false,
            &["a.org A 192.0.2.1,192.0.2.2 ttl=8"],
            &[],
            0,
        ),
        (
            &[
                "a.org A 192.0.2.2 from=pod/x/b",
                "a.org A 192.0.2.1 from=pod/x/a",
            ],
            false,
            &["a.org A 192.0.2.1 from=pod/x/a"],
            &[Lost::Younger],
            0,
        ),
        (
            &["a.org CNAME x.org set=a", "a.org CNAME y.org set=b"],
            false,
            &["a.org CNAME x.org"],
            &[Lost::Younger],
            0,
        ),
    ];
    for (row, apex, winners, lost, homeless) in cases {
        let got = embeddable(endpoints(row), *apex);
        assert_eq!(lines(&got.winners), *winners, "{row:?}");
        let got_lost: Vec<Lost> = got.losers.iter().map(|conflict| conflict.lost).collect();
        assert_eq!(
            (&*got_lost, got.homeless.len()),
            (*lost, *homeless),
            "{row:?}"
        );
    }
}
