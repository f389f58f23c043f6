//! One look at some names or all: listed, decided, done, and counted.

use std::collections::BTreeSet;
use std::time::Duration;

use plan::registry::Registry;
use plan::{ChangeSet, Endpoint, ErrorKind, Expected, ProviderError, RowName, group};
use tokio::time::Instant;
use tracing::Instrument;
use wire::Rtype;

use super::search::Doubt;
use super::spans;
use super::state::{Destination, Scope};
use crate::app::sync::model::Inner;
use crate::app::sync::pass::{self, Decided};
use crate::app::{clock, telemetry};

impl Destination {
    /// Looks at some names or at all. `settles`: nothing is left to look at after it.
    pub(super) async fn pass(&mut self, scope: &Scope, settles: bool) -> Result<(), ProviderError> {
        let span = spans::pass(&self.name, scope);
        let result = self.passed(scope, settles).instrument(span.clone()).await;
        spans::end(&span, &result);
        result
    }

    /// The same, counted.
    async fn passed(&mut self, scope: &Scope, settles: bool) -> Result<(), ProviderError> {
        self.doubt.begin();
        let mut result = self.look(scope, settles).await;
        if matches!(&result, Err(error) if error.kind == ErrorKind::Conflict) {
            // Somebody else has changed what is there since it was read: once more, from what is
            // there now.
            result = self.look(scope, settles).await;
        }
        self.refused.end(result.is_ok());
        self.lost.end(result.is_ok());
        let (synced, changed) = result?;
        self.finished(synced, changed);
        Ok(())
    }

    /// One look. Tells whether all is as wanted now, and whether there was anything to do.
    async fn look(&mut self, scope: &Scope, settles: bool) -> Result<(bool, bool), ProviderError> {
        let can = self.provider.capabilities();
        let (owns, conditional) = (can.owns, can.conditional);
        let full = matches!(scope, Scope::All);
        self.status.begin(clock::now());
        // A listing that is young enough stands for a new one, but not before a write.
        let kept = !self.stale && self.listed.is_some_and(|at| at.elapsed() < self.pace.kept);
        let asks_anew = full && !owns && !kept;
        let mut fresh = self.list(asks_anew).await?;
        if full && !owns && !self.pace.kept.is_zero() {
            self.status.change(|numbers| {
                let count = if fresh {
                    &mut numbers.cache_misses
                } else {
                    &mut numbers.cache_hits
                };
                *count += 1;
            });
        }
        let complete = self.model.is_complete();
        let names = self.names(scope);
        let looked = (!full).then_some(&*names);
        self.refused.begin(looked);
        self.lost.begin(looked);
        if full {
            self.status.recount();
        }
        // Many names of our own zones are decided in parts. What a first sync finds early is served
        // early; what takes anything away is done last, since the brake looks at all of it.
        let first = owns && !self.status.numbers().synced;
        let part = if owns { NAMES_A_PART } else { usize::MAX };
        let mut decided = Decided::default();
        let mut changed = false;
        for names in names.chunks(part.min(names.len().max(1))) {
            let span = spans::plan(names.len());
            self.decide(names, &mut decided).instrument(span).await?;
            let is_old = !fresh && !self.is_recent();
            if is_old && !decided.plan.changes.is_empty() && !conditional {
                // A write there would go through even if our view of it is old.
                fresh = self.list(true).await?;
                if full {
                    self.status.recount();
                }
                decided = Decided::default();
                let span = spans::plan(names.len());
                self.decide(names, &mut decided).instrument(span).await?;
            }
            if first {
                self.say_decided(&mut decided);
                let additions = pass::additions(&mut decided.plan.changes);
                changed |= self.write(additions).await?;
            }
        }
        if full && fresh && complete && !can.blind {
            self.add_leftovers(&mut decided.plan.changes);
        }
        changed |= self.perform(&mut decided, looked, complete).await?;
        self.say_nowhere(decided.nowhere, looked);
        self.say_losses(if full || settles { None } else { looked });
        self.looked |= full;
        Ok((settles && self.knows_enough(complete), changed))
    }

