//! One worker: takes batches of requests through the passes.

use std::sync::Arc;
use std::time::Instant;

use wire::message::{HEADER_LEN, Plain};
use wire::name::NameRef;
use wire::write::Writer;
use wire::{Rcode, Rtype};
use zone::{Found, LookupName, Snapshot, Zone};

use crate::handle::Handle;
use crate::metrics::{DropReason, WorkerMetrics};
use crate::query::{self, Asked, Made, Outcome};
use crate::slot::{Slot, Transport};
use crate::stage::ratelimit::Verdict;

use super::reply::{Extra, Frame};
use super::signature::Signature;
use super::{Core, judge, quick};

/// The most requests that are answered together.
pub const MAX_BATCH: usize = 32;

/// Answers requests; one per thread.
#[derive(Debug)]
pub struct Worker {
    core: Arc<Core>,
    metrics: WorkerMetrics,
    pending: Box<[Pending]>,
    scratch: LookupName,
}

/// What is known of a request between two passes.
#[derive(Debug)]
pub(super) struct Pending {
    /// Whether there is a question to look up.
    pub(super) ask: bool,
    /// What the request is, if it is ordinary. All but the name, its length and its type is not
    /// filled in then until the answer turns out to be anything else.
    pub(super) plain: Option<Plain>,
    pub(super) lookup: LookupName,
    /// The type that is asked for.
    pub(super) rtype: Rtype,
    /// How long the question's name is; 0 where there is no question that could be read.
    pub(super) name_len: usize,
    pub(super) edns: Option<Extra>,
    /// What its signature came to, if it has one.
    pub(super) signature: Option<Box<Signature>>,
}

impl Default for Pending {
    fn default() -> Self {
        Self {
            ask: false,
            plain: None,
            lookup: LookupName::default(),
            rtype: Rtype::A,
            name_len: 0,
            edns: None,
            signature: None,
        }
    }
}

impl Pending {
    /// Fills in what an ordinary request has left out.
    fn complete(&mut self, core: &Core, slot: &Slot) {
        if let Some(opt) = self.plain.take().and_then(|plain| plain.opt) {
            self.edns = Some(Extra::new(core, slot, &opt.edns()));
        }
    }

    /// The name of the question of this slot.
    #[inline]
    fn name<'s>(&self, slot: &'s Slot) -> NameRef<'s> {
        NameRef::from_checked(&slot.request[HEADER_LEN..HEADER_LEN + self.name_len])
    }
}

impl Handle for Worker {
    fn handle(&mut self, slots: &mut [Slot], now: Instant) {
        for slots in slots.chunks_mut(MAX_BATCH) {
            self.batch(slots, now);
        }
    }
}

impl Worker {
    pub(super) fn new(core: Arc<Core>, metrics: WorkerMetrics) -> Self {
        let pending = (0..MAX_BATCH).map(|_| Pending::default()).collect();
        Self {
            core,
            metrics,
            pending,
            scratch: LookupName::default(),
        }
    }

    fn batch(&mut self, slots: &mut [Slot], now: Instant) {
        let Self {
            core,
            metrics,
            pending,
            scratch,
        } = self;
        let snapshot = core.store.snapshot();
        let snapshot: &Snapshot = &snapshot;
        let mut found = [None; MAX_BATCH];
        let mut last = None;
        for ((slot, pending), found) in slots.iter_mut().zip(&mut *pending).zip(&mut found) {
            slot.reply_len = 0;
            pending.ask = false;
            judge::read(core, metrics, slot, pending, snapshot, now);
            if pending.ask {
                let zone = match pending.plain {
                    Some(_) => snapshot.prepare(&mut pending.lookup, last),
                    None => {
                        let asked = (pending.name(slot), pending.rtype);
                        query::zone_for(snapshot, &mut pending.lookup, asked, last)
                    }
                };
                last = zone.or(last);
                *found = zone.map(|zone| (zone, zone.begin(&pending.lookup)));
            }
        }
        let pending = &mut pending[..slots.len()];
        // What the index has of the names has come meanwhile, and so will the entries.
        for (found, pending) in found.iter_mut().zip(&*pending) {
            if let Some((zone, probe)) = found {
                *probe = zone.probe(*probe, &pending.lookup);
            }
        }
        for ((slot, pending), found) in slots.iter_mut().zip(pending).zip(found) {
            if !pending.ask {
                continue;
            }
            let found = match found {
                Some((zone, probe)) => {
                    let found = zone.find_probed(&pending.lookup, probe);
                    match quick::answer(core, slot, pending, (zone, found)) {
                        Some((rcode, _)) if !core.rate_limit.is_on() => {
                            count(metrics, slot, pending, rcode);
                            continue;
                        }
                        Some((rcode, class)) => {
                            let outcome = Outcome {
                                authoritative: true,
                                class,
                                ..Outcome::empty(rcode)
                            };
                            finish(core, metrics, slot, pending, &outcome, now);
                            continue;
                        }
                        None => Some((zone, found)),
                    }
                }
                None => None,
            };
            let outcome = ask(core, slot, pending, found, snapshot, scratch);
            finish(core, metrics, slot, pending, &outcome, now);
        }
    }
}

