//! A destination at work: a task that keeps one place as the objects want it.
//!
//! ```text
//! names touched ─┐
//! interval ──────┼→ pass: list? → rows → adjust → plan → brake → write → apply → shadow
//! questions ─────┘                                              └ refused: bisect, set aside
//! ```
//!
//! Nothing is written before the first whole listing. A pass that fails leaves its names to be looked
//! at again, after a pause that grows; where it is not known what was done, the place is listed anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use plan::brake::Brake;
use plan::group;
use plan::registry::Shadow;
use plan::{ChangeSet, DynProvider, Endpoint, ErrorKind, ProviderError, RowName};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::explain::Place;
use super::model::{Model, Pending};
use super::own_zones::{Loss, OwnZones};
use super::pass::{self, Decided, Judge};
use super::report::{Done, Reports};
use super::status::Status;
use crate::app::{clock, telemetry};

/// One destination.
pub(super) struct Destination {
    pub(super) name: String,
    pub(super) provider: Box<dyn DynProvider>,
    pub(super) judge: Judge,
    pub(super) shadow: Shadow,
    pub(super) brake: Brake,
    pub(super) pace: Pace,
    pub(super) model: Model,
    pub(super) pending: Arc<Pending>,
    pub(super) status: Arc<Status>,
    pub(super) reports: Reports,
    /// What is answered in truth, where the zones are our own.
    pub(super) own: Option<OwnZones>,
    /// What is there and not answered.
    pub(super) losses: BTreeSet<Loss>,
    /// The filter of the provider is known.
    pub(super) negotiated: bool,
    /// What is there is to be listed before the next write.
    pub(super) stale: bool,
    /// Told once all is as wanted for the first time.
    pub(super) ready: Option<oneshot::Sender<()>>,
    /// All names there were have been looked at once; of those that came since we were told.
    pub(super) looked: bool,
    /// Names of which something waits until all objects are known.
    pub(super) postponed: BTreeSet<RowName>,
    /// Names that were refused, and why. Tried again by every full pass.
    pub(super) refused: BTreeMap<RowName, String>,
    /// Names that were lost to others, since the last full pass, and what was said of it before.
    pub(super) conflicts: BTreeSet<String>,
    pub(super) told: BTreeSet<String>,
}

/// When passes are made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Between full passes.
    pub(super) interval: Duration,
    /// Between passes that events start, at least.
    pub(super) between: Duration,
    /// How long the first pass waits for all objects.
    pub(super) patience: Duration,
}

/// A question or an order to a destination.
pub(crate) enum Ask {
    /// All about a name.
    Explain(RowName, oneshot::Sender<Place>),
    /// Lets held deletes go, of one zone or all. Tells how many.
    Release(Option<String>, oneshot::Sender<usize>),
}

/// The way to ask a destination.
#[derive(Clone, Debug)]
pub(crate) struct Asks {
    pub(crate) name: String,
    pub(crate) sender: mpsc::Sender<Ask>,
    pub(crate) status: Arc<Status>,
    /// As users type it.
    pub(crate) provider: &'static str,
    /// Who we are there; empty if everything there is ours.
    pub(crate) owner: String,
}

/// What a pass looks at.
enum Scope {
    All,
    Names(Vec<RowName>),
}