    /// Makes sure that we know what is there, anew if `afresh`. Tells whether it was read now.
    pub(super) async fn list(&mut self, afresh: bool) -> Result<bool, ProviderError> {
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
            if self.provider.capabilities().blind {
                self.provider.expect(self.expected());
            }
            let begin = Instant::now();
            let records = self.provider.records().instrument(spans::list()).await?;
            self.took = begin.elapsed();
            let _differing = self.shadow.load(records);
            self.status.listed(&self.shadow);
            self.stale = false;
            self.listed = Some(Instant::now());
            return Ok(true);
        }
        Ok(false)
    }

    /// Whether what was listed last is hardly older than it was when it came: its first records were
    /// read so long before. So changes that come one after another don't wait for a listing each.
    fn is_recent(&self) -> bool {
        let age = self.listed.map(|at| at.elapsed());
        !self.stale && age.is_some_and(|age| age < self.took)
    }

    /// What is looked for at the destination: what is wanted there, and the ownership records of that.
    fn expected(&self) -> Vec<Expected> {
        let mut expected = Vec::new();
        let names = self.model.read().desired.names();
        for some in names.chunks(NAMES_A_LOCK) {
            let inner = self.model.read();
            for name in some {
                // What is wrong with it is said when it is decided.
                let mut unsaid = Decided::default();
                for endpoint in self.wanted(&inner, name, &mut unsaid) {
                    if let Registry::Txt(registry) = self.shadow.registry() {
                        let text = |rtype| registry.mapper().text_name(&endpoint.name, rtype);
                        let texts =
                            kin(endpoint.rtype).map(|rtype| (text(rtype).into(), Rtype::TXT));
                        expected.extend(texts);
                    }
                    expected.push((endpoint.name, endpoint.rtype));
                }
            }
        }
        expected
    }

    /// What is wanted at a name. A text that would be taken for a word about whose a record is would
    /// give away what is not the object's, and would never be found where it was put.
    fn wanted(&self, inner: &Inner, name: &RowName, decided: &mut Decided) -> Vec<Endpoint> {
        let mut row = self.judge.wanted(inner, name, decided);
        let registry = self.shadow.registry();
        for claim in row.extract_if(.., |endpoint| registry.is_claim(endpoint)) {
            decided.denied.push((claim, CLAIM.to_owned()));
        }
        row
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
        &mut self,
        names: &[RowName],
        decided: &mut Decided,
    ) -> Result<(), ProviderError> {
        let mut wanted = Vec::new();
        for some in names.chunks(NAMES_A_LOCK) {
            let inner = self.model.read();
            for name in some {
                wanted.append(&mut self.wanted(&inner, name, decided));
            }
        }
        let wanted = self.adjust(wanted).await?;
        self.status.look_at(names);
        self.status.wanted(&wanted, &self.shadow);
        // Names of which the destination has just refused to say how it would store them stay.
        let refused = |name: &RowName| self.refused.has(name);
        if names.iter().any(refused) {
            let others = names.iter().filter(|name| !refused(name)).cloned();
            let others: Vec<RowName> = others.collect();
            self.judge.decide(&self.shadow, &others, wanted, decided);
        } else {
            self.judge.decide(&self.shadow, names, wanted, decided);
        }
        Ok(())
    }

    /// What is left to do of changes that the registry has written, of which some may have been made:
    /// what is there is listed anew and decided on again. Nothing goes that was not to go before, for
    /// the brake has not seen it.
    pub(super) async fn again(&mut self, batch: &ChangeSet) -> Result<ChangeSet, ProviderError> {
        self.list(true).await?;
        let names: BTreeSet<RowName> = group::groups(batch.clone())
            .into_iter()
            .map(|(key, _)| key.name)
            .filter(|name| !self.refused.has(name))
            .collect();
        let names: Vec<RowName> = names.into_iter().collect();
        let mut decided = Decided::default();
        let mut wanted = Vec::new();
        for some in names.chunks(NAMES_A_LOCK) {
            let inner = self.model.read();
            for name in some {
                wanted.append(&mut self.wanted(&inner, name, &mut decided));
            }
        }
        let wanted = self.provider.adjust(wanted).await?;
        self.judge
            .decide(&self.shadow, &names, wanted, &mut decided);
        let mut changes = decided.plan.changes;
        let gone: BTreeSet<_> = batch.delete.iter().map(key).collect();
        let updates = batch.update.iter().map(|update| &update.new);
        let made: BTreeSet<_> = batch.create.iter().chain(updates).map(key).collect();
        changes.create.retain(|it| made.contains(&key(it)));
        changes.update.retain(|it| made.contains(&key(&it.new)));
        changes.delete.retain(|it| gone.contains(&key(it)));
        Ok(self.shadow.write(changes))
    }

    /// Does what was decided. Tells whether there was anything to do.
    async fn perform(
        &mut self,
        decided: &mut Decided,
        names: Option<&[RowName]>,
        complete: bool,
    ) -> Result<bool, ProviderError> {
        self.say_decided(decided);
        let mut changes = std::mem::take(&mut decided.plan.changes);
        self.spare(&mut changes, names, complete);
        // What is incomplete takes nothing away. If nothing is held yet, that is no reason to hold
        // what may be wanted in a moment.
        let held = !self.brake.held().is_empty();
        if !complete && !held {
            let additions = pass::additions(&mut changes);
            self.postponed.extend(pass::names(&changes));
            return self.write(additions).await;
        }
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
        let loose = self.brake.take_loose();
        if !loose.is_empty() {
            self.postponed.extend(loose);
            self.pending.wake();
        }
        if !complete {
            let additions = pass::additions(&mut changes);
            self.postponed.extend(pass::names(&changes));
            changes = additions;
        }
        self.write(changes).await
    }

    /// A pass went well.
    fn finished(&mut self, synced: bool, changed: bool) {
        self.doubt = Doubt::default();
        self.status.end(clock::now());
        let recovered = self.status.numbers().failures > 0;
        let (names, refused) = (self.shadow.len(), self.refused.len());
        let held: usize = self.brake.held().iter().map(|(_, count)| count).sum();
        let conflicts = self.lost.len() + self.losses.len();
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
            let (destination, kinds) = (&self.name, self.model.refused().join(" "));
            if !kinds.is_empty() {
                tracing::warn!(
                    destination,
                    names,
                    kinds,
                    "all names are as wanted but for those of objects that we may not read"
                );
            } else if held > 0 {
                tracing::info!(
                    destination,
                    names,
                    held,
                    "all names are as wanted but for deletes that are held"
                );
            } else {
                tracing::info!(destination, names, "all names are as wanted");
            }
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

/// Why a text is not written.
const CLAIM: &str = "its text says whose a record is, which only the registry may";

/// Names that are read in one go, while events wait.
pub(super) const NAMES_A_LOCK: usize = 256;

/// Names of our own zones that are planned and committed together.
const NAMES_A_PART: usize = 4096;

/// What tells an endpoint from others.
fn key(endpoint: &Endpoint) -> (RowName, Rtype, Box<str>) {
    let name = RowName::new(&endpoint.name);
    (name, endpoint.rtype, endpoint.set_identifier.clone())
}

/// The types that a record of this one may have been before.
fn kin(rtype: Rtype) -> impl Iterator<Item = Rtype> {
    let all = [Rtype::A, Rtype::AAAA, Rtype::CNAME];
    let others = all
        .into_iter()
        .filter(move |other| all.contains(&rtype) && *other != rtype);
    std::iter::once(rtype).chain(others)
}

/// The pause after the first failure.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(1);
