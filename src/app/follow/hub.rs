//! Where requests about followed zones arrive: NOTIFY for the zone's task, UPDATE for its primary.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use client::Server;
use config::Primary;
use server::later::Deliver;
use server::pipeline::{Following, Heard};
use server::stage::who::Client;
use tokio::runtime::Handle;
use tokio::sync::mpsc::Sender;
use tokio::sync::{Semaphore, oneshot};
use wire::{Name, Serial};
use zone::Committed;

use super::forward::{self, Forwards};
use super::trust::Trust;
use crate::app::{clock, telemetry};

/// A primary says that its zone has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    /// Which of the zone's primaries.
    pub(super) primary: usize,
    /// The serial that it claims to have.
    pub(super) serial: Option<Serial>,
}

/// What the task of a zone is told.
#[derive(Debug)]
pub(super) enum Told {
    /// A primary has something new.
    Notice(Notice),
    /// Somebody wants the whole zone anew, and to know what came of it.
    Retransfer(oneshot::Sender<Result<Committed, String>>),
}

/// All followed zones.
#[derive(Debug)]
pub(in crate::app) struct Hub {
    /// Those that catalogs list come and go.
    zones: RwLock<HashMap<Name, Followed>>,
    forwards: bool,
    trust: Trust,
    forwarded: Arc<Forwards>,
    runtime: Handle,
    /// Each holds a connection's turn.
    room: Arc<Semaphore>,
    /// When a stranger was last spoken of, in seconds since 1970.
    said: AtomicU64,
}

#[derive(Clone, Debug)]
struct Followed {
    primaries: Vec<(IpAddr, Option<Name>)>,
    servers: Vec<Arc<Server>>,
    notices: Sender<Told>,
}

impl Hub {
    /// A hub of no zones. To be made where tasks can be started.
    pub(super) fn new(forwards: bool, trust: Trust) -> Self {
        Self {
            zones: RwLock::default(),
            forwards,
            trust,
            forwarded: Arc::default(),
            runtime: Handle::current(),
            room: Arc::new(Semaphore::new(MOST_FORWARDED)),
            said: AtomicU64::new(0),
        }
    }

    /// Adds a zone, and the way to its task.
    pub(super) fn add(&self, zone: &Name, primaries: &[Primary], notices: Sender<Told>) {
        let followed = Followed {
            primaries: primaries
                .iter()
                .map(|one| (one.address.ip().to_canonical(), one.key.clone()))
                .collect(),
            servers: primaries
                .iter()
                .map(|one| forward::server(one.address, self.trust.of(&one.tls), primaries.len()))
                .collect(),
            notices,
        };
        let mut zones = self.zones.write().unwrap_or_else(PoisonError::into_inner);
        zones.insert(zone.clone(), followed);
    }

    /// Has a zone taken from its primary as a whole; none if it is not followed. What comes back is told
    /// what came of it. Must not be called from a task.
    pub(in crate::app) fn retransfer(
        &self,
        zone: &Name,
    ) -> Option<oneshot::Receiver<Result<Committed, String>>> {
        let followed = self.find(zone)?;
        let (sender, outcome) = oneshot::channel();
        // Where the task has ended the sender is dropped, and whoever waits is told.
        let _told = followed
            .notices
            .blocking_send(Told::Retransfer(sender))
            .is_ok();
        Some(outcome)
    }

    /// Forgets a zone.
    pub(super) fn remove(&self, zone: &Name) {
        let mut zones = self.zones.write().unwrap_or_else(PoisonError::into_inner);
        zones.remove(zone);
    }

    fn find(&self, zone: &Name) -> Option<Followed> {
        let zones = self.zones.read().unwrap_or_else(PoisonError::into_inner);
        zones.get(zone).cloned()
    }

    /// Says that a stranger has told us something, now and then: anybody can send such messages.
    fn say_stranger(&self, zone: &Name, by: &Client) {
        let now = clock::now().unix_seconds();
        let said = self.said.load(Relaxed);
        let turn = now >= said + STRANGERS
            && self
                .said
                .compare_exchange(said, now, Relaxed, Relaxed)
                .is_ok();
        if turn {
            let key = by.key.as_ref().map(ToString::to_string);
            tracing::warn!(
                %zone, client = %by.address, key,
                "told that a zone has changed by a server that is no primary of it"
            );
        }
    }
}

