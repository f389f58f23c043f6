//! A provider out of an API and what makes edits by it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use plan::filter::DomainFilter;
use plan::group::{GroupKey, groups};
use plan::{Applied, Capabilities, ChangeSet, Endpoint, ErrorKind, Provider, ProviderError};
use tokio::sync::Mutex;

use super::contents::Contents;
use super::edit::{Group, Refused, edits};
use super::homes::{homes, is_pinned, listed, strange};
use super::ledger::{Ledger, is_stale};
use super::state::State;
use super::{Api, Writer};
use crate::record::{Key, Rrset};
use crate::zones::{ZoneFilter, places};

/// What a provider may do.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The zones that it looks at.
    pub zones: ZoneFilter,
    /// How long the list of zones is taken as known; zero is not at all.
    pub zones_kept: Duration,
    /// Whether nothing is to be written.
    pub dry_run: bool,
}

/// A provider of records behind an API.
#[derive(Debug)]
pub(crate) struct Executor<W> {
    pub(super) writer: W,
    pub(super) scope: Scope,
    state: Mutex<State>,
}

impl<W: Writer> Executor<W> {
    /// The provider of an API.
    pub(crate) fn new(writer: W, scope: Scope) -> Self {
        Self {
            writer,
            scope,
            state: Mutex::default(),
        }
    }

    fn error(kind: ErrorKind, message: String) -> ProviderError {
        ProviderError {
            kind,
            provider: <W::Api as Api>::NAME,
            operation: "apply changes",
            message,
            source: None,
        }
    }

    /// The edits of groups, by the place of their zone; groups that cannot be made are refused.
    fn edits(
        &self,
        state: &State,
        groups: &[(GroupKey, ChangeSet)],
        which: &BTreeMap<usize, bool>,
        refused: &mut Vec<(usize, ProviderError)>,
    ) -> BTreeMap<usize, Vec<Group>> {
        let quirks = self.writer.api().quirks();
        let mut by_zone: BTreeMap<usize, Vec<Group>> = BTreeMap::new();
        for (place, (_, changes)) in groups.iter().enumerate() {
            let Some(may_be_made) = which.get(&place) else {
                continue;
            };
            let mut parts = Vec::new();
            let pin = <W::Api as Api>::PIN;
            let result = homes(state, changes, pin).and_then(|homes| {
                let strange = strange(state, &homes, changes);
                for at in homes {
                    let Some(contents) = state.zones.get(at) else {
                        continue;
                    };
                    readable(contents)?;
                    let edits = edits(contents, quirks, (changes, *may_be_made), |endpoint| {
                        let key = Key::of(endpoint);
                        state.is_at(&key.name, at)
                            && is_pinned(endpoint, pin, &contents.zone)
                            && !strange.contains(&(at, key))
                    })?;
                    parts.push((at, edits));
                }
                Ok(())
            });
            match result {
                Ok(()) => {
                    for (at, edits) in parts {
                        if !edits.is_empty() {
                            let group = Group { place, edits };
                            by_zone.entry(at).or_default().push(group);
                        }
                    }
                }
                Err(Refused { kind, reason }) => refused.push((place, Self::error(kind, reason))),
            }
        }
        by_zone
    }

    /// Writes the groups of one zone. Those that were refused since the zone is not what we took it
    /// for come back.
    pub(super) async fn write(
        &self,
        contents: &mut Contents,
        groups: Vec<Group>,
        refused: &mut Vec<(usize, ProviderError)>,
    ) -> Result<(), ProviderError> {
        let mut ledger = Ledger::default();
        let groups = self.free(contents, groups, &mut ledger).await?;
        if groups.is_empty() {
            refused.append(&mut ledger.refused);
            return Ok(());
        }
        contents.unpublished = true;
        // Should this be left in its middle, the zone is read again first.
        let before = std::mem::replace(&mut contents.doubtful, true);
        let result = self.writer.write(&contents.zone, groups, &mut ledger).await;
        contents.doubtful = before || ledger.doubtful || result.is_err();
        contents.loose.append(&mut ledger.loose);
        contents.apply(ledger.effects);
        contents.pending.extend(ledger.pending);
        refused.append(&mut ledger.refused);
        // What was accepted counts, whatever became of the rest.
        let published = self.publish(contents).await;
        result.and(published)
    }
}

fn readable(contents: &Contents) -> Result<(), Refused> {
    match &contents.failure {
        Some(failure) => Err(Refused {
            kind: ErrorKind::Conflict,
            reason: format!(
                "zone \"{}\" could not be read, so nothing is written there: {failure}",
                contents.zone.name
            ),
        }),
        None => Ok(()),
    }
}

