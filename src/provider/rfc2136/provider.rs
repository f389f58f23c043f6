//! The provider.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use plan::filter::DomainFilter;
use plan::group::{GroupKey, groups};
use plan::{
    Applied, Capabilities, ChangeSet, Endpoint, ErrorKind, Expected, Provider, ProviderError, data,
};
use tokio::sync::Mutex;
use tokio::time::{Duration, Instant};
use wire::{Name, Rtype, Serial};

use super::contents::{Contents, owner_of, plain};
use super::fault::{self, NAME, Operation, error};
use super::group::{Ttls, parts};
use super::list;
use super::look::{self, Asked, Names};
use super::pool::Pool;
use super::settings::Settings;
use super::write::{self, Group};
use super::zone::{Known, Zone, place_of};
use crate::client::chain;

/// Name servers that take updates.
#[derive(Debug)]
pub struct Rfc2136 {
    pool: Pool,
    /// The zones were named; others are none of our business.
    named: bool,
    hints: Vec<Name>,
    axfr: bool,
    ttls: Ttls,
    batch: usize,
    /// What is looked for next.
    expected: std::sync::Mutex<Vec<Expected>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    zones: Vec<Zone>,
    /// Names to be looked up, where zones are not transferred.
    names: Names,
    /// Names that are looked up already.
    looked: Asked,
    /// Names that are in no zone of the servers, or that have such below, and since when.
    nowhere: Option<(Instant, BTreeSet<Name>)>,
}

