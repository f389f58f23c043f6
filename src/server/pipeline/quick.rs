//! The short way for most of all requests: an ordinary question ([`Plain`]) that one RRset answers as
//! it is stored, or the SOA that says that there is nothing.
//!
//! It decides nothing of its own. What it knows to be ordinary it reads and writes in one go, and
//! whatever else it meets, at whichever step, is left to the long way from the start. The answers of
//! both are the same to the bit, which a test holds them to.

use wire::message::{HEADER_LEN, Plain};
use wire::write::is_copied;
use wire::{Class, Rcode, Rtype};
use zone::{Found, LookupName, RrsetRef, Zone};

use super::Core;
use super::reply::udp_limit;
use super::worker::Pending;
use crate::query::has_targets;
use crate::slot::{Slot, Transport};
use crate::stage::ratelimit::ResponseClass;

/// Reads a request. If it is an ordinary question that may be asked, the pending request holds its
/// name, length and type, and true comes back.
#[inline]
pub(super) fn read(core: &Core, slot: &Slot, pending: &mut Pending) -> bool {
    pending.plain = None;
    let Some(request) = slot.request.first_chunk::<ROOM>() else {
        return false;
    };
    let (Some(header), Some(name)) = (
        request.first_chunk::<HEADER_LEN>(),
        request[HEADER_LEN..].first_chunk::<{ LookupName::READ }>(),
    ) else {
        return false;
    };
    let Some(name_len) = pending.lookup.read(name) else {
        return false;
    };
    let behind = slot.request.get(HEADER_LEN + name_len..slot.request_len);
    let Some(plain) = behind.and_then(|behind| Plain::read(header, behind)) else {
        return false;
    };
    // RFC 4035 §3.1.4.1: which zone answers for DS is a question of its own.
    let open = core.open || core.authority.catalogs.is_empty() && may_ask(core, slot);
    if plain.rtype == Rtype::DS || !open {
        return false;
    }
    pending.plain = Some(plain);
    pending.name_len = name_len;
    pending.rtype = plain.rtype;
    true
}

#[inline(never)]
fn may_ask(core: &Core, slot: &Slot) -> bool {
    core.options.acl.permits(slot.client.ip())
}

