//! Zones from one copy to another: what a new leader makes of what it shows.
//!
//! What neither a file nor an update gives is of objects: the destination that knows these takes away
//! what they do not ask for, with its brake. What updates brought stands in the journal in the cluster;
//! where that cannot be read, what no object asked for since the start is kept as theirs: a name too many
//! harms less than one that was acknowledged and is gone.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use cluster::{ObjectLog, Term};
use config::{Config, OfZone, UpdateRule};
use tokio::time::{Instant, sleep};
use wire::{Name, Rtype, Serial};
use zone::{Change, Layer, Lead};

use super::alone::Alone;
use super::doubt::{self, Brought};
use super::gate::Replicas;
use crate::app::sync::Model;
use crate::app::zones::Made;
use crate::app::{clock, telemetry};

/// What there is to know of the origins of records.
#[derive(Clone, Debug)]
pub(super) struct Knowledge {
    /// Zones that updates are granted for; none of their own is for all others.
    updated: Arc<(HashSet<Name>, bool)>,
    /// Whether it was tried with success to read what updates have brought.
    pub(super) told: bool,
    /// Zones of which it is known; all of them where nobody has to read it.
    known: Option<Arc<BTreeSet<Name>>>,
    /// Zones that objects may have names in.
    synced: Arc<HashSet<Name>>,
    model: Option<Model>,
}

impl Knowledge {
    pub(super) fn new(config: &Config, model: Option<Model>) -> Self {
        let rules: &[OfZone<UpdateRule>] = &config.peers.updates;
        let zones = rules.iter().filter_map(|rule| rule.zone.clone()).collect();
        let others = rules.iter().any(|rule| rule.zone.is_none());
        Self {
            updated: Arc::new((zones, others)),
            told: true,
            known: None,
            synced: Arc::new(
                Made::all(config)
                    .into_iter()
                    .map(|made| made.apex)
                    .collect(),
            ),
            model,
        }
    }

    /// Whether updates may have brought something to a zone.
    fn is_updated(&self, apex: &Name) -> bool {
        let (zones, others) = &*self.updated;
        zones.contains(apex) || *others
    }

    /// Takes in of which zones it is known what updates have brought.
    pub(super) fn tell(&mut self, known: Option<BTreeSet<Name>>) {
        self.told = known.is_some();
        self.known = known.map(Arc::new);
    }

    /// Whether that is known of a zone.
    fn is_told(&self, apex: &Name) -> bool {
        let known = self.known.as_ref();
        self.told && known.is_none_or(|known| known.contains(apex))
    }

    /// Whether objects ask for a name.
    fn is_asked_for(&self, owner: &Name) -> bool {
        let Some(model) = &self.model else {
            return false;
        };
        model.is_asked_for(owner)
    }
}

/// Reads what clients had changed, and tells zones; those that led before us can add nothing to it then.
/// Gives the zones of which it is known. None if it cannot be read: then nothing is added, and what is
/// served stays.
pub(super) async fn recall(
    replicas: &Arc<Replicas>,
    log: &Arc<ObjectLog>,
    term: &Term,
    alone: Option<&mut Alone>,
) -> Option<BTreeSet<Name>> {
    let (begin, now) = (Instant::now(), now());
    let mut opened = loop {
        let held = replicas.shown();
        let error = match log.lead(term.clone(), held, now).await {
            Ok(opened) => break opened,
            Err(error) => error,
        };
        if !term.may_write() {
            return None;
        }
        if begin.elapsed() > PATIENCE {
            tracing::error!(
                error = telemetry::chain(&error),
                "the journal in the cluster cannot be read: no update is taken, and what updates may have \
                 brought is kept as it is served"
            );
            return None;
        }
        sleep(AGAIN).await;
    };
    for note in &opened.notes {
        tracing::warn!("{note}");
    }
    for ahead in &opened.ahead {
        let (zone, held, known) = (&ahead.zone, ahead.held.0, ahead.ceiling.0);
        tracing::warn!(
            %zone, held, known,
            "this copy has a later version than the journal in the cluster can have led to: it was put back to \
             an earlier state; the zone goes on from here"
        );
    }
    if let Some(alone) = alone {
        alone.add(&mut opened);
    }
    let (replicas, log) = (Arc::clone(replicas), Arc::clone(log));
    let known = opened.known.clone();
    let told = tokio::task::spawn_blocking(move || {
        let _changed = log.take_over(&replicas.store, opened);
        replicas.store.reserve(now)
    });
    match told.await {
        Ok(Ok(())) => Some(known),
        Ok(Err(error)) => {
            let error = telemetry::chain(&error);
            tracing::warn!(error, "serials could not be reserved in the cluster");
            Some(known)
        }
        Err(_) => None,
    }
}

