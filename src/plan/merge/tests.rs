//! The rules of the merge, one by one.

use wire::Ttl;

use super::{Counts, Flaw, MergeRules, PtrRule, SourceMerge, SourceRule, Step, check};
use crate::desired::{Contributor, Desired};
use crate::filter::TargetFilter;
use crate::sample::{ep, lines};
use crate::{Endpoint, RowName};

fn rules() -> MergeRules {
    let source = |name: &str, merge| SourceRule {
        name: name.into(),
        merge,
    };
    MergeRules {
        sources: vec![
            source("ingress", SourceMerge::Plain),
            source("service", SourceMerge::Service),
            source("crd", SourceMerge::None),
        ],
        ..MergeRules::default()
    }
}

/// Puts endpoints in, each as an object of its own: `source: line`.
fn desired(rules: MergeRules, asked: &[&str]) -> Desired {
    let mut desired = Desired::new(rules);
    for (object, asked) in (0..).zip(asked) {
        let (source, line) = asked.split_once(": ").unwrap();
        let source = match source {
            "ingress" => 0,
            "service" => 1,
            _ => 2,
        };
        desired.put(Contributor { source, object }, [ep(line)]);
    }
    desired
}

fn row(rules: MergeRules, asked: &[&str], name: &str) -> Vec<String> {
    lines(&desired(rules, asked).row(&RowName::new(name)))
}

fn at_a(rules: MergeRules, asked: &[&str]) -> Vec<String> {
    row(rules, asked, "a.org")
}

#[test]
fn a_source_joins_targets_of_one_name_type_set_and_ttl() {
    let got = at_a(
        rules(),
        &[
            "ingress: a.org A 192.0.2.2 from=ingress/x/b",
            "ingress: a.org A 192.0.2.1,192.0.2.2 from=ingress/x/a",
            "ingress: a.org A 192.0.2.3 ttl=60 from=ingress/x/c",
            "ingress: a.org A 192.0.2.4 set=blue from=ingress/x/d",
            "ingress: A.org A 192.0.2.5 from=ingress/x/e",
        ],
    );
    assert_eq!(
        got,
        [
            "a.org A 192.0.2.1,192.0.2.2 from=ingress/x/a",
            "a.org A 192.0.2.3 ttl=60 from=ingress/x/c",
            "a.org A 192.0.2.4 set=blue from=ingress/x/d",
            "A.org A 192.0.2.5 from=ingress/x/e",
        ]
    );
}

#[test]
fn cnames_keep_to_their_own_target() {
    let got = at_a(
        rules(),
        &[
            "ingress: a.org CNAME x.org from=ingress/x/b",
            "ingress: a.org CNAME y.org from=ingress/x/a",
            "ingress: a.org CNAME x.org from=ingress/x/c",
            "ingress: a.org CNAME - from=ingress/x/d",
            "ingress: a.org DNAME z.org from=ingress/x/e",
        ],
    );
    assert_eq!(
        got,
        [
            "a.org CNAME y.org from=ingress/x/a",
            "a.org CNAME x.org from=ingress/x/b",
            "a.org DNAME z.org from=ingress/x/e",
        ]
    );
}

#[test]
fn services_are_joined_whatever_the_ttl_under_the_first_by_label() {
    let got = at_a(
        rules(),
        &[
            "service: a.org A 192.0.2.9 ttl=60 from=service/x/b",
            "service: a.org A 192.0.2.1 from=service/x/a",
            "service: a.org CNAME y.org from=service/x/d",
            "service: a.org CNAME x.org from=service/x/c",
            "service: a.org AAAA 2001:db8::1 from=service/x/e",
        ],
    );
    assert_eq!(
        got,
        [
            "a.org A 192.0.2.1,192.0.2.9 from=service/x/a",
            "a.org AAAA 2001:db8::1 from=service/x/e",
            "a.org CNAME x.org from=service/x/c",
            "a.org CNAME y.org from=service/x/d",
        ]
    );
}

#[test]
fn origins_of_what_was_joined_are_kept() {
    let desired = desired(
        rules(),
        &[
            "service: a.org A 192.0.2.1 from=service/x/b",
            "service: a.org A 192.0.2.2 from=service/x/a",
            "ingress: a.org A 192.0.2.1,192.0.2.2 from=ingress/x/c",
        ],
    );
    let row = desired.row(&RowName::new("a.org"));
    assert_eq!(row.len(), 1);
    let names: Vec<&str> = row[0].origins.iter().map(|origin| &*origin.name).collect();
    assert_eq!(names, ["c", "a", "b"]);
}

