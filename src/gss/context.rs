//! A context with a name server: begun with a ticket, kept when the server has shown itself, and used
//! to sign (RFC 4121).
//!
//! What the server signs is not checked for replays: a TSIG answer is signed together with the MAC of
//! its request, which never occurs twice, so an older answer fits no other request.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tsig::Session;
use wire::Name;

use crate::crypto::Key;
use crate::fault::{Code, Fault};
use crate::login::Ticket;
use crate::message::{ApReply, Authenticator, KrbError, ap_request, authenticator, usage};
use crate::token::{self, ACCEPTOR_KEY, Answer, BY_ACCEPTOR, CONTEXT_CHECKSUM};

/// A context that the server has not answered yet.
pub(crate) struct Begun<'a> {
    ticket: &'a Ticket,
    /// Our key, if the server chooses none.
    key: Key,
    seconds: u64,
    micros: u32,
    sequence: u32,
}

/// A context that both sides know.
pub(crate) struct SecurityContext {
    name: Name,
    key: Key,
    /// The flags of our tokens.
    flags: u8,
    /// The number of our next token.
    next: AtomicU64,
}

impl<'a> Begun<'a> {
    /// Begins a context; gives the token for the server too. `now` is in seconds since 1970.
    pub(crate) fn new(ticket: &'a Ticket, now: u64) -> Result<(Self, Vec<u8>), Fault> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| crate::crypto::NoRandom)?;
        let [a, b, c, d, rest @ ..] = random;
        let begun = Self {
            ticket,
            key: Key::random(ticket.key.etype())?,
            seconds: now,
            micros: u32::from_be_bytes(rest) % 1_000_000,
            // Below 2^30: not all peers agree about larger ones.
            sequence: u32::from_be_bytes([a, b, c, d]) >> 2,
        };
        let text = authenticator(&Authenticator {
            realm: &ticket.client_realm,
            client: &ticket.client,
            checksum: (CONTEXT_CHECKSUM, &token::context_checksum()),
            seconds: begun.seconds,
            micros: begun.micros,
            session: Some((&begun.key, begun.sequence)),
        });
        let key = (&ticket.key, usage::AP_AUTHENTICATOR);
        let message = ap_request(&ticket.bytes, key, &text, MUTUAL_REQUIRED)?;
        Ok((begun, token::first(&message)))
    }

    /// Takes the server's answer; only who could read the ticket can have made it.
    pub(crate) fn finish(self, name: Name, answer: &[u8]) -> Result<SecurityContext, Fault> {
        let message = match token::answer(answer)? {
            Answer::Accepted(message) => message,
            Answer::Refused(message) => {
                let error = KrbError::read(message).ok_or(crate::der::Malformed)??;
                return Err(Fault::Server {
                    code: Code(error.code),
                    server_time: error.server_time,
                    now: self.seconds,
                });
            }
        };
        let part = ApReply::part(message)?;
        let text = self.ticket.key.decrypt(usage::AP_REPLY, part.bytes);
        let reply = ApReply::read(&text?)?;
        if (reply.seconds, reply.micros) != (self.seconds, self.micros) {
            return Err(Fault::OtherReply);
        }
        let (key, flags) = match reply.key {
            Some(Some(key)) => (key, ACCEPTOR_KEY),
            Some(None) => return Err(Fault::KeyKind),
            // RFC 4121 §2: then it is ours. Windows leaves it at that now and then.
            None => (self.key, 0),
        };
        Ok(SecurityContext {
            name,
            key,
            flags,
            next: AtomicU64::new(self.sequence.into()),
        })
    }
}

impl Session for SecurityContext {
    fn name(&self) -> &Name {
        &self.name
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let head = token::mic_head(self.flags, self.next.fetch_add(1, Relaxed));
        let checksum = self.key.checksum(usage::INITIATOR_SIGN, &[message, &head]);
        [&head[..], &checksum].concat()
    }

    fn is_signature(&self, message: &[u8], mac: &[u8]) -> bool {
        let Some((flags, head, checksum)) = token::read_mic(mac) else {
            return false;
        };
        // RFC 4121 §4.2.2. Whose key it says is not looked at: there is one only.
        flags & BY_ACCEPTOR != 0
            && self
                .key
                .is_checksum(usage::ACCEPTOR_SIGN, &[message, head], checksum)
    }
}

impl fmt::Debug for SecurityContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityContext")
            .field("name", &self.name)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The service must show itself too.
const MUTUAL_REQUIRED: u32 = 0x2000_0000;