/// Last pass: writes the answer of a question.
#[inline(never)]
fn ask<'n>(
    core: &Core,
    slot: &mut Slot,
    pending: &mut Pending,
    found: Option<(&'n Zone, Found<'n>)>,
    snapshot: &'n Snapshot,
    scratch: &mut LookupName,
) -> Outcome {
    pending.complete(core, slot);
    let Pending {
        lookup,
        rtype,
        name_len,
        edns,
        signature,
        ..
    } = pending;
    if let Some(edns) = edns
        && edns.wants_expire
    {
        edns.expire = found.and_then(|(zone, _)| expire(core, zone, *rtype, *name_len));
    }
    let frame = Frame::new(core, slot, *name_len, edns.as_ref(), signature.as_deref());
    let Slot {
        request,
        request_len,
        reply,
        ..
    } = slot;
    let request = &request[..*request_len];
    let begin = frame.begin(request, reply);
    let name = NameRef::from_checked(&request[HEADER_LEN..HEADER_LEN + *name_len]);
    let asked = Asked {
        name,
        rtype: *rtype,
        found,
    };
    let made = Made::default();
    let mut writer = Writer::new(reply, begin, frame.room);
    writer.anchor(name, HEADER_LEN);
    let outcome = query::answer(snapshot, &mut writer, &made, asked, lookup, scratch);
    let len = writer.len();
    drop(writer);
    slot.reply_len = frame.end(core, reply, len, &outcome);
    outcome
}

/// How long a zone is good for, where a question asks for its SOA (RFC 7314 §3.2). Of a zone that we
/// follow it would be the time that is left, which the store does not know; it is left out there.
#[cold]
fn expire(core: &Core, zone: &Zone, rtype: Rtype, name_len: usize) -> Option<u32> {
    // A name in the zone is as long as the apex only if it is the apex.
    if rtype != Rtype::SOA || name_len != zone.apex().len() || zone.withheld().is_some() {
        return None;
    }
    let following = core.authority.following.as_ref();
    if following.is_some_and(|following| following.follows(&zone.apex().to_lowercase())) {
        return None;
    }
    // The fourth of the five numbers that the data ends with (RFC 1035 §3.3.13).
    let (soa, _) = zone.negative_soa();
    let &[a, b, c, d, ..] = soa.last_chunk::<8>()?;
    Some(u32::from_be_bytes([a, b, c, d]))
}

pub(super) fn write_empty(core: &Core, slot: &mut Slot, pending: &Pending, outcome: &Outcome) {
    let frame = Frame::of(core, slot, pending);
    let len = frame.begin(&slot.request[..slot.request_len], &mut slot.reply);
    slot.reply_len = frame.end(core, &mut slot.reply, len, outcome);
}

pub(super) fn write_chaos(
    core: &Core,
    slot: &mut Slot,
    pending: &Pending,
    outcome: &mut Outcome,
    record: &[u8],
) {
    let frame = Frame::of(core, slot, pending);
    let len = frame.begin(&slot.request[..slot.request_len], &mut slot.reply);
    let mut writer = Writer::new(&mut slot.reply, len, frame.room);
    match writer.put(record) {
        Ok(()) => outcome.counts[0] = 1,
        Err(wire::write::Full) => outcome.truncated = true,
    }
    let len = writer.len();
    slot.reply_len = frame.end(core, &mut slot.reply, len, outcome);
}

/// Last: what the rate limit makes of the answer, and the counters.
#[inline(never)]
pub(super) fn finish(
    core: &Core,
    metrics: &mut WorkerMetrics,
    slot: &mut Slot,
    pending: &mut Pending,
    outcome: &Outcome,
    now: Instant,
) {
    let mut truncated = outcome.truncated;
    // Who has shown a cookie of ours owns the address, and who has a key is who they say: there is
    // nobody to protect.
    let is_proven = || {
        pending.edns.as_ref().is_some_and(Extra::is_proven)
            || matches!(pending.signature.as_deref(), Some(Signature::Verified(_)))
    };
    if core.rate_limit.is_on() && slot.transport == Transport::Udp && !is_proven() {
        match core.rate_limit.decide(now, slot.client.ip(), outcome.class) {
            Verdict::Send => {}
            Verdict::Truncate => {
                truncated = true;
                let cut = Outcome {
                    truncated,
                    counts: [0; 3],
                    ..*outcome
                };
                pending.complete(core, slot);
                write_empty(core, slot, pending, &cut);
            }
            Verdict::Drop => {
                slot.reply_len = 0;
                metrics.dropped(DropReason::RateLimit);
                return;
            }
        }
    }
    if let Some(signature) = pending.signature.as_deref() {
        signature.seal(slot);
    }
    if truncated {
        metrics.truncated();
    }
    count(metrics, slot, pending, outcome.rcode);
}

#[inline]
fn count(metrics: &mut WorkerMetrics, slot: &Slot, pending: &Pending, rcode: Rcode) {
    let qtype = (pending.name_len > 0).then_some(pending.rtype);
    metrics.query(slot.transport, slot.client.ip(), qtype, rcode);
}
