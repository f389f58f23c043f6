//! NOTIFY: somebody says that a zone has changed (RFC 1996). Whoever follows the zone is told, and
//! asks the primary; nothing that stands in the message is believed.
//!
//! ```text
//! zone ─┬→ not ours, or ours to change ─→ NOTAUTH
//!       ├→ followed, but not told by a primary of it ─→ REFUSED
//!       ├→ followed ─→ handed on ─→ NOERROR
//!       └→ followed, told by one that waits for us ─→ handed on ─ we have it → NOERROR
//! ```

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use wire::message::{Question, soa_serial};
use wire::{Class, Name, Rcode, Rtype, Serial};

use super::Core;
use super::judge::{Step, prohibit, refuse};
use super::update::{Unanswered, client_of};
use super::worker::Pending;
use crate::later::{Deferred, Deliver, Later};
use crate::query::Outcome;
use crate::slot::{Slot, Transport};
use crate::stage::who::Client;

/// Zones that other servers are the primaries of. None of these may wait.
pub trait Following: fmt::Debug + Send + Sync {
    /// Whether a zone, in lower case, is followed.
    fn follows(&self, zone: &Name) -> bool;

    /// Somebody says that a zone has changed; a serial is a hint only.
    fn notified(&self, zone: &Name, by: &Client, serial: Option<Serial>) -> Heard;

    /// Whether updates of a zone are handed on to its primary.
    fn forwards(&self, zone: &Name) -> bool;

    /// Hands an UPDATE on, and its answer back.
    fn forward(&self, zone: &Name, client: SocketAddr, message: Vec<u8>, deliver: Deliver);

    /// Whether somebody is another copy of this program.
    fn is_copy(&self, by: &Client) -> bool {
        let _there_are_none = by;
        false
    }

    /// Whether who tells of a change of a zone is answered only once we have it.
    fn is_awaited(&self, zone: &Name, by: &Client) -> bool {
        let _nobody_waits = (zone, by);
        false
    }

    /// Calls `then` once we have a version of a zone with this serial or a later one, or it will not
    /// come soon; says which.
    fn await_version(&self, zone: &Name, serial: Option<Serial>, then: Came) {
        let _nobody_waits = (zone, serial);
        then(false);
    }

    /// Calls `then` once who sent an update, which was carried out, may be told so: when others have it
    /// too whom the sender may ask next.
    fn await_others(&self, zone: &Name, serial: Serial, then: Then) {
        let _there_are_none = (zone, serial);
        then();
    }
}

/// Told whether something came.
pub type Came = Box<dyn FnOnce(bool) + Send>;

/// What is to be done at a later time.
pub type Then = Box<dyn FnOnce() + Send>;

/// What came of being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The zone is not followed.
    NotFollowed,
    /// Who says it is no primary of the zone.
    Stranger,
    /// It will be looked at.
    Taken,
}

/// Says what becomes of a NOTIFY.
pub(super) fn judge(
    core: &Arc<Core>,
    slot: &Slot,
    pending: &mut Pending,
    question: Question<'_>,
) -> Step {
    // RFC 1996 §3.3: other types are not defined.
    if question.rtype != Rtype::SOA || question.class != Class::IN {
        return refuse(Rcode::NOTIMP);
    }
    let zone = question.name.to_lowercase();
    let Some(following) = &core.authority.following else {
        return refuse(Rcode::NOTAUTH);
    };
    let client = client_of(slot, pending);
    let serial = serial(slot.request(), &zone, question.end());
    if slot.transport == Transport::Tcp && following.is_awaited(&zone, &client) {
        let (following, late) = (Arc::clone(following), Unanswered::new(core, slot, pending));
        return Step::Later(Later::Deferred(Deferred::new(move |deliver| {
            let answer = move |came| {
                let rcode = match came {
                    true => Rcode::NOERROR,
                    false => Rcode::SERVFAIL,
                };
                let mut outcome = Outcome::empty(rcode);
                outcome.authoritative = came;
                late.answer(outcome, deliver);
            };
            following.await_version(&zone, serial, Box::new(answer));
        })));
    }
    match following.notified(&zone, &client, serial) {
        Heard::NotFollowed => refuse(Rcode::NOTAUTH),
        Heard::Stranger => prohibit(),
        Heard::Taken => {
            let mut outcome = Outcome::empty(Rcode::NOERROR);
            outcome.authoritative = true;
            Step::Reply(outcome)
        }
    }
}

/// The serial of the SOA that may stand in the answer section (RFC 1996 §3.7).
fn serial(message: &[u8], zone: &Name, at: usize) -> Option<Serial> {
    let [0, 1] = *message.get(6..8)? else {
        return None;
    };
    soa_serial(message, at, zone.as_ref())
}
