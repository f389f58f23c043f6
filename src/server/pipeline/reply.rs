//! The frame of an answer: header and question before the sections, the OPT record behind them.

use std::net::IpAddr;

use wire::edns::{Edns, ExtendedError, OptWriter, option};
use wire::message::{HEADER_LEN, flag};

use super::Core;
use super::signature::Signature;
use super::worker::Pending;
use crate::clock::unix_time;
use crate::query::Outcome;
use crate::slot::{Slot, Transport};
use crate::stage::cookie::{self, CookieState, Secrets};

/// The smallest UDP answer every client takes (RFC 1035 §4.2.1).
const MIN_UDP: usize = 512;

/// The code "other" and what is meant: the one thing that has no code of its own (RFC 8914 §4.1).
const CHAIN_CUT: &[u8] = b"\0\0too many aliases in a row, ask for the last one";

/// The most bytes of an answer over UDP, whose request may say how many its client takes.
#[inline]
pub(super) fn udp_limit(size: Option<u16>, core: &Core) -> usize {
    size.map_or(MIN_UDP, |size| {
        usize::from(size.min(core.options.edns_size)).max(MIN_UDP)
    })
}

/// What the OPT record of a request asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extra {
    pub(super) udp_size: u16,
    dnssec_ok: bool,
    nsid: bool,
    keepalive: bool,
    /// Whether the answer is padded.
    pub(super) padding: bool,
    /// Whether the client would know how long the zone is good for.
    pub(super) wants_expire: bool,
    /// How many seconds the zone is good for, where that is answered.
    pub(super) expire: Option<u32>,
    pub(super) cookie: Option<CookieState>,
    /// The server cookie of the answer.
    fresh: [u8; 16],
}

impl Extra {
    #[inline]
    pub(super) fn new(core: &Core, slot: &Slot, edns: &Edns<'_>) -> Self {
        let extra = Self {
            udp_size: edns.udp_size,
            dnssec_ok: edns.dnssec_ok,
            nsid: edns.options.nsid && core.options.nsid.is_some(),
            keepalive: edns.options.keepalive && slot.transport.is_connected(),
            // RFC 7830 §4 and §6: who pads gets it padded, but never in the clear.
            padding: edns.options.padding && slot.transport == Transport::Tls,
            wants_expire: edns.options.expire,
            expire: None,
            cookie: None,
            fresh: [0; 16],
        };
        match (edns.options.cookie, &core.options.cookies) {
            (Some(sent), Some(secrets)) => extra.with_cookie(sent, slot.client.ip(), secrets),
            _ => extra,
        }
    }

    /// Judges the cookie of the request and makes that of the answer.
    #[inline(never)]
    fn with_cookie(mut self, sent: &[u8], client: IpAddr, secrets: &Secrets) -> Self {
        // RFC 9018 §4.3: 32 bits in serial number arithmetic, so the upper ones may go.
        #[expect(clippy::cast_possible_truncation, reason = "only the lower bits count")]
        let now = unix_time() as u32;
        let state = cookie::check(sent, client, now, secrets);
        self.fresh = match state {
            CookieState::Valid(_, server) => server,
            CookieState::Client(own) | CookieState::Foreign(own) | CookieState::ValidRenew(own) => {
                cookie::make(&own, client, now, secrets)
            }
            CookieState::Malformed => [0; 16],
        };
        self.cookie = Some(state);
        self
    }

    /// How many bytes the OPT record of the answer may need.
    #[inline]
    fn size(&self, core: &Core) -> usize {
        let nsid = core
            .options
            .nsid
            .as_ref()
            .filter(|_| self.nsid)
            .map_or(0, |id| 4 + id.len());
        let cookie = if self.cookie.is_some() { 4 + 24 } else { 0 };
        let keepalive = if self.keepalive { 4 + 2 } else { 0 };
        let expire = if self.expire.is_some() { 4 + 4 } else { 0 };
        let padding = if self.padding { 4 } else { 0 };
        wire::edns::OPT_HEAD + nsid + cookie + keepalive + expire + padding
    }

    /// Whether the client has proven that it owns its address.
    pub(super) fn is_proven(&self) -> bool {
        self.cookie.is_some_and(CookieState::is_valid)
    }

