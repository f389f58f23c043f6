//! A provider out of an API and what makes edits by it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use plan::filter::DomainFilter;
use plan::group::{GroupKey, groups};
use plan::{Applied, Capabilities, ChangeSet, Endpoint, ErrorKind, Provider, ProviderError};
use tokio::sync::Mutex;
use tokio::time::Instant;
use wire::Rtype;

use super::contents::Contents;
use super::edit::{Edit, Group, Refused, edits};
use super::ledger::{Ledger, Loose, is_stale};
use super::wait::busy;
use super::{Api, Writer};
use crate::record::{Key, Rrset};
use crate::zones::{Zone, ZoneFilter, places};

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
    writer: W,
    scope: Scope,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    zones: Vec<Contents>,
    /// When the list of zones was read.
    listed: Option<Instant>,
    /// Whether it was read for the filter, and serves for the records that are read next too.
    ahead: bool,
}

impl State {
    /// Whether a name is to be looked for in the zone at a place.
    fn is_at(&self, name: &str, at: usize) -> bool {
        let zones = self.zones.iter().map(|contents| &contents.zone);
        places(zones, name).contains(&at)
    }
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

    /// Reads the list of zones, unless it is known.
    async fn find_zones(&self, state: &mut State) -> Result<(), ProviderError> {
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
    async fn read(&self, contents: &mut Contents) -> Result<(), ProviderError> {
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
    async fn publish(&self, contents: &mut Contents) -> Result<(), ProviderError> {
        if contents.unpublished && self.writer.api().quirks().publishes && !self.scope.dry_run {
            self.writer.api().publish(&contents.zone).await?;
        }
        contents.unpublished = false;
        Ok(())
    }

    /// Reads again what is old or in doubt among the zones that changes are about.
    async fn prepare(&self, state: &mut State, changes: &ChangeSet) -> Result<(), ProviderError> {
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

    /// The edits of groups, by the place of their zone; groups that cannot be made are refused.
    fn edits(
        &self,
        state: &State,
        groups: &[(GroupKey, ChangeSet)],
        which: &BTreeSet<usize>,
        refused: &mut Vec<(usize, ProviderError)>,
    ) -> BTreeMap<usize, Vec<Group>> {
        let quirks = self.writer.api().quirks();
        let mut by_zone: BTreeMap<usize, Vec<Group>> = BTreeMap::new();
        for (place, (_, changes)) in groups.iter().enumerate() {
            if !which.contains(&place) {
                continue;
            }
            let mut parts = Vec::new();
            let pin = <W::Api as Api>::PIN;
            let result = homes(state, changes, pin).and_then(|homes| {
                for at in homes {
                    let Some(contents) = state.zones.get(at) else {
                        continue;
                    };
                    readable(contents)?;
                    let edits = edits(contents, quirks, changes, |endpoint| {
                        let name = plan::name::normalize(&endpoint.name);
                        state.is_at(&name, at) && is_pinned(endpoint, pin, &contents.zone)
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
    async fn write(
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

    /// Takes away ownership records that were left without their records; what cannot be taken away
    /// now is once more tried the next time.
    async fn tidy(&self, contents: &mut Contents) {
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
    async fn free(
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

/// The zones of a group, by place.
fn homes(state: &State, changes: &ChangeSet, pin: &str) -> Result<BTreeSet<usize>, Refused> {
    let mut homes = BTreeSet::new();
    for endpoint in endpoints(changes) {
        let key = Key::of(endpoint);
        let zones = state.zones.iter().map(|contents| &contents.zone);
        let places = places(zones, &key.name);
        if places.is_empty() {
            let kind = ErrorKind::Rejected;
            let mut reason =
                format!("{key} is in none of the zones of this account that are looked at");
            if key.rtype == Rtype::TXT {
                reason.push_str(
                    "; if it is the ownership record of a zone's own name, a prefix such as \
                     --txt-prefix=%{record_type}-owner. keeps it within the zone",
                );
            }
            return Err(Refused { kind, reason });
        }
        let zone = |at: &usize| state.zones.get(*at).map(|contents| &contents.zone);
        let pinned = |at: &usize| zone(at).is_some_and(|zone| is_pinned(endpoint, pin, zone));
        let places: Vec<usize> = places.into_iter().filter(pinned).collect();
        if places.is_empty() {
            let zone = endpoint.properties.value(pin).unwrap_or_default();
            let kind = ErrorKind::Rejected;
            let reason = format!(
                "{key}: zone \"{zone}\", which setting \"{pin}\" names, is none of those that hold it"
            );
            return Err(Refused { kind, reason });
        }
        homes.extend(places);
    }
    Ok(homes)
}

/// Whether an endpoint is for a zone among those that hold its name.
fn is_pinned(endpoint: &Endpoint, pin: &str, zone: &Zone) -> bool {
    let asked = endpoint.properties.value(pin);
    asked.is_none_or(|id| id == last_part(&zone.id))
}

/// The last part of the identifier of a zone.
fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
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

fn endpoints(changes: &ChangeSet) -> impl Iterator<Item = &Endpoint> {
    let updates = changes.update.iter();
    let updates = updates.flat_map(|update| [&update.old, &update.new]);
    changes.create.iter().chain(updates).chain(&changes.delete)
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
        let mut which: BTreeSet<usize> = (0..groups.len()).collect();
        let mut refused: Vec<(usize, ProviderError)> = Vec::new();
        for again in [false, true] {
            let by_zone = self.edits(&state, &groups, &which, &mut refused);
            let mut stale = BTreeSet::new();
            for (at, of_zone) in by_zone {
                let Some(contents) = state.zones.get_mut(at) else {
                    continue;
                };
                let mut here = Vec::new();
                self.write(contents, of_zone, &mut here).await?;
                let is_stale = |(_, error): &(usize, ProviderError)| is_stale(error.kind);
                let of_stale = here.iter().filter(|it| !again && is_stale(it));
                let of_stale: BTreeSet<usize> = of_stale.map(|(place, _)| *place).collect();
                here.retain(|(place, _)| !of_stale.contains(place));
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

/// All records of the zones, each name in the zones that it is looked for in.
fn listed(state: &State, pin: &str) -> Vec<Endpoint> {
    let mut all: BTreeMap<&Key, (usize, usize, Endpoint)> = BTreeMap::new();
    for (at, contents) in state.zones.iter().enumerate() {
        for found in contents.iter() {
            let key = &found.rrset.key;
            let is_own =
                *key.name == *contents.zone.name && matches!(key.rtype, Rtype::NS | Rtype::SOA);
            // A zone below has its own view of its names.
            let is_empty = found.rrset.values.is_empty();
            if is_own || is_empty || key.rtype == Rtype::SOA || !state.is_at(&key.name, at) {
                continue;
            }
            let (count, _, _) = all
                .entry(key)
                .or_insert_with(|| (0, at, found.rrset.endpoint()));
            *count += 1;
        }
    }
    let endpoints = all.into_iter().map(|(key, (count, at, mut endpoint))| {
        let zones = state.zones.iter().map(|contents| &contents.zone);
        if count < places(zones, &key.name).len() {
            // It is missing in a zone that holds it: no desired endpoint is the same as this, but for
            // one that is for this zone only.
            let only = state
                .zones
                .get(at)
                .filter(|_| count == 1 && !pin.is_empty());
            match only {
                Some(only) => endpoint.properties.set(pin, last_part(&only.zone.id)),
                None => endpoint.properties.set(IN_SOME_ZONES, "true"),
            }
        }
        endpoint
    });
    endpoints.collect()
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

/// What is older is read again before something is written that the provider does not guard.
const OLD: Duration = Duration::from_secs(120);

/// A setting of endpoints that are missing in one of several zones of the same name.
const IN_SOME_ZONES: &str = "zonewright/in-some-zones";

/// What was not known to be made until then will not be.
const PAST: Duration = Duration::from_mins(10);
