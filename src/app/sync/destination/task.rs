//! The task: when a destination looks at what, and what it is asked.

use std::collections::BTreeSet;

use plan::{ProviderError, RowName};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::look::FIRST_PAUSE;
use super::state::{Ask, Destination, Scope};
use crate::app::cluster;
use crate::app::sync::pass::Decided;

impl Destination {
    /// Keeps the place until it is told to stop.
    pub(in crate::app::sync) async fn run(
        mut self,
        mut asks: mpsc::Receiver<Ask>,
        stop: CancellationToken,
    ) {
        let patience = Instant::now() + self.pace.patience;
        let mut next_full = Instant::now();
        // No pass before this moment: what a failure or the settings ask for.
        let mut not_before = Instant::now();
        let mut wanted = true;
        loop {
            let term = cluster::term(self.leading.as_ref());
            if !cluster::leads(self.leading.as_ref()) || term != self.term {
                if !self.stand_by(&mut asks, &stop).await {
                    return;
                }
                (next_full, not_before, wanted) = (Instant::now(), Instant::now(), true);
            }
            let term = self.term;
            let complete = self.model.is_complete();
            // What is denied will not come by waiting, and what is incomplete takes nothing away.
            let waits = !complete && !self.model.is_answered();
            let due = if waits && Instant::now() < patience {
                patience
            } else if wanted {
                not_before
            } else {
                next_full.max(not_before)
            };
            tokio::select! {
                () = stop.cancelled() => return,
                Some(ask) = asks.recv() => {
                    if self.answer(ask).await {
                        (next_full, wanted) = (Instant::now(), true);
                    }
                    continue;
                }
                () = self.pending.wait() => {
                    wanted = true;
                    if self.doubt.is_settled_by(self.pending.len()) {
                        not_before = not_before.min(Instant::now() + FIRST_PAUSE);
                    }
                    continue;
                }
                () = sleep_until(due) => {}
            }
            let synced = self.status.numbers().synced;
            let known = self.knows_enough(complete);
            let full = Instant::now() >= next_full || (known && !synced);
            let came = self.pending.take();
            let arrivals: Vec<Instant> = came.values().copied().collect();
            let mut names: BTreeSet<RowName> = came.into_keys().collect();
            if self.model.is_complete() {
                names.append(&mut self.postponed);
            }
            let doubted = self.model.doubted();
            names.extend(self.unclaimed.doubtless(doubted).cloned());
            if full {
                next_full = Instant::now() + self.pace.interval;
            }
            let scope = if full && !(self.provider.capabilities().owns && self.looked) {
                Scope::All
            } else {
                // Nothing drifts where nobody else writes; what waits is looked at again.
                if full {
                    names.extend(self.waiting());
                }
                Scope::Names(names.into_iter().collect())
            };
            wanted = false;
            let mut leading = self.leading.clone();
            let result = tokio::select! {
                result = self.pass(&scope, full && known) => result,
                // What it has written is not known; whoever leads next looks.
                () = cluster::until_lost(&mut leading, term) => continue,
                // The provider's call is given up with the pass.
                () = stop.cancelled() => return,
            };
            not_before = Instant::now() + self.pace.between;
            if let Err(error) = result {
                let earliest = arrivals.into_iter().min().unwrap_or_else(Instant::now);
                match scope {
                    Scope::Names(names) => self.pending.add(names, earliest),
                    Scope::All => next_full = Instant::now(),
                }
                wanted = true;
                self.doubt.wait(self.pending.len());
                not_before = Instant::now() + self.failed(&error);
            } else if synced {
                // The first pass is about what was there before, not about events.
                for arrival in arrivals {
                    self.status.latency.observe(arrival.elapsed());
                }
            }
            self.pending.done();
        }
    }

    /// Waits until we lead; what is there then is not what it was. False at the stop.
    async fn stand_by(&mut self, asks: &mut mpsc::Receiver<Ask>, stop: &CancellationToken) -> bool {
        (self.stale, self.looked) = (true, false);
        self.provider.forget();
        let mut leading = self.leading.clone();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return false,
                () = cluster::until_led(&mut leading) => {
                    self.term = cluster::term(leading.as_ref());
                    return true;
                }
                Some(ask) = asks.recv() => drop(self.answer(ask).await),
                () = self.pending.wait() => {
                    // All names are looked at then.
                    drop(self.pending.take());
                    self.pending.done();
                }
            }
        }
    }

    /// Whether all is known that this place needs. In our own zones nothing can be lost that only a
    /// broken file would still ask for.
    pub(super) fn knows_enough(&self, complete: bool) -> bool {
        complete || (self.provider.capabilities().owns && self.model.is_known())
    }

    /// Names that were refused, whose deletes are held, or that objects may want that cannot be read.
    fn waiting(&self) -> BTreeSet<RowName> {
        let held = self.brake.held().into_iter();
        let held = held.flat_map(|(zone, _)| self.brake.names(zone));
        let waiting = self.refused.names().chain(self.unclaimed.names());
        waiting.cloned().chain(held).collect()
    }

    /// One full pass, for `--once`.
    ///
    /// # Errors
    /// The destination could not be read or written.
    pub(in crate::app::sync) async fn once(&mut self) -> Result<(), ProviderError> {
        self.pass(&Scope::All, true).await
    }

    /// What a full pass would do.
    ///
    /// # Errors
    /// The destination could not be read.
    pub(in crate::app::sync) async fn preview(&mut self) -> Result<Decided, ProviderError> {
        self.list(true).await?;
        let names = self.names(&Scope::All);
        let mut decided = Decided::default();
        self.decide(&names, &mut decided).await?;
        self.spare(&mut decided.plan.changes, None, true);
        Ok(decided)
    }

    /// Answers a question. True if a full pass should follow.
    async fn answer(&mut self, ask: Ask) -> bool {
        match ask {
            Ask::Release(zone, reply) => {
                let released = match zone {
                    Some(zone) if !self.judge.has_zone(&zone) => {
                        let zones = self.judge.zones.iter();
                        Err(zones.map(ToString::to_string).collect())
                    }
                    zone => Ok(self.brake.release(zone.as_deref())),
                };
                let some = released.as_ref().is_ok_and(|count| *count > 0);
                // Whoever asked may have gone.
                let _unheard = reply.send(released).is_err();
                some
            }
            Ask::Explain(name, reply) => {
                let _unheard = reply.send(self.explain(&name).await).is_err();
                false
            }
        }
    }
}
