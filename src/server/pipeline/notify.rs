//! NOTIFY: somebody says that a zone has changed (RFC 1996). Whoever follows the zone is told, and
//! asks the primary; nothing that stands in the message is believed.
//!
//! ```text
//! zone ─┬→ not ours, or ours to change ─→ NOTAUTH
//!       ├→ followed, but not told by a primary of it ─→ REFUSED
//!       └→ followed ─→ handed on ─→ NOERROR
//! ```

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use wire::message::{Question, soa_serial};
use wire::{Class, Name, Rcode, Rtype, Serial};

use super::Core;
use super::judge::{Step, prohibit, refuse};
use super::update::client_of;
use super::worker::Pending;
use crate::later::Deliver;
use crate::query::Outcome;
use crate::slot::Slot;
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
}

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
    pending: &Pending,
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
