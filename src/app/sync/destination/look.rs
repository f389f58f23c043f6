//! One look at some names or all: listed, decided, done, and counted.

use std::time::Duration;

use plan::{ProviderError, RowName};

use super::task::{Destination, Scope};
use crate::app::sync::pass::{self, Decided};
use crate::app::{clock, telemetry};

impl Destination {
    /// Looks at some names or at all. `settles`: nothing is left to look at after it.
    pub(super) async fn pass(&mut self, scope: &Scope, settles: bool) -> Result<(), ProviderError> {
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
    pub(super) async fn list(&mut self, afresh: bool) -> Result<(), ProviderError> {
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

    pub(super) fn names(&self, scope: &Scope) -> Vec<RowName> {
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
    pub(super) async fn decide(
        &self,
        names: &[RowName],
        decided: &mut Decided,
    ) -> Result<(), ProviderError> {
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

    pub(super) fn finished(&mut self, synced: bool, changed: bool) {
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
    pub(super) fn failed(&mut self, error: &ProviderError) -> Duration {
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
}

/// Names that are read in one go, while events wait.
pub(super) const NAMES_A_LOCK: usize = 256;

/// Names of our own zones that are planned and committed together.
const NAMES_A_PART: usize = 4096;

/// The pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
