//! What the server asks and tells of zones that copies share: NOTIFY, UPDATE, and who has which version.
//!
//! ```text
//! NOTIFY of the leader ─→ task of the zone ─ it has that version → answer
//! UPDATE at a follower ─ unchanged, over TCP ─→ the leader, or a new one within two seconds
//! UPDATE at the leader ─ done → others have it, or half a second is over → answer
//! ```

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use client::Server;
use server::later::Deliver;
use server::pipeline::{Came, Following, Heard, Then};
use server::stage::who::Client;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tsig::Key;
use wire::{Name, Serial};
use zone::{News, Store, Withheld};

use super::files::Files;
use super::others::Others;
use super::role::Role;
use crate::app::follow::{Forwards, Hub, failure, forward_server};
use crate::app::secondaries::Marks;
use crate::app::telemetry;

/// What the task of a zone is told.
pub(super) enum Told {
    /// The leader has something new.
    Notice,
    /// The same; and who told wants to know when it is here.
    Await(Option<Serial>, Came),
}

/// All that tasks and the server share.
pub(super) struct Replicas {
    pub(super) store: Arc<Store>,
    pub(super) key: Arc<Key>,
    pub(super) others: Arc<Others>,
    pub(super) files: Arc<Files>,
    /// Told when a zone has come.
    pub(super) came: Arc<Notify>,
    role: watch::Sender<Role>,
    /// Who follows zones of servers that are no copies of us.
    hub: Option<Arc<Hub>>,
    zones: Arc<RwLock<HashMap<Name, Entry>>>,
    /// Zones of which our own files are shown, since nothing better is known.
    provisional: Mutex<HashSet<Name>>,
    forwards: Arc<Forwards>,
    room: Arc<Semaphore>,
    runtime: Handle,
    own: OnceLock<Arc<Server>>,
    /// Secondaries outside.
    pub(super) marks: OnceLock<Marks>,
}

/// A zone that copies share.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    told: Sender<Told>,
    /// Told of each new version.
    changed: Arc<Notify>,
    /// Whether we write it.
    led: Arc<AtomicBool>,
    gone: CancellationToken,
}

impl std::fmt::Debug for Replicas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replicas")
            .field("role", &*self.role.borrow())
            .finish_non_exhaustive()
    }
}

impl Replicas {
    /// Nothing is shared yet. To be made where tasks can be started, and before the first zone comes.
    pub(super) fn new(
        role: watch::Sender<Role>,
        key: Arc<Key>,
        hub: Option<Arc<Hub>>,
        store: &Arc<Store>,
    ) -> Self {
        let zones: Arc<RwLock<HashMap<Name, Entry>>> = Arc::default();
        let others = Arc::new(Others::new(Arc::clone(&key), store));
        let came = Arc::new(Notify::new());
        let (seen, heard, new) = (Arc::clone(&zones), Arc::clone(&others), Arc::clone(&came));
        store.tell(move |apex, news| match news {
            News::Came => new.notify_one(),
            News::Changed => {
                let zones = seen.read().unwrap_or_else(PoisonError::into_inner);
                if let Some(entry) = zones.get(apex) {
                    entry.changed.notify_one();
                    if entry.led.load(Relaxed) {
                        heard.changed(apex);
                    }
                }
            }
            News::Gone => {
                let mut zones = seen.write().unwrap_or_else(PoisonError::into_inner);
                if let Some(entry) = zones.remove(apex) {
                    entry.gone.cancel();
                }
            }
        });
        Self {
            store: Arc::clone(store),
            key,
            others,
            files: Arc::new(Files::new(store)),
            came,
            role,
            hub,
            zones,
            provisional: Mutex::default(),
            forwards: Arc::default(),
            room: Arc::new(Semaphore::new(MOST_FORWARDED)),
            runtime: Handle::current(),
            own: OnceLock::new(),
            marks: OnceLock::new(),
        }
    }

    /// Where others reach us is known now.
    pub(super) fn begin(&self, own: SocketAddr) {
        let _first = self.own.set(forward_server(own, None, 1)).is_ok();
    }