/// Writes the answer to a question that [`read`] found to be ordinary, if the answer is so too.
#[inline]
pub(super) fn answer(
    core: &Core,
    slot: &mut Slot,
    pending: &Pending,
    (zone, found): (&Zone, Found<'_>),
) -> Option<(Rcode, ResponseClass)> {
    let rtype = pending.plain.as_ref()?.rtype;
    // The root has no owner to point to.
    if zone.withheld().is_some() || pending.name_len == 1 {
        return None;
    }
    let (node, class) = match found {
        Found::Exact(node) => (node, ResponseClass::Positive),
        Found::Wildcard(node, _) => (node, ResponseClass::Wildcard),
        Found::Missing(_) => {
            return nothing(
                core,
                slot,
                pending,
                zone,
                Rcode::NXDOMAIN,
                ResponseClass::Nxdomain,
            );
        }
        Found::Cut(..) | Found::Dname(..) => return None,
    };
    match node.rrset(rtype) {
        Some(_) if !is_copied(rtype) || has_targets(rtype) => None,
        Some(rrset) => {
            let count = u16::try_from(rrset.len()).ok()?;
            // A record is stored behind its length.
            let len = usize::from(count) * (HEAD - 2) + rrset.data().len();
            let counts = u64::from(count) << 32;
            write(core, slot, pending, (Rcode::NOERROR, counts), len, |room| {
                write_rrset(room, rrset)
            })?;
            Some((Rcode::NOERROR, class))
        }
        None if node.rrset(Rtype::CNAME).is_some() => None,
        None => nothing(
            core,
            slot,
            pending,
            zone,
            Rcode::NOERROR,
            ResponseClass::Nodata,
        ),
    }
}

/// As [`answer`], where there is nothing: the SOA says for how long.
#[inline]
fn nothing(
    core: &Core,
    slot: &mut Slot,
    pending: &Pending,
    zone: &Zone,
    rcode: Rcode,
    class: ResponseClass,
) -> Option<(Rcode, ResponseClass)> {
    if zone.is_incomplete() {
        return None;
    }
    // The question's name stands behind the header and ends with the apex.
    let at = HEADER_LEN + pending.name_len.checked_sub(zone.apex().len())?;
    let at = u16::try_from(at).ok()?;
    let soa = zone.negative_record();
    write(core, slot, pending, (rcode, 1 << 16), soa.len(), |room| {
        soa.write(room, at).then_some(())
    })?;
    Some((rcode, class))
}

/// Writes a whole answer, if there is room for it; `records` writes so many bytes of records.
#[inline]
fn write(
    core: &Core,
    slot: &mut Slot,
    pending: &Pending,
    (rcode, counts): (Rcode, u64),
    records_len: usize,
    records: impl FnOnce(&mut [u8]) -> Option<()>,
) -> Option<()> {
    let opt = pending.plain.as_ref()?.opt;
    let opt_len = if opt.is_some() { OPT } else { 0 };
    let begin = HEADER_LEN + pending.name_len + 4;
    let end = begin + records_len + opt_len;
    let limit = match slot.transport {
        Transport::Tcp | Transport::Tls => usize::from(u16::MAX),
        Transport::Udp => udp_limit(opt.map(|opt| opt.udp_size), core),
    };
    if end > limit {
        return None;
    }
    // Blocks without a loop over the bytes of the last one; what is too much is written over.
    let blocks = slot.request.first_chunk::<ROOM>()?.as_chunks::<BLOCK>().0;
    let room = slot.reply.first_chunk_mut::<ROOM>()?;
    let room = room.as_chunks_mut::<BLOCK>().0;
    for (to, from) in room.iter_mut().zip(blocks).take(begin / BLOCK + 1) {
        *to = *from;
    }
    let message = slot.reply.get_mut(..end)?;
    let (head, _) = message.split_first_chunk_mut::<HEADER_LEN>()?;
    let [_, _, flags, code, head @ ..] = head;
    *flags = ANSWER | *flags & RECURSION_DESIRED;
    [_, *code] = rcode.0.to_be_bytes();
    *head = (ONE_QUESTION | counts | u64::from(opt.is_some())).to_be_bytes();
    let (records_room, opt_room) = message
        .get_mut(begin..)?
        .split_at_mut_checked(records_len)?;
    records(records_room)?;
    if let (Some(sent), Some(room)) = (opt, opt_room.first_chunk_mut::<OPT>()) {
        let flags = if sent.dnssec_ok { 0x80 } else { 0 };
        let fixed = OPT_BEGIN | u64::from(core.options.edns_size) << 24 | flags;
        let [fixed_room @ .., _, _, _] = room;
        *fixed_room = fixed.to_be_bytes();
        let [.., a, b, c] = room;
        [*a, *b, *c] = [0; 3];
    }
    slot.reply_len = end;
    Some(())
}

/// Writes an RRset whose owner is the name of the question into room of just its size.
#[inline]
fn write_rrset(room: &mut [u8], rrset: RrsetRef<'_>) -> Option<()> {
    let begin = OWNER << 48
        | u64::from(rrset.rtype().0) << 32
        | u64::from(Class::IN.0) << 16
        | u64::from(rrset.ttl().as_secs() >> 16);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the upper bits are there already"
    )]
    let ttl = rrset.ttl().as_secs() as u16;
    let begin = begin.to_be_bytes();
    let [ttl_high, ttl_low] = ttl.to_be_bytes();
    // One IPv4 address, as most RRsets are: all in one go.
    if let (Some(room), &[0, 4, a, b, c, d]) = (room.first_chunk_mut::<16>(), rrset.data()) {
        let [first @ .., _, _, _, _, _, _, _, _] = room;
        *first = begin;
        let [_, _, _, _, _, _, _, _, last @ ..] = room;
        *last = [ttl_high, ttl_low, 0, 4, a, b, c, d];
        return Some(());
    }
    write_records(room, (begin, [ttl_high, ttl_low]), rrset)
}

/// As [`write_rrset`], whatever the data is.
fn write_records(
    mut room: &mut [u8],
    (begin, ttl): ([u8; 8], [u8; 2]),
    rrset: RrsetRef<'_>,
) -> Option<()> {
    for rdata in rrset.rdatas() {
        let (head, rest) = room.split_first_chunk_mut::<HEAD>()?;
        let (first, last) = head.split_first_chunk_mut::<8>()?;
        *first = begin;
        let [length_high, length_low] = u16::try_from(rdata.len()).ok()?.to_be_bytes();
        *last.first_chunk_mut()? = [ttl[0], ttl[1], length_high, length_low];
        let (data, behind) = rest.split_at_mut_checked(rdata.len())?;
        data.copy_from_slice(rdata);
        room = behind;
    }
    room.is_empty().then_some(())
}

/// The upper byte of the flags: an answer, with authority (RFC 1035 §4.1.1).
const ANSWER: u8 = 0x84;
const RECURSION_DESIRED: u8 = 0x01;
/// The second half of a header: one question.
const ONE_QUESTION: u64 = 1 << 48;
/// A pointer to the name of the question.
const OWNER: u64 = 0xC000 | HEADER_LEN as u64;
/// The type of an OPT record behind its owner, the root.
const OPT_BEGIN: u64 = 41 << 40;
/// Bytes of a record before its data, its owner a pointer.
const HEAD: usize = 12;
/// Bytes of an OPT record without options.
const OPT: usize = wire::edns::OPT_HEAD;
/// Bytes that are copied at once, and as many of them as hold any header with its question.
const BLOCK: usize = 16;
const ROOM: usize = 18 * BLOCK;