/// Makes all zones ours to write that are not yet. Gives how many are from now on.
pub(super) async fn promote(replicas: &Arc<Replicas>, knowledge: &Knowledge) -> usize {
    let (replicas, knowledge) = (Arc::clone(replicas), knowledge.clone());
    let promoted = tokio::task::spawn_blocking(move || {
        let behind = replicas.store.behind();
        let led = behind
            .iter()
            .filter(|apex| take_over(&replicas, &knowledge, apex));
        led.count()
    });
    promoted.await.unwrap_or_default()
}

/// Makes what is shown of all zones what is followed from now on. Gives how many were ours to write.
pub(super) async fn step_back(replicas: &Arc<Replicas>) -> usize {
    let replicas = Arc::clone(replicas);
    let back = tokio::task::spawn_blocking(move || {
        let zones = replicas.store.own_zones();
        let back = zones.iter().filter(|apex| {
            replicas.set_led(apex, false);
            replicas.store.follow(apex)
        });
        back.count()
    });
    back.await.unwrap_or_default()
}

fn take_over(replicas: &Replicas, knowledge: &Knowledge, apex: &Name) -> bool {
    let store = &replicas.store;
    let in_doubt = knowledge.is_updated(apex) && !knowledge.is_told(apex);
    let updates: Option<Vec<Change>> = (!in_doubt).then(|| {
        let mut own = store.layer(apex, Layer::Dynamic);
        own.extend(store.layer(apex, Layer::Override));
        own
    });
    let synced = knowledge.synced.contains(apex);
    let layer_of = |owner: &Name, _: Rtype| match in_doubt {
        true if knowledge.is_asked_for(owner) => Some(Layer::Synced),
        true => Some(Layer::Dynamic),
        false => synced.then_some(Layer::Synced),
    };
    let of_files = |owner: &Name, _: Rtype| !knowledge.is_asked_for(owner);
    // Of a zone whose origins are not known nothing can be told to be of files.
    let older = !in_doubt && replicas.files.are_older() && replicas.files.differs(apex);
    let lead = Lead {
        floor: now(),
        updates,
        layer_of: &layer_of,
        of_files: older.then_some(&of_files as _),
    };
    // What cannot be read at all has nothing to be compared with.
    let journal = (in_doubt && knowledge.told).then(|| Brought::of(store, apex));
    match store.lead(apex, lead) {
        Ok(Some(done)) => {
            replicas.set_led(apex, true);
            if let Some(journal) = journal {
                doubt::tell(apex, &journal, &Brought::of(store, apex));
            }
            let (serial, records) = (done.serial.0, done.records);
            tracing::info!(zone = %apex, serial, records, "this copy writes the zone");
            true
        }
        Ok(None) => false,
        Err(error) => {
            tracing::error!(zone = %apex, %error, "zone cannot be taken over, it is served as it was");
            false
        }
    }
}

/// The time as a serial: no version of a new leader has a lower one.
fn now() -> Serial {
    Serial(u32::try_from(clock::now().unix_seconds()).unwrap_or(u32::MAX))
}

/// How long a new leader tries to read the journal before it does without, and how often.
const PATIENCE: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(100);
