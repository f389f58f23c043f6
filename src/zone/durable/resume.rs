//! A zone from one run to the next: its serial, and the steps that led to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use wire::{Name, Serial};

use crate::history::Step;
use crate::journal::{Entry, Journal, Shown, Stored};
use crate::snapshot::Zone;
use crate::store::{Floor, Store, Writers, newer};
use crate::sum::Sum;
use crate::writer::ZoneWriter;

impl Store {
    /// From now on keeps what the layers say in a journal; zones begin with what it has of them.
    /// To be called once, before the first zone comes.
    pub fn keep_in(&self, journal: Arc<dyn Journal>, recovered: BTreeMap<Name, Stored>) {
        self.lock().stored = recovered;
        let first = self.journal.set(journal);
        debug_assert!(first.is_ok(), "a store has one journal");
    }

    /// What was stored is lost, with the serials that others have seen. To be called before the first
    /// zone comes, with the time in seconds since 1970, which serials often are.
    pub fn lose_serials(&self, now: Serial) {
        self.lock().serials_lost = Some(now);
    }

    /// Tells the journal what is shown of each zone: the last word before it is closed. What it has of
    /// commits may be lower where two came at the same time.
    pub fn note_serials(&self) {
        let _settled = self.settle();
        let mut writers = self.lock();
        let shown = |(apex, (_, writer)): (&Name, &(usize, ZoneWriter))| {
            let shown = writers.shown_of(apex, writer)?;
            Some((apex.clone(), shown))
        };
        let all: Vec<(Name, Shown)> = writers.zones.iter().filter_map(shown).collect();
        for (apex, shown) in all {
            self.say_shown(&mut writers, &apex, shown);
        }
    }

    /// Goes on with what is stored of a zone, from its file: with the same serial if it is what it was
    /// when it was seen last.
    pub(crate) fn resume(
        &self,
        writers: &mut Writers,
        next: &mut ZoneWriter,
        stored: Stored,
        kind: Floor,
    ) {
        let (file, floor) = (next.zone.clone(), next.zone.serial);
        let changed = next.apply(stored.changes);
        if self.journal.get().is_some() {
            next.sum = next.sum + Step::at(&file, &next.zone, changed).sum();
        }
        // What is stored beside the file may be what it was, and the file not, or the other way
        // round: nobody must take that for what they have.
        let same = stored.shown.filter(|shown| shown.sum == next.sum);
        if let Some(shown) = same {
            next.set_serial(shown.serial);
        }
        let before = next.zone.clone();
        let changed = next.apply(stored.late);
        let shown = same.filter(|_| changed.is_empty());
        let stays = shown.is_some_and(|shown| shown.serial == stored.serial);
        let raised = floor.is_newer_than(stored.serial);
        let apex = next.zone.apex.clone();
        if let Some(passed) = stored.passed {
            writers.passed.insert(apex.clone(), passed);
        }
        next.set_serial(if stays && (kind == Floor::Made || !raised) {
            stored.serial
        } else if raised {
            floor
        } else {
            self.next_serial(writers, &apex, stored.serial)
        });
        let serial = next.zone.serial;
        writers.ceilings.insert(apex.clone(), stored.ceiling);
        if serial != floor && serial != stored.serial {
            self.note(writers, &apex, serial, &[]);
        }
        let step = Step::at(&before, &next.zone, changed);
        next.sum = next.sum + step.sum();
        let Some(same) = same else {
            return;
        };
        // Secondaries have what was shown, or what leads to it.
        let history = writers.histories.entry(apex.clone()).or_default();
        let bytes = next.zone.memory_bytes();
        let steps = stored.steps;
        if steps.last().is_some_and(|last| last.to == same.serial) {
            for step in steps {
                history.push(step, bytes);
            }
        }
        if serial == same.serial {
            return;
        }
        let kept = history.push(step, bytes).cloned();
        if let Some(step) = kept {
            self.say_step(writers, &apex, &step, next.sum);
        }
    }

    /// Keeps what leads to a version that is about to be shown, for those who have the one before.
    pub(crate) fn remember(&self, writers: &mut Writers, zone: &Zone, step: Step) {
        let apex = &zone.apex;
        let Some((_, writer)) = writers.zones.get_mut(apex) else {
            return;
        };
        if self.journal.get().is_some() {
            writer.sum = writer.sum + step.sum();
        }
        if writers.masks.contains_key(apex) {
            // Nobody has the one before.
            return;
        }
        let Some((_, writer)) = writers.zones.get(apex) else {
            return;
        };
        let shown = Shown {
            serial: zone.serial,
            sum: writer.sum,
        };
        // Of a zone that is not whole yet nobody has a copy, and its first records would be there
        // twice; unless it was whole in an earlier run.
        let kept = match zone.incomplete {
            true => writers.histories.get_mut(apex),
            false => Some(writers.histories.entry(apex.clone()).or_default()),
        };
        let kept = kept.and_then(|history| history.push(step, zone.memory_bytes()));
        match kept.cloned() {
            Some(step) => self.say_step(writers, apex, &step, shown.sum),
            None => self.say_shown(writers, apex, shown),
        }
    }

    /// From now on versions have serials of this time or later ones. To be called once, before the first
    /// zone comes.
    pub fn count_serials_from(&self, least: fn() -> Serial) {
        let first = self.least_serial.set(least);
        debug_assert!(first.is_ok(), "there is one policy");
    }

    /// The serial that a version after this one has, if nobody wants another: later than all that may
    /// have been shown.
    pub(crate) fn next_serial(&self, writers: &Writers, apex: &Name, now: Serial) -> Serial {
        let passed = writers.passed.get(apex).copied();
        let next = newer(now, passed.unwrap_or(now)).next();
        self.least_serial
            .get()
            .map_or(next, |least| newer(next, least()))
    }

    /// Tells the journal what leads to the version that is shown from now on, with its sum.
    fn say_step(&self, writers: &mut Writers, zone: &Name, step: &Step, sum: Sum) {
        let entry = Entry::Step { zone, step, sum };
        if let Some(Err(error)) = self.journal.get().map(|journal| journal.append(entry)) {
            writers.set_trouble(error);
        }
    }

    /// Tells the journal which version of a zone is shown. For a serial below the ceiling it need not be
    /// durable: who does not know it takes a later one.
    pub(crate) fn say_shown(&self, writers: &mut Writers, zone: &Name, shown: Shown) {
        let entry = Entry::Shown { zone, shown };
        match self.journal.get().map(|journal| journal.append(entry)) {
            Some(Ok(position)) => writers.said = Some(position),
            Some(Err(error)) => writers.set_trouble(error),
            None => {}
        }
    }

    /// Waits until the serials that files gave are on the disk, one sync for all of them. To be called
    /// when all zones are read, before anybody is answered.
    pub fn settle_serials(&self) {
        let said = self.lock().said.take();
        let Some((journal, position)) = self.journal.get().zip(said) else {
            return;
        };
        if let Err(error) = journal.flush(position) {
            self.lock().set_trouble(error);
        }
    }
}

impl Writers {
    /// What is shown of a zone of ours.
    pub(crate) fn shown_of(&self, apex: &Name, writer: &ZoneWriter) -> Option<Shown> {
        let is_ours = !self.copies.contains(apex) && !self.withheld.contains(apex);
        let is_ours = is_ours && !self.masks.contains_key(apex);
        is_ours.then_some(Shown {
            serial: writer.zone.serial,
            sum: writer.sum,
        })
    }
}
