//! Course by course: what goes, what is held, and when it is let go.

use std::ops::Range;
use std::time::Duration;

use wire::Rtype;

use super::*;
use crate::{ChangeSet, Endpoint, RowName};

const MINUTE: Duration = Duration::from_secs(60);

fn deletes(range: Range<usize>) -> ChangeSet {
    let delete = range.map(|at| Endpoint::new(&format!("{at}.example"), Rtype::A, ["192.0.2.1"]));
    ChangeSet {
        delete: delete.collect(),
        ..ChangeSet::default()
    }
}

fn pass(minutes: u32) -> Pass<'static> {
    Pass {
        now: MINUTE * minutes,
        names: None,
        complete: true,
    }
}

fn brake() -> Brake {
    Brake::new(BrakeRules::new(MINUTE))
}

/// One pass: how many deletes go, and whether the brake tripped or let go.
fn run(brake: &mut Brake, count: usize, owned: usize, pass: Pass<'_>) -> (usize, Verdict) {
    let mut changes = deletes(0..count);
    let verdict = brake.hold("example", &mut changes, pass, |_| owned);
    (changes.delete.len(), verdict)
}

#[test]
fn only_many_deletes_are_held() {
    let cases = [
        (20, 20, 20),
        (21, 21, 0),
        (21, 70, 21),
        (21, 69, 0),
        (30, 100, 30),
        (31, 100, 0),
        (3000, 10_000, 3000),
        (0, 0, 0),
    ];
    for (count, owned, goes) in cases {
        let (gone, verdict) = run(&mut brake(), count, owned, pass(0));
        assert_eq!(gone, goes, "{count} of {owned}");
        assert_eq!(verdict.tripped, goes < count);
        assert_eq!(verdict.held, count - goes);
    }
}

#[test]
fn what_stood_long_enough_goes() {
    let mut brake = brake();
    assert_eq!(run(&mut brake, 50, 50, pass(0)).0, 0);
    assert_eq!(run(&mut brake, 50, 50, pass(2)).0, 0);
    assert_eq!(brake.held(), [("example", 50)]);
    let (gone, verdict) = run(&mut brake, 50, 50, pass(3));
    assert_eq!(gone, 50);
    assert!(verdict.freed);
    assert!(brake.held().is_empty());
}

#[test]
fn time_with_a_source_missing_does_not_count() {
    let mut brake = brake();
    run(&mut brake, 50, 50, pass(0));
    let missing = Pass {
        complete: false,
        ..pass(2)
    };
    assert_eq!(run(&mut brake, 50, 50, missing).0, 0);
    assert_eq!(run(&mut brake, 50, 50, pass(4)).0, 0);
    assert_eq!(run(&mut brake, 50, 50, pass(5)).0, 50);
}

#[test]
fn names_that_are_wanted_again_free_the_brake() {
    let mut brake = brake();
    run(&mut brake, 50, 50, pass(0));
    let (gone, verdict) = run(&mut brake, 10, 50, pass(1));
    assert_eq!(gone, 10);
    assert!(verdict.freed);
}

#[test]
fn what_is_held_no_longer_is_told_if_the_pass_did_not_look_at_it() {
    let mut brake = brake();
    run(&mut brake, 25, 25, pass(0));
    assert!(brake.take_loose().is_empty());
    let mut names: Vec<RowName> = brake.names("example");
    let others = names.split_off(10);
    let some = Pass {
        names: Some(&names),
        ..pass(1)
    };
    let mut changes = ChangeSet::default();
    let verdict = brake.hold("example", &mut changes, some, |_| 25);
    assert!(verdict.freed);
    let mut loose = brake.take_loose();
    loose.sort_unstable();
    assert_eq!(loose, others);
}

#[test]
fn a_pass_over_some_names_leaves_the_others_held() {
    let mut brake = brake();
    run(&mut brake, 50, 50, pass(0));
    let names = [RowName::new("1.example"), RowName::new("77.example")];
    let some = Pass {
        names: Some(&names),
        ..pass(1)
    };
    let mut changes = deletes(77..78);
    let verdict = brake.hold("example", &mut changes, some, |_| 50);
    assert_eq!((changes.delete.len(), verdict.held), (0, 50));
    assert!(!brake.holds("example", &names[0]));
    assert!(brake.holds("example", &names[1]));
    assert_eq!(brake.names("example").len(), 50);
}

#[test]
fn releasing_lets_go_with_the_next_pass() {
    let mut brake = brake();
    run(&mut brake, 50, 50, pass(0));
    assert_eq!(brake.release(Some("other")), 0);
    assert_eq!(brake.release(None), 50);
    let (gone, verdict) = run(&mut brake, 50, 50, pass(1));
    assert_eq!(gone, 50);
    assert!(verdict.freed);
}

