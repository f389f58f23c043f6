//! All of it together, against a destination that takes nothing amiss.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wire::Rtype;

use crate::diff::{Policy, Rules, plan};
use crate::group::groups;
use crate::merge::{MergeRules, PtrRule, SourceMerge, SourceRule};
use crate::registry::{Registry, Shadow, TxtOptions, TxtRegistry};
use crate::sample::{ep, lines};
use crate::{ChangeSet, Contributor, Desired, Endpoint, RowName};

/// A destination that fails a test when it is asked for what cannot be.
#[derive(Clone, Default)]
struct Model(BTreeMap<(String, Rtype, Box<str>), Endpoint>);

impl Model {
    fn key(endpoint: &Endpoint) -> (String, Rtype, Box<str>) {
        (
            endpoint.name.to_lowercase(),
            endpoint.rtype,
            endpoint.set_identifier.clone(),
        )
    }

    /// A record as a destination tells it: no labels, no origins.
    fn put(&mut self, endpoint: &Endpoint) -> Option<Endpoint> {
        let mut stored = Endpoint::new(&endpoint.name, endpoint.rtype, &endpoint.targets);
        stored.ttl = endpoint.ttl;
        stored.set_identifier = endpoint.set_identifier.clone();
        stored.properties = endpoint.properties.clone();
        self.0.insert(Self::key(endpoint), stored)
    }

    fn take(&mut self, endpoint: &Endpoint) {
        let key = Self::key(endpoint);
        let Some(stored) = self.0.remove(&key) else {
            panic!("{key:?} is not there");
        };
        assert_eq!(
            stored.targets, endpoint.targets,
            "{key:?} is taken away by its bytes"
        );
    }

    fn apply(&mut self, changes: &ChangeSet) {
        for old in &changes.delete {
            self.take(old);
        }
        for update in &changes.update {
            // A text that is missing is updated too: that is how it is repaired.
            if update.old.rtype != Rtype::TXT || self.0.contains_key(&Self::key(&update.old)) {
                self.take(&update.old);
            }
            self.put(&update.new);
        }
        for new in &changes.create {
            assert!(self.put(new).is_none(), "{} is there already", new.name);
        }
    }

    fn records(&self) -> Vec<Endpoint> {
        self.0.values().cloned().collect()
    }
}

fn registry(kind: usize) -> Registry {
    let mut options = TxtOptions {
        owner: "me".into(),
        managed: Rules::default().managed,
        ..TxtOptions::default()
    };
    match kind {
        0 => return Registry::Noop,
        1 => {}
        2 => options.prefix = "%{record_type}-x.".into(),
        3 => options.suffix = "-txt".into(),
        4 => options.wildcard_replacement = "any".into(),
        _ => {
            options.encrypt = true;
            options.key = "0123456789abcdef0123456789abcdef".into();
        }
    }
    Registry::Txt(Box::new(TxtRegistry::new(options).unwrap()))
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    let names = prop::sample::select(vec!["w.org", "W2.org", "*.org", "_x.w.org", "bücher.org"]);
    let kinds = prop::sample::select(vec![
        "A 192.0.2.1",
        "A 192.0.2.2,192.0.2.1",
        "AAAA 2001:db8::1",
        "CNAME x.org",
        "CNAME y.org",
    ]);
    let more = prop::sample::select(vec![
        "",
        "ttl=60",
        "set=blue",
        "webhook/w=2",
        "from=pod/x/y",
    ]);
    (names, kinds, more).prop_map(|(name, kind, more)| ep(&format!("{name} {kind} {more}")))
}

fn rules(shadow: &Shadow, policy: Policy) -> Rules {
    Rules {
        policy,
        owner: shadow.registry().owner().map(Box::from),
        ..Rules::default()
    }
}

fn all(shadow: &Shadow) -> Vec<Endpoint> {
    shadow
        .names()
        .iter()
        .flat_map(|name| shadow.row(name))
        .collect()
}

