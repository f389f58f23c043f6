//! AXFR and IXFR: judged by what is granted, answered by a stream of messages.

use std::sync::Arc;

use tracing::field::Empty;
use tracing::{Span, debug, info, warn};
use wire::message::{Question, soa_serial};
use wire::{Name, Rcode, Rtype, Serial};
use zone::{LookupName, Snapshot};

use super::Core;
use super::judge::{Step, prohibit, refuse};
use super::signature::Signature;
use super::update::client_of;
use super::worker::Pending;
use crate::later::{Broken, Later, Messages};
use crate::slot::{Slot, Transport};
use crate::stage::who::Client;
use crate::xfr::{Transfer, Wanted};

/// Says what becomes of a question for a transfer; nothing, where it is to be answered as one for
/// the SOA.
pub(super) fn judge(
    core: &Arc<Core>,
    slot: &Slot,
    pending: &mut Pending,
    question: Question<'_>,
    snapshot: &Snapshot,
) -> Option<Step> {
    // RFC 5936 §2.2.1: NOTAUTH where the name is no zone of ours.
    if snapshot.zone(question.name).is_none() {
        return Some(refuse(Rcode::NOTAUTH));
    }
    let zone = question.name.to_lowercase();
    let client = client_of(slot, pending);
    let withheld = snapshot.zone(question.name).and_then(zone::Zone::withheld);
    if !is_granted(core, &zone, &client) {
        // Strangers may ask as often as they like; who has a key wonders why.
        match client.key {
            Some(key) => warn!(
                %zone, client = %slot.client, %key, tls = client.tls,
                "transfer refused: no --allow-transfer grants it"
            ),
            // Who has a certificate of ours is no stranger either.
            None if client.certificate.is_some() => warn!(
                %zone, client = %slot.client,
                "transfer refused: no --allow-transfer grants it to this certificate"
            ),
            None => debug!(%zone, client = %slot.client, "transfer refused"),
        }
        return Some(prohibit());
    }
    // Another copy would take for all what is not; nobody else answers in our name.
    let following = core.authority.following.as_ref();
    let is_copy = following.is_some_and(|following| following.is_copy(&client));
    let incomplete = snapshot
        .zone(question.name)
        .is_some_and(zone::Zone::is_incomplete);
    if withheld.is_some() || (is_copy && incomplete) {
        return Some(refuse(Rcode::SERVFAIL));
    }
    let wanted = match (question.rtype, slot.transport) {
        // RFC 5936 §4.2: not defined over UDP.
        (Rtype::AXFR, Transport::Udp) => return Some(refuse(Rcode::NOTIMP)),
        // RFC 1995 §2: what does not fit is answered by the SOA, and asked for again over TCP.
        (_, Transport::Udp) => {
            pending.rtype = Rtype::SOA;
            return None;
        }
        (Rtype::AXFR, Transport::Tcp | Transport::Tls) => Wanted::Whole,
        (_, Transport::Tcp | Transport::Tls) => match serial(slot.request(), &zone, question.end())
        {
            Some(serial) => Wanted::Since(serial),
            None => return Some(refuse(Rcode::FORMERR)),
        },
    };
    let since = match wanted {
        Wanted::Whole => Serial(0),
        Wanted::Since(serial) => serial,
    };
    let since = core.store.since(&zone, since)?;
    let signature = match pending.signature.take().map(|signature| *signature) {
        Some(Signature::Verified(verified)) => Some(verified.into_sequence()),
        _ => None,
    };
    let request = slot.request().get(..question.end()).unwrap_or_default();
    let padding = pending.edns.is_some_and(|edns| edns.padding);
    let padding = padding.then_some(core.options.edns_size);
    let transfer = Transfer::new(request, since, wanted, signature, padding);
    let kind = transfer.kind();
    let tls = client.tls;
    let serial = transfer.serial().0;
    // Other copies come for every change.
    match is_copy {
        true => debug!(%zone, client = %slot.client, serial, kind, tls, "transfer"),
        false => info!(%zone, client = %slot.client, serial, kind, tls, "transfer"),
    }
    let span = tracing::info_span!(
        target: "traces", "transfer out",
        otel.kind = "server",
        %zone, client = %slot.client, serial, kind, tls,
        messages = Empty, bytes = Empty,
    );
    let transfer = Traced::new(transfer, span);
    Some(Step::Later(Later::Stream(Box::new(transfer))))
}

/// A transfer with its trace, which ends when the client has all of it, or has gone.
struct Traced {
    transfer: Transfer,
    span: Span,
    messages: u64,
    bytes: u64,
}

impl Traced {
    fn new(transfer: Transfer, span: Span) -> Self {
        Self {
            transfer,
            span,
            messages: 0,
            bytes: 0,
        }
    }
}

impl Messages for Traced {
    fn next(&mut self, out: &mut Vec<u8>) -> Result<bool, Broken> {
        let before = out.len();
        let more = self.transfer.next(out)?;
        self.messages += 1;
        self.bytes += (out.len() - before) as u64;
        if !more {
            self.span.record("messages", self.messages);
            self.span.record("bytes", self.bytes);
        }
        Ok(more)
    }
}

/// Says that somebody may not ask about a catalog (RFC 9432 §7): it tells whom we serve. Nothing,
/// where the question is about something else, or may be asked.
pub(super) fn judge_catalog(
    core: &Core,
    slot: &Slot,
    pending: &Pending,
    question: Question<'_>,
    snapshot: &Snapshot,
) -> Option<Step> {
    let catalogs = &core.authority.catalogs;
    let above = |catalog: &&Name| question.name.is_at_or_below(catalog.as_ref());
    catalogs.iter().find(above)?;
    // Another zone may stand below a catalog.
    let name = LookupName::new(question.name, snapshot.keys());
    let apex = snapshot.zone_for(&name, name.labels())?.apex();
    let catalog = catalogs.iter().find(|catalog| catalog.as_ref() == apex)?;
    let client = client_of(slot, pending);
    (!is_granted(core, catalog, &client)).then(prohibit)
}

fn is_granted(core: &Core, zone: &Name, client: &Client) -> bool {
    let mut granted = core.authority.transfers.of(zone).iter();
    granted.any(|who| who.is(client))
}

/// The serial that the client has: of the SOA in the authority section (RFC 1995 §3).
fn serial(message: &[u8], zone: &Name, at: usize) -> Option<Serial> {
    let [0, 0, 0, 1] = *message.get(6..10)? else {
        return None;
    };
    soa_serial(message, at, zone.as_ref())
}
