//! Who is connected: caps for each client and in all, and who has to make room.
//!
//! At the cap of all, one connection ends for the new one: the closest to its deadline of those that
//! wait for a question, or else of those that have answers to read. One that has just come, or
//! has just asked something, is spared while there is any other. So neither a crowd of silent connections
//! nor one that never reads can keep others out, and a new client always gets its turn.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::address;

/// All connections of a server.
pub(crate) struct Registry {
    most: usize,
    per_client: u32,
    start: Instant,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    seats: HashMap<u64, Arc<Seat>>,
    clients: HashMap<u128, u32>,
}

/// One connection as the registry sees it.
struct Seat {
    /// Milliseconds since the start, with [`BUSY`] while answers wait to be read.
    deadline: AtomicU64,
    /// When it came, or began to be answered; bytes that trickle in are no progress. Milliseconds
    /// since the start.
    since: AtomicU64,
    evicted: CancellationToken,
}

/// The right to be connected; given back when dropped.
pub(crate) struct Ticket {
    registry: Arc<Registry>,
    id: u64,
    seat: Arc<Seat>,
    client: Option<u128>,
}

impl Registry {
    pub(crate) fn new(most: usize, per_client: u32) -> Arc<Self> {
        Arc::new(Self {
            most: most.max(1),
            per_client,
            start: Instant::now(),
            open: Mutex::default(),
        })
    }

    /// Lets a connection in, for which another one may have to go.
    pub(crate) fn admit(self: &Arc<Self>, now: Instant, deadline: Instant) -> Ticket {
        let seat = Arc::new(Seat {
            deadline: AtomicU64::new(self.millis(deadline)),
            since: AtomicU64::new(self.millis(now)),
            evicted: CancellationToken::new(),
        });
        let mut open = self.open();
        if open.seats.len() >= self.most {
            open.evict(self.millis(now));
        }
        open.next += 1;
        let id = open.next;
        open.seats.insert(id, Arc::clone(&seat));
        Ticket {
            registry: Arc::clone(self),
            id,
            seat,
            client: None,
        }
    }

    /// Ends the connection that has to make room first, if there is any.
    pub(crate) fn make_room(&self, now: Instant) {
        self.open().evict(self.millis(now));
    }

    fn millis(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.start);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX) & !BUSY
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn evict(&mut self, now: u64) {
        let closest = self
            .seats
            .iter()
            .min_by_key(|(id, seat)| {
                let fresh = now.saturating_sub(seat.since.load(Relaxed)) < SPARED;
                // Of equals the one that came first.
                (fresh, seat.deadline.load(Relaxed), **id)
            })
            .map(|(id, _)| *id);
        if let Some(seat) = closest.and_then(|id| self.seats.remove(&id)) {
            seat.evicted.cancel();
        }
    }
}

impl Ticket {
    /// Says who the client is; `false` if it has too many connections already.
    pub(crate) fn name(&mut self, client: IpAddr) -> bool {
        let client = address::network(client, 32, 64);
        let mut open = self.registry.open();
        let count = open.clients.entry(client).or_default();
        if *count >= self.registry.per_client {
            return false;
        }
        *count += 1;
        self.client = Some(client);
        true
    }

    /// Waits for a question until then.
    pub(crate) fn reads_until(&self, deadline: Instant) {
        let deadline = self.registry.millis(deadline);
        self.seat.deadline.store(deadline, Relaxed);
    }

    /// Waits for its answers to be read until then.
    pub(crate) fn writes_until(&self, now: Instant, deadline: Instant) {
        let deadline = self.registry.millis(deadline) | BUSY;
        self.seat.deadline.store(deadline, Relaxed);
        self.seat.since.store(self.registry.millis(now), Relaxed);
    }

    /// Done when the connection has to make room.
    pub(crate) async fn evicted(&self) {
        self.seat.evicted.cancelled().await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut open = self.registry.open();
        open.seats.remove(&self.id);
        let Some(client) = self.client else { return };
        if let Some(count) = open.clients.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                open.clients.remove(&client);
            }
        }
    }
}

const BUSY: u64 = 1 << 63;

/// For how many milliseconds a connection that came or asked is spared: the first question comes
/// a round trip after the connection.
const SPARED: u64 = 500;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(registry: &Registry, seconds: u64) -> Instant {
        registry.start + Duration::from_secs(seconds)
    }

    fn is_evicted(ticket: &Ticket) -> bool {
        ticket.seat.evicted.is_cancelled()
    }

    #[test]
    fn closest_to_its_deadline_makes_room() {
        let registry = Registry::new(3, 20);
        let start = at(&registry, 0);
        let late = registry.admit(start, at(&registry, 30));
        let soon = registry.admit(start, at(&registry, 10));
        let busy = registry.admit(start, at(&registry, 1));
        busy.writes_until(start, at(&registry, 1));
        assert!(![&late, &soon, &busy].into_iter().any(is_evicted));
        let new = registry.admit(at(&registry, 5), at(&registry, 20));
        let seen = [&late, &soon, &busy, &new].map(is_evicted);
        assert_eq!(seen, [false, true, false, false]);
        // Its own end does not free the place a second time.
        drop(soon);
        let _newer = registry.admit(at(&registry, 6), at(&registry, 40));
        assert!(is_evicted(&new) && !is_evicted(&late));
    }

    #[test]
    fn writers_make_room_when_there_is_nobody_else() {
        let registry = Registry::new(1, 20);
        let busy = registry.admit(at(&registry, 0), at(&registry, 1));
        busy.writes_until(at(&registry, 0), at(&registry, 1));
        let _new = registry.admit(at(&registry, 0), at(&registry, 1));
        assert!(is_evicted(&busy));
    }

    #[test]
    fn new_connections_outlast_those_that_never_read() {
        let registry = Registry::new(3, 20);
        let start = at(&registry, 0);
        let stuck = [10, 11].map(|deadline| {
            let ticket = registry.admit(start, at(&registry, deadline));
            ticket.writes_until(start, at(&registry, deadline));
            ticket
        });
        let now = at(&registry, 5);
        let first = registry.admit(now, at(&registry, 10));
        let second = registry.admit(now, at(&registry, 10));
        assert!(is_evicted(&stuck[0]) && !is_evicted(&first));
        let _third = registry.admit(now, at(&registry, 10));
        assert!(is_evicted(&stuck[1]) && !is_evicted(&first) && !is_evicted(&second));
        // Once they have had their time, silent ones go first again.
        second.writes_until(at(&registry, 6), at(&registry, 7));
        let _fourth = registry.admit(at(&registry, 8), at(&registry, 13));
        assert!(is_evicted(&first) && !is_evicted(&second));
    }

    #[test]
    fn client_gets_no_more_than_its_share() {
        let registry = Registry::new(100, 2);
        let admit = |client: &str| {
            let mut ticket = registry.admit(at(&registry, 0), at(&registry, 1));
            let named = ticket.name(client.parse().unwrap());
            (ticket, named)
        };
        let held: Vec<_> = [
            ("192.0.2.1", true),
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", false),
            ("192.0.2.2", true),
            ("2001:db8::1", true),
            ("2001:db8::2", true),
            ("2001:db8::3", false),
            ("2001:db8:0:1::3", true),
        ]
        .map(|(client, expected)| {
            let (ticket, named) = admit(client);
            assert_eq!(named, expected, "{client}");
            ticket
        })
        .into();
        drop(held);
        assert!(registry.open().seats.is_empty() && registry.open().clients.is_empty());
    }
}
