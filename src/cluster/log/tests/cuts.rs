//! Leaders that end with any of their requests, carried out or not; compared with a naive model.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wire::Rcode;

use super::place::Objects;
use super::{Process, SMALL};

/// What clients know of the names.
#[derive(Debug, Default)]
struct Model {
    /// What they were told is there.
    told: BTreeMap<u8, Option<u8>>,
    /// What may have become of those that they were told nothing of.
    maybe: BTreeMap<u8, Vec<Option<u8>>>,
}

impl Model {
    /// One leader: it finds what is there, and works until its end.
    fn term(&mut self, objects: &Objects, number: u64, work: &[(u8, Option<u8>)]) {
        let process = Process::start_with(objects, SMALL);
        if process.lead(number, &["a."]).is_err() {
            return;
        }
        self.look(&process);
        for (owner, text) in work {
            let told = process.update(&format!("n{owner}.a."), *text);
            if told == Rcode::NOERROR {
                self.told.insert(*owner, *text);
                self.maybe.remove(owner);
            } else {
                self.maybe.entry(*owner).or_default().push(*text);
                // What this leader shows from here on is of no account: it is over.
                return;
            }
            process.store.tidy_journal();
        }
    }

    /// What is there is what clients were told, or might have been; from now on it stays so.
    fn look(&mut self, process: &Process) {
        for owner in 0..NAMES {
            let found = process.text(&format!("n{owner}.a."));
            let told = self.told.get(&owner).copied().flatten();
            let maybe = self.maybe.remove(&owner).unwrap_or_default();
            assert!(
                found == told || maybe.contains(&found),
                "n{owner}: {found:?}, told {told:?}, maybe {maybe:?}"
            );
            self.told.insert(owner, found);
        }
    }
}

const NAMES: u8 = 12;

/// What one leader is asked for; after how many requests it ends, and whether the last one is carried out.
type Turn = (Vec<(u8, Option<u8>)>, usize, bool);

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let change = (0..NAMES, proptest::option::of(1_u8..));
    let turn = (
        proptest::collection::vec(change, 0..25),
        0_usize..70,
        any::<bool>(),
    );
    proptest::collection::vec(turn, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_cuts_leaders_off_what_clients_were_told_is_there(turns in turns()) {
        let objects = Objects::default();
        let mut model = Model::default();
        let mut number = 0;
        for (work, end, carried_out) in turns {
            number += 1;
            model.term(&objects.ending_after(end, carried_out), number, &work);
        }
        model.term(&objects, number + 1, &[]);
    }
}

#[test]
fn every_request_may_be_the_last_one() {
    let work: Vec<(u8, Option<u8>)> = (0..30)
        .map(|number| (number % NAMES, (number % 5 > 0).then_some(number + 1)))
        .collect();
    let mut end = 0;
    loop {
        end += 1;
        let mut over = true;
        for carried_out in [false, true] {
            let objects = Objects::default();
            let mut model = Model::default();
            let cut = objects.ending_after(end, carried_out);
            model.term(&cut, 1, &work);
            over &= objects.requests() < end;
            // One that is cut off as well while it takes over, then one that is not.
            model.term(&objects.ending_after(3, carried_out), 2, &work);
            model.term(&objects, 3, &work);
            model.term(&objects, 4, &[]);
        }
        if over {
            return;
        }
        assert!(end < 500);
    }
}