    /// Writes the OPT record; gives its length. So many bytes of the message are not in `out`.
    #[inline]
    fn write(&self, core: &Core, out: &mut [u8], outcome: &Outcome, others: usize) -> usize {
        let mut opt = OptWriter::new(out);
        if let Some(id) = core.options.nsid.as_ref().filter(|_| self.nsid) {
            opt.option(option::NSID, id);
        }
        if let Some(seconds) = self.expire {
            opt.option(option::EXPIRE, &seconds.to_be_bytes());
        }
        if let Some(
            CookieState::Client(own)
            | CookieState::Foreign(own)
            | CookieState::Valid(own, _)
            | CookieState::ValidRenew(own),
        ) = self.cookie
        {
            let mut cookie = [0; 24];
            cookie[..8].copy_from_slice(&own);
            cookie[8..].copy_from_slice(&self.fresh);
            opt.option(option::COOKIE, &cookie);
        }
        if self.keepalive {
            // RFC 7828 §3.1: in units of 100 milliseconds.
            let units = core.options.tcp_idle.as_millis() / 100;
            opt.option(
                option::KEEPALIVE,
                &u16::try_from(units).unwrap_or(u16::MAX).to_be_bytes(),
            );
        }
        if let Some(error) = outcome.error {
            // Where it does not fit it is left out: it only explains.
            if error == ExtendedError::OTHER {
                opt.option(option::ERROR, CHAIN_CUT);
            } else {
                opt.option(option::ERROR, &error.0.to_be_bytes());
            }
        }
        if self.padding {
            opt.pad(others);
        }
        opt.finish(core.options.edns_size, outcome.rcode, self.dnssec_ok)
    }
}

/// The frame of an answer.
#[derive(Debug)]
pub(super) struct Frame<'e> {
    /// How long the question's name is; 0 where the answer has no question.
    name_len: usize,
    edns: Option<&'e Extra>,
    limit: usize,
    /// How many bytes the signature takes behind it.
    reserved: usize,
    /// Where the sections must end: the OPT record comes last and fits whatever else does.
    pub(super) room: usize,
}

impl<'e> Frame<'e> {
    /// The frame of an answer to a request of this signature, for whose own there is room behind it.
    #[inline]
    pub(super) fn new(
        core: &Core,
        slot: &Slot,
        name_len: usize,
        edns: Option<&'e Extra>,
        signature: Option<&Signature>,
    ) -> Self {
        let reserved = Signature::len(signature);
        let limit = match (slot.transport, edns) {
            (Transport::Tcp | Transport::Tls, _) => usize::from(u16::MAX),
            (Transport::Udp, edns) => udp_limit(edns.map(|edns| edns.udp_size), core),
        };
        // What every answer has needs its room, however long the names of keys are.
        let question = if name_len == 0 { 0 } else { name_len + 4 };
        let opt = edns.map_or(0, |edns| edns.size(core));
        let least = HEADER_LEN + question + opt;
        let limit = limit.saturating_sub(reserved).max(least);
        let limit = limit.min(slot.reply.len());
        Self {
            name_len,
            edns,
            limit,
            reserved,
            room: limit - opt,
        }
    }

    /// The frame of the answer to a request as far as it is known.
    pub(super) fn of(core: &Core, slot: &Slot, pending: &'e Pending) -> Self {
        Self::new(
            core,
            slot,
            pending.name_len,
            pending.edns.as_ref(),
            pending.signature.as_deref(),
        )
    }

    /// Copies header and question; gives where the sections begin.
    #[inline]
    pub(super) fn begin(&self, request: &[u8], reply: &mut [u8]) -> usize {
        let question = if self.name_len == 0 {
            0
        } else {
            self.name_len + 4
        };
        let len = HEADER_LEN + question;
        reply[..len].copy_from_slice(&request[..len]);
        len
    }

    /// Adds the OPT record and completes the header; gives the length of the answer.
    #[expect(
        clippy::inline_always,
        reason = "each ordinary answer goes through it at one of its three callers, where most of it is known"
    )]
    #[inline(always)]
    pub(super) fn end(
        &self,
        core: &Core,
        reply: &mut [u8],
        len: usize,
        outcome: &Outcome,
    ) -> usize {
        let (mut len, mut additional) = (len, outcome.counts[2]);
        if let Some(edns) = self.edns {
            let others = len + self.reserved;
            len += edns.write(core, &mut reply[len..self.limit], outcome, others);
            additional += 1;
        }
        let request_flags = u16::from_be_bytes([reply[2], reply[3]]);
        // RFC 4035 §3.1.6: CD is cleared in authoritative answers.
        let copied = flag::OPCODE | flag::RECURSION_DESIRED;
        let mut flags = flag::ANSWER | request_flags & copied | outcome.rcode.0 & 0x0F;
        if outcome.authoritative {
            flags |= flag::AUTHORITATIVE;
        }
        if outcome.truncated {
            flags |= flag::TRUNCATED;
        }
        let [answers, authorities, _] = outcome.counts;
        let [flags_high, flags_low] = flags.to_be_bytes();
        let [answers_high, answers_low] = answers.to_be_bytes();
        let [authorities_high, authorities_low] = authorities.to_be_bytes();
        let [additional_high, additional_low] = additional.to_be_bytes();
        reply[2..HEADER_LEN].copy_from_slice(&[
            flags_high,
            flags_low,
            0,
            u8::from(self.name_len > 0),
            answers_high,
            answers_low,
            authorities_high,
            authorities_low,
            additional_high,
            additional_low,
        ]);
        len
    }
}
