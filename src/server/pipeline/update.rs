//! UPDATE: read, judged by what is granted, handed to the updater, answered when it is durable.

use std::sync::Arc;
use std::time::Instant;

use tracing::field::Empty;
use tracing::{debug, warn};
use wire::edns::ExtendedError;
use wire::message::{Header, Question};
use wire::update::Update;
use wire::{Name, Rcode, Serial};
use zone::{Author, Credit, Credits, UpdateError, UpdateRequest};

use super::Core;
use super::judge::{Step, prohibit, refuse};
use super::signature::Signature;
use super::worker::{Pending, finish, write_empty};
use crate::later::{Deferred, Deliver, Later};
use crate::query::Outcome;
use crate::slot::{Slot, Transport};
use crate::stage::policy::Permitted;
use crate::stage::who::Client;

/// Hands an UPDATE of a zone that we follow on to its primary, unchanged (RFC 2136 §6), if that is
/// done at all. It is the primary that judges it, signature included: we may not know the key.
///
/// Only signed ones are: what comes from us over TCP would look like ours to a primary that goes by
/// addresses, whoever sent it.
pub(super) fn forward(core: &Core, slot: &Slot, question: Question<'_>, signed: bool) -> Step {
    let Some(following) = core.authority.following.clone().filter(|_| signed) else {
        return prohibit();
    };
    let zone = question.name.to_lowercase();
    let (request, client) = (slot.request().to_vec(), slot.client);
    Step::Later(Later::Deferred(Deferred::new(move |deliver| {
        following.forward(&zone, client, request, deliver);
    })))
}

/// Whether updates of a zone are handed on to its primary.
pub(super) fn is_forwarded(core: &Core, question: Question<'_>) -> bool {
    let following = core.authority.following.as_ref();
    following.is_some_and(|following| following.forwards(&question.name.to_lowercase()))
}

/// Says what becomes of an UPDATE. Its records are read once it is known that its sender may do
/// something here: reading them is dear.
pub(super) fn judge(
    core: &Arc<Core>,
    slot: &Slot,
    pending: &mut Pending,
    header: Header,
    question: Question<'_>,
) -> Step {
    let zone = question.name.to_lowercase();
    if core.store.snapshot().zone(zone.as_ref()).is_none() {
        return refuse(Rcode::NOTAUTH);
    }
    let following = core.authority.following.as_ref();
    if following.is_some_and(|following| following.follows(&zone)) {
        // RFC 2136 §3.1.1: who is not the primary, and does not forward, is not the one to ask.
        if core.is_news(&zone) {
            warn!(
                    %zone, client = %slot.client,
                "update of a zone that we follow: its primary takes updates; --forward-updates hands them on"
            );
        }
        return refuse(Rcode::NOTAUTH);
    }
    let Some(updates) = &core.authority.updates else {
        return prohibit();
    };
    let client = client_of(slot, pending);
    let Some(permitted) = Permitted::new(updates.rules.of(&zone), client, zone) else {
        return prohibit();
    };
    let update = match Update::read(slot.request(), header) {
        Ok(update) => update,
        Err(rcode) => return refuse(rcode),
    };
    let updater = updates.updater.clone();
    let owners = || update.operations.iter().map(|one| one.owner.clone());
    let owners: Option<Vec<Name>> = core.store.has_hearer().then(|| owners().collect());
    let late = Unanswered::new(core, slot, pending);
    // From here to the answer: with the wait for the journal, and for other copies.
    let span = tracing::info_span!(
        target: "traces", "update",
        otel.kind = "server",
        zone = %update.zone, client = %slot.client, key = late.key(),
        rcode = Empty, serial = Empty,
    );
    Step::Later(Later::Deferred(Deferred::new(move |deliver| {
        let zone = update.zone.as_ref().to_lowercase();
        let request = UpdateRequest {
            update,
            permit: Box::new(permitted),
            done: Box::new(move |result| {
                let new = result.as_ref().ok().filter(|done| done.changed);
                let serial = new.map(|done| done.serial);
                if let Some((serial, owners)) = serial.zip(owners) {
                    late.credit(&zone, serial, owners);
                }
                let outcome = outcome(&zone, &late, result);
                span.record("rcode", tracing::field::display(outcome.rcode));
                span.record("serial", serial.map(|serial| serial.0));
                let following = late.core.authority.following.clone();
                let answer = move || {
                    late.answer(outcome, deliver);
                    drop(span);
                };
                match (serial, following) {
                    (Some(serial), Some(following)) => {
                        following.await_others(&zone, serial, Box::new(answer));
                    }
                    _ => answer(),
                }
            }),
        };
        if let Err(request) = updater.submit(request) {
            (request.done)(Err(UpdateError::Busy));
        }
    })))
}

