//! What the log knows, shared by those who add to it and the thread that sends.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::ops::RangeInclusive;
use std::sync::Arc;

use wire::Name;

use super::LogError;
use super::fold::{Fold, Folded};
use super::item::{Id, Item};
use crate::lease::Term;

/// The log of one zone.
#[derive(Debug)]
pub(super) struct ZoneLog {
    /// The number of the next entry.
    pub(super) next: u64,
    /// Entries that no checkpoint covers, with their bytes.
    entries: BTreeMap<u64, u64>,
    /// The last entry that the checkpoint covers.
    upto: u64,
    checkpoint: Vec<Id>,
    checkpoint_bytes: u64,
    /// Objects that a checkpoint has replaced, or that were never whole.
    pub(super) useless: Vec<Id>,
    /// Whether it had no entry when the term began.
    pub(super) fresh: bool,
    /// Whether it should be folded soon, whatever its size: it does not say all that there is.
    pub(super) renew: bool,
    folding: bool,
    /// Bytes of what waits to be sent, an object each.
    pub(super) pending: VecDeque<Vec<u8>>,
}

impl Default for ZoneLog {
    fn default() -> Self {
        Self {
            next: 1,
            entries: BTreeMap::new(),
            upto: 0,
            checkpoint: Vec::new(),
            checkpoint_bytes: 0,
            useless: Vec::new(),
            fresh: false,
            renew: false,
            folding: false,
            pending: VecDeque::new(),
        }
    }
}

impl ZoneLog {
    /// An entry is there.
    pub(super) fn added(&mut self, entry: &Item) {
        let number = entry.id.number;
        self.entries.insert(number, entry.data.len() as u64);
        self.next = self.next.max(number + 1);
        self.fresh = false;
    }

    /// A whole checkpoint is there.
    pub(super) fn covered(&mut self, parts: &[Item]) {
        let Some(first) = parts.first() else {
            return;
        };
        self.upto = first.id.number;
        self.next = self.next.max(self.upto + 1);
        self.checkpoint = parts.iter().map(|part| part.id.clone()).collect();
        self.checkpoint_bytes = parts.iter().map(|part| part.data.len() as u64).sum();
    }

    pub(super) fn is_covered(&self, number: u64) -> bool {
        number <= self.upto
    }

    pub(super) fn has_checkpoint(&self) -> bool {
        !self.checkpoint.is_empty()
    }

    #[cfg(test)]
    pub(super) fn is_folding(&self) -> bool {
        self.folding
    }

    /// How much it has, and how much of that a checkpoint would fold.
    fn bytes(&self) -> (u64, u64) {
        let pending: usize = self.pending.iter().map(Vec::len).sum();
        let entries = self.entries.values().sum::<u64>() + pending as u64;
        (self.checkpoint_bytes + entries, entries)
    }

    /// How much the zone has.
    pub(super) fn all_bytes(&self) -> u64 {
        self.bytes().0
    }

    /// Whether it is time for a checkpoint.
    fn wants_fold(&self, sizes: Sizes) -> bool {
        let (_, entries) = self.bytes();
        let room = sizes.zone.saturating_sub(self.checkpoint_bytes) / 2;
        let most = self.checkpoint_bytes.max(sizes.fold_bytes).min(room);
        self.renew || self.entries.len() >= sizes.fold_entries || entries > most
    }

    /// What a checkpoint of all that is there now would cover, and make useless. Nothing of the zone may
    /// be on its way.
    fn begin_fold(&mut self, zone: &Name) -> (u64, Vec<Id>) {
        self.folding = true;
        let entries = self.entries.keys().map(|number| Id::entry(zone, *number));
        let before = self.checkpoint.iter().chain(&self.useless).cloned();
        (self.next - 1, entries.chain(before).collect())
    }

    fn end_fold(&mut self, folded: Folded) {
        self.folding = false;
        if !folded.whole {
            self.useless.extend(folded.parts);
            return;
        }
        self.renew = false;
        self.upto = folded.upto;
        self.entries.retain(|number, _| *number > folded.upto);
        self.checkpoint = folded.parts;
        self.checkpoint_bytes = folded.bytes;
        self.useless = folded.left;
    }

