//! The other copies, while we lead: each is told of every version, and answers once it has it.
//!
//! ```text
//! version ─→ to tell (a set of zones a copy) ─ NOTIFY, by a kept connection ─→ answered: it has the version
//! wait for a version ─┬ every ready copy has it ─→ done
//!                     └ half a second is over ───→ done
//! ```
//!
//! A copy is ready once it has answered, until it fails to. Nobody waits for one that is not.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use client::{Limits, Server};
use server::pipeline::Then;
use tokio::net::lookup_host;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tsig::Key;
use wire::{Name, Rcode, Serial};
use zone::Store;

use crate::app::secondaries::soa_of;
use crate::app::{peer, telemetry};

/// All other copies.
#[derive(Debug)]
pub(super) struct Others {
    key: Arc<Key>,
    store: Arc<Store>,
    state: Mutex<State>,
    /// Told when the first one begins to wait.
    waits: Notify,
}

#[derive(Debug, Default)]
struct State {
    leading: bool,
    peers: BTreeMap<SocketAddr, Peer>,
    /// In the order in which their time is over.
    waiting: VecDeque<Waiting>,
}

/// One of them.
#[derive(Debug, Default)]
struct Peer {
    /// It has answered last time.
    ready: bool,
    /// The last version of each zone that it has.
    has: HashMap<Name, Serial>,
    /// Zones that it does not know: files reach copies at different times. It comes for them by itself.
    lacks: BTreeSet<Name>,
    /// Zones that it is to be told of.
    untold: BTreeSet<Name>,
    wake: Arc<Notify>,
    gone: CancellationToken,
}

struct Waiting {
    zone: Name,
    serial: Serial,
    until: Instant,
    then: Then,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Waiting({} {})", self.zone, self.serial.0)
    }
}

/// Where they are found.
#[derive(Clone, Debug)]
pub(super) struct Places {
    hosts: Vec<(String, u16)>,
    /// Ourselves, who are found there too.
    own: SocketAddr,
}

impl Places {
    pub(super) fn new(peers: &[(String, Option<u16>)], port: u16, own: SocketAddr) -> Self {
        let hosts = peers.iter();
        let hosts = hosts.map(|(host, given)| (host.clone(), given.unwrap_or(port)));
        Self {
            hosts: hosts.collect(),
            own,
        }
    }

    /// Their addresses; none if not all could be found.
    async fn resolve(&self) -> Option<BTreeSet<SocketAddr>> {
        let mut found = BTreeSet::new();
        for (host, port) in &self.hosts {
            match timeout(RESOLVING, lookup_host((&**host, *port))).await {
                Ok(Ok(addresses)) => found.extend(addresses),
                Ok(Err(error)) => {
                    tracing::debug!(host, %error, "other copies are not found");
                    return None;
                }
                Err(_) => return None,
            }
        }
        found.remove(&self.own);
        Some(found)
    }
}

impl Others {
    pub(super) fn new(key: Arc<Key>, store: &Arc<Store>) -> Self {
        Self {
            key,
            store: Arc::clone(store),
            state: Mutex::default(),
            waits: Notify::new(),
        }
    }

    /// Whether we lead, from now on.
    pub(super) fn set_leading(&self, leading: bool) {
        let mut state = self.lock();
        state.leading = leading;
        for peer in state.peers.values_mut() {
            peer.ready = false;
            peer.has.clear();
            peer.lacks.clear();
            peer.untold.clear();
        }
        let due = state.take_due(None);
        drop(state);
        due.into_iter().for_each(|then| then());
    }

    /// There is a new version of a zone that we write.
    pub(super) fn changed(&self, zone: &Name) {
        let mut state = self.lock();
        if !state.leading {
            return;
        }
        for peer in state.peers.values_mut() {
            peer.untold.insert(zone.clone());
            peer.wake.notify_one();
        }
    }

    /// Calls `then` when every ready copy has a version, or it takes too long.
    pub(super) fn wait(&self, zone: &Name, serial: Serial, then: Then) {
        let mut state = self.lock();
        if !state.leading || state.have(zone, serial) {
            drop(state);
            return then();
        }
        state.waiting.push_back(Waiting {
            zone: zone.clone(),
            serial,
            until: Instant::now() + PATIENCE,
            then,
        });
        let first = state.waiting.len() == 1;
        drop(state);
        if first {
            self.waits.notify_one();
        }
    }

    /// A copy has a version of a zone, or does not know the zone.
    fn has(&self, peer: SocketAddr, zone: &Name, serial: Option<Serial>) {
        let mut state = self.lock();
        let leading = state.leading;
        if let Some(peer) = state.peers.get_mut(&peer)
            && leading
        {
            peer.ready = true;
            match serial {
                Some(serial) => {
                    peer.lacks.remove(zone);
                    peer.has.insert(zone.clone(), serial);
                }
                None => drop(peer.lacks.insert(zone.clone())),
            }
        }
        let due = state.take_due(Some(Instant::now()));
        drop(state);
        due.into_iter().for_each(|then| then());
    }