impl Following for Hub {
    fn follows(&self, zone: &Name) -> bool {
        let zones = self.zones.read().unwrap_or_else(PoisonError::into_inner);
        zones.contains_key(zone)
    }

    fn notified(&self, zone: &Name, by: &Client, serial: Option<Serial>) -> Heard {
        let Some(followed) = self.find(zone) else {
            return Heard::NotFollowed;
        };
        // Many primaries do not sign what they tell. It only makes us ask, so an address will do.
        let address = by.address.to_canonical();
        let has_key = |key: &Option<Name>| key.is_some() && *key == by.key;
        let mut primaries = followed.primaries.iter();
        let Some(primary) = primaries.position(|(ip, key)| *ip == address || has_key(key)) else {
            self.say_stranger(zone, by);
            return Heard::Stranger;
        };
        // Where notices wait already, the zone is about to be asked for.
        let _told = followed
            .notices
            .try_send(Told::Notice(Notice { primary, serial }))
            .is_ok();
        Heard::Taken
    }

    fn forwards(&self, zone: &Name) -> bool {
        self.forwards && self.follows(zone)
    }

    fn forward(&self, zone: &Name, client: SocketAddr, message: Vec<u8>, deliver: Deliver) {
        let Some(followed) = self.find(zone) else {
            return deliver(&[]);
        };
        let Some(turn) = self.forwarded.begin(client, &message, deliver) else {
            return;
        };
        let forwarded = Arc::clone(&self.forwarded);
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            tracing::warn!(%zone, %client, "update not handed on: too many are on their way");
            return forwarded.fail(turn, &forward::failure(&message));
        };
        let (servers, zone) = (followed.servers, zone.clone());
        self.runtime.spawn(async move {
            let failure = forward::failure(&message);
            let passed = tokio::time::timeout(PATIENCE, forward::pass_on(&servers, message));
            match passed.await {
                Ok(Some(Ok(answer))) => forwarded.answer(turn, &answer),
                Ok(Some(Err(fault))) => {
                    let error = telemetry::chain(&fault);
                    tracing::warn!(%zone, %client, error, "update could not be handed on");
                    forwarded.fail(turn, &failure);
                }
                Ok(None) | Err(_) => {
                    tracing::warn!(%zone, %client, "no primary has answered an update in time");
                    forwarded.fail(turn, &failure);
                }
            }
            drop(room);
        });
    }
}

/// Updates that are on their way at once, at most: each takes the memory of a message.
const MOST_FORWARDED: usize = 256;

/// How many seconds lie between two lines about strangers.
const STRANGERS: u64 = 60;

/// Clients ask again after some seconds, so an answer later than that is none.
const PATIENCE: Duration = Duration::from_secs(6);

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text.as_bytes(), None).unwrap()
    }

    #[tokio::test]
    async fn only_primaries_are_listened_to() {
        let hub = Hub::new(false, Trust::default());
        let (sender, mut notices) = mpsc::channel(8);
        let primary = |address: &str, key: Option<&str>| Primary {
            address: address.parse().unwrap(),
            key: key.map(name),
            tls: config::PrimaryTls::Off,
        };
        let primaries = [
            primary("192.0.2.1:53", None),
            primary("192.0.2.2:5300", Some("xfr.")),
        ];
        hub.add(&name("zone."), &primaries, sender);
        let cases = [
            ("zone.", "192.0.2.1", None, Heard::Taken, Some(0)),
            ("zone.", "::ffff:192.0.2.2", None, Heard::Taken, Some(1)),
            ("zone.", "198.51.100.1", Some("xfr."), Heard::Taken, Some(1)),
            ("zone.", "198.51.100.1", Some("x."), Heard::Stranger, None),
            ("zone.", "198.51.100.1", None, Heard::Stranger, None),
            ("other.", "192.0.2.1", None, Heard::NotFollowed, None),
        ];
        for (zone, address, key, heard, told) in cases {
            let client = Client {
                address: address.parse().unwrap(),
                connected: false,
                tls: false,
                certificate: None,
                key: key.map(name),
            };
            let serial = Some(Serial(7));
            assert_eq!(
                hub.notified(&name(zone), &client, serial),
                heard,
                "{address}"
            );
            let notice = match notices.try_recv() {
                Ok(Told::Notice(notice)) => Some(notice.primary),
                _ => None,
            };
            assert_eq!(notice, told, "{address}");
        }
        assert!(!hub.forwards(&name("zone.")));
    }
}
