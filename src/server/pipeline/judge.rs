//! The first pass: reads a request and says what becomes of it.

use std::sync::Arc;
use std::time::Instant;

use wire::edns::ExtendedError;
use wire::message::{Header, Question, Trailer, lone_edns};
use wire::{Class, Opcode, Rcode, Rtype};
use zone::Snapshot;

use super::reply::Extra;
use super::signature::Signature;
use super::worker::{Pending, finish, write_chaos, write_empty};
use super::{Core, notify, quick, transfer, update};
use crate::clock::unix_time;
use crate::later::Later;
use crate::metrics::{DropReason, WorkerMetrics};
use crate::query::{self, Outcome};
use crate::slot::Slot;
use crate::stage::cookie::CookieState;
use crate::stage::ratelimit::ResponseClass;

/// What becomes of a request after it is read.
pub(super) enum Step {
    /// It goes into the query engine.
    Ask,
    /// It is answered as it stands.
    Reply(Outcome),
    /// A question about the server, with the text that answers it.
    Chaos(Vec<u8>),
    /// It is answered later, or by several messages.
    Later(Later),
    /// It gets no answer.
    Drop(DropReason),
}

/// First pass: reads a request; what needs no zone is answered at once.
#[inline]
pub(super) fn read(
    core: &Arc<Core>,
    metrics: &mut WorkerMetrics,
    slot: &mut Slot,
    pending: &mut Pending,
    snapshot: &Snapshot,
    now: Instant,
) {
    pending.edns = None;
    pending.name_len = 0;
    pending.signature = None;
    if quick::read(core, slot, pending) {
        pending.ask = true;
        return;
    }
    read_any(core, metrics, slot, pending, snapshot, now);
}

/// As [`read`], whatever the request is.
#[inline(never)]
fn read_any(
    core: &Arc<Core>,
    metrics: &mut WorkerMetrics,
    slot: &mut Slot,
    pending: &mut Pending,
    snapshot: &Snapshot,
    now: Instant,
) {
    match judge(core, slot, pending, snapshot) {
        Step::Ask => pending.ask = true,
        Step::Later(later) => slot.later = Some(later),
        Step::Drop(reason) => metrics.dropped(reason),
        Step::Reply(outcome) => {
            write_empty(core, slot, pending, &outcome);
            finish(core, metrics, slot, pending, &outcome, now);
        }
        Step::Chaos(record) => {
            let mut outcome = Outcome::empty(Rcode::NOERROR);
            outcome.authoritative = true;
            outcome.class = ResponseClass::Positive;
            write_chaos(core, slot, pending, &mut outcome, &record);
            finish(core, metrics, slot, pending, &outcome, now);
        }
    }
}

/// The OPT record of a request that is answered with an error, as far as it can be read.
fn salvage(core: &Core, slot: &Slot, header: Header) -> Option<Extra> {
    let edns = Trailer::salvage(slot.request(), header)?;
    Some(Extra::new(core, slot, &edns))
}

/// The answer that a response code is.
pub(super) fn refuse(rcode: Rcode) -> Step {
    Step::Reply(Outcome::empty(rcode))
}

/// The answer to whom something is not allowed.
pub(super) fn prohibit() -> Step {
    let mut outcome = Outcome::empty(Rcode::REFUSED);
    outcome.error = Some(ExtendedError::PROHIBITED);
    Step::Reply(outcome)
}

