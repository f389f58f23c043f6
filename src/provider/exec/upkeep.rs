//! What a provider knows of its zones: read, kept up, read again where it is in doubt.

use std::collections::BTreeSet;
use std::time::Duration;

use plan::{ChangeSet, ErrorKind, ProviderError};
use tokio::time::Instant;

use super::contents::Contents;
use super::edit::{Edit, Group};
use super::executor::Executor;
use super::homes::endpoints;
use super::ledger::{Ledger, Loose};
use super::state::State;
use super::wait::busy;
use super::{Api, Writer};
use crate::record::Key;
use crate::zones::places;

impl<W: Writer> Executor<W> {
    /// Reads the list of zones, unless it is known.
    pub(super) async fn find_zones(&self, state: &mut State) -> Result<(), ProviderError> {
        let kept = self.scope.zones_kept;
        if state.listed.is_some_and(|listed| listed.elapsed() < kept) {
            return Ok(());
        }
        let mut zones = self.writer.api().zones().await?;
        zones.retain(|zone| self.scope.zones.takes(zone));
        zones.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        zones.dedup();
        if zones.is_empty() {
            let provider = <W::Api as Api>::NAME;
            tracing::warn!(
                provider,
                "no zone of this account is one that is looked at; see --domain-filter"
            );
        }
        let mut before = std::mem::take(&mut state.zones);
        for zone in zones {
            let known = before.iter().position(|contents| contents.zone == zone);
            let known = known.map(|at| before.swap_remove(at));
            state
                .zones
                .push(known.unwrap_or_else(|| Contents::new(zone)));
        }
        state.listed = Some(Instant::now());
        Ok(())
    }

    /// Reads a zone. That it cannot be read is noted.
    pub(super) async fn read(&self, contents: &mut Contents) -> Result<(), ProviderError> {
        match self.writer.list(&contents.zone).await {
            Ok(found) => {
                contents.take(found);
                Ok(())
            }
            Err(error) => {
                let text = crate::client::chain(&error);
                if contents.failure.as_ref() != Some(&text) {
                    let (zone, provider) = (&*contents.zone.name, <W::Api as Api>::NAME);
                    tracing::warn!(provider, zone, error = text, "zone cannot be read");
                }
                contents.failure = Some(text);
                Err(error)
            }
        }
    }

    /// Publishes what is not, if that is needed.
    pub(super) async fn publish(&self, contents: &mut Contents) -> Result<(), ProviderError> {
        if contents.unpublished && self.writer.api().quirks().publishes && !self.scope.dry_run {
            self.writer.api().publish(&contents.zone).await?;
        }
        contents.unpublished = false;
        Ok(())
    }

    /// Reads again what is old or in doubt among the zones that changes are about.
    pub(super) async fn prepare(
        &self,
        state: &mut State,
        changes: &ChangeSet,
    ) -> Result<(), ProviderError> {
        if state.listed.is_none() {
            self.find_zones(state).await?;
        }
        let age = match self.writer.api().quirks().conditional {
            true => Duration::MAX,
            false => OLD,
        };
        let names: BTreeSet<Key> = endpoints(changes).map(Key::of).collect();
        let zones = || state.zones.iter().map(|contents| &contents.zone);
        let all = names.iter().flat_map(|key| places(zones(), &key.name));
        let all: BTreeSet<usize> = all.collect();
        for at in all {
            if let Some(contents) = state.zones.get_mut(at)
                && !contents.is_fresh(age)
                // What is wrong with one zone stops no other: it is noted, and nothing is written there.
                && let Err(error) = self.read(contents).await
                && error.kind == ErrorKind::Auth
            {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Takes away ownership records that were left without their records; what cannot be taken away
    /// now is once more tried the next time.
    pub(super) async fn tidy(&self, contents: &mut Contents) {
        let is_left = |contents: &Contents, loose: &Loose| {
            let text = contents.get(&loose.text).map(|found| &found.rrset.values);
            text.is_some_and(|text| loose.says.contains(text))
                && !loose.data.iter().any(|key| contents.get(key).is_some())
        };
        // A record whose outcome is not known may still come.
        let is_old = |loose: &mut Loose| loose.since.elapsed() >= PAST;
        let all: Vec<Loose> = contents.loose.extract_if(.., is_old).collect();
        let left = all.into_iter().filter(|loose| is_left(contents, loose));
        let left: Vec<Loose> = left.collect();
        let groups = left.iter().enumerate().map(|(place, loose)| {
            let old = contents.get(&loose.text).cloned();
            let (new, owns) = (None, true);
            let edits = vec![Edit { old, new, owns }];
            Group { place, edits }
        });
        let groups: Vec<Group> = groups.collect();
        if groups.is_empty() {
            return;
        }
        let mut refused = Vec::new();
        if let Err(error) = self.write(contents, groups, &mut refused).await {
            let (zone, error) = (&*contents.zone.name, crate::client::chain(&error));
            tracing::debug!(zone, error, "ownership records of no records are left");
        }
        contents.loose.extend(left);
    }

    /// Groups without those of names of which an earlier edit is not made yet.
    pub(super) async fn free(
        &self,
        contents: &mut Contents,
        groups: Vec<Group>,
        ledger: &mut Ledger,
    ) -> Result<Vec<Group>, ProviderError> {
        let mut free = Vec::new();
        for group in groups {
            let mut is_free = true;
            for edit in &group.edits {
                let name = &edit.key().name;
                let Some(pending) = contents.pending.get(name) else {
                    continue;
                };
                match self.writer.api().is_done(&contents.zone, pending).await {
                    Ok(false) => {
                        is_free = false;
                        ledger
                            .refused
                            .push((group.place, busy(<W::Api as Api>::NAME, name)));
                        break;
                    }
                    Ok(true) | Err(_) => {
                        contents.pending.remove(name);
                        contents.doubtful = true;
                    }
                }
            }
            if is_free {
                free.push(group);
            }
        }
        Ok(free)
    }
}

/// What is older is read again before something is written that the provider does not guard.
const OLD: Duration = Duration::from_secs(120);

/// What was not known to be made until then will not be.
const PAST: Duration = Duration::from_mins(10);