/// Plans name by name, as increments do.
fn by_name(shadow: &Shadow, desired: &[Endpoint], rules: &Rules) -> crate::diff::Plan {
    let wanted = desired.iter().map(|endpoint| RowName::new(&endpoint.name));
    let names: BTreeSet<RowName> = wanted.chain(shadow.names()).collect();
    let mut all = crate::diff::Plan::default();
    for name in names {
        let of_name = |endpoint: &&Endpoint| RowName::new(&endpoint.name) == name;
        let desired = desired.iter().filter(of_name).cloned().collect();
        all.append(plan(shadow.row(&name), desired, rules));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_pass_leaves_nothing_to_do(
        kind in 0_usize..6,
        policy in prop::sample::select(vec![Policy::Sync, Policy::UpsertOnly, Policy::CreateOnly]),
        foreign in prop::collection::vec(endpoint(), 0..3),
        passes in prop::collection::vec(prop::collection::vec(endpoint(), 0..8), 1..5),
        limit in 1_usize..5,
    ) {
        let mut model = Model::default();
        for endpoint in &foreign {
            model.put(endpoint);
        }
        let mut shadow = Shadow::new(registry(kind));
        shadow.load(model.records());
        // Without a registry a name may go from its first winner to the one without a `resource`
        // label, as it does in external-dns; a second pass settles it.
        let passes = passes.into_iter().flat_map(|desired| {
            let times = if kind == 0 { 2 } else { 1 };
            (1..=times).map(move |time| (desired.clone(), time == times))
        });
        for (desired, settled) in passes {
            let rules = rules(&shadow, policy);
            let whole = plan(all(&shadow), desired.clone(), &rules);
            prop_assert_eq!(&whole, &by_name(&shadow, &desired, &rules));
            let written = shadow.write(whole.changes);
            // Deletes go first at the model, so parts may not tear a change of type apart.
            for part in groups(written.clone()).chunks(limit) {
                let mut batch = ChangeSet::default();
                for (_, group) in part {
                    batch.append(&mut group.clone());
                }
                model.apply(&batch);
            }
            shadow.applied(&written, &[]);

            let again = plan(all(&shadow), desired.clone(), &rules);
            prop_assert!(again.changes.is_empty() || !settled, "{:?}", again.changes);
            // What is remembered is what a listing tells.
            let remembered = lines(&all(&shadow));
            shadow.load(model.records());
            prop_assert_eq!(remembered, lines(&all(&shadow)));
            let again = plan(all(&shadow), desired.clone(), &rules);
            prop_assert!(again.changes.is_empty() || !settled, "{:?}", again.changes);
        }
    }

    #[test]
    fn events_lead_where_a_full_pass_leads(
        kind in 0_usize..6,
        events in prop::collection::vec(
            (0_u16..2, 0_u32..4, prop::collection::vec(endpoint(), 0..4)),
            1..12,
        ),
    ) {
        let source = |merge| SourceRule { name: "any".into(), merge };
        let mut desired = Desired::new(MergeRules {
            sources: [SourceMerge::Plain, SourceMerge::Service].map(source).to_vec(),
            ptr: PtrRule::Always,
            provider: Some("webhook".into()),
            ..MergeRules::default()
        });
        let (mut model, mut shadow) = (Model::default(), Shadow::new(registry(kind)));
        shadow.load(Vec::new());
        let mut rules = rules(&shadow, Policy::Sync);
        rules.managed.push(Rtype::PTR);
        for (source, object, endpoints) in events {
            let touched = desired.put(Contributor { source, object }, &endpoints);
            // Without a registry a name may need a second pass, as above.
            for _ in 0..if kind == 0 { 2 } else { 1 } {
                let mut part = crate::diff::Plan::default();
                for name in &touched {
                    part.append(plan(shadow.row(name), desired.row(name), &rules));
                }
                let wanted = desired.names().iter().flat_map(|name| desired.row(name)).collect();
                let whole = plan(all(&shadow), wanted, &rules);
                prop_assert_eq!(&whole.changes, &part.changes);
                let written = shadow.write(part.changes);
                model.apply(&written);
                shadow.applied(&written, &[]);
            }
        }
        // What is remembered is what is there, the texts of reverse names too.
        let remembered = lines(&all(&shadow));
        shadow.load(model.records());
        prop_assert_eq!(remembered, lines(&all(&shadow)));
    }

    #[test]
    fn what_is_desired_is_there_afterwards(
        kind in 0_usize..6,
        before in prop::collection::vec(endpoint(), 0..6),
        desired in prop::collection::vec(endpoint(), 0..6),
    ) {
        let mut model = Model::default();
        let mut shadow = Shadow::new(registry(kind));
        shadow.load(Vec::new());
        for wanted in [&before, &desired] {
            let plan = plan(all(&shadow), wanted.clone(), &rules(&shadow, Policy::Sync));
            let written = shadow.write(plan.changes);
            model.apply(&written);
            shadow.applied(&written, &[]);
        }
        // Of each name, type and set identifier one candidate is there, with its targets.
        let texts = |endpoint: &&Endpoint| endpoint.rtype != Rtype::TXT;
        let records = model.records();
        for record in records.iter().filter(texts) {
            let asked = desired.iter().any(|other| {
                RowName::new(&other.name) == RowName::new(&record.name)
                    && other.rtype == record.rtype
                    && other.set_identifier == record.set_identifier
                    && other.targets == record.targets
            });
            prop_assert!(asked, "{:?}", record);
        }
        let rows = |list: &[Endpoint]| -> BTreeSet<(RowName, Box<str>)> {
            let list = list.iter().filter(texts);
            list.map(|endpoint| (RowName::new(&endpoint.name), endpoint.set_identifier.clone())).collect()
        };
        prop_assert_eq!(rows(&records), rows(&desired));
        // Each record has its text, and no text is without its record.
        if kind != 0 {
            let count = records.iter().filter(texts).count();
            prop_assert_eq!(records.len(), count * 2);
        }
    }
}