#[test]
fn sources_meet_in_the_order_of_their_flags() {
    let got = at_a(
        rules(),
        &[
            "crd: a.org A 192.0.2.1",
            "service: a.org A 192.0.2.3 from=service/x/a",
            "ingress: a.org A 192.0.2.2 from=ingress/x/a",
            "ingress: a.org A 192.0.2.3 ttl=60 from=ingress/x/b",
        ],
    );
    assert_eq!(
        got,
        [
            "a.org A 192.0.2.2 from=ingress/x/a",
            "a.org A 192.0.2.3 ttl=60 from=ingress/x/b",
            "a.org A 192.0.2.1",
        ]
    );
}

#[test]
fn default_targets_are_for_endpoints_without_any() {
    let with = |force| MergeRules {
        default_targets: vec!["lb.org.".into(), "192.0.2.8".into(), "2001:db8::8".into()],
        force_default_targets: force,
        ..rules()
    };
    let asked = [
        "crd: a.org CNAME - ttl=60 from=pod/x/a alias=true",
        "crd: a.org A 192.0.2.1 from=pod/x/b",
    ];
    let bare = [
        "a.org A 192.0.2.8 ttl=60 from=pod/x/a alias=true",
        "a.org AAAA 2001:db8::8 ttl=60 from=pod/x/a alias=true",
        "a.org CNAME lb.org ttl=60 from=pod/x/a alias=true",
    ];
    assert_eq!(
        at_a(with(false), &asked),
        [&bare[..], &["a.org A 192.0.2.1 from=pod/x/b"]].concat()
    );
    // Forced ones are the same for both objects, and the second one's are doubles.
    assert_eq!(at_a(with(true), &asked), bare);
}

#[test]
fn endpoints_are_what_their_type_must_be() {
    let cases = [
        ("a.org A 192.0.2.1", Ok(())),
        ("a.org A -", Ok(())),
        ("a.org A 2001:db8::1", Err(Flaw::Address)),
        ("a.org A lb.org", Err(Flaw::Address)),
        ("a.org A lb.org alias=true", Ok(())),
        ("a.org A lb.org alias=false", Err(Flaw::Address)),
        ("a.org A 192.0.2.1,lb.org", Err(Flaw::Address)),
        ("a.org AAAA 2001:db8::1", Ok(())),
        ("a.org AAAA ::ffff:192.0.2.1", Ok(())),
        ("a.org AAAA 192.0.2.1", Err(Flaw::Address)),
        ("a.org CNAME -", Ok(())),
        ("a.org CNAME 192.0.2.1 alias=true", Ok(())),
        ("a.org MX 10_mail.org", Ok(())),
        ("a.org MX mail.org", Err(Flaw::Mx)),
        ("a.org MX 10_mail.org_x", Err(Flaw::Mx)),
        ("a.org MX 65536_mail.org", Err(Flaw::Mx)),
        ("a.org MX +1_mail.org", Err(Flaw::Mx)),
        ("a.org SRV 10_5_5060_sip.org.", Ok(())),
        ("a.org SRV 10_5_5060_sip.org", Err(Flaw::Srv)),
        ("a.org SRV 10_5_sip.org.", Err(Flaw::Srv)),
        ("a.org SRV 10_5_x_sip.org.", Err(Flaw::Srv)),
        ("a.org SRV 10_5_5060_sip.org._x", Err(Flaw::Srv)),
        ("1.2.0.192.in-addr.arpa PTR a.org", Ok(())),
        ("8.b.d.IP6.ARPA PTR a.org", Ok(())),
        ("a.org PTR a.org", Err(Flaw::PointerName)),
        ("in-addr.arpa PTR a.org", Err(Flaw::PointerName)),
        ("1.in-addr.arpa PTR -", Err(Flaw::Pointer)),
        ("1.in-addr.arpa PTR 192.0.2.1", Err(Flaw::Pointer)),
        ("a.org TXT anything alias=false", Err(Flaw::Alias)),
        ("a.org NS anything", Ok(())),
        ("a.org NAPTR anything", Ok(())),
    ];
    for (line, expected) in cases {
        assert_eq!(check(&ep(line)), expected, "{line}");
    }
}

