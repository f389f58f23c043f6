//! Tells secondaries that a zone has changed (RFC 1996).
//!
//! ```text
//! a new version ─→ at once, then once a second at most ─→ each server of the zone: NOTIFY, again until it answers
//! ```
//!
//! A later change takes the place of one that is still being told: only the latest serial matters.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use client::{Limits, Server};
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use wire::{Name, NameRef, Rcode, Rtype, Ttl};
use zone::{News, Store};

use super::{peer, telemetry};

/// Whom to tell of which zones.
#[derive(Clone, Debug, Default)]
pub(super) struct Secondaries {
    zones: HashMap<Name, Vec<SocketAddr>>,
    others: Vec<SocketAddr>,
}

impl Secondaries {
    /// As the settings say.
    pub(super) fn new(notify: &[config::OfZone<SocketAddr>]) -> Self {
        let mut secondaries = Self::default();
        for one in notify {
            match &one.zone {
                Some(zone) => secondaries.zones.entry(zone.clone()).or_default(),
                None => &mut secondaries.others,
            }
            .push(one.value);
        }
        secondaries
    }

    fn of(&self, zone: &Name) -> &[SocketAddr] {
        self.zones.get(zone).unwrap_or(&self.others)
    }

    fn is_empty(&self) -> bool {
        self.zones.is_empty() && self.others.is_empty()
    }
}

/// Starts to listen for new versions. To be called before the first zone comes.
pub(super) fn listen(secondaries: Secondaries, store: &Arc<Store>) -> Option<Teller> {
    let teller = Teller::new(secondaries, store)?;
    let marks = teller.marks();
    store.tell(move |zone, what| {
        // Also of what is as it was: whether all heard of it before the last stop nobody knows.
        if what != News::Gone && marks.concern(zone) {
            marks.mark(zone);
        }
    });
    Some(teller)
}

/// Says of which zones secondaries are to be told.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    secondaries: Arc<Secondaries>,
    changed: Arc<Changed>,
}

impl Marks {
    /// Whether a zone has any.
    pub(super) fn concern(&self, zone: &Name) -> bool {
        !self.secondaries.of(zone).is_empty()
    }

    /// They are to be told of a zone.
    pub(super) fn mark(&self, zone: &Name) {
        self.changed.zones().insert(zone.clone());
        self.changed.wake.notify_one();
    }
}

/// Zones that have changed since somebody looked: no more of them than there are.
#[derive(Debug, Default)]
struct Changed {
    zones: Mutex<HashSet<Name>>,
    wake: Notify,
}

impl Changed {
    fn zones(&self) -> MutexGuard<'_, HashSet<Name>> {
        self.zones.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells secondaries.
#[derive(Debug)]
pub(super) struct Teller {
    secondaries: Arc<Secondaries>,
    store: Arc<Store>,
    changed: Arc<Changed>,
    servers: HashMap<SocketAddr, Arc<Server>>,
    tasks: JoinSet<()>,
    /// Those of them that tell a server of a zone.
    telling: HashMap<(Name, SocketAddr), AbortHandle>,
    /// When each zone was told of last.
    told: HashMap<Name, Instant>,
}

impl Teller {
    /// Tells of what is marked; none if there is nobody to be told.
    pub(super) fn new(secondaries: Secondaries, store: &Arc<Store>) -> Option<Self> {
        (!secondaries.is_empty()).then(|| Self {
            secondaries: Arc::new(secondaries),
            store: Arc::clone(store),
            changed: Arc::default(),
            servers: HashMap::new(),
            tasks: JoinSet::new(),
            telling: HashMap::new(),
            told: HashMap::new(),
        })
    }

    /// The way to say of what it is to tell.
    pub(super) fn marks(&self) -> Marks {
        Marks {
            secondaries: Arc::clone(&self.secondaries),
            changed: Arc::clone(&self.changed),
        }
    }

    /// Tells of each change until the stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut waiting: HashSet<Name> = HashSet::new();
        loop {
            let due = waiting.iter().filter_map(|zone| self.due(zone)).min();
            let now = Instant::now();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = sleep_until(due.unwrap_or(now)), if due.is_some() => {
                    let now = Instant::now();
                    let ready: Vec<Name> = waiting
                        .iter()
                        .filter(|zone| self.due(zone).is_none_or(|due| due <= now))
                        .cloned()
                        .collect();
                    for zone in ready {
                        waiting.remove(&zone);
                        self.tell(&zone);
                    }
                }
                () = self.changed.wake.notified() => {
                    let changed = std::mem::take(&mut *self.changed.zones());
                    for zone in changed {
                        match self.due(&zone) {
                            Some(due) if due > now => drop(waiting.insert(zone)),
                            _ => self.tell(&zone),
                        }
                    }
                }
                Some(_) = self.tasks.join_next(), if !self.tasks.is_empty() => {}
            }
        }
        self.tasks.shutdown().await;
    }

    /// When a zone may be told of again.
    fn due(&self, zone: &Name) -> Option<Instant> {
        self.told.get(zone).map(|told| *told + PAUSE)
    }

    /// Begins to tell all servers of a zone.
    fn tell(&mut self, zone: &Name) {
        self.told.insert(zone.clone(), Instant::now());
        let Some((ttl, soa)) = soa_of(&self.store, zone.as_ref()) else {
            return;
        };
        for address in self.secondaries.of(zone) {
            let server = self
                .servers
                .entry(*address)
                .or_insert_with(|| server(*address));
            let server = Arc::clone(server);
            let telling = tell_one(server, zone.clone(), ttl, soa.clone());
            let task = self.tasks.spawn(telling);
            if let Some(before) = self.telling.insert((zone.clone(), *address), task) {
                before.abort();
            }
        }
    }
}

/// Tells one server, again and again until it has heard.
async fn tell_one(server: Arc<Server>, zone: Name, ttl: Ttl, soa: Vec<u8>) {
    let mut pause = FIRST_PAUSE;
    for attempt in 1..=ATTEMPTS {
        match server.notify(zone.as_ref(), Some((ttl, &soa))).await {
            Ok(answer) if answer.rcode() == Rcode::NOERROR => {
                tracing::debug!(%zone, server = server.label(), "told of a change");
                return;
            }
            Ok(answer) => {
                let rcode = answer.rcode();
                tracing::warn!(
                    %zone, server = server.label(), %rcode,
                    "this server does not want to be told of the zone: is it a secondary of it, and \
                     does it take NOTIFY from us?"
                );
                return;
            }
            Err(fault) if attempt == ATTEMPTS => tracing::warn!(
                %zone, server = server.label(), error = telemetry::chain(&fault),
                "this server could not be told of a change; it will find it by itself"
            ),
            Err(_) => {
                sleep(pause).await;
                pause *= 2;
            }
        }
    }
}

fn server(address: SocketAddr) -> Arc<Server> {
    let limits = Limits {
        answer: Duration::from_secs(3),
        ..Limits::default()
    };
    Arc::new(peer::server(address, None, limits))
}

/// TTL and data of the SOA as it is now.
pub(super) fn soa_of(store: &Store, zone: NameRef<'_>) -> Option<(Ttl, Vec<u8>)> {
    let snapshot = store.snapshot();
    let zone = snapshot
        .zone(zone)
        .filter(|zone| zone.withheld().is_none())?;
    let soa = zone.apex_node()?.rrset(Rtype::SOA)?;
    Some((soa.ttl(), soa.first().to_vec()))
}

/// How often a zone is told of, if it changes all the time.
const PAUSE: Duration = Duration::from_secs(1);

/// How often a server is tried.
const ATTEMPTS: u32 = 5;

/// The pause after the first attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
