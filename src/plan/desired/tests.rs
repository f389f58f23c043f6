//! Rows by increments against rows made at once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Contributor, Desired};
use crate::merge::{MergeRules, PtrRule, SourceMerge, SourceRule};
use crate::sample::ep;
use crate::{Endpoint, RowName};

fn rules() -> MergeRules {
    let source = |merge| SourceRule {
        name: "any".into(),
        merge,
    };
    MergeRules {
        sources: [SourceMerge::Plain, SourceMerge::Service, SourceMerge::None]
            .map(source)
            .to_vec(),
        default_targets: vec!["192.0.2.8".into()],
        nat64: vec!["64:ff9b::/96".parse().unwrap()],
        ptr: PtrRule::Always,
        provider: Some("webhook".into()),
        ..MergeRules::default()
    }
}

fn by(source: u16, object: u32) -> Contributor {
    Contributor { source, object }
}

#[test]
fn putting_touches_names_before_and_after() {
    let mut desired = Desired::new(rules());
    let touched =
        |names: Vec<RowName>| -> Vec<String> { names.iter().map(RowName::to_string).collect() };
    let first = [ep("A.org A 192.0.2.1"), ep("b.org TXT x")];
    let names = touched(desired.put(by(0, 1), &first));
    assert_eq!(names, ["1.2.0.192.in-addr.arpa", "a.org", "b.org"]);
    assert!(desired.put(by(0, 1), &first).is_empty());
    let names = touched(desired.put(by(0, 1), [ep("c.org CNAME -")]));
    assert_eq!(
        names,
        [
            "1.2.0.192.in-addr.arpa",
            "8.2.0.192.in-addr.arpa",
            "a.org",
            "b.org",
            "c.org"
        ]
    );
    assert_eq!(
        touched(desired.names()),
        ["8.2.0.192.in-addr.arpa", "c.org"]
    );
    assert_eq!(desired.contribution(by(0, 1)), [ep("c.org CNAME -")]);
    let names = touched(desired.put(by(0, 1), []));
    assert_eq!(names, ["8.2.0.192.in-addr.arpa", "c.org"]);
    assert!(desired.is_empty() && desired.names().is_empty());
    assert!(desired.remove(by(0, 1)).is_empty());
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let names = prop::sample::select(vec![
        "a.org",
        "A.ORG.",
        "b.org",
        "*.org",
        "1.2.0.192.in-addr.arpa",
    ]);
    let kinds = prop::sample::select(vec![
        "A 192.0.2.1",
        "A 192.0.2.2,192.0.2.1",
        "A lb.org",
        "A -",
        "AAAA 2001:db8::1",
        "AAAA 64:ff9b::c000:201",
        "CNAME x.org",
        "CNAME y.org",
        "PTR z.org",
        "TXT text",
        "CNAME -",
    ]);
    let more = prop::sample::select(vec![
        "",
        "ttl=60",
        "set=blue",
        "record-type=ptr",
        "record-type=none",
        "aws/w=1 webhook/w=2",
        "alias=true",
    ]);
    let from =
        ("[ab]", "[abc]").prop_map(|(namespace, name)| format!("from=service/{namespace}/{name}"));
    (names, kinds, more, from)
        .prop_map(|(name, kind, more, from)| ep(&format!("{name} {kind} {more} {from}")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn untouched_rows_never_change(
        events in prop::collection::vec(
            (0_u16..3, 0_u32..5, prop::collection::vec(endpoint(), 0..4)),
            1..25,
        ),
    ) {
        let mut desired = Desired::new(rules());
        let mut shadow: BTreeMap<RowName, Vec<Endpoint>> = BTreeMap::new();
        let mut last: BTreeMap<Contributor, Vec<Endpoint>> = BTreeMap::new();
        for (source, object, endpoints) in events {
            for name in desired.put(by(source, object), &endpoints) {
                let row = desired.row(&name);
                shadow.insert(name, row);
            }
            last.insert(by(source, object), endpoints);
        }
        // All at once, in another order.
        let mut whole = Desired::new(rules());
        for (contributor, endpoints) in last.into_iter().rev() {
            whole.put(contributor, endpoints);
        }
        prop_assert_eq!(whole.names(), desired.names());
        let names: BTreeSet<RowName> = whole.names().into_iter().chain(shadow.keys().cloned()).collect();
        for name in names {
            let row = whole.row(&name);
            let known = shadow.get(&name).map_or(&[][..], Vec::as_slice);
            prop_assert_eq!(&*row, known, "{}", name);
            prop_assert_eq!(&row, &desired.row_traced(&name, None).0);
        }
    }

    #[test]
    fn odd_names_and_targets_do_no_harm(
        name in ".{0,40}",
        targets in prop::collection::vec(".{0,20}", 0..3),
        rtype in any::<u16>(),
    ) {
        let mut desired = Desired::new(rules());
        let endpoint = Endpoint::new(&name, wire::Rtype(rtype), &targets);
        for name in desired.put(by(0, 0), [endpoint.clone()]) {
            let _row = desired.row(&name);
        }
        prop_assert_eq!(desired.contribution(by(0, 0)), vec![endpoint]);
        desired.remove(by(0, 0));
        prop_assert!(desired.names().is_empty());
    }
}
