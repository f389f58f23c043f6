//! Sums over all workers, with their labels: what a scrape shows.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::label::{self, DropReason, Family, LATENCY_BOUNDS, RCODES, RTYPES};
use crate::slot::Transport;

/// What all workers have counted since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests received, whether understood or not.
    pub received: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Answers sent.
    pub sent: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Answers cut to fit.
    pub truncated: u64,
    /// Panics of the core that a worker caught.
    pub panics: u64,
    /// TCP connections taken.
    pub tcp_accepted: u64,
    /// TCP connections open now.
    pub tcp_open: u64,
    queries: [[u64; Family::COUNT]; label::TRANSPORTS],
    rcodes: [u64; RCODES.len() + 1],
    rtypes: [u64; RTYPES.len() + 1],
    drops: [u64; DropReason::ALL.len()],
    latency: [u64; LATENCY_BOUNDS.len() + 1],
    latency_nanos: u64,
}

/// How long requests took from the moment they were read to their answer, a sample of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latency {
    /// How many took at most so long and longer than the bound before; `None` is without bound.
    pub buckets: Vec<(Option<Duration>, u64)>,
    /// How many were timed.
    pub count: u64,
    /// All their times together.
    pub sum: Duration,
}

impl Totals {
    /// Questions by transport and family.
    pub fn queries(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        [Transport::Tcp, Transport::Udp]
            .into_iter()
            .flat_map(|transport| [Family::V4, Family::V6].map(|family| (transport, family)))
            .map(|(transport, family)| {
                (
                    label::transport_label(transport),
                    family.label(),
                    self.queries[transport as usize][family as usize],
                )
            })
    }

    /// Questions by type.
    pub fn rtypes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = RTYPES.iter().map(|rtype| rtype.mnemonic());
        labelled(names, &self.rtypes)
    }

    /// Answers by response code.
    pub fn rcodes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let names = RCODES.iter().map(|rcode| rcode.mnemonic());
        labelled(names, &self.rcodes)
    }

    /// What was dropped, by reason.
    pub fn drops(&self) -> impl Iterator<Item = (&'static str, u64)> {
        DropReason::ALL
            .iter()
            .map(|reason| reason.label())
            .zip(self.drops)
    }

    /// How long requests took.
    #[must_use]
    pub fn latency(&self) -> Latency {
        let bounds = LATENCY_BOUNDS.iter().copied().map(Some).chain([None]);
        Latency {
            buckets: bounds.zip(self.latency).collect(),
            count: self.latency.iter().sum(),
            sum: Duration::from_nanos(self.latency_nanos),
        }
    }

    pub(super) fn add(&mut self, cell: &super::worker::Cell) {
        let one = |total: &mut u64, counter: &AtomicU64| {
            *total = total.wrapping_add(counter.load(Relaxed));
        };
        let all = |totals: &mut [u64], counters: &[AtomicU64]| {
            for (total, counter) in totals.iter_mut().zip(counters) {
                one(total, counter);
            }
        };
        one(&mut self.received, &cell.received);
        one(&mut self.received_bytes, &cell.received_bytes);
        one(&mut self.sent, &cell.sent);
        one(&mut self.sent_bytes, &cell.sent_bytes);
        one(&mut self.truncated, &cell.truncated);
        one(&mut self.panics, &cell.panics);
        one(&mut self.latency_nanos, &cell.latency_nanos);
        for (totals, counters) in self.queries.iter_mut().zip(&cell.queries) {
            all(totals, counters);
        }
        all(&mut self.rcodes, &cell.rcodes);
        all(&mut self.rtypes, &cell.rtypes);
        all(&mut self.drops, &cell.drops);
        all(&mut self.latency, &cell.latency);
    }
}

fn labelled(
    names: impl Iterator<Item = Option<&'static str>>,
    counts: &[u64],
) -> impl Iterator<Item = (&'static str, u64)> {
    names
        .map(|name| name.unwrap_or("other"))
        .chain(["other"])
        .zip(counts.iter().copied())
}
