//! What does it cost to find a name? All ways a lookup can end, in a small and in a large zone.

use std::hint::black_box;

use benches::{Arguments, Mix, Random, apex, deep, records};
use wire::Name;
use zone::{LookupName, Store};

/// Names prepared for each case: more than the caches of a processor hold the pages of.
const NAMES: usize = 1 << 16;
/// How many are asked in one round; the next one goes on behind them.
const ROUND: usize = NAMES / 16;

fn main() {
    let arguments = Arguments::read();
    for hosts in [10_000, 1_000_000] {
        if !arguments.wants(&format!("{hosts} names")) {
            continue;
        }
        let store = Store::new([1, 2]);
        if store.replace_static(&records(hosts)).is_err() {
            return;
        }
        let snapshot = store.snapshot();
        let Some(zone) = snapshot.zone(apex().as_ref()) else {
            return;
        };
        type Make = fn(&mut Random, usize) -> Name;
        let cases: [(&str, Make); 7] = [
            ("positive", |random, hosts| {
                Mix::Positive.name_to_ask(random, hosts)
            }),
            ("missing below the apex", |random, hosts| {
                Mix::Negative.name_to_ask(random, hosts)
            }),
            ("wildcard", |random, hosts| {
                Mix::Wildcard.name_to_ask(random, hosts)
            }),
            ("below a cut", |random, hosts| {
                Mix::Referral.name_to_ask(random, hosts)
            }),
            ("empty non-terminal", |random, _| deep(random.below(10), 4)),
            ("nine labels down", |random, _| deep(random.below(10), 0)),
            ("missing nine labels down", |random, _| {
                let label = format!("x{}", random.below(1 << 20));
                let parent = deep(random.below(10), 1);
                parent.child(label.as_bytes()).unwrap_or(parent)
            }),
        ];
        for (case, make) in cases {
            let label = format!("{hosts} names, {case}");
            if !arguments.runs(&label) {
                continue;
            }
            let mut random = Random::new(2);
            let names: Vec<Name> = (0..NAMES).map(|_| make(&mut random, hosts)).collect();
            let mut lookup = LookupName::default();
            let mut asked = names.iter().cycle();
            arguments.case(&label, ROUND, |ops| {
                for name in asked.by_ref().take(ops) {
                    lookup.set(name.as_ref(), zone.keys());
                    black_box(zone.find(&lookup));
                }
            });
        }
    }
}
