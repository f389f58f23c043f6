//! What trials of providers have in common: states as text.

use std::collections::BTreeMap;

use plan::diff::{Rules, plan};
use plan::{Applied, ChangeSet, DynProvider, Endpoint, ProviderError};
use wire::{Rtype, Ttl};

use crate::exec::Scope;
use crate::record::quirks::Quirks;
use crate::sim::{Sim, form};
pub(crate) use crate::suite::Given;
use crate::suite::{Hosted, Start, Subject, World};

/// The endpoints of a state: `NAME TTL TYPE target | target ;; setting=value …` in each line; a TTL of
/// `-` is none.
pub(crate) fn endpoints(state: &str) -> Vec<Endpoint> {
    let lines = state.lines().map(str::trim).filter(|line| !line.is_empty());
    let endpoints = lines.map(|line| {
        let (line, settings) = line.split_once(" ;; ").unwrap_or((line, ""));
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let [name, ttl, rtype, targets] = words[..] else {
            panic!("not four words: {line}");
        };
        let rtype = Rtype::from_text(rtype.as_bytes()).unwrap();
        let mut endpoint = Endpoint::new(name, rtype, targets.split(" | "));
        endpoint.ttl = ttl.parse().ok().map(Ttl::from_secs);
        for setting in settings.split_whitespace() {
            let (name, value) = setting.split_once('=').unwrap();
            endpoint.properties.push(name, value);
        }
        endpoint
    });
    endpoints.collect()
}

/// Endpoints as a state, sorted.
pub(crate) fn state(endpoints: &[Endpoint]) -> String {
    let mut lines: Vec<String> = endpoints.iter().map(line).collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn line(endpoint: &Endpoint) -> String {
    let ttl = endpoint
        .ttl
        .map_or_else(|| "-".to_owned(), |ttl| ttl.as_secs().to_string());
    let targets = endpoint.targets.join(" | ");
    let mut line = format!("{} {ttl} {} {targets}", endpoint.name, endpoint.rtype);
    let settings = endpoint.properties.iter();
    for (at, (name, value)) in settings.enumerate() {
        let mark = if at == 0 { " ;;" } else { "" };
        line.push_str(&format!("{mark} {name}={value}"));
    }
    line
}

/// What there is to do.
async fn left(provider: &dyn DynProvider, state: &str) -> Result<ChangeSet, ProviderError> {
    let rules = Rules {
        managed: Quirks::NONE.types.to_vec(),
        ..Rules::default()
    };
    let current = provider.records().await?;
    let desired = provider.adjust(endpoints(state)).await?;
    Ok(plan(current, desired, &rules).changes)
}

/// One pass: reads, plans, writes. All that is there and not wanted goes.
pub(crate) async fn want(
    provider: &dyn DynProvider,
    state: &str,
) -> Result<(usize, Applied), ProviderError> {
    let changes = left(provider, state).await?;
    if changes.is_empty() {
        return Ok((0, Applied::default()));
    }
    let applied = provider.apply(&changes).await?;
    Ok((changes.len(), applied))
}

/// As [`want`], and nothing is refused; then nothing is left to do, and the provider reads what was
/// asked for.
pub(crate) async fn have(provider: &dyn DynProvider, state: &str) {
    let (_, applied) = want(provider, state).await.unwrap();
    assert!(applied.refused.is_empty(), "{:?}", applied.refused);
    let left = left(provider, state).await.unwrap();
    assert!(
        left.is_empty(),
        "a second pass has something to do: {left:?}"
    );
}

/// A subject of the suite before its host, which has the zone `example.org`.
pub(crate) struct Staged {
    subject: Hosted,
    world: Box<dyn World>,
    pub(crate) sim: Sim,
    pub(crate) provider: Box<dyn DynProvider>,
}

impl Staged {
    /// With these settings on top of its own.
    pub(crate) async fn with(subject: Hosted, settings: &[(&str, &str)]) -> Self {
        let start = subject.zones(&Start::zones(&["example.org"]));
        let world = subject.start(&start).await;
        let sim = world.sim().unwrap().clone();
        let provider = subject.open_with(settings, (&sim, Scope::default()));
        Self {
            subject,
            world,
            sim,
            provider,
        }
    }

    /// Another process before the same host.
    pub(crate) fn open(&self, settings: &[(&str, &str)]) -> Box<dyn DynProvider> {
        self.subject
            .open_with(settings, (&self.sim, Scope::default()))
    }

    /// What somebody else puts there, as a state of the suite.
    pub(crate) async fn plant(&self, state: &str) {
        let id = self.sim.store(|store| store.zones[0].id.clone());
        self.world.plant(&id, state).await;
    }

    /// What the world sees, as `name type ttl value extra`, without what is of the zone itself.
    pub(crate) fn held(&self) -> Vec<String> {
        let mut lines = self.sim.store(|store| {
            let zones = store.zones.iter();
            let sets = zones.flat_map(|zone| {
                let sets = zone.live.as_ref().unwrap_or(&zone.sets).iter();
                sets.filter(|(key, _)| {
                    key.name != zone.name || !matches!(key.rtype, Rtype::NS | Rtype::SOA)
                })
            });
            let rows = sets.flat_map(|(key, set)| set.rows.iter().map(move |row| (key, row)));
            let lines = rows.map(|(key, row)| {
                let data = form::print(key.rtype, &row.rdata);
                let line = format!("{} {} {} {data}", key.name, key.rtype, row.ttl);
                match row.extra.is_empty() {
                    true => line,
                    false => format!("{line} {}", serde_json::Value::from(row.extra.clone())),
                }
            });
            lines.collect::<Vec<String>>()
        });
        lines.sort_unstable();
        lines
    }

    /// The zone at the host.
    pub(crate) fn zone<T>(&self, look: impl FnOnce(&mut crate::sim::SimZone) -> T) -> T {
        self.sim.store(|store| look(&mut store.zones[0]))
    }

    /// Requests since then, as `METHOD last-segment count`; identifiers are `ID`.
    pub(crate) fn calls(&self, since: usize) -> Vec<String> {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for seen in self.sim.log().split_off(since) {
            let (method, address) = seen.line.split_once(' ').unwrap();
            let path = address.split('?').next().unwrap();
            let last = path.rsplit('/').next().unwrap();
            let is_id = last.contains(|it: char| it.is_ascii_digit());
            let last = if is_id { "ID" } else { last };
            *counts.entry(format!("{method} {last}")).or_default() += 1;
        }
        let counts = counts.iter().map(|(call, count)| format!("{call} {count}"));
        counts.collect()
    }

    /// Goes through states, each with the requests that it takes.
    pub(crate) async fn count(&self, states: &[(&str, &[&str])]) {
        for (state, calls) in states {
            let before = self.sim.log().len();
            want(&*self.provider, state).await.unwrap();
            assert_eq!(self.calls(before), *calls);
        }
    }
}