impl Destination {
    /// Keeps the place until it is told to stop.
    pub(super) async fn run(mut self, mut asks: mpsc::Receiver<Ask>, stop: CancellationToken) {
        let patience = Instant::now() + self.pace.patience;
        let mut next_full = Instant::now();
        // No pass before this moment: what a failure or the settings ask for.
        let mut not_before = Instant::now();
        let mut wanted = true;
        loop {
            let complete = self.model.is_complete();
            let due = if !complete && Instant::now() < patience {
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
            let result = tokio::select! {
                result = self.pass(&scope, full && known) => result,
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
                not_before = Instant::now() + self.failed(&error);
            } else if synced {
                // The first pass is about what was there before, not about events.
                for arrival in arrivals {
                    self.status.latency.observe(arrival.elapsed());
                }
            }
        }
    }

    /// Whether all is known that this place needs. In our own zones nothing can be lost that only a
    /// broken file would still ask for.
    fn knows_enough(&self, complete: bool) -> bool {
        complete || (self.provider.capabilities().owns && self.model.is_known())
    }

    /// Names that were refused, or whose deletes are held.
    fn waiting(&self) -> BTreeSet<RowName> {
        let held = self.brake.held().into_iter();
        let held = held.flat_map(|(zone, _)| self.brake.names(zone));
        self.refused.keys().cloned().chain(held).collect()
    }

    /// One full pass, for `--once`.
    ///
    /// # Errors
    /// The destination could not be read or written.
    pub(super) async fn once(&mut self) -> Result<(), ProviderError> {
        self.pass(&Scope::All, true).await
    }

    /// What a full pass would do.
    ///
    /// # Errors
    /// The destination could not be read.
    pub(super) async fn preview(&mut self) -> Result<Decided, ProviderError> {
        self.list(true).await?;
        let names = self.names(&Scope::All);
        let mut decided = Decided::default();
        self.decide(&names, &mut decided).await?;
        Ok(decided)
    }

    /// Looks at some names or at all. `settles`: nothing is left to look at after it.
    async fn pass(&mut self, scope: &Scope, settles: bool) -> Result<(), ProviderError> {
        let can = self.provider.capabilities();
        let (owns, conditional) = (can.owns, can.conditional);
        let full = matches!(scope, Scope::All);
        self.status.begin(clock::now());
        self.list(full && !owns).await?;
        let complete = self.model.is_complete();
        let names = self.names(scope);
        for name in &names {
            self.refused.remove(name);
        }
        if full {
            self.status.recount();
            self.refused.clear();
            self.told = std::mem::take(&mut self.conflicts);
        }
        let mut fresh = false;
        // A first sync of many names is made in parts: what is found early is served early. Later a
        // pass is decided whole, since the brake looks at all that it would take away.
        let first = owns && !self.status.numbers().synced;
        let part = if owns { NAMES_A_PART } else { usize::MAX };
        let mut decided = Decided::default();
        let mut changed = false;
        for names in names.chunks(part.min(names.len().max(1))) {
            self.decide(names, &mut decided).await?;
            if !full && !fresh && !decided.plan.changes.is_empty() && !conditional {
                // A write there would go through even if our view of it is old.
                self.list(true).await?;
                fresh = true;
                decided = Decided::default();
                self.decide(names, &mut decided).await?;
            }
            if first {
                changed |= self.perform(&mut decided, Some(names), complete).await?;
            }
        }
        let all = if full { None } else { Some(&*names) };
        if !first || full {
            changed |= self.perform(&mut decided, all, complete).await?;
        }
        let all = full || settles;
        self.say_losses((!all).then_some(&*names));
        let known = self.knows_enough(complete);
        self.looked |= full;
        self.finished(settles && known, changed);
        Ok(())
    }

    /// Makes sure that we know what is there, anew if `afresh`.
    async fn list(&mut self, afresh: bool) -> Result<(), ProviderError> {
        if !self.negotiated {
            let filter = self.provider.filter().await?;
            if self.judge.zones.is_empty() {
                let mut zones: Vec<Box<str>> = filter
                    .include()
                    .into_iter()
                    .map(|zone| plan::name::normalize(zone.trim_start_matches('.')).into())
                    .collect();
                zones.sort_by_key(|zone| std::cmp::Reverse(zone.len()));
                self.judge.zones = zones;
            }
            self.judge.rules.filters.push(filter);
            self.negotiated = true;
        }
        if afresh || self.stale || !self.shadow.is_listed() {
            let records = self.provider.records().await?;
            let _differing = self.shadow.load(records);
            self.status.listed(&self.shadow);
            self.stale = false;
        }
        Ok(())
    }

    fn names(&self, scope: &Scope) -> Vec<RowName> {
        match scope {
            Scope::Names(names) => names.clone(),
            Scope::All => {
                let mut names = self.model.read().desired.names();
                names.extend(self.shadow.names());
                names.sort_unstable();
                names.dedup();
                names
            }
        }
    }

    /// Plans these names, on top of what is decided already.
    async fn decide(&self, names: &[RowName], decided: &mut Decided) -> Result<(), ProviderError> {
        let mut wanted = Vec::new();
        for some in names.chunks(NAMES_A_LOCK) {
            let inner = self.model.read();
            for name in some {
                wanted.append(&mut self.judge.wanted(&inner, name, decided));
            }
        }
        let wanted = self.provider.adjust(wanted).await?;
        self.status.look_at(names);
        self.status.wanted(&wanted);
        self.judge.decide(&self.shadow, names, wanted, decided);
        Ok(())
    }

    /// Does what was decided. Tells whether there was anything to do.
    async fn perform(
        &mut self,
        decided: &mut Decided,
        names: Option<&[RowName]>,
        complete: bool,
    ) -> Result<bool, ProviderError> {
        let mut changes = std::mem::take(&mut decided.plan.changes);
        self.say_conflicts(decided);
        let now = self.reports.now();
        let verdicts = pass::brake(
            &mut self.brake,
            &self.judge,
            &self.shadow,
            &mut changes,
            names,
            (now, complete),
        );
        for (zone, verdict) in verdicts {
            self.say_brake(&zone, verdict);
        }
        if !complete {
            let waiting = pass::only_additions(&mut changes);
            self.postponed.extend(waiting);
        }
        if changes.is_empty() {
            return Ok(false);
        }
        // The providers of this build take a change set whole, as external-dns gives it to them.
        self.apply(self.shadow.write(changes)).await?;
        Ok(true)
    }

    /// Makes a batch; if the destination refuses it, its halves, down to who is at fault.
    async fn apply(&mut self, batch: ChangeSet) -> Result<(), ProviderError> {
        let mut work = vec![batch];
        while let Some(batch) = work.pop() {
            let applied = match self.provider.apply(&batch).await {
                Ok(applied) => applied,
                Err(error) if error.kind == ErrorKind::Rejected => {
                    let fault = batch.clone();
                    match group::bisect(batch) {
                        Some((first, second)) => work.extend([second, first]),
                        None => self.set_aside(&fault, &error),
                    }
                    continue;
                }
                Err(error) => {
                    // Some of it may have been done.
                    self.stale = true;
                    return Err(error);
                }
            };
            let refused: Vec<RowName> = applied
                .refused
                .iter()
                .map(|(name, _)| RowName::new(name))
                .collect();
            for (name, error) in &applied.refused {
                self.refuse(RowName::new(name), error);
            }
            let _touched = self.shadow.applied(&batch, &refused);
            let judge = &self.judge;
            self.brake.made(
                &batch,
                |endpoint| {
                    refused.is_empty() || !refused.contains(&RowName::new(&endpoint.name))
                },
                |name| judge.zone_of(name.as_str()),
                self.reports.now(),
            );
            self.done(&batch, &refused);
        }
        Ok(())
    }

    /// One group was refused: it waits for the next full pass, the others go on.
    fn set_aside(&mut self, batch: &ChangeSet, error: &ProviderError) {
        let names: BTreeSet<RowName> = endpoints(batch)
            .map(|endpoint| group::GroupKey::of(endpoint).name)
            .collect();
        for name in names {
            self.refuse(name, error);
        }
        self.status.keep_back(&batch.create);
        self.reports.failed(endpoints(batch), error);
    }

    fn refuse(&mut self, name: RowName, error: &ProviderError) {
        let reason = telemetry::chain(error);
        tracing::warn!(destination = self.name, %name, reason, "change is refused, the others are made");
        self.refused.insert(name, reason);
    }

    fn done(&self, batch: &ChangeSet, refused: &[RowName]) {
        let made = |endpoint: &&Endpoint| {
            !self.shadow.registry().is_own(endpoint)
                && (refused.is_empty() || !refused.contains(&RowName::new(&endpoint.name)))
        };
        let created: Vec<&Endpoint> = batch.create.iter().filter(made).collect();
        let updated: Vec<&Endpoint> = batch
            .update
            .iter()
            .map(|update| &update.new)
            .filter(made)
            .collect();
        let deleted: Vec<&Endpoint> = batch.delete.iter().filter(made).collect();
        let (creates, updates, deletes) = (created.len(), updated.len(), deleted.len());
        self.status.made(&created, updates, &deleted);
        if creates + updates + deletes > 0 {
            let destination = &self.name;
            tracing::info!(destination, creates, updates, deletes, "applied changes");
        }
        self.reports.made(&Done {
            created,
            updated,
            deleted,
        });
    }

    fn finished(&mut self, synced: bool, changed: bool) {
        self.status.end(clock::now());
        let recovered = self.status.numbers().failures > 0;
        let (names, refused) = (self.shadow.len(), self.refused.len());
        let held = self.brake.held().iter().map(|(_, count)| count).sum();
        let conflicts = self.conflicts.len() + self.losses.len();
        let was_synced = self.status.numbers().synced;
        self.status.change(|numbers| {
            numbers.synced |= synced;
            numbers.failures = 0;
            numbers.last_error = None;
            numbers.passes += 1;
            numbers.idle_passes += u64::from(!changed);
            numbers.names = names;
            numbers.refused = refused;
            numbers.held = held;
            numbers.conflicts = conflicts;
        });
        if synced && !was_synced {
            if let Some(ready) = self.ready.take() {
                // Whoever waits may have gone.
                let _unheard = ready.send(()).is_err();
            }
            tracing::info!(destination = self.name, names, "all names are as wanted");
        } else if recovered {
            tracing::info!(destination = self.name, "destination works again");
        }
    }

    /// Notes a failure; tells how long to wait.
    fn failed(&mut self, error: &ProviderError) -> Duration {
        let text = telemetry::chain(error);
        let before = self.status.numbers();
        if before.last_error.as_ref() != Some(&text) {
            tracing::warn!(
                destination = self.name,
                error = text,
                "pass failed, it is tried again"
            );
        }
        let failures = before.failures + 1;
        self.status.change(|numbers| {
            numbers.failures = failures;
            numbers.last_error = Some(text);
        });
        let doubled =
            FIRST_PAUSE * 2u32.saturating_pow(u32::try_from(failures - 1).unwrap_or(8).min(8));
        doubled.min(self.pace.interval.max(FIRST_PAUSE))
    }

    fn say_conflicts(&mut self, decided: &mut Decided) {
        for conflict in decided.plan.conflicts.drain(..) {
            let text = pass::lost_to(&conflict);
            if self.say_once(&text) {
                self.reports.lost(&conflict, &text);
            }
        }
        for endpoint in decided.homeless.drain(..) {
            let text = format!(
                "{}: a CNAME cannot stand at the apex of a zone",
                endpoint.name
            );
            if self.say_once(&text) {
                self.reports.homeless(&endpoint, &text);
            }
        }
        for skipped in decided.plan.skipped.drain(..) {
            let owner = skipped.foreign_owner().to_owned();
            let name = &skipped.current.name;
            tracing::debug!(destination = self.name, %name, owner, "record is not ours, it is left alone");
            self.status.skip(&skipped);
        }
        for (endpoint, reason) in decided.denied.drain(..) {
            let text = format!("{} {}: {reason}", endpoint.name, endpoint.rtype);
            if self.say_once(&text) {
                self.reports.homeless(&endpoint, &text);
            }
        }
        let (names, some) = std::mem::take(&mut decided.nowhere);
        if names > 0 {
            let such_as = some.join(" ");
            tracing::warn!(
                destination = self.name,
                names,
                such_as,
                "names are in no zone of this server; --zone names one more"
            );
        }
        let withheld = std::mem::take(&mut decided.plan.withheld);
        self.status.keep_back(&withheld.create);
    }

    /// Says what is there and not answered, of these names or of all, unless that was said before.
    fn say_losses(&mut self, names: Option<&[RowName]>) {
        let Some(own) = &self.own else { return };
        let names = names.filter(|names| names.len() <= NAMES_A_LOCK);
        let (found, before) = match names {
            None => (own.losses(), std::mem::take(&mut self.losses)),
            Some(names) => {
                let found = names.iter().flat_map(|name| own.losses_at(name)).collect();
                let (before, others) = std::mem::take(&mut self.losses)
                    .into_iter()
                    .partition(|loss| names.contains(&loss.name));
                self.losses = others;
                (found, before)
            }
        };
        let news: Vec<&Loss> = found.iter().filter(|loss| !before.contains(loss)).collect();
        let (shown, more) = news.split_at(news.len().min(LOSSES_SAID));
        for loss in shown {
            tracing::warn!(destination = self.name, "{}", loss.text);
        }
        if !more.is_empty() {
            let (destination, names) = (&self.name, more.len());
            tracing::warn!(
                destination,
                names,
                "as many more are not answered, explain tells of each"
            );
        }
        for loss in news {
            let row = self.model.read().desired.row(&loss.name);
            for endpoint in row.iter().filter(|endpoint| endpoint.rtype == loss.rtype) {
                self.reports.homeless(endpoint, &loss.text);
            }
        }
        self.losses.extend(found);
    }

    /// Says what a name was lost to, unless that was said before. Tells whether it was news.
    fn say_once(&mut self, text: &str) -> bool {
        let news = self.conflicts.insert(text.to_owned()) && !self.told.contains(text);
        if news {
            tracing::warn!(destination = self.name, "{text}");
        }
        news
    }

    fn say_brake(&self, zone: &str, verdict: plan::brake::Verdict) {
        let (destination, held) = (&self.name, verdict.held);
        if verdict.tripped {
            tracing::error!(
                destination,
                zone,
                held,
                "too many deletes at once, they are held; if they are meant, `zonewright brake release` lets them go"
            );
        } else if verdict.freed {
            tracing::info!(destination, zone, "deletes are no longer held");
        }
    }

    /// Answers a question. True if a full pass should follow.
    async fn answer(&mut self, ask: Ask) -> bool {
        match ask {
            Ask::Release(zone, reply) => {
                let count = self.brake.release(zone.as_deref());
                // Whoever asked may have gone.
                let _unheard = reply.send(count).is_err();
                count > 0
            }
            Ask::Explain(name, reply) => {
                let _unheard = reply.send(self.explain(&name).await).is_err();
                false
            }
        }
    }
}

fn endpoints(changes: &ChangeSet) -> impl Iterator<Item = &Endpoint> {
    let updated = changes.update.iter().map(|update| &update.new);
    changes.create.iter().chain(updated).chain(&changes.delete)
}

/// Names that are read in one go, while events wait.
const NAMES_A_LOCK: usize = 256;

/// Names of our own zones that are planned and committed together.
const NAMES_A_PART: usize = 4096;

/// Losses that are said one by one; a cut may hide all names of a zone.
const LOSSES_SAID: usize = 10;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
