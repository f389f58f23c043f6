//! What is left at a destination as it is while objects cannot be read.
//!
//! Records that say of which object they are stay if that one is in doubt. Others do not say it, as
//! those of our own zones: of these all stay that were there before the start, until objects that can
//! be read have asked for them.

use std::collections::{BTreeMap, BTreeSet};

use plan::{ChangeSet, Endpoint, RowName, Update};
use wire::Rtype;

use super::model::{Doubts, add_targets};

/// What is left as it is.
#[derive(Debug, Default)]
pub(super) struct Unclaimed {
    /// Records of before the start that do not say of which object they are, and that nobody has
    /// asked for as they are.
    places: BTreeMap<RowName, Vec<Rtype>>,
    /// What was there before the start has been seen.
    seen: bool,
    /// All objects were known once: whoever may ask for it has been seen too.
    settled: bool,
    /// Names of which something is left.
    names: BTreeSet<RowName>,
    /// The number of the doubts that they are left for.
    number: u64,
}

impl Unclaimed {
    /// Takes from changes what would take away something that objects may ask for that cannot be
    /// read. `looked`: the names that the changes are about; none for all. Tells the names of which
    /// something is left that was not left before.
    pub(super) fn spare(
        &mut self,
        changes: &mut ChangeSet,
        looked: Option<&[RowName]>,
        (doubts, number): (&Doubts, u64),
        complete: bool,
    ) -> Vec<RowName> {
        self.note(changes, looked);
        if complete && !self.settled {
            self.settled = true;
            if doubts.is_empty() {
                self.places.clear();
            }
        }
        self.number = number;
        let mut before = BTreeSet::new();
        match looked {
            None => before = std::mem::take(&mut self.names),
            Some(names) => before.extend(names.iter().filter_map(|name| self.names.take(name))),
        }
        if doubts.is_empty() {
            return Vec::new();
        }
        let left = leave(changes, doubts, &self.places);
        let news = left.difference(&before).cloned().collect();
        self.names.extend(left);
        news
    }

    /// Names of which something is left.
    pub(super) fn names(&self) -> impl Iterator<Item = &RowName> {
        self.names.iter()
    }

    /// Whether something of a name is left.
    pub(super) fn has(&self, name: &RowName) -> bool {
        self.names.contains(name)
    }

    /// Names of which something was left that may not have to be, now that doubts have this number.
    pub(super) fn doubtless(&self, number: u64) -> impl Iterator<Item = &RowName> {
        let others = number != self.number;
        self.names.iter().filter(move |_| others)
    }

    /// Notes what nobody asks for at first, and what somebody asks for since.
    fn note(&mut self, changes: &ChangeSet, looked: Option<&[RowName]>) {
        let first = looked.is_none() && !self.seen;
        self.seen |= first;
        if !first && self.places.is_empty() {
            return;
        }
        let shrunk = changes.update.iter().filter(|update| takes(update));
        let lost = changes
            .delete
            .iter()
            .chain(shrunk.map(|update| &update.old));
        let unsaid = lost.filter(|record| record.labels.value(plan::Labels::RESOURCE).is_none());
        let mut lost: BTreeMap<RowName, Vec<Rtype>> = BTreeMap::new();
        for record in unsaid {
            let types = lost.entry(RowName::new(&record.name)).or_default();
            types.push(record.rtype);
        }
        if first {
            self.places = lost;
            return;
        }
        let still = |name: &RowName, types: &mut Vec<Rtype>| {
            let lost = lost.get(name);
            types.retain(|rtype| lost.is_some_and(|lost| lost.contains(rtype)));
            !types.is_empty()
        };
        match looked {
            None => self.places.retain(still),
            Some(names) => {
                for name in names {
                    if let Some(types) = self.places.get_mut(name)
                        && !still(name, types)
                    {
                        self.places.remove(name);
                    }
                }
            }
        }
    }
}

/// Leaves what is in doubt, or may be of an object that cannot be read. Gives the names.
fn leave(
    changes: &mut ChangeSet,
    doubts: &Doubts,
    places: &BTreeMap<RowName, Vec<Rtype>>,
) -> BTreeSet<RowName> {
    let mut names = BTreeSet::new();
    let stays = |record: &Endpoint| {
        let of_record = doubts.of_record(record);
        of_record.unwrap_or_else(|| {
            let types = places.get(&RowName::new(&record.name));
            types.is_some_and(|types| types.contains(&record.rtype))
        })
    };
    let updated = changes.update.iter().map(|update| &update.new);
    let made = || changes.create.iter().chain(updated.clone());
    let all: BTreeSet<_> = made().map(place).collect();
    let aliases = made().filter(|it| it.rtype == Rtype::CNAME);
    let aliases: BTreeSet<_> = aliases.map(place).collect();
    changes.delete.retain(|gone| {
        // A CNAME stands alone: what somebody else wants there now takes its place.
        let at = place(gone);
        let replaced = aliases.contains(&at) || (gone.rtype == Rtype::CNAME && all.contains(&at));
        let left = !replaced && stays(gone);
        if left {
            names.insert(at.0);
        }
        !left
    });
    changes.update.retain_mut(|update| {
        let wanted = doubts.of_record(&update.new) == Some(true);
        if !takes(update) || !(wanted || stays(&update.old)) {
            return true;
        }
        names.insert(RowName::new(&update.old.name));
        add_targets(&mut update.new, &update.old);
        update.new.targets.len() > update.old.targets.len()
    });
    names
}