#[test]
fn a_change_of_type_is_no_loss() {
    let mut changes = deletes(0..50);
    let names = changes.delete.iter().map(|endpoint| endpoint.name.clone());
    let create = names.map(|name| Endpoint::new(&name, Rtype::CNAME, ["lb.example"]));
    changes.create = create.collect();
    let verdict = brake().hold("example", &mut changes, pass(0), |_| 50);
    assert_eq!(verdict, Verdict::default());
    assert_eq!(changes.delete.len(), 50);
}

#[test]
fn a_brake_that_is_off_holds_nothing() {
    let rules = BrakeRules {
        enabled: false,
        ..BrakeRules::new(MINUTE)
    };
    assert_eq!(run(&mut Brake::new(rules), 500, 500, pass(0)).0, 500);
}

/// One pass that wants these names deleted and is made at once: how many went.
fn make(brake: &mut Brake, names: Range<usize>, owned: usize, pass: Pass<'_>) -> usize {
    let mut looked: Vec<RowName> = names
        .clone()
        .map(|at| RowName::new(&format!("{at}.example")))
        .collect();
    looked.sort_unstable();
    let some = Pass {
        names: Some(&looked),
        ..pass
    };
    let mut changes = deletes(names);
    let _verdict = brake.hold("example", &mut changes, some, |_| owned);
    brake.made(&changes, |_| true, |_| "example", pass.now);
    changes.delete.len()
}

fn at(seconds: u64) -> Pass<'static> {
    Pass {
        now: Duration::from_secs(seconds),
        ..pass(0)
    }
}

#[test]
fn deletes_that_trickle_in_are_held_when_they_are_many_together() {
    let mut brake = brake();
    let mut owned = 100;
    for step in 0..6 {
        let first = step * 5;
        let went = make(&mut brake, first..first + 5, owned, at(step as u64));
        assert_eq!(went, 5, "step {step}");
        owned -= went;
    }
    // Thirty of the hundred that we owned when it began; one more is too many.
    assert_eq!(make(&mut brake, 30..31, owned, at(6)), 0);
    assert_eq!(brake.held(), [("example", 1)]);
    assert_eq!(make(&mut brake, 31..36, owned, at(7)), 0);
    assert_eq!(brake.held(), [("example", 6)]);
    // The window stands still while deletes are held: time alone does not let them trickle on.
    assert_eq!(make(&mut brake, 30..36, owned, at(100)), 0);
    assert_eq!(make(&mut brake, 30..36, owned, at(187)), 6);
    assert!(brake.held().is_empty());
    assert_eq!(make(&mut brake, 36..40, 64, at(188)), 4);
}

#[test]
fn deletes_count_for_one_window() {
    let mut brake = brake();
    assert_eq!(make(&mut brake, 0..20, 40, at(0)), 20);
    assert_eq!(make(&mut brake, 20..30, 20, at(60)), 10);
    assert_eq!(make(&mut brake, 30..40, 10, at(61)), 10);
    assert_eq!(make(&mut brake, 40..41, 10, at(62)), 0);
}

#[test]
fn names_that_come_back_count_no_more() {
    let mut brake = brake();
    assert_eq!(make(&mut brake, 0..20, 40, at(0)), 20);
    let back = ChangeSet {
        create: deletes(0..15).delete,
        ..ChangeSet::default()
    };
    brake.made(&back, |_| true, |_| "example", at(1).now);
    assert_eq!(make(&mut brake, 20..35, 40, at(2)), 15);
    assert_eq!(make(&mut brake, 35..36, 40, at(3)), 0);
    // Back with the pass itself.
    let mut both = back.clone();
    both.create = deletes(15..20).delete;
    both.delete = deletes(36..38).delete;
    let verdict = brake.hold("example", &mut both, at(4), |_| 40);
    assert!(verdict.freed && both.delete.len() == 2, "{verdict:?}");
}

#[test]
fn what_was_not_made_does_not_count() {
    let mut brake = brake();
    for seconds in 0..5 {
        let mut changes = deletes(0..20);
        brake.hold("example", &mut changes, at(seconds), |_| 40);
        brake.made(&changes, |_| false, |_| "example", at(seconds).now);
        assert_eq!(changes.delete.len(), 20);
    }
}

#[test]
fn what_was_let_go_stays_so_until_it_is_made_and_does_not_count() {
    let mut brake = brake();
    run(&mut brake, 50, 50, at(0));
    brake.release(None);
    // The destination does not take it at first.
    for seconds in 1..4 {
        assert_eq!(run(&mut brake, 50, 50, at(seconds)).0, 50);
    }
    brake.made(&deletes(0..50), |_| true, |_| "example", at(4).now);
    assert_eq!(make(&mut brake, 50..70, 20, at(5)), 20);
    assert_eq!(make(&mut brake, 70..71, 20, at(6)), 0);
}

#[test]
fn zones_are_counted_apart() {
    let mut brake = brake();
    assert_eq!(make(&mut brake, 0..20, 40, at(0)), 20);
    let mut other = deletes(0..20);
    let verdict = brake.hold("other", &mut other, at(1), |_| 40);
    assert_eq!((verdict, other.delete.len()), (Verdict::default(), 20));
}
