//! Sessions with name servers: a ticket is shown in a TKEY query, and the server shows itself in its
//! answer (RFC 3645 §3).

use std::sync::Arc;

use client::{Host, Opened, Opening, Server, SessionFault, Sessions};
use tsig::Session;
use wire::Name;

use crate::context::Begun;
use crate::crypto::NoRandom;
use crate::fault::Fault;
use crate::login::{Login, Ticket};
use crate::tkey;

/// Makes sessions as one user.
#[derive(Debug)]
pub struct Negotiator {
    login: Login,
}

impl Negotiator {
    /// Makes sessions with this login. Nothing is sent yet.
    #[must_use]
    pub fn new(login: Login) -> Self {
        Self { login }
    }

    async fn negotiate(&self, server: &Server) -> Result<Opened, Fault> {
        let Host::Name(host) = server.host() else {
            return Err(Fault::Nameless);
        };
        // As directories and keytabs have it.
        let host = host.to_ascii_lowercase();
        let ticket = self.login.ticket(&host).await?;
        match self.show(server, &ticket).await {
            Err(fault) if fault.is_of_ticket() => {
                // The server may have got a new key since the ticket was made.
                self.login.forget(&host).await;
                let ticket = self.login.ticket(&host).await?;
                self.show(server, &ticket).await
            }
            result => result,
        }
    }

    async fn show(&self, server: &Server, ticket: &Ticket) -> Result<Opened, Fault> {
        let now = self.login.now();
        let (begun, token) = Begun::new(ticket, now)?;
        let name = name()?;
        let query = tkey::query(server.id()?, name.as_ref(), (now, now + LIFE), &token);
        let query = query.ok_or_else(|| {
            Fault::Malformed(
                "the ticket is longer than a message; the user is in too many groups".into(),
            )
        })?;
        let answer = server.exchange(query).await?;
        let tkey = tkey::read(answer.as_bytes())?;
        let tkey = tkey.ok_or_else(|| Fault::NoTkey {
            rcode: answer.rcode(),
        })?;
        if tkey.token.is_empty() {
            return Err(Fault::Tkey { error: tkey.error });
        }
        let context = begun.finish(tkey.name.clone(), tkey.token)?;
        if tkey.error != 0 {
            return Err(Fault::Tkey { error: tkey.error });
        }
        // RFC 3645 §4.1.3 has the server sign this answer by the new session. Windows and BIND agree
        // neither with it nor with each other about that, and it adds nothing: who could make the
        // token is who the ticket is for.
        let session: Arc<dyn Session> = Arc::new(context);
        Ok(Opened {
            session,
            until: end(tkey.until, now).min(ticket.until),
        })
    }
}

impl Sessions for Negotiator {
    fn open<'a>(&'a self, server: &'a Server) -> Opening<'a> {
        Box::pin(async move {
            let result = self.negotiate(server).await;
            result.map_err(|fault| SessionFault {
                hint: fault.hint(),
                is_refusal: fault.is_refusal(),
                source: Box::new(fault),
            })
        })
    }
}

/// When a session ends that the server says ends at `until`, modulo 2^32.
fn end(until: u32, now: u64) -> u64 {
    let [_, _, _, _, low @ ..] = now.to_be_bytes();
    let left = until.wrapping_sub(u32::from_be_bytes(low));
    // What is in the past cannot be meant; the server will say when it has had enough.
    if left == 0 || left > u32::MAX / 2 {
        now + LIFE
    } else {
        now + u64::from(left)
    }
}

/// A name for a session, which no other client may have chosen.
fn name() -> Result<Name, Fault> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| NoRandom)?;
    let text = format!("{:016x}.zonewright.", u64::from_be_bytes(bytes));
    Name::from_text(text.as_bytes(), None).map_err(|_| Fault::OtherReply)
}

/// How long a session should hold, in seconds.
const LIFE: u64 = 3_600;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_counted_round_the_clock_of_32_bits() {
        let now = 0xFFFF_FFF0;
        assert_eq!(end(0xFFFF_FFF8, now), now + 8);
        assert_eq!(end(0x10, now), now + 0x20);
        assert_eq!(end(0xFFFF_0000, now), now + LIFE);
        assert_eq!(end(0, 1_800_000_000), 1_800_000_000 + LIFE);
    }
}