#[test]
fn what_is_dropped_is_counted_by_source_and_type() {
    let desired = desired(
        rules(),
        &[
            "crd: a.org A lb.org",
            "crd: a.org A 192.0.2.1",
            "ingress: a.org A 192.0.2.1",
            "crd: a.org MX x",
        ],
    );
    let mut counts = Counts::default();
    assert_eq!(
        desired
            .row_counted(&RowName::new("a.org"), &mut counts)
            .len(),
        1
    );
    let text = |map: &std::collections::BTreeMap<(u16, wire::Rtype), u64>| format!("{map:?}");
    assert_eq!(text(&counts.invalid), "{(2, A): 1, (2, MX): 1}");
    assert_eq!(text(&counts.repeated), "{(2, A): 1}");
}

#[test]
fn nat64_addresses_give_an_a_behind_all_others() {
    let with = MergeRules {
        nat64: vec!["64:ff9b::/96".parse().unwrap()],
        ..rules()
    };
    let got = at_a(
        with,
        &[
            "crd: a.org AAAA 64:ff9b::c000:201,2001:db8::1 ttl=60 set=s x=1 aws/y=2",
            "crd: a.org AAAA lb.org alias=true",
            "crd: a.org CNAME x.org",
        ],
    );
    assert_eq!(
        got,
        [
            "a.org AAAA 2001:db8::1,64:ff9b::c000:201 ttl=60 set=s x=1 aws/y=2",
            "a.org AAAA lb.org alias=true",
            "a.org CNAME x.org",
            "a.org A 192.0.2.1 ttl=60 set=s x=1 aws/y=2",
        ]
    );
}

#[test]
fn filtered_targets_leave_and_empty_endpoints_with_them() {
    let with = MergeRules {
        target_filter: TargetFilter::parse(&["10.0.0.0/8"], &["10.9.0.0/16"]).0,
        ..rules()
    };
    let got = at_a(
        with,
        &[
            "crd: a.org A 10.0.0.1,192.0.2.1,10.9.0.1",
            "crd: a.org AAAA 2001:db8::1",
            "crd: a.org CNAME lb.org",
            "crd: a.org TXT -",
        ],
    );
    assert_eq!(got, ["a.org A 10.0.0.1"]);
}

#[test]
fn last_touches_set_ttl_alias_and_keep_own_properties() {
    let with = |provider: &str| MergeRules {
        min_ttl: Some(Ttl::from_secs(300)),
        provider: Some(provider.into()),
        prefer_alias: true,
        ..rules()
    };
    let asked = [
        "crd: a.org A 192.0.2.1 ttl=60 webhook/z=1 aws/w=2 plain=x webhook/a=3 scw/p=4",
        "crd: a.org CNAME lb.org ttl=0 webhook/z=1",
        "crd: a.org CNAME lb2.org alias=false",
    ];
    assert_eq!(
        at_a(with("webhook"), &asked),
        [
            "a.org A 192.0.2.1 ttl=60 plain=x webhook/a=3 webhook/z=1",
            "a.org CNAME lb.org ttl=300 webhook/z=1 alias=true",
            "a.org CNAME lb2.org ttl=300 alias=false",
        ]
    );
    assert_eq!(
        at_a(with("scaleway"), &asked[..1]),
        ["a.org A 192.0.2.1 ttl=60 plain=x scw/p=4"]
    );
    assert_eq!(
        at_a(with("cloudflare"), &asked[..1]),
        ["a.org A 192.0.2.1 ttl=60 plain=x aws/w=2 scw/p=4 webhook/a=3 webhook/z=1"]
    );
    // Without any of the three, properties are not even sorted.
    assert_eq!(
        at_a(rules(), &asked[..1]),
        ["a.org A 192.0.2.1 ttl=60 plain=x webhook/z=1 aws/w=2 webhook/a=3 scw/p=4"]
    );
}

