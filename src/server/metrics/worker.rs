//! The cells that workers count in, and who holds them.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wire::{Rcode, Rtype};

use super::label::{self, DropReason, Family, LATENCY_BOUNDS};
use super::totals::Totals;
use crate::slot::Transport;

/// All counters of a server. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    cells: Mutex<Cells>,
    connections: Connections,
}

#[derive(Debug, Default)]
pub(super) struct Cells {
    pub(super) all: Vec<Arc<Cell>>,
    unused: Vec<Arc<Cell>>,
}

/// Rare events of TCP, counted by whichever task sees them.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    pub(crate) accepted: AtomicU64,
    pub(crate) open: AtomicU64,
}

impl Metrics {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A cell for one more worker.
    #[must_use]
    pub fn worker(&self) -> WorkerMetrics {
        let mut cells = self.cells();
        let cell = cells.unused.pop().unwrap_or_else(|| {
            let cell = Arc::new(Cell::default());
            cells.all.push(Arc::clone(&cell));
            cell
        });
        drop(cells);
        WorkerMetrics {
            cell,
            home: self.clone(),
        }
    }

    /// The sums over all workers, as of now.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for cell in &self.cells().all {
            totals.add(cell);
        }
        totals.tcp_accepted = self.0.connections.accepted.load(Relaxed);
        totals.tcp_open = self.0.connections.open.load(Relaxed);
        totals
    }

    /// Which turn each UDP worker is at, none if it waits for requests. One that is long at the same
    /// turn is stuck.
    #[must_use]
    pub fn turns(&self) -> Vec<Option<u64>> {
        let turns = |cell: &Arc<Cell>| cell.turns.load(Relaxed);
        self.cells()
            .all
            .iter()
            .map(turns)
            .filter(|turns| *turns > 0)
            .map(|turns| turns.is_multiple_of(2).then_some(turns / 2))
            .collect()
    }

    pub(crate) fn connections(&self) -> &Connections {
        &self.0.connections
    }

    pub(super) fn cells(&self) -> std::sync::MutexGuard<'_, Cells> {
        // Counting goes on whatever panicked: the lists are whole between two statements.
        self.0.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The counters of one worker. Not to be cloned: it is the only writer of its cell.
#[derive(Debug)]
pub struct WorkerMetrics {
    cell: Arc<Cell>,
    home: Metrics,
}

impl WorkerMetrics {
    /// A request was answered with this code; it has no type where no question could be read.
    #[inline]
    pub fn query(
        &mut self,
        transport: Transport,
        client: IpAddr,
        qtype: Option<Rtype>,
        rcode: Rcode,
    ) {
        let family = Family::of(client) as usize;
        let qtypes = &self.cell.queries[transport as usize][family];
        let codes = &qtypes[label::qtype_index(qtype)];
        add(&codes[label::rcode_index(rcode)], 1);
    }

    /// An answer was cut to fit.
    #[inline]
    pub fn truncated(&mut self) {
        add(&self.cell.truncated, 1);
    }

    /// A request or an answer was dropped.
    #[inline]
    pub fn dropped(&mut self, reason: DropReason) {
        self.dropped_many(reason, 1);
    }

    /// Several were dropped at once.
    #[inline]
    pub fn dropped_many(&mut self, reason: DropReason, n: usize) {
        add(&self.cell.drops[reason as usize], n as u64);
    }

    /// Requests came in.
    #[inline]
    pub(crate) fn received(&mut self, n: usize, bytes: usize) {
        add(&self.cell.received, n as u64);
        add(&self.cell.received_bytes, bytes as u64);
    }

    /// Answers went out.
    #[inline]
    pub(crate) fn sent(&mut self, n: usize, bytes: usize) {
        add(&self.cell.sent, n as u64);
        add(&self.cell.sent_bytes, bytes as u64);
    }

    /// So many requests took so long, together.
    #[inline]
    pub(crate) fn took(&mut self, n: usize, time: Duration) {
        let Some(each) = u32::try_from(n).ok().and_then(|n| time.checked_div(n)) else {
            return;
        };
        let bucket = LATENCY_BOUNDS.partition_point(|bound| *bound < each);
        add(&self.cell.latency[bucket], n as u64);
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        add(&self.cell.latency_nanos, nanos);
    }

    /// The worker waits for requests from now on.
    #[inline]
    pub(crate) fn waits(&mut self) {
        add(&self.cell.turns, 1);
    }

    /// The worker does not wait any more.
    #[inline]
    pub(crate) fn works(&mut self) {
        add(&self.cell.turns, 1);
    }

    /// A request made the core panic.
    pub(crate) fn panicked(&mut self) {
        add(&self.cell.panics, 1);
    }
}

impl Drop for WorkerMetrics {
    fn drop(&mut self) {
        self.cell.turns.store(0, Relaxed);
        self.home.cells().unused.push(Arc::clone(&self.cell));
    }
}

/// A counter for each transport, family, type and response code: 21 KiB, of which a worker touches
/// the few lines of what it is asked for.
pub(super) type Joint<T> = [[[[T; label::CODES]; label::QTYPES]; Family::COUNT]; label::TRANSPORTS];

/// What one worker has counted. Two cache lines of space, since processors fetch lines in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Cell {
    pub(super) received: AtomicU64,
    pub(super) received_bytes: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) sent_bytes: AtomicU64,
    pub(super) truncated: AtomicU64,
    pub(super) panics: AtomicU64,
    pub(super) queries: Joint<AtomicU64>,
    pub(super) drops: [AtomicU64; DropReason::ALL.len()],
    pub(super) latency: [AtomicU64; LATENCY_BOUNDS.len() + 1],
    pub(super) latency_nanos: AtomicU64,
    /// Counts one when the worker begins to wait and one when it ends: odd while it waits.
    pub(super) turns: AtomicU64,
}

/// Adds without a locked instruction: the caller is the only writer.
#[inline]
fn add(counter: &AtomicU64, n: u64) {
    counter.store(counter.load(Relaxed).wrapping_add(n), Relaxed);
}