impl Rfc2136 {
    /// The provider of these servers. Nothing is sent yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let zones: Vec<Zone> = settings.zones.into_iter().map(Zone::new).collect();
        Self {
            named: !zones.is_empty(),
            pool: Pool::new(settings.servers, settings.sessions, settings.balance),
            hints: settings.hints,
            axfr: settings.axfr,
            ttls: Ttls {
                least: settings.min_ttl,
                default: settings.default_ttl,
            },
            batch: settings.batch,
            expected: std::sync::Mutex::default(),
            state: Mutex::new(State {
                zones,
                ..State::default()
            }),
        }
    }

    /// Finds the zones of names that are in none that is known. Tells whether there are new ones.
    async fn find(&self, state: &mut State, names: &[Name]) -> Result<bool, ProviderError> {
        if self.named {
            return Ok(false);
        }
        let State { zones, nowhere, .. } = state;
        let (since, nowhere) = nowhere.get_or_insert_with(|| (Instant::now(), BTreeSet::new()));
        if since.elapsed() > NOWHERE_AGAIN {
            (*since, *nowhere) = (Instant::now(), BTreeSet::new());
        }
        let mut new = false;
        for name in names {
            // Names side by side are mostly of one zone, but not right below a top-level domain.
            let above = name
                .as_ref()
                .parent()
                .filter(|above| above.label_count() > 1);
            let above = above.unwrap_or(name.as_ref()).to_name();
            let known = place_of(zones, name.as_ref()).and_then(|at| zones.get(at));
            let is_known = known.is_some_and(|zone| !zone.delegates(name.as_ref()));
            if is_known || nowhere.contains(&above) {
                continue;
            }
            match list::find(&self.pool, name).await? {
                // It is delegated to other servers.
                Some(apex) if zones.iter().any(|zone| zone.apex == apex) => {}
                Some(apex) => {
                    tracing::info!(zone = plain(apex.as_ref()), "found a zone to write to");
                    zones.push(Zone::new(apex));
                    new = true;
                }
                None => {
                    nowhere.insert(above);
                }
            }
        }
        Ok(new)
    }

    /// Reads all zones. One that cannot be read stops no other, but is not written to before it was
    /// read.
    async fn read(&self, state: &mut State) -> Result<(), ProviderError> {
        let (mut last, mut any) = (None, false);
        let State {
            zones,
            names,
            looked,
            ..
        } = state;
        if !self.axfr {
            *looked = names.take(|name| {
                let at = place_of(zones, name.as_ref());
                let zone = at.and_then(|at| zones.get(at));
                zone.is_some_and(|zone| !zone.contents.types(name.as_ref()).is_empty())
            });
        }
        let mut by_zone: BTreeMap<usize, Asked> = BTreeMap::new();
        for (name, types) in looked.iter() {
            if let Some(at) = place_of(zones, name.as_ref()) {
                by_zone
                    .entry(at)
                    .or_default()
                    .insert(name.clone(), types.clone());
            }
        }
        for (at, zone) in zones.iter_mut().enumerate() {
            let result = if self.axfr {
                list::read(&self.pool, zone).await
            } else {
                self.look(zone, by_zone.remove(&at).unwrap_or_default())
                    .await
            };
            match result {
                Ok(()) => {
                    zone.failure = None;
                    any = true;
                }
                Err(error) => {
                    let text = chain(&error);
                    if zone.failure.as_ref() != Some(&text) {
                        let zone = plain(zone.apex.as_ref());
                        tracing::warn!(zone, error = text, "zone cannot be read");
                    }
                    zone.failure = Some(text);
                    last = Some(error);
                }
            }
        }
        match last {
            Some(error) if !any => Err(error),
            _ => Ok(()),
        }
    }

    /// Looks all names of a zone up again.
    async fn look(&self, zone: &mut Zone, names: Asked) -> Result<(), ProviderError> {
        let mut contents = Contents::default();
        look::look(&self.pool, &zone.apex, names, &mut contents).await?;
        zone.contents = contents;
        zone.known = Some(Known::new(0, Serial(0)));
        zone.reread = std::mem::take(&mut zone.doubtful);
        Ok(())
    }

    /// Makes sure that all is known of what changes are about. Something that was not known is a
    /// conflict: the changes were planned without it.
    async fn prepare(&self, state: &mut State, changes: &ChangeSet) -> Result<(), ProviderError> {
        let endpoints = || {
            let updated = changes.update.iter().map(|update| &update.new);
            changes.create.iter().chain(updated).chain(&changes.delete)
        };
        let names: Vec<Name> = endpoints().filter_map(|it| owner_of(&it.name)).collect();
        let news = "there are records that were not known yet; they are read first".to_owned();
        if self.find(state, &names).await? && self.axfr {
            return Err(error(Operation::Update, ErrorKind::Conflict, news));
        }
        if self.axfr {
            return Ok(());
        }
        let mut by_zone: BTreeMap<usize, Asked> = BTreeMap::new();
        for endpoint in endpoints() {
            let Some(owner) = owner_of(&endpoint.name) else {
                continue;
            };
            state.names.want(owner.clone(), endpoint.rtype);
            let known = state.looked.entry(owner.clone()).or_default();
            let mut unknown = look::asked_for(endpoint.rtype);
            unknown.retain(|rtype| known.insert(*rtype));
            if let Some(at) = place_of(&state.zones, owner.as_ref())
                && !unknown.is_empty()
            {
                by_zone
                    .entry(at)
                    .or_default()
                    .entry(owner)
                    .or_default()
                    .extend(unknown);
            }
        }
        let mut any = false;
        for (at, names) in by_zone {
            let Some(zone) = state.zones.get_mut(at) else {
                continue;
            };
            any |= look::look(&self.pool, &zone.apex, names, &mut zone.contents).await?;
            zone.known.get_or_insert_with(|| Known::new(0, Serial(0)));
        }
        if any {
            return Err(error(Operation::Update, ErrorKind::Conflict, news));
        }
        Ok(())
    }

    /// Targets as they come back from a server, TTLs as they are written.
    fn adjusted(&self, mut endpoint: Endpoint) -> Endpoint {
        let rtype = endpoint.rtype;
        // What cannot be written is said when it is to be written.
        if let Ok(rdatas) = data::rdatas(&endpoint) {
            let targets = rdatas.iter().map(|rdata| data::target(rtype, rdata));
            endpoint.targets = Endpoint::new("", rtype, targets).targets;
        }
        endpoint.ttl = endpoint.ttl.map(|ttl| self.ttls.of(Some(ttl), None));
        endpoint
    }
}