/// Whether an update takes a target away.
fn takes(update: &Update) -> bool {
    let mut old = update.old.targets.iter();
    old.any(|target| !update.new.targets.contains(target))
}

fn place(record: &Endpoint) -> (RowName, &str) {
    (RowName::new(&record.name), &record.set_identifier)
}

#[cfg(test)]
mod tests {
    use plan::Labels;
    use source::object::{Key, Kind};

    use super::*;

    fn record(name: &str, rtype: Rtype, object: &str, targets: &[&str]) -> Endpoint {
        let mut endpoint = Endpoint::new(&format!("{name}.example.org"), rtype, targets);
        if !object.is_empty() {
            endpoint.labels.set(Labels::RESOURCE, object);
        }
        endpoint
    }

    fn doubts() -> Doubts {
        Doubts::of([(Kind::Service, &Key::new("default", "odd"))].into_iter())
    }

    fn left(changes: &ChangeSet) -> Vec<String> {
        let deletes = changes.delete.iter().map(|gone| format!("-{}", gone.name));
        let updates = changes.update.iter().map(|update| {
            let Update { new, .. } = update;
            format!("{} {}", new.name, new.targets.join(" "))
        });
        deletes.chain(updates).collect()
    }

    #[test]
    fn what_an_unreadable_object_had_stands_unless_another_takes_its_place() {
        let of = |name: &str, object: &str| record(name, Rtype::A, object, &["192.0.2.1"]);
        let odd = "service/default/odd";
        let update = |name: &str, object: &str, new: &[&str]| Update {
            old: record(name, Rtype::A, object, &["192.0.2.1", "192.0.2.2"]),
            new: record(name, Rtype::A, object, new),
        };
        let mut changes = ChangeSet {
            create: vec![
                record("b", Rtype::CNAME, "", &["t.example.net"]),
                record("d", Rtype::AAAA, "", &["2001:db8::1"]),
            ],
            update: vec![
                update("e", odd, &["192.0.2.1"]),
                update("f", odd, &["192.0.2.1", "192.0.2.3"]),
                update("g", "service/default/well", &["192.0.2.1"]),
            ],
            delete: vec![
                of("a", odd),
                of("b", odd),
                of("c", "service/default/gone"),
                of("d", odd),
            ],
        };
        let mut unclaimed = Unclaimed::default();
        let news = unclaimed.spare(&mut changes, None, (&doubts(), 1), true);
        assert_eq!(
            left(&changes),
            [
                "-b.example.org",
                "-c.example.org",
                "f.example.org 192.0.2.1 192.0.2.2 192.0.2.3",
                "g.example.org 192.0.2.1"
            ]
        );
        let news: Vec<&str> = news.iter().map(RowName::as_str).collect();
        assert_eq!(
            news,
            [
                "a.example.org",
                "d.example.org",
                "e.example.org",
                "f.example.org"
            ]
        );
        assert_eq!(
            (
                unclaimed.doubtless(1).count(),
                unclaimed.doubtless(2).count()
            ),
            (0, 4)
        );
    }

    #[test]
    fn records_that_do_not_say_whose_they_are_stand_until_somebody_asks_for_them() {
        let gone = || ChangeSet {
            delete: vec![record("a", Rtype::A, "", &["192.0.2.1"])],
            ..ChangeSet::default()
        };
        let name = [RowName::new("a.example.org")];
        let spared = |unclaimed: &mut Unclaimed, full: bool, doubts: &Doubts, complete| {
            let (mut changes, looked) = (gone(), (!full).then_some(&name[..]));
            unclaimed.spare(&mut changes, looked, (doubts, 1), complete);
            changes.is_empty()
        };
        let (some, none) = (doubts(), Doubts::default());
        let mut unclaimed = Unclaimed::default();
        assert!(spared(&mut unclaimed, true, &some, false));
        assert!(spared(&mut unclaimed, false, &some, true));
        assert!(spared(&mut unclaimed, true, &some, true));
        assert!(!spared(&mut unclaimed, false, &none, true));
        // Somebody asks for it as it is, then no longer.
        let mut asked = ChangeSet::default();
        unclaimed.spare(&mut asked, Some(&name), (&some, 1), true);
        assert!(!spared(&mut unclaimed, true, &some, true));
        // What comes when all was known is no doubt about what was there before.
        let mut unclaimed = Unclaimed::default();
        assert!(!spared(&mut unclaimed, true, &none, true));
        assert!(!spared(&mut unclaimed, true, &some, true));
        // Nor was what was made meanwhile there before.
        let mut unclaimed = Unclaimed::default();
        unclaimed.spare(&mut ChangeSet::default(), None, (&some, 1), false);
        assert!(!spared(&mut unclaimed, false, &some, false));
        assert!(!spared(&mut unclaimed, true, &some, true));
    }
}
