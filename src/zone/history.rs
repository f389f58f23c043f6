//! What changed from one serial to the next: the steps that incremental transfers are made of.
//!
//! A step is compact bytes, records one after the other, since thousands of them are kept. The
//! oldest go first once all together take more than [`LEAST`] bytes and half of the zone's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use wire::name::MAX_LEN;
use wire::{NameRef, Rtype, Serial, Ttl};

use crate::assemble::{SOA_NUMBERS, serial_of};
use crate::key;
use crate::node::{Node, RrsetRef};
use crate::snapshot::Zone;

/// What changed from one serial to a later one. The SOA records of both belong to it.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// The serial before.
    pub from: Serial,
    /// The serial after.
    pub to: Serial,
    removed: Box<[u8]>,
    added: Box<[u8]>,
}

/// One record of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepRecord<'a> {
    /// The owner below the apex: labels without the apex and without a root label.
    pub owner: &'a [u8],
    /// The type.
    pub rtype: Rtype,
    /// The TTL.
    pub ttl: Ttl,
    /// The data, uncompressed.
    pub rdata: &'a [u8],
}

impl Step {
    /// The records that are there no more, the SOA first.
    #[must_use]
    pub fn removed(&self) -> StepRecords<'_> {
        StepRecords(&self.removed)
    }

    /// The records that are new, the SOA first.
    #[must_use]
    pub fn added(&self) -> StepRecords<'_> {
        StepRecords(&self.added)
    }

    /// A step from its bytes, as [`Self::parts`] gives them. None if they are no step.
    /// Owners must leave room for the apex.
    pub(crate) fn from_parts(
        apex: NameRef<'_>,
        (from, to): (Serial, Serial),
        removed: &[u8],
        added: &[u8],
    ) -> Option<Self> {
        let most = MAX_LEN.saturating_sub(apex.len());
        let whole = is_side(removed, from, most) && is_side(added, to, most);
        whole.then(|| Self {
            from,
            to,
            removed: removed.into(),
            added: added.into(),
        })
    }

    /// The bytes of what is removed and of what is added.
    pub(crate) fn parts(&self) -> (&[u8], &[u8]) {
        (&self.removed, &self.added)
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.removed.len() + self.added.len()
    }

    /// All of several steps, which follow each other, in one: what comes and goes again in between is
    /// left out.
    #[must_use]
    pub fn condensed(steps: &[Arc<Self>]) -> Option<Self> {
        let (first, last) = (steps.first()?, steps.last()?);
        // Records that differ in the end, and whether they are new.
        let mut net: BTreeMap<StepRecord<'_>, bool> = BTreeMap::new();
        for step in steps {
            let gone = step.removed().map(|record| (record, false));
            let come = step.added().map(|record| (record, true));
            for (record, new) in gone.chain(come) {
                if record.rtype == Rtype::SOA {
                    continue;
                }
                if net.get(&record) == Some(&!new) {
                    net.remove(&record);
                } else {
                    net.insert(record, new);
                }
            }
        }
        let side = |soa: StepRecords<'_>, new: bool| {
            let mut bytes = Vec::new();
            let records = net.iter().filter(|(_, is)| **is == new);
            for record in soa.take(1).chain(records.map(|(record, _)| *record)) {
                let StepRecord {
                    owner,
                    rtype,
                    ttl,
                    rdata,
                } = record;
                push(&mut bytes, owner, (rtype, ttl, rdata));
            }
            bytes.into_boxed_slice()
        };
        Some(Self {
            from: first.from,
            to: last.to,
            removed: side(first.removed(), false),
            added: side(last.added(), true),
        })
    }

    /// The step from one version of a zone to another, by looking at both whole.
    #[must_use]
    pub fn between(before: &Zone, after: &Zone) -> Self {
        let mut draft = Draft::default();
        let (mut olds, mut news) = (before.nodes().peekable(), after.nodes().peekable());
        loop {
            let order = match (olds.peek(), news.peek()) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(old), Some(new)) => key::cmp(old.owner(), new.owner()),
            };
            let old = order.is_le().then(|| olds.next()).flatten();
            let new = order.is_ge().then(|| news.next()).flatten();
            if old.map(Node::entry) == new.map(Node::entry) {
                continue;
            }
            let owner = old.or(new).map_or(&[][..], Node::owner);
            draft.add(owner, old, new);
        }
        draft.finish(before, after)
    }

    /// The step from one version of a zone to another that differs at these owners at most. They
    /// are put into canonical order.
    pub(crate) fn at(before: &Zone, after: &Zone, mut owners: Vec<Box<[u8]>>) -> Self {
        owners.sort_by(|left, right| key::cmp(left, right));
        owners.dedup();
        let mut draft = Draft::default();
        for owner in owners {
            let (old, new) = (before.node_at(&owner), after.node_at(&owner));
            draft.add(&owner, old, new);
        }
        draft.finish(before, after)
    }
}

/// The records of one side of a step.
#[derive(Clone, Debug)]
pub struct StepRecords<'a>(&'a [u8]);

impl<'a> Iterator for StepRecords<'a> {
    type Item = StepRecord<'a>;

