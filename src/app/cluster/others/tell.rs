//! Tells each other copy of what is new, and hears that it has it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use client::{Limits, Server};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use wire::{Name, Rcode, Serial};
use zone::Store;

use super::places::Places;
use super::wait::{Others, Peer};
use crate::app::secondaries::soa_of;
use crate::app::{peer, telemetry};

/// Finds the other copies and tells them until the stop.
pub(in crate::app::cluster) async fn run(
    others: Arc<Others>,
    places: Places,
    stop: CancellationToken,
) {
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

/// How long another copy may take to have a version, and to be reached.
const ANSWER: Duration = Duration::from_secs(1);
const CONNECT: Duration = Duration::from_millis(500);

/// Copies count connections of one client; each zone that is told of at once has one.
const MOST_AT_ONCE: usize = 6;

/// Pauses of a copy that does not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often it is looked where copies are.
const LOOK: Duration = Duration::from_secs(2);