impl Provider for Rfc2136 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            atomic: true,
            blind: !self.axfr || !self.named,
            conditional: true,
            owns: false,
        }
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        if !self.named {
            return Ok(DomainFilter::default());
        }
        let state = self.state.lock().await;
        let zones = state.zones.iter().map(|zone| plain(zone.apex.as_ref()));
        Ok(DomainFilter::lists(&zones.collect::<Vec<_>>(), &[]))
    }

    fn expect(&self, expected: Vec<Expected>) {
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = expected;
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        let mut state = self.state.lock().await;
        self.pool.begin();
        let mut names = self.hints.clone();
        let expected =
            std::mem::take(&mut *self.expected.lock().unwrap_or_else(PoisonError::into_inner));
        for (name, rtype) in expected {
            let Some(owner) = owner_of(&name) else {
                continue;
            };
            if !self.axfr {
                state.names.want(owner.clone(), rtype);
            }
            names.push(owner);
        }
        self.find(&mut state, &names).await?;
        self.read(&mut state).await?;
        let mut records = Vec::new();
        for (at, zone) in state.zones.iter().enumerate() {
            for (owner, rtype, rrset) in zone.contents.iter() {
                // A zone below has its own view of its names; its name servers are its own affair.
                let is_here = place_of(&state.zones, owner) == Some(at);
                if !is_here || (rtype == Rtype::NS && owner == zone.apex.as_ref()) {
                    continue;
                }
                let targets = rrset.rdatas.iter().map(|rdata| data::target(rtype, rdata));
                let mut record = Endpoint::new(&plain(owner), rtype, targets);
                record.ttl = Some(rrset.ttl);
                records.push(record);
            }
        }
        Ok(records)
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(desired.into_iter().map(|it| self.adjusted(it)).collect())
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        let mut state = self.state.lock().await;
        self.pool.begin();
        self.prepare(&mut state, changes).await?;
        let groups: Vec<Group> = groups(changes.clone())
            .into_iter()
            .map(|(_, changes)| Group { changes })
            .collect();
        let mut failed: Vec<(usize, ProviderError)> = Vec::new();
        let mut by_zone: BTreeMap<usize, Vec<(usize, &Group)>> = BTreeMap::new();
        for (place, group) in groups.iter().enumerate() {
            match parts(&state.zones, &group.changes, self.ttls) {
                Ok(parts) => {
                    for (at, _) in parts {
                        by_zone.entry(at).or_default().push((place, group));
                    }
                }
                Err(reason) => {
                    failed.push((place, error(Operation::Update, ErrorKind::Rejected, reason)));
                }
            }
        }
        let (mut made, several) = (false, by_zone.len() > 1);
        for (at, in_zone) in by_zone {
            let rules = (self.batch, self.ttls);
            let result = write::write(&self.pool, &mut state.zones, at, &in_zone, rules).await;
            match result {
                Ok(outcome) => {
                    made |= outcome.made;
                    failed.extend(outcome.refused);
                }
                // What is wrong with one zone stops no other.
                Err(error) if several && is_of_zone(&error) => {
                    let message = chain(&error);
                    failed.extend(in_zone.iter().map(|(place, _)| {
                        (
                            *place,
                            fault::error(Operation::Update, error.kind, message.clone()),
                        )
                    }));
                }
                Err(error) => return Err(error),
            }
        }
        if !made
            && failed.len() == groups.len()
            && let Some(at) = failed
                .iter()
                .position(|(_, error)| error.kind == ErrorKind::Auth)
        {
            return Err(failed.swap_remove(at).1);
        }
        let mut applied = Applied::default();
        for (place, error) in failed {
            if let Some(group) = groups.get(place) {
                refuse(&mut applied, &group.changes, error);
            }
        }
        Ok(applied)
    }
}

/// Names the record of a group as refused, and with it those of its ownership records.
fn refuse(applied: &mut Applied, group: &ChangeSet, error: ProviderError) {
    let updated = group.update.iter().map(|update| &update.new);
    let mut endpoints = group.create.iter().chain(updated).chain(&group.delete);
    let Some(endpoint) = endpoints.next() else {
        return;
    };
    let name = GroupKey::of(endpoint).name.as_str().into();
    let known = applied.refused.iter().any(|(other, _)| *other == name);
    // Of several reasons, such as those of two zones, one is enough.
    if !known {
        applied.refused.push((name, error));
    }
}

/// Whether an error is that of one zone, not of the servers.
fn is_of_zone(error: &ProviderError) -> bool {
    matches!(
        error.kind,
        ErrorKind::Auth | ErrorKind::Config | ErrorKind::Protocol
    )
}

/// Names that were in no zone are looked for again.
const NOWHERE_AGAIN: Duration = Duration::from_mins(10);