    fn next(&mut self) -> Option<StepRecord<'a>> {
        let (&owner_len, rest) = self.0.split_first()?;
        let (owner, rest) = rest.split_at_checked(owner_len.into())?;
        let (&[a, b, c, d, e, f, g, h], rest) = rest.split_first_chunk::<8>()?;
        let (rdata, rest) = rest.split_at_checked(u16::from_be_bytes([g, h]).into())?;
        self.0 = rest;
        Some(StepRecord {
            owner,
            rtype: Rtype(u16::from_be_bytes([a, b])),
            ttl: Ttl::from_secs(u32::from_be_bytes([c, d, e, f])),
            rdata,
        })
    }
}

/// Whether bytes are one side of a step: whole records, the first of them an SOA with this serial.
fn is_side(bytes: &[u8], serial: Serial, most: usize) -> bool {
    let mut records = StepRecords(bytes);
    let soa = records.next().is_some_and(|soa| {
        soa.owner.is_empty()
            && soa.rtype == Rtype::SOA
            && soa.rdata.len() >= SOA_NUMBERS + 2
            && serial_of(soa.rdata) == serial
    });
    let all = records
        .by_ref()
        .all(|record| key::is_owner(record.owner, most));
    soa && all && records.0.is_empty()
}

/// A record at some owner, as far as a step compares it.
type Record<'a> = (Rtype, Ttl, &'a [u8]);

fn records_of(node: Option<Node<'_>>) -> impl Iterator<Item = Record<'_>> {
    let rrsets = node.map(Node::rrsets).into_iter().flatten();
    rrsets.flat_map(records_of_rrset)
}

fn records_of_rrset(rrset: RrsetRef<'_>) -> impl Iterator<Item = Record<'_>> {
    let (rtype, ttl) = (rrset.rtype(), rrset.ttl());
    rrset.rdatas().map(move |rdata| (rtype, ttl, rdata))
}

/// A step in the making.
#[derive(Default)]
struct Draft {
    removed: Vec<u8>,
    added: Vec<u8>,
}

impl Draft {
    /// Adds what differs at one name. SOA records are left to the end.
    fn add(&mut self, owner: &[u8], old: Option<Node<'_>>, new: Option<Node<'_>>) {
        let [old, new] = [old, new].map(|node| {
            let records = records_of(node);
            let of = |record: &Record<'_>| record.0 != Rtype::SOA;
            records.filter(of).collect::<BTreeSet<Record<'_>>>()
        });
        for record in old.difference(&new) {
            push(&mut self.removed, owner, *record);
        }
        for record in new.difference(&old) {
            push(&mut self.added, owner, *record);
        }
    }

    fn finish(self, before: &Zone, after: &Zone) -> Step {
        let with_soa = |zone: &Zone, records: Vec<u8>| {
            let mut all = Vec::with_capacity(records.len() + 128);
            let soa = zone.apex_node().and_then(|apex| apex.rrset(Rtype::SOA));
            for record in soa.into_iter().flat_map(records_of_rrset) {
                push(&mut all, &[], record);
            }
            all.extend(records);
            all.into_boxed_slice()
        };
        Step {
            from: before.serial(),
            to: after.serial(),
            removed: with_soa(before, self.removed),
            added: with_soa(after, self.added),
        }
    }
}

fn push(bytes: &mut Vec<u8>, owner: &[u8], (rtype, ttl, rdata): (Rtype, Ttl, &[u8])) {
    // Owners are at most 254 bytes, data at most 65,535: both were checked when they came in.
    bytes.push(u8::try_from(owner.len()).unwrap_or(u8::MAX));
    bytes.extend(owner);
    bytes.extend(rtype.0.to_be_bytes());
    bytes.extend(ttl.as_secs().to_be_bytes());
    bytes.extend(u16::try_from(rdata.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(rdata);
}

/// The last steps of one zone, the oldest first, without a gap.
#[derive(Debug, Default)]
pub(crate) struct History {
    steps: VecDeque<Arc<Step>>,
    bytes: usize,
}

impl History {
    /// Adds the step to the current version of a zone of this many bytes. Gives it, unless it is too
    /// large to be kept.
    pub(crate) fn push(
        &mut self,
        step: impl Into<Arc<Step>>,
        zone_bytes: usize,
    ) -> Option<&Arc<Step>> {
        let step = step.into();
        if self.steps.back().is_some_and(|last| last.to != step.from) {
            self.clear();
        }
        self.bytes += step.bytes();
        self.steps.push_back(step);
        while self.bytes > LEAST.max(zone_bytes / 2)
            && let Some(oldest) = self.steps.pop_front()
        {
            self.bytes -= oldest.bytes();
        }
        self.steps.back()
    }

    /// All steps, the oldest first.
    pub(crate) fn steps(&self) -> Vec<Arc<Step>> {
        self.steps.iter().cloned().collect()
    }

    /// Forgets all.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The steps that lead from a serial to the last one, if they are all known.
    pub(crate) fn since(&self, serial: Serial) -> Option<Vec<Arc<Step>>> {
        let first = self.steps.iter().position(|step| step.from == serial)?;
        Some(self.steps.iter().skip(first).cloned().collect())
    }
}

/// Bytes that are always kept: more than ten thousand changes of one record.
const LEAST: usize = 4 << 20;