    /// An entry was refused, and those behind it were not sent.
    fn refused(&mut self, number: u64) {
        self.next = number;
        self.pending.clear();
    }

    /// One that has no entry yet.
    pub(super) fn fresh() -> Self {
        Self {
            fresh: true,
            renew: true,
            ..Self::default()
        }
    }
}

/// How large things become.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// The most bytes of an object's data.
    pub(super) object: usize,
    /// The most bytes of a zone.
    pub(super) zone: u64,
    /// So many entries are folded.
    pub(super) fold_entries: usize,
    /// Fewer bytes are not, by themselves.
    pub(super) fold_bytes: u64,
}

/// A term in which we write.
#[derive(Debug)]
pub(super) struct Lead {
    pub(super) term: Term,
    /// Random bits of this writer.
    pub(super) writer: u64,
    pub(super) zones: BTreeMap<Name, ZoneLog>,
    /// Whether zones were told what was read. Before that nothing is taken: what they know is of another
    /// term.
    pub(super) told: bool,
}

/// Everything.
#[derive(Debug)]
pub(super) struct State {
    pub(super) sizes: Sizes,
    pub(super) lead: Option<Lead>,
    /// Entries up to this one were added.
    pub(super) last: u64,
    /// Those up to this one are durable, or void.
    settled: u64,
    void: VecDeque<(RangeInclusive<u64>, Arc<dyn Error + Send + Sync>)>,
    pub(super) folds: VecDeque<Fold>,
    /// Why the last checkpoint was not made, until somebody is told.
    pub(super) fold_error: Option<Arc<dyn Error + Send + Sync>>,
    /// How often in a row a checkpoint was not made.
    tries: u32,
    /// So many calls for a checkpoint do nothing since then.
    pause: u32,
    pub(super) flushes: u64,
    /// The thread that sends is gone, or is to go.
    pub(super) stopped: bool,
}

/// What is known of an entry that somebody waits for.
#[derive(Debug)]
pub(super) enum Standing {
    Durable,
    Void(Arc<dyn Error + Send + Sync>),
    Waiting,
}

impl State {
    pub(super) fn new(sizes: Sizes) -> Self {
        Self {
            sizes,
            lead: None,
            last: 0,
            settled: 0,
            void: VecDeque::new(),
            folds: VecDeque::new(),
            fold_error: None,
            tries: 0,
            pause: 0,
            flushes: 0,
            stopped: false,
        }
    }

    pub(super) fn standing(&self, upto: u64) -> Standing {
        let void = self.void.iter().find(|(range, _)| range.contains(&upto));
        match void {
            Some((_, why)) => Standing::Void(Arc::clone(why)),
            None if self.settled >= upto => Standing::Durable,
            None => Standing::Waiting,
        }
    }

    /// What waits becomes objects to be made; by zone, one after the other. The last entry that is in it.
    pub(super) fn take_pending(&mut self) -> Option<Round> {
        let lead = self.lead.as_mut()?;
        let mut zones = Vec::new();
        for (zone, log) in &mut lead.zones {
            let mut items = Vec::new();
            for data in log.pending.drain(..) {
                items.push(Item {
                    id: Id::entry(zone, log.next),
                    term: lead.term.number(),
                    writer: lead.writer,
                    parts: 0,
                    data,
                });
                log.next += 1;
            }
            if !items.is_empty() {
                zones.push((items, log.fresh));
            }
        }
        let term = lead.term.clone();
        let upto = self.last;
        (!zones.is_empty()).then_some(Round { term, upto, zones })
    }

    /// All of a round is there.
    pub(super) fn done(&mut self, round: &Round) {
        self.settled = self.settled.max(round.upto);
        self.flushes += 1;
        let Some(lead) = self.same_lead(&round.term) else {
            return;
        };
        for item in round.zones.iter().flat_map(|(items, _)| items) {
            if let Some(log) = lead.zones.get_mut(&item.id.zone) {
                log.added(item);
            }
        }
    }

