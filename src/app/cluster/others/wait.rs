//! Who has which version, and who waits for that.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use server::pipeline::Then;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tsig::Key;
use wire::{Name, Serial};
use zone::Store;

/// All other copies.
#[derive(Debug)]
pub(in crate::app::cluster) struct Others {
    pub(super) key: Arc<Key>,
    pub(super) store: Arc<Store>,
    state: Mutex<State>,
    /// Told when the first one begins to wait.
    pub(super) waits: Notify,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) leading: bool,
    pub(super) peers: BTreeMap<SocketAddr, Peer>,
    /// In the order in which their time is over.
    pub(super) waiting: VecDeque<Waiting>,
}

/// One of them.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// It has answered last time.
    ready: bool,
    /// The last version of each zone that it has.
    has: HashMap<Name, Serial>,
    /// Zones that it does not know: files reach copies at different times. It comes for them by itself.
    lacks: BTreeSet<Name>,
    /// Zones that it is to be told of.
    pub(super) untold: BTreeSet<Name>,
    pub(super) wake: Arc<Notify>,
    pub(super) gone: CancellationToken,
}

pub(super) struct Waiting {
    zone: Name,
    serial: Serial,
    pub(super) until: Instant,
    then: Then,
}

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Waiting({} {})", self.zone, self.serial.0)
    }
}

impl Others {
    pub(in crate::app::cluster) fn new(key: Arc<Key>, store: &Arc<Store>) -> Self {
        Self {
            key,
            store: Arc::clone(store),
            state: Mutex::default(),
            waits: Notify::new(),
        }
    }

    /// Whether we lead, from now on.
    pub(in crate::app::cluster) fn set_leading(&self, leading: bool) {
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
    pub(in crate::app::cluster) fn changed(&self, zone: &Name) {
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
    pub(in crate::app::cluster) fn wait(&self, zone: &Name, serial: Serial, then: Then) {
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
    pub(super) fn has(&self, peer: SocketAddr, zone: &Name, serial: Option<Serial>) {
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
    pub(super) fn lost(&self, peer: SocketAddr) -> bool {
        let mut state = self.lock();
        let found = state.peers.get_mut(&peer);
        let was = found.is_some_and(|peer| std::mem::replace(&mut peer.ready, false));
        let due = state.take_due(Some(Instant::now()));
        drop(state);
        due.into_iter().for_each(|then| then());
        was
    }

    /// A copy is to be told of a zone once more.
    pub(super) fn again(&self, peer: SocketAddr, zone: Name) {
        let mut state = self.lock();
        let leading = state.leading;
        if let Some(peer) = state.peers.get_mut(&peer)
            && leading
        {
            peer.untold.insert(zone);
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
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
    pub(super) fn take_due(&mut self, now: Option<Instant>) -> Vec<Then> {
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

/// How long an update waits for the other copies.
const PATIENCE: Duration = Duration::from_millis(500);

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
