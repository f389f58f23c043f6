//! One worker: takes batches of requests through the passes.

use std::sync::Arc;
use std::time::Instant;

use wire::edns::ExtendedError;
use wire::message::{HEADER_LEN, Header, Question, Trailer};
use wire::name::NameRef;
use wire::write::Writer;
use wire::{Class, Opcode, Rcode, Rtype};
use zone::{LookupName, Probe, Snapshot, Zone};

use crate::handle::Handle;
use crate::metrics::{DropReason, WorkerMetrics};
use crate::query::{self, Asked, Made, Outcome};
use crate::slot::{Slot, Transport};
use crate::stage::cookie::CookieState;
use crate::stage::ratelimit::{ResponseClass, Verdict};

use super::Core;
use super::reply::{Extra, Frame};

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
    ask: bool,
    lookup: LookupName,
    /// The type that is asked for.
    rtype: Rtype,
    /// How long the question's name is; 0 where there is no question that could be read.
    pub(super) name_len: usize,
    pub(super) edns: Option<Extra>,
}

impl Default for Pending {
    fn default() -> Self {
        Self {
            ask: false,
            lookup: LookupName::default(),
            rtype: Rtype::A,
            name_len: 0,
            edns: None,
        }
    }
}

/// What becomes of a request after it is read.
enum Step {
    /// It goes into the query engine.
    Ask,
    /// It is answered as it stands.
    Reply(Outcome),
    /// A question about the server, with the text that answers it.
    Chaos(Vec<u8>),
    /// It gets no answer.
    Drop(DropReason),
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
        let core = Arc::clone(&self.core);
        let snapshot = core.store.snapshot();
        let snapshot: &Snapshot = &snapshot;
        let mut found = [None; MAX_BATCH];
        let mut last = None;
        for ((slot, pending), found) in slots.iter_mut().zip(&mut self.pending).zip(&mut found) {
            slot.reply_len = 0;
            pending.ask = false;
            read(&core, &mut self.metrics, slot, pending, snapshot, now);
            if pending.ask {
                let zone = query::zone_for(snapshot, &pending.lookup, pending.rtype, last);
                last = zone.or(last);
                *found = zone.map(|zone| (zone, Probe::Unknown));
            }
        }
        let pending = &self.pending[..slots.len()];
        // Each of these loops is short, so that the reads of many rounds are under way at once.
        for (found, pending) in found.iter_mut().zip(pending) {
            if let Some((zone, probe)) = found {
                *probe = zone.probe(&pending.lookup);
            }
        }
        for (found, pending) in found.iter_mut().zip(pending) {
            if let Some((zone, probe)) = found {
                *probe = zone.probe_page(*probe, &pending.lookup);
            }
        }
        for (found, pending) in found.iter_mut().zip(pending) {
            if let Some((zone, probe)) = found {
                *probe = zone.probe_node(*probe, &pending.lookup);
            }
        }
        for ((slot, pending), found) in slots.iter_mut().zip(&mut self.pending).zip(found) {
            if pending.ask {
                let outcome = ask(&core, slot, pending, found, snapshot, &mut self.scratch);
                finish(&core, &mut self.metrics, slot, pending, outcome, now);
            }
        }
    }
}

/// First pass: reads a request; what needs no zone is answered at once.
fn read(
    core: &Core,
    metrics: &mut WorkerMetrics,
    slot: &mut Slot,
    pending: &mut Pending,
    snapshot: &Snapshot,
    now: Instant,
) {
    pending.edns = None;
    pending.name_len = 0;
    match judge(core, slot, pending, snapshot) {
        Step::Ask => pending.ask = true,
        Step::Drop(reason) => metrics.dropped(reason),
        Step::Reply(outcome) => {
            write_empty(core, slot, pending, &outcome);
            finish(core, metrics, slot, pending, outcome, now);
        }
        Step::Chaos(record) => {
            let mut outcome = Outcome::empty(Rcode::NOERROR);
            outcome.authoritative = true;
            outcome.class = ResponseClass::Positive;
            write_chaos(core, slot, pending, &mut outcome, &record);
            finish(core, metrics, slot, pending, outcome, now);
        }
    }
}

/// The OPT record of a request that is answered with an error, as far as it can be read.
fn salvage(core: &Core, slot: &Slot, header: Header) -> Option<Extra> {
    let edns = Trailer::salvage(slot.request(), header)?;
    Some(Extra::new(core, slot, &edns))
}