impl<W: Writer> Provider for Executor<W> {
    fn name(&self) -> &'static str {
        <W::Api as Api>::NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            atomic: W::ATOMIC,
            conditional: self.writer.api().quirks().conditional,
            ..Capabilities::default()
        }
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        let mut state = self.state.lock().await;
        if state.listed.is_none() {
            self.find_zones(&mut state).await?;
            state.ahead = true;
        }
        let zones: Vec<&str> = state.zones.iter().map(|it| &*it.zone.name).collect();
        Ok(DomainFilter::lists(&zones, &[]))
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        let mut state = self.state.lock().await;
        if !std::mem::take(&mut state.ahead) {
            self.find_zones(&mut state).await?;
        }
        let (mut last, mut any) = (None, false);
        for contents in &mut state.zones {
            match self.read(contents).await {
                Ok(()) => {
                    any = true;
                    self.tidy(contents).await;
                    self.publish(contents).await?;
                }
                Err(error) if error.kind == ErrorKind::Auth => return Err(error),
                Err(error) => last = Some(error),
            }
        }
        match last {
            Some(error) if !any => Err(error),
            _ => Ok(listed(&state, <W::Api as Api>::PIN)),
        }
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        let api = self.writer.api();
        let pin = <W::Api as Api>::PIN;
        let state = self.state.lock().await;
        let adjusted = desired
            .into_iter()
            .flat_map(|endpoint| api.spread(endpoint));
        let adjusted = adjusted.map(|mut endpoint| {
            let quirks = api.quirks();
            endpoint
                .properties
                .retain(|name, _| quirks.properties.contains(&name));
            let mut form = Rrset::of(&endpoint);
            for value in &mut form.values {
                *value = quirks.stored(endpoint.rtype, value);
            }
            endpoint.targets = form.endpoint().targets;
            // Zero is none, as it is for the plan.
            let asked = endpoint.ttl.filter(|ttl| ttl.as_secs() > 0);
            endpoint.ttl = asked.map(|ttl| quirks.ttl(ttl));
            if endpoint.properties.value(pin).is_some() {
                let zones = state.zones.iter().map(|contents| &contents.zone);
                let homes = places(zones, &form.key.name);
                if let [at] = homes[..]
                    && let Some(only) = state.zones.get(at)
                    && is_pinned(&endpoint, pin, &only.zone)
                {
                    // It is there anyway.
                    endpoint.properties.remove(pin);
                }
            }
            endpoint
        });
        Ok(adjusted.collect())
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        let mut state = self.state.lock().await;
        self.prepare(&mut state, changes).await?;
        let groups = groups(changes.clone());
        // Groups to be made, and whether they may be made already.
        let mut which: BTreeMap<usize, bool> =
            (0..groups.len()).map(|place| (place, false)).collect();
        let mut refused: Vec<(usize, ProviderError)> = Vec::new();
        for again in [false, true] {
            let by_zone = self.edits(&state, &groups, &which, &mut refused);
            let mut stale = BTreeMap::new();
            for (at, of_zone) in by_zone {
                let Some(contents) = state.zones.get_mut(at) else {
                    continue;
                };
                let mut here = Vec::new();
                self.write(contents, of_zone, &mut here).await?;
                let is_stale = |(_, error): &(usize, ProviderError)| is_stale(error.kind);
                let of_stale = here.iter().filter(|it| !again && is_stale(it));
                let of_stale: BTreeMap<usize, bool> = of_stale
                    .map(|(place, error)| (*place, error.kind == ErrorKind::Ambiguous))
                    .collect();
                here.retain(|(place, _)| !of_stale.contains_key(place));
                refused.append(&mut here);
                if !of_stale.is_empty() {
                    // That it cannot be read is noted, and refuses the groups.
                    let _noted = self.read(contents).await;
                    stale.extend(of_stale);
                }
            }
            which = stale;
        }
        Ok(applied(&groups, refused))
    }
}

/// What was refused, by the names of groups; of several reasons for one name the first.
fn applied(groups: &[(GroupKey, ChangeSet)], refused: Vec<(usize, ProviderError)>) -> Applied {
    let mut applied = Applied::default();
    for (place, error) in refused {
        let Some((key, _)) = groups.get(place) else {
            continue;
        };
        let name = key.name.as_str();
        if !applied.refused.iter().any(|(other, _)| **other == *name) {
            applied.refused.push((name.into(), error));
        }
    }
    applied
}