#[test]
fn addresses_point_back_to_their_names() {
    let with = |ptr| MergeRules {
        ptr,
        min_ttl: Some(Ttl::from_secs(30)),
        ..rules()
    };
    let asked = [
        "ingress: b.org A 192.0.2.1,192.0.2.2 ttl=60 from=ingress/x/a",
        "service: a.org A 192.0.2.1 ttl=300 record-type=PTR from=service/x/a",
        "crd: c.org A 192.0.2.1 record-type=no",
        "crd: *.org A 192.0.2.1 record-type=ptr",
        "crd: six.org AAAA 2001:db8::1 record-type=ptr",
        "crd: 1.2.0.192.in-addr.arpa PTR by-hand.org",
    ];
    let of = |ptr, name| row(with(ptr), &asked, name);
    let one = "1.2.0.192.in-addr.arpa";
    let by_hand = format!("{one} PTR by-hand.org ttl=30");
    assert_eq!(of(PtrRule::Off, one), [&*by_hand]);
    assert_eq!(
        of(PtrRule::OnRequest, one),
        [&*by_hand, &format!("{one} PTR a.org ttl=300")]
    );
    assert_eq!(
        of(PtrRule::Always, one),
        [&*by_hand, &format!("{one} PTR a.org,b.org ttl=60")]
    );
    assert_eq!(
        of(PtrRule::OnRequest, "2.2.0.192.in-addr.arpa"),
        Vec::<String>::new()
    );
    let six = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
    assert_eq!(
        of(PtrRule::OnRequest, six),
        [format!("{six} PTR six.org ttl=30")]
    );
    // The wish itself is gone, unless nobody looks at it.
    assert_eq!(
        of(PtrRule::OnRequest, "c.org"),
        ["c.org A 192.0.2.1 ttl=30"]
    );
    assert_eq!(
        of(PtrRule::OnRequest, "*.org"),
        ["*.org A 192.0.2.1 ttl=30"]
    );
    assert_eq!(
        of(PtrRule::Off, "c.org"),
        ["c.org A 192.0.2.1 ttl=30 record-type=no"]
    );
}

#[test]
fn one_name_without_ttl_leaves_the_pointer_without() {
    let with = MergeRules {
        ptr: PtrRule::Always,
        ..rules()
    };
    let asked = ["crd: a.org A 192.0.2.1 ttl=60", "crd: b.org A 192.0.2.1"];
    let one = "1.2.0.192.in-addr.arpa";
    assert_eq!(row(with, &asked, one), [format!("{one} PTR a.org,b.org")]);
}

#[test]
fn what_is_refused_never_meets_the_others() {
    let desired = desired(
        rules(),
        &[
            "service: a.org A 192.0.2.1 from=service/good/a",
            "service: a.org A 192.0.2.66 from=service/evil/a",
        ],
    );
    let admit = |endpoint: &Endpoint| match &*endpoint.origins[0].namespace {
        "evil" => Err("not yours".into()),
        _ => Ok(()),
    };
    let name = RowName::new("a.org");
    let row = lines(&desired.row_where(&name, &admit));
    assert_eq!(row, ["a.org A 192.0.2.1 from=service/good/a"]);
    let (traced, steps) = desired.row_traced(&name, Some(&admit));
    assert_eq!(lines(&traced), row);
    let steps: Vec<String> = steps.iter().map(Step::to_string).collect();
    assert_eq!(
        steps,
        ["a.org A 192.0.2.66 of service evil/a: dropped, not yours"]
    );
}

#[test]
fn steps_tell_what_was_done() {
    let with = MergeRules {
        target_filter: TargetFilter::parse(&[] as &[&str], &["10.0.0.0/8"]).0,
        min_ttl: Some(Ttl::from_secs(300)),
        provider: Some("webhook".into()),
        ..rules()
    };
    let asked = [
        "service: a.org A 192.0.2.1 from=service/x/a aws/w=1",
        "service: a.org A 192.0.2.2 from=service/x/b",
        "ingress: a.org CNAME - from=ingress/x/c",
        "ingress: a.org A lb.org from=ingress/x/d",
        "crd: a.org A 192.0.2.1,192.0.2.2 from=pod/x/e",
        "crd: a.org A 10.0.0.1 from=pod/x/f",
    ];
    let desired = desired(with, &asked);
    let (_, steps) = desired.row_traced(&RowName::new("a.org"), None);
    let steps: Vec<String> = steps.iter().map(Step::to_string).collect();
    assert_eq!(
        steps,
        [
            "a.org CNAME of ingress x/c: dropped, there is no target",
            "a.org A 192.0.2.2 of service x/b: targets joined with an endpoint of the same source",
            "a.org A lb.org of ingress x/d: dropped, a target is not an address of this type",
            "a.org A 192.0.2.1,192.0.2.2 of pod x/e: dropped, the same endpoint came before",
            "a.org A 10.0.0.1 of pod x/f: dropped, the target filter lets no target pass",
            "a.org A 192.0.2.1,192.0.2.2 of service x/a, service x/b, pod x/e: TTL 300 set, it had none",
            "a.org A 192.0.2.1,192.0.2.2 of service x/a, service x/b, pod x/e: property \"aws/w\" dropped, it is for another provider",
        ]
    );
}