    /// The server refused some objects of a round: none of those is there. All that is not durable counts
    /// as lost, since who waits cannot tell what was refused.
    pub(super) fn refuse(
        &mut self,
        round: &Round,
        refused: &[Id],
        why: Arc<dyn Error + Send + Sync>,
    ) {
        if let Some(lead) = self.same_lead(&round.term) {
            for items in round.zones.iter().map(|(items, _)| items) {
                let is_refused = |item: &&Item| refused.contains(&item.id);
                let end = items.iter().position(|item| is_refused(&item));
                let there = end.unwrap_or(items.len());
                let Some(log) = items
                    .first()
                    .and_then(|item| lead.zones.get_mut(&item.id.zone))
                else {
                    continue;
                };
                items.iter().take(there).for_each(|item| log.added(item));
                if let Some(item) = items.get(there) {
                    log.refused(item.id.number);
                }
            }
            lead.zones.values_mut().for_each(|log| log.pending.clear());
        }
        self.make_void(why);
    }

    /// Nobody knows what of a round is there, or somebody else leads. Only the next term's reading tells,
    /// so this one is over for the log.
    pub(super) fn lose(&mut self, why: Arc<dyn Error + Send + Sync>) {
        self.lead = None;
        self.folds.clear();
        self.make_void(why);
    }

    fn make_void(&mut self, why: Arc<dyn Error + Send + Sync>) {
        if self.settled == self.last {
            return;
        }
        let from = self.settled + 1;
        self.void.push_back((from..=self.last, why));
        // Who waits for one of them has been woken long before so many later ones are lost.
        if self.void.len() > MOST_VOID {
            self.void.pop_front();
        }
        self.settled = self.last;
    }

    /// The zones that want a checkpoint, or all of them; with what it covers.
    pub(super) fn begin_folds(&mut self, all: bool) -> Vec<(Name, u64, Vec<Id>)> {
        if self.pause > 0 {
            self.pause -= 1;
            return Vec::new();
        }
        let sizes = self.sizes;
        let Some(lead) = self.writing() else {
            return Vec::new();
        };
        let wants = |log: &ZoneLog| {
            let quiet = log.pending.is_empty() && !log.folding && !log.fresh;
            quiet && (all || log.wants_fold(sizes))
        };
        let zones = lead.zones.iter_mut().filter(|(_, log)| wants(log));
        let begun = zones.map(|(zone, log)| {
            let (upto, covered) = log.begin_fold(zone);
            (zone.clone(), upto, covered)
        });
        begun.collect()
    }

    /// A checkpoint is not made after all.
    pub(super) fn drop_fold(&mut self, zone: &Name) {
        let lead = self.lead.as_mut();
        if let Some(log) = lead.and_then(|lead| lead.zones.get_mut(zone)) {
            log.folding = false;
        }
    }

    /// A checkpoint was made, or not. Each one asks for all zones, so after one that was not ever more
    /// calls pass before the next.
    pub(super) fn folded(&mut self, term: &Term, mut folded: Folded) {
        match folded.error.take() {
            None => self.tries = 0,
            // The next leader makes one.
            Some(LogError::NotLeading) => {}
            Some(error) => {
                self.tries = (self.tries + 1).min(MOST_TRIES);
                self.pause = (1 << self.tries) - 1;
                self.fold_error = Some(Arc::new(error));
            }
        }
        let lead = self.same_lead(term);
        if let Some(log) = lead.and_then(|lead| lead.zones.get_mut(&folded.zone)) {
            log.end_fold(folded);
        }
    }

    /// The term in which entries are taken.
    pub(super) fn writing(&mut self) -> Option<&mut Lead> {
        let lead = self.lead.as_mut();
        lead.filter(|lead| lead.told && lead.term.may_write())
    }

    /// What a term began with, if it is not over.
    pub(super) fn same_lead(&mut self, term: &Term) -> Option<&mut Lead> {
        let lead = self.lead.as_mut();
        lead.filter(|lead| lead.term.number() == term.number())
    }
}

/// What is sent at once.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) term: Term,
    pub(super) upto: u64,
    /// By zone, with whether it had no entry before.
    pub(super) zones: Vec<(Vec<Item>, bool)>,
}

const MOST_VOID: usize = 64;

/// As a power of two: the most calls for a checkpoint that pass, a minute's.
const MOST_TRIES: u32 = 6;