/// Who sends a request, as stages see it.
pub(super) fn client_of(slot: &Slot, pending: &Pending) -> Client {
    let key = match pending.signature.as_deref() {
        Some(Signature::Verified(verified)) => Some(verified.key().name().clone()),
        _ => None,
    };
    Client {
        address: slot.client.ip(),
        connected: slot.transport.is_connected(),
        tls: slot.transport == Transport::Tls,
        certificate: slot.certificate.clone(),
        key,
    }
}

fn outcome(
    zone: &Name,
    late: &Unanswered,
    result: Result<zone::Committed, UpdateError>,
) -> Outcome {
    let (client, key) = (late.slot.client, late.key());
    let error = match result {
        Ok(done) => {
            let serial = done.serial.0;
            debug!(%zone, %client, key, serial, changed = done.changed, "updated");
            return Outcome::empty(Rcode::NOERROR);
        }
        Err(error) => error,
    };
    let rcode = error.rcode();
    match &error {
        UpdateError::Refused(refusal) if rcode != Rcode::REFUSED => {
            debug!(%zone, %client, key, %refusal, "update not carried out");
        }
        UpdateError::Refused(refusal) => {
            warn!(%zone, %client, key, %refusal, "update refused");
        }
        error => warn!(%zone, %client, key, error = %chain(error), "update not carried out"),
    }
    let mut outcome = Outcome::empty(rcode);
    outcome.error = match error {
        UpdateError::Refused(_) if rcode == Rcode::REFUSED => Some(ExtendedError::PROHIBITED),
        // The zone has as much as can be kept of it.
        UpdateError::Journal(_) if rcode == Rcode::REFUSED => Some(ExtendedError::OTHER),
        _ => None,
    };
    outcome
}

fn chain(error: &UpdateError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// A request that is answered later, with all that its answer is made of.
pub(super) struct Unanswered {
    core: Arc<Core>,
    slot: Slot,
    pending: Pending,
}

impl Unanswered {
    pub(super) fn new(core: &Arc<Core>, slot: &Slot, pending: &mut Pending) -> Self {
        let request = slot.request();
        let mut own = Slot::new(slot.transport, request.len(), slot.reply.len().min(ROOM));
        own.request.copy_from_slice(request);
        own.request_len = request.len();
        (own.client, own.local) = (slot.client, slot.local);
        let pending = Pending {
            rtype: pending.rtype,
            name_len: pending.name_len,
            edns: pending.edns,
            signature: pending.signature.take(),
            ..Pending::default()
        };
        Self {
            core: Arc::clone(core),
            slot: own,
            pending,
        }
    }

    /// The name of the key that signed.
    fn key(&self) -> Option<String> {
        client_of(&self.slot, &self.pending)
            .key
            .map(|key| key.to_string())
    }

    /// Says who it was that wanted these names to be changed.
    fn credit(&self, zone: &Name, serial: Serial, owners: Vec<Name>) {
        let client = client_of(&self.slot, &self.pending);
        let author = Author::Client {
            address: self.slot.client,
            key: client.key,
        };
        self.core.store.credit(|| Credits {
            zone: zone.clone(),
            serial,
            each: owners
                .into_iter()
                .map(|owner| Credit {
                    owner,
                    rtype: None,
                    authors: vec![author.clone()],
                })
                .collect(),
        });
    }

    /// Answers it.
    pub(super) fn answer(mut self, outcome: Outcome, deliver: Deliver) {
        let Self {
            core,
            slot,
            pending,
        } = &mut self;
        write_empty(core, slot, pending, &outcome);
        finish(
            core,
            &mut core.late(),
            slot,
            pending,
            &outcome,
            Instant::now(),
        );
        deliver(slot.reply());
    }
}

/// Room for an answer without records: question, OPT and TSIG with the longest of names.
const ROOM: usize = 2048;
