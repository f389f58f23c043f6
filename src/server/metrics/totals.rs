//! Sums over all workers, with their labels: what a scrape shows.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::label::{self, DropReason, Family, LATENCY_BOUNDS};
use super::worker::Joint;
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
    /// TCP connections taken, those that speak TLS among them.
    pub tcp_accepted: u64,
    /// TCP connections open now, those that speak TLS among them.
    pub tcp_open: u64,
    queries: Joint<u64>,
    drops: [u64; DropReason::ALL.len()],
    latency: [u64; LATENCY_BOUNDS.len() + 1],
    latency_nanos: u64,
}

/// How many requests of one kind were answered, and what the kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queries {
    /// `tcp`, `tls` or `udp`.
    pub transport: &'static str,
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// The type asked for, `other`, or `none` where no question could be read.
    pub qtype: &'static str,
    /// The response code, or `other`.
    pub rcode: &'static str,
    /// How many.
    pub count: u64,
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
    /// Requests that were answered, by all that is known of them; kinds that never came are left out.
    pub fn queries(&self) -> impl Iterator<Item = Queries> {
        [Transport::Tcp, Transport::Tls, Transport::Udp]
            .into_iter()
            .flat_map(|transport| [Family::V4, Family::V6].map(|family| (transport, family)))
            .flat_map(|(transport, family)| {
                let rows = &self.queries[transport as usize][family as usize];
                label::qtype_labels()
                    .zip(rows)
                    .flat_map(|(qtype, codes)| {
                        label::rcode_labels()
                            .zip(codes)
                            .map(move |(rcode, count)| (qtype, rcode, *count))
                    })
                    .map(move |(qtype, rcode, count)| Queries {
                        transport: label::transport_label(transport),
                        family: family.label(),
                        qtype,
                        rcode,
                        count,
                    })
            })
            .filter(|queries| queries.count > 0)
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
        let rows = self.queries.iter_mut().flatten().flatten();
        for (totals, counters) in rows.zip(cell.queries.iter().flatten().flatten()) {
            all(totals, counters);
        }
        all(&mut self.drops, &cell.drops);
        all(&mut self.latency, &cell.latency);
    }
}