    pub(super) fn role(&self) -> Role {
        self.role.borrow().clone()
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Role> {
        self.role.subscribe()
    }

    /// Changes the role. The fence opens and shuts with it.
    pub(super) fn set_role(&self, role: Role) {
        let leads = role.term().is_some();
        self.role.send_replace(role);
        self.others.set_leading(leads);
    }

    /// The serials that are shown.
    pub(super) fn shown(&self) -> BTreeMap<Name, Serial> {
        let snapshot = Arc::clone(&self.store.snapshot());
        let zones = self.store.own_zones().into_iter();
        let shown = zones.filter_map(|apex| {
            let zone = snapshot.zone(apex.as_ref())?;
            let is_known = zone.withheld() != Some(Withheld::Absent);
            is_known.then(|| (apex, zone.serial()))
        });
        shown.collect()
    }

    /// Zones of ours that have no task.
    pub(super) fn new_zones(&self) -> Vec<Name> {
        let own = self.store.own_zones();
        let zones = self.zones.read().unwrap_or_else(PoisonError::into_inner);
        own.into_iter()
            .filter(|apex| !zones.contains_key(apex))
            .collect()
    }

    /// A zone has a task from now on, which is told this way. What comes back ends with the zone.
    pub(super) fn add(
        &self,
        apex: &Name,
        told: Sender<Told>,
        changed: Arc<Notify>,
    ) -> CancellationToken {
        let gone = CancellationToken::new();
        let entry = Entry {
            told,
            changed,
            led: Arc::default(),
            gone: gone.clone(),
        };
        let mut zones = self.zones.write().unwrap_or_else(PoisonError::into_inner);
        zones.insert(apex.clone(), entry);
        gone
    }

    /// Whether we write a zone, from now on.
    pub(super) fn set_led(&self, apex: &Name, led: bool) {
        if let Some(entry) = self.entry(apex) {
            entry.led.store(led, Relaxed);
        }
        if led {
            self.settle(apex);
            self.others.changed(apex);
        }
    }

    /// Shows what our own files give; tells whether that is new.
    pub(super) fn show_own(&self, apex: &Name) -> bool {
        let mut provisional = self
            .provisional
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let shown = self.store.show_own(apex);
        if shown {
            provisional.insert(apex.clone());
        }
        shown
    }

    /// Whether what is shown is no more than our own files.
    pub(super) fn is_provisional(&self, apex: &Name) -> bool {
        let provisional = self
            .provisional
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        provisional.contains(apex)
    }

    /// What is shown came from a leader.
    pub(super) fn settle(&self, apex: &Name) {
        let mut provisional = self
            .provisional
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        provisional.remove(apex);
    }

    /// Whether we write a zone.
    pub(super) fn is_led(&self, apex: &Name) -> bool {
        self.entry(apex)
            .is_some_and(|entry| entry.led.load(Relaxed))
    }

    fn entry(&self, apex: &Name) -> Option<Entry> {
        let zones = self.zones.read().unwrap_or_else(PoisonError::into_inner);
        zones.get(apex).cloned()
    }

    /// Whether copies share a zone, and another one writes it, or none.
    fn is_behind(&self, apex: &Name) -> bool {
        let zones = self.zones.read().unwrap_or_else(PoisonError::into_inner);
        zones
            .get(apex)
            .is_some_and(|entry| !entry.led.load(Relaxed))
    }
}

impl Following for Replicas {
    fn follows(&self, zone: &Name) -> bool {
        self.is_behind(zone) || self.hub.as_ref().is_some_and(|hub| hub.follows(zone))
    }

    fn notified(&self, zone: &Name, by: &Client, serial: Option<Serial>) -> Heard {
        let Some(entry) = self.entry(zone) else {
            let hub = self.hub.as_ref();
            return hub.map_or(Heard::NotFollowed, |hub| hub.notified(zone, by, serial));
        };
        if by.key.as_ref() != Some(self.key.name()) {
            return Heard::Stranger;
        }
        if entry.led.load(Relaxed) {
            return Heard::NotFollowed;
        }
        // Where one waits already, the zone is about to be asked for.
        let _told = entry.told.try_send(Told::Notice).is_ok();
        Heard::Taken
    }