fn judge(core: &Core, slot: &Slot, pending: &mut Pending, snapshot: &Snapshot) -> Step {
    let message = slot.request();
    let Some(header) = Header::read(message).filter(|header| !header.is_answer()) else {
        return Step::Drop(DropReason::Malformed);
    };
    let refuse = |rcode| Step::Reply(Outcome::empty(rcode));
    if header.opcode() != Opcode::QUERY {
        pending.edns = salvage(core, slot, header);
        return refuse(Rcode::NOTIMP);
    }
    if header.counts[0] != 1 {
        pending.edns = salvage(core, slot, header);
        // RFC 7873 §5.4: a client may ask for a cookie and nothing else.
        let cookie = pending.edns.and_then(|edns| edns.cookie);
        let only_cookie =
            header.counts[0] == 0 && cookie.is_some_and(|state| state != CookieState::Malformed);
        return refuse(if only_cookie {
            Rcode::NOERROR
        } else {
            Rcode::FORMERR
        });
    }
    let Ok(question) = Question::read(message) else {
        return refuse(Rcode::FORMERR);
    };
    pending.name_len = question.name.len();
    pending.rtype = question.rtype;
    let trailer = match Trailer::read(message, header, question.end()) {
        Ok(trailer) => trailer,
        Err(error) => return refuse(error.rcode()),
    };
    if let Some(edns) = &trailer.edns {
        let extra = pending.edns.insert(Extra::new(core, slot, edns));
        if edns.version != 0 {
            return refuse(Rcode::BADVERS);
        }
        if extra.cookie == Some(CookieState::Malformed) {
            return refuse(Rcode::FORMERR);
        }
    }
    if !core.options.acl.permits(slot.client.ip()) {
        let mut outcome = Outcome::empty(Rcode::REFUSED);
        outcome.error = Some(ExtendedError::PROHIBITED);
        return Step::Reply(outcome);
    }
    // No keys are known: a signed request is not ours to judge (RFC 8945 §5.2.1).
    if trailer.tsig.is_some() {
        return refuse(Rcode::NOTAUTH);
    }
    match question.class {
        Class::IN => {}
        Class::CH => {
            return match core.options.chaos.text(question.name) {
                Some(text) if matches!(question.rtype, Rtype::TXT | Rtype::ANY) => {
                    Step::Chaos(query::chaos_record(text))
                }
                _ => refuse(Rcode::REFUSED),
            };
        }
        _ => return refuse(Rcode::REFUSED),
    }
    match question.rtype {
        // Transfers go to named peers only, and there are none. RFC 5936 §2.2.1: NOTAUTH where the
        // name is no zone of ours.
        Rtype::AXFR | Rtype::IXFR => {
            let ours = snapshot.zone(question.name).is_some();
            return refuse(if ours { Rcode::REFUSED } else { Rcode::NOTAUTH });
        }
        Rtype::MAILA | Rtype::MAILB => return refuse(Rcode::NOTIMP),
        Rtype::ANY => {}
        // RFC 3597 §3: type 0 is one that nobody knows, and asked for like others.
        rtype if rtype.is_meta() && rtype.0 != 0 => return refuse(Rcode::FORMERR),
        _ => {}
    }
    pending.lookup.set(question.name, snapshot.keys());
    Step::Ask
}

/// Last pass: writes the answer of a question.
#[inline]
fn ask<'n>(
    core: &Core,
    slot: &mut Slot,
    pending: &mut Pending,
    found: Option<(&'n Zone, Probe<'n>)>,
    snapshot: &'n Snapshot,
    scratch: &mut LookupName,
) -> Outcome {
    let Pending {
        lookup,
        rtype,
        name_len,
        edns,
        ..
    } = pending;
    let frame = Frame::new(core, slot, *name_len, edns.as_ref());
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
    let mut writer = Writer::new(reply, begin, frame.room(core));
    writer.anchor(name, HEADER_LEN);
    let outcome = query::answer(snapshot, &mut writer, &made, asked, lookup, scratch);
    let len = writer.len();
    drop(writer);
    slot.reply_len = frame.end(core, reply, len, &outcome);
    outcome
}

fn write_empty(core: &Core, slot: &mut Slot, pending: &Pending, outcome: &Outcome) {
    let frame = Frame::new(core, slot, pending.name_len, pending.edns.as_ref());
    let len = frame.begin(&slot.request[..slot.request_len], &mut slot.reply);
    slot.reply_len = frame.end(core, &mut slot.reply, len, outcome);
}

fn write_chaos(
    core: &Core,
    slot: &mut Slot,
    pending: &Pending,
    outcome: &mut Outcome,
    record: &[u8],
) {
    let frame = Frame::new(core, slot, pending.name_len, pending.edns.as_ref());
    let len = frame.begin(&slot.request[..slot.request_len], &mut slot.reply);
    let mut writer = Writer::new(&mut slot.reply, len, frame.room(core));
    match writer.put(record) {
        Ok(()) => outcome.counts[0] = 1,
        Err(wire::write::Full) => outcome.truncated = true,
    }
    let len = writer.len();
    slot.reply_len = frame.end(core, &mut slot.reply, len, outcome);
}

/// Last: what the rate limit makes of the answer, and the counters.
#[inline]
fn finish(
    core: &Core,
    metrics: &mut WorkerMetrics,
    slot: &mut Slot,
    pending: &Pending,
    outcome: Outcome,
    now: Instant,
) {
    let mut truncated = outcome.truncated;
    // Who has shown a cookie of ours owns the address, and there is nobody to protect.
    let proven = pending.edns.is_some_and(|edns| edns.is_proven());
    if core.rate_limit.is_on() && slot.transport == Transport::Udp && !proven {
        match core.rate_limit.decide(now, slot.client.ip(), outcome.class) {
            Verdict::Send => {}
            Verdict::Truncate => {
                truncated = true;
                let cut = Outcome {
                    truncated,
                    counts: [0; 3],
                    ..outcome
                };
                write_empty(core, slot, pending, &cut);
            }
            Verdict::Drop => {
                slot.reply_len = 0;
                metrics.dropped(DropReason::RateLimit);
                return;
            }
        }
    }
    if truncated {
        metrics.truncated();
    }
    let qtype = (pending.name_len > 0).then_some(pending.rtype);
    metrics.query(slot.transport, slot.client.ip(), qtype, outcome.rcode);
}