    /// A copy does not answer. Tells whether it did before.
    fn lost(&self, peer: SocketAddr) -> bool {
        let mut state = self.lock();
        let found = state.peers.get_mut(&peer);
        let was = found.is_some_and(|peer| std::mem::replace(&mut peer.ready, false));
        let due = state.take_due(Some(Instant::now()));
        drop(state);
        due.into_iter().for_each(|then| then());
        was
    }

    /// A copy is to be told of a zone once more.
    fn again(&self, peer: SocketAddr, zone: Name) {
        let mut state = self.lock();
        let leading = state.leading;
        if let Some(peer) = state.peers.get_mut(&peer)
            && leading
        {
            peer.untold.insert(zone);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is a whole one, so a panic elsewhere leaves none half made.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether every ready copy has a version.
    fn have(&self, zone: &Name, serial: Serial) -> bool {
        let mut ready = self.peers.values().filter(|peer| peer.ready);
        ready.all(|peer| {
            let has = peer.has.get(zone);
            let is_there = has.is_some_and(|has| *has == serial || has.is_newer_than(serial));
            is_there || peer.lacks.contains(zone)
        })
    }

    /// Takes those who need not wait any more: at this time, or without one all of them.
    fn take_due(&mut self, now: Option<Instant>) -> Vec<Then> {
        let mut due = Vec::new();
        for waiting in std::mem::take(&mut self.waiting) {
            let over = now.is_none_or(|now| waiting.until <= now);
            if over || self.have(&waiting.zone, waiting.serial) {
                due.push(waiting.then);
            } else {
                self.waiting.push_back(waiting);
            }
        }
        due
    }
}

/// Finds the other copies and tells them until the stop.
pub(super) async fn run(others: Arc<Others>, places: Places, stop: CancellationToken) {
    let mut tasks = JoinSet::new();
    let mut look_at = Instant::now();
    loop {
        let until = others.lock().waiting.front().map(|first| first.until);
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = sleep_until(until.unwrap_or(look_at)), if until.is_some() => {
                let due = others.lock().take_due(Some(Instant::now()));
                due.into_iter().for_each(|then| then());
            }
            () = others.waits.notified() => {}
            () = sleep_until(look_at) => {
                look_at = Instant::now() + LOOK;
                let found = tokio::select! {
                    found = places.resolve() => found,
                    () = stop.cancelled() => break,
                };
                // Where they cannot be found they are where they were.
                if let Some(found) = found {
                    meet(&others, &found, &mut tasks);
                }
                while tasks.try_join_next().is_some() {}
            }
        }
    }
    others.set_leading(false);
    tasks.shutdown().await;
}

/// Begins with those that are new, and ends with those that are gone.
fn meet(others: &Arc<Others>, found: &BTreeSet<SocketAddr>, tasks: &mut JoinSet<()>) {
    let zones = others.store.own_zones();
    let mut state = others.lock();
    state.peers.retain(|address, peer| {
        let stays = found.contains(address);
        if !stays {
            peer.gone.cancel();
        }
        stays
    });
    for address in found {
        if state.peers.contains_key(address) {
            continue;
        }
        let mut peer = Peer::default();
        if state.leading {
            peer.untold.extend(zones.iter().cloned());
        }
        let (wake, gone) = (Arc::clone(&peer.wake), peer.gone.clone());
        wake.notify_one();
        state.peers.insert(*address, peer);
        let telling = tell(Arc::clone(others), *address, wake);
        tasks.spawn(async move {
            tokio::select! {
                () = gone.cancelled() => {}
                () = telling => {}
            }
        });
    }
}

/// Tells one copy of all that is new.
async fn tell(others: Arc<Others>, address: SocketAddr, wake: Arc<Notify>) {
    let limits = Limits {
        connect: CONNECT,
        answer: ANSWER,
        ..Limits::default()
    };
    let key = Some(Arc::clone(&others.key));
    let server = Arc::new(peer::server(address, key, limits));
    let mut pause = FIRST_PAUSE;
    let mut telling: JoinSet<(Name, Result<Told, String>)> = JoinSet::new();
    let mut under_way = BTreeSet::new();
    loop {
        let free = MOST_AT_ONCE.saturating_sub(telling.len());
        for zone in take(&others, address, &under_way, free) {
            under_way.insert(zone.clone());
            let (store, server) = (Arc::clone(&others.store), Arc::clone(&server));
            telling.spawn(async move {
                let told = tell_of(&store, &server, &zone).await;
                (zone, told)
            });
        }
        let told = tokio::select! {
            Some(told) = telling.join_next() => told,
            () = wake.notified() => continue,
        };
        let Ok((zone, told)) = told else { continue };
        under_way.remove(&zone);
        match told {
            Ok(told) => {
                pause = FIRST_PAUSE;
                match told {
                    Told::Has(serial) => others.has(address, &zone, Some(serial)),
                    Told::Lacks => others.has(address, &zone, None),
                    Told::Nothing => {}
                }
            }
            Err(error) => {
                others.again(address, zone);
                if others.lost(address) {
                    tracing::warn!(copy = %address, error, "another copy does not take what is new, it is told again");
                }
                sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// What came of telling a copy.
enum Told {
    /// It has this version.
    Has(Serial),
    /// It does not know the zone.
    Lacks,
    /// There was nothing to tell: the zone is gone.
    Nothing,
}

/// Tells one copy of the version of a zone that is shown now; done once the copy has it.
async fn tell_of(store: &Store, server: &Server, zone: &Name) -> Result<Told, String> {
    let Some((ttl, soa)) = soa_of(store, zone.as_ref()) else {
        return Ok(Told::Nothing);
    };
    let numbers = soa
        .last_chunk::<20>()
        .and_then(|numbers| numbers.first_chunk::<4>());
    let serial = Serial(numbers.map_or(0, |serial| u32::from_be_bytes(*serial)));
    match server
        .notify_connected(zone.as_ref(), Some((ttl, &soa)))
        .await
    {
        Ok(answer) if answer.rcode() == Rcode::NOERROR => Ok(Told::Has(serial)),
        Ok(answer) if answer.rcode() == Rcode::NOTAUTH => Ok(Told::Lacks),
        Ok(answer) => Err(format!("{} answers {}", server.label(), answer.rcode())),
        Err(fault) => Err(telemetry::chain(&fault)),
    }
}

/// Zones that a copy is to be told of, and of which nothing is under way.
fn take(
    others: &Others,
    address: SocketAddr,
    under_way: &BTreeSet<Name>,
    most: usize,
) -> Vec<Name> {
    let mut state = others.lock();
    let Some(peer) = state.peers.get_mut(&address) else {
        return Vec::new();
    };
    let next = peer.untold.iter().filter(|zone| !under_way.contains(*zone));
    let next: Vec<Name> = next.take(most).cloned().collect();
    for zone in &next {
        peer.untold.remove(zone);
    }
    next
}

/// How long an update waits for the other copies.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long another copy may take to have a version, and to be reached.
const ANSWER: Duration = Duration::from_secs(1);
const CONNECT: Duration = Duration::from_millis(500);

/// Copies count connections of one client; each zone that is told of at once has one.
const MOST_AT_ONCE: usize = 6;

/// Pauses of a copy that does not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often it is looked where copies are, and how long that may take.
const LOOK: Duration = Duration::from_secs(2);
const RESOLVING: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    fn name() -> Name {
        Name::from_text(b"zone.", None).unwrap()
    }

    /// While we lead, with copies at these ports that are ready and have these versions.
    fn others(peers: &[(u16, u32)]) -> Others {
        let keys = tsig::Keys::from_text(
            "key \"k\" { algorithm hmac-sha256; secret \"bm90IGEgc2VjcmV0OiBmb3IgdGVzdHMgb25seSEhISE=\"; };",
        );
        let keys = keys.unwrap();
        let key = Arc::clone(keys.iter().next().unwrap());
        let others = Others::new(key, &Arc::new(Store::new([1, 2])));
        others.set_leading(true);
        for (port, serial) in peers {
            let mut state = others.lock();
            state.peers.insert(address(*port), Peer::default());
            drop(state);
            others.has(address(*port), &name(), Some(Serial(*serial)));
        }
        others
    }

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn wait(others: &Others, serial: u32) -> Receiver<()> {
        let (sender, told) = channel();
        others.wait(
            &name(),
            Serial(serial),
            Box::new(move || sender.send(()).unwrap()),
        );
        told
    }

    #[test]
    fn an_update_waits_for_every_copy_that_is_ready() {
        assert!(wait(&others(&[]), 5).try_recv().is_ok(), "there are none");
        let others = others(&[(1, 4), (2, 4)]);
        others.lock().peers.insert(address(3), Peer::default());
        let told = wait(&others, 5);
        assert!(told.try_recv().is_err());
        others.has(address(1), &name(), Some(Serial(5)));
        assert!(told.try_recv().is_err());
        // A later version will do as well.
        others.has(address(2), &name(), Some(Serial(7)));
        assert!(told.try_recv().is_ok());
        assert!(wait(&others, 5).try_recv().is_ok(), "all have it");
        // Who does not know the zone will not get it by waiting.
        let told = wait(&others, 7);
        others.has(address(1), &name(), None);
        assert!(told.try_recv().is_ok());
    }

    #[test]
    fn nobody_waits_for_who_does_not_answer_or_for_longer_than_half_a_second() {
        let others = others(&[(1, 4), (2, 5)]);
        let told = wait(&others, 5);
        assert!(others.lost(address(1)));
        assert!(told.try_recv().is_ok());
        let told = wait(&others, 6);
        let late = Instant::now() + PATIENCE;
        let due = others.lock().take_due(Some(late));
        assert_eq!(due.len(), 1);
        due.into_iter().for_each(|then| then());
        assert!(told.try_recv().is_ok());
        // Who leads no more keeps nobody waiting.
        let told = wait(&others, 7);
        others.set_leading(false);
        assert!(told.try_recv().is_ok());
        assert!(wait(&others, 8).try_recv().is_ok());
    }
}