    fn forwards(&self, zone: &Name) -> bool {
        self.is_behind(zone) || self.hub.as_ref().is_some_and(|hub| hub.forwards(zone))
    }

    fn forward(&self, zone: &Name, client: SocketAddr, message: Vec<u8>, deliver: Deliver) {
        if self.entry(zone).is_none() {
            return match &self.hub {
                Some(hub) => hub.forward(zone, client, message, deliver),
                None => deliver(&[]),
            };
        }
        let Some(turn) = self.forwards.begin(client, &message, deliver) else {
            return;
        };
        let forwards = Arc::clone(&self.forwards);
        let way = Way {
            roles: self.role.subscribe(),
            led: self.entry(zone).map(|entry| entry.led),
            own: self.own.get().cloned(),
        };
        let (zone, room) = (zone.clone(), Arc::clone(&self.room));
        self.runtime.spawn(async move {
            match way.pass_on(&message, &room).await {
                Ok(answer) => forwards.answer(turn, &answer),
                Err(reason) => {
                    tracing::warn!(%zone, %client, reason, "update could not be handed on to the leader");
                    forwards.fail(turn, &failure(&message));
                }
            }
        });
    }

    fn is_copy(&self, by: &Client) -> bool {
        by.key.as_ref() == Some(self.key.name())
    }

    fn is_awaited(&self, zone: &Name, by: &Client) -> bool {
        self.is_copy(by) && self.is_behind(zone)
    }

    fn await_version(&self, zone: &Name, serial: Option<Serial>, then: Came) {
        let Some(entry) = self.entry(zone) else {
            return then(false);
        };
        if let Err(told) = entry.told.try_send(Told::Await(serial, then))
            && let Told::Await(_, then) = told.into_inner()
        {
            then(false);
        }
    }

    fn await_others(&self, zone: &Name, serial: Serial, then: Then) {
        match self.entry(zone) {
            Some(_) => self.others.wait(zone, serial, then),
            None => then(),
        }
    }
}

/// The way of an update to the leader.
struct Way {
    roles: watch::Receiver<Role>,
    /// Whether we write the zone.
    led: Option<Arc<AtomicBool>>,
    own: Option<Arc<Server>>,
}

impl Way {
    /// Hands a message on, to whoever leads until the time is over.
    async fn pass_on(mut self, message: &[u8], room: &Semaphore) -> Result<Vec<u8>, String> {
        let until = Instant::now() + PATIENCE;
        let Ok(_turn) = timeout_at(until, room.acquire()).await else {
            return Err("too many are on their way".to_owned());
        };
        let mut last = "no leader is known".to_owned();
        while Instant::now() < until {
            let server = match &*self.roles.borrow_and_update() {
                Role::Follow(leader) => Some(Arc::clone(&leader.server)),
                // It is ours since a moment.
                Role::Lead(_) => {
                    let led = self.led.as_ref().is_some_and(|led| led.load(Relaxed));
                    self.own.clone().filter(|_| led)
                }
                Role::Alone => None,
            };
            if let Some(server) = server {
                match timeout_at(until, server.exchange(message.to_vec())).await {
                    Ok(Ok(answer)) => return Ok(answer.as_bytes().to_vec()),
                    Ok(Err(fault)) if fault.is_unsent() => last = telemetry::chain(&fault),
                    Ok(Err(fault)) => return Err(telemetry::chain(&fault)),
                    Err(_) => return Err(format!("{} does not answer", server.label())),
                }
            }
            tokio::select! {
                changed = self.roles.changed() => if changed.is_err() { break },
                () = sleep(AGAIN) => {}
            }
        }
        Err(last)
    }
}

/// Updates that are on their way at once, at most: each has a connection, and leaders count them, twenty
/// of one client.
const MOST_FORWARDED: usize = 10;

/// How long an update waits for a leader that takes it, its answer included.
const PATIENCE: Duration = Duration::from_millis(1_900);

/// How often a leader is tried that cannot be reached.
const AGAIN: Duration = Duration::from_millis(50);
