//! Records of another owner that become ours.

use super::records::{a, by, options, text, texts};
use crate::diff::{Rules, Skip, plan};
use crate::registry::txt::{TxtOptions, TxtRegistry};
use crate::{Endpoint, Labels};

fn migrating() -> (TxtRegistry, Rules) {
    let registry = TxtRegistry::new(TxtOptions {
        previous_owner: Some("you".into()),
        ..options()
    });
    let rules = Rules {
        owner: Some("me".into()),
        previous_owner: Some("you".into()),
        ..Rules::default()
    };
    (registry.unwrap(), rules)
}

#[test]
fn desired_records_are_taken_over_once_with_their_old_text() {
    let (mut registry, rules) = migrating();
    let listed = vec![
        a("web.example"),
        text("a-web.example", &by("you")),
        a("mine.example"),
        text("a-mine.example", &by("me")),
    ];
    let current = registry.read(listed);
    let desired: Vec<Endpoint> = vec![a("web.example"), a("mine.example")];
    let changes = plan(current, desired.clone(), &rules).changes;
    assert_eq!(
        (
            changes.create.len(),
            changes.update.len(),
            changes.delete.len()
        ),
        (0, 1, 0)
    );
    let written = registry.write(changes);
    let [record, ownership] = &written.update[..] else {
        panic!("expected a record and its text");
    };
    assert_eq!(record.old.labels.value(Labels::PREVIOUS_OWNER), None);
    assert_eq!(texts([&ownership.old]), [("a-web.example", &*by("you"))]);
    assert_eq!(texts([&ownership.new]), [("a-web.example", &*by("me"))]);
    // The destination as it is then needs no further change.
    let listed = vec![
        a("web.example"),
        text("a-web.example", &by("me")),
        a("mine.example"),
        text("a-mine.example", &by("me")),
    ];
    let current = registry.read(listed);
    assert!(plan(current, desired, &rules).changes.is_empty());
}

#[test]
fn records_that_nobody_wants_here_stay_with_their_owner() {
    let (mut registry, rules) = migrating();
    let current = registry.read(vec![
        a("other.example"),
        text("a-other.example", &by("you")),
    ]);
    let plan = plan(current, Vec::new(), &rules);
    assert!(plan.changes.is_empty());
    assert_eq!(plan.skipped[0].reason, Skip::Previous);
}