fn judge(core: &Arc<Core>, slot: &Slot, pending: &mut Pending, snapshot: &Snapshot) -> Step {
    let message = slot.request();
    let Some(header) = Header::read(message).filter(|header| !header.is_answer()) else {
        return Step::Drop(DropReason::Malformed);
    };
    let opcode = header.opcode();
    if !matches!(opcode, Opcode::QUERY | Opcode::NOTIFY | Opcode::UPDATE) {
        pending.edns = salvage(core, slot, header);
        return refuse(Rcode::NOTIMP);
    }
    if header.counts[0] != 1 {
        pending.edns = salvage(core, slot, header);
        // RFC 7873 §5.4: a client may ask for a cookie and nothing else.
        let cookie = pending.edns.and_then(|edns| edns.cookie);
        let only_cookie = opcode == Opcode::QUERY
            && header.counts[0] == 0
            && cookie.is_some_and(|state| state != CookieState::Malformed);
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
    let mut signed = false;
    if let Some(edns) = lone_edns(message, header, question.end()) {
        pending.edns = Some(Extra::new(core, slot, &edns));
    } else {
        match judge_trailer(core, slot, pending, header, question) {
            Ok(tsig) => signed = tsig,
            Err(step) => return step,
        }
    }
    // Primaries need not be among those who may ask; who follows the zone knows them.
    if opcode != Opcode::NOTIFY && !core.options.acl.permits(slot.client.ip()) {
        return prohibit();
    }
    if opcode == Opcode::UPDATE {
        if update::is_forwarded(core, question) {
            return update::forward(core, slot, question, signed);
        }
        return update::judge(core, slot, pending, header, question);
    }
    if opcode == Opcode::NOTIFY {
        return notify::judge(core, slot, pending, question);
    }
    judge_question(core, slot, pending, question, snapshot)
}

/// Judges what stands behind the question, other than an OPT record without options; tells whether
/// the request is signed.
#[inline(never)]
fn judge_trailer(
    core: &Arc<Core>,
    slot: &Slot,
    pending: &mut Pending,
    header: Header,
    question: Question<'_>,
) -> Result<bool, Step> {
    let refuse = |rcode| Err(refuse(rcode));
    let message = slot.request();
    let trailer = match Trailer::read(message, header, question.end()) {
        Ok(trailer) => trailer,
        Err(error) => return refuse(error.rcode()),
    };
    // First of all: whatever a signed request is answered, the answer is signed too.
    if let Some(at) = trailer.tsig {
        if let Some(edns) = &trailer.edns {
            pending.edns = Some(Extra::new(core, slot, edns));
        }
        let forwarded = header.opcode() == Opcode::UPDATE && update::is_forwarded(core, question);
        let verified = tsig::verify(message, at, &core.authority.keys, unix_time());
        // Whom we hand an update on to judges it by keys of their own.
        if verified.is_ok() || !forwarded {
            let signature = pending.signature.insert(Signature::new(verified));
            if let Signature::Refused(refusal) = &**signature {
                return refuse(refusal.rcode());
            }
        }
    }
    if let Some(edns) = &trailer.edns {
        let extra = pending.edns.insert(Extra::new(core, slot, edns));
        if edns.version != 0 {
            return refuse(Rcode::BADVERS);
        }
        if extra.cookie == Some(CookieState::Malformed) {
            return refuse(Rcode::FORMERR);
        }
    }
    Ok(trailer.tsig.is_some())
}

#[inline]
fn judge_question(
    core: &Arc<Core>,
    slot: &Slot,
    pending: &mut Pending,
    question: Question<'_>,
    snapshot: &Snapshot,
) -> Step {
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
    if !core.authority.catalogs.is_empty()
        && let Some(step) = transfer::judge_catalog(core, slot, pending, question, snapshot)
    {
        return step;
    }
    match question.rtype {
        Rtype::AXFR | Rtype::IXFR => {
            if let Some(step) = transfer::judge(core, slot, pending, question, snapshot) {
                return step;
            }
        }
        Rtype::MAILA | Rtype::MAILB => return refuse(Rcode::NOTIMP),
        Rtype::ANY => {}
        // RFC 3597 §3: type 0 is one that nobody knows, and asked for like others.
        rtype if rtype.is_meta() && rtype.0 != 0 => return refuse(Rcode::FORMERR),
        _ => {}
    }
    Step::Ask
}
