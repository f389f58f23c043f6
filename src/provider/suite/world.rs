//! Providers under trial, and where they keep their records.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use plan::DynProvider;
use wire::Rtype;

use super::line::{Held, endpoints};
use crate::exec::Scope;
use crate::record::quirks::Quirks;
use crate::sim::{Row, Set, SetKey, Sim, ZoneStore, form};

/// What comes later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// In what units a provider writes; says how many calls changes may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Many RRsets, all or none.
    Batch,
    /// One value.
    Record,
    /// One RRset.
    Rrset,
    /// Something else; calls are not counted.
    Other,
}

/// A provider under trial.
pub trait Subject: Send + Sync {
    /// What the table calls it.
    fn name(&self) -> &'static str;

    /// What is peculiar to it.
    fn quirks(&self) -> &Quirks;

    /// In what units it writes.
    fn family(&self) -> Family;

    /// How many requests list so many records of a zone at most.
    fn lists(&self, records: usize) -> usize {
        records.div_ceil(100)
    }

    /// Whether it has zones; else names are looked at one by one.
    fn has_zones(&self) -> bool {
        true
    }

    /// Whether it keeps what is ours apart from what others write, so that nobody has to say whose a
    /// record is.
    fn owns(&self) -> bool {
        false
    }

    /// Whether what changes may be away for a moment, since two of it would do harm.
    fn has_gaps(&self) -> bool {
        false
    }

    /// Whether it keeps who owns a record beside it, and needs no texts for that.
    fn keeps_owners(&self) -> bool {
        false
    }

    /// Whether records of a type have a TTL.
    fn has_ttl(&self, rtype: Rtype) -> bool {
        let _ = rtype;
        true
    }

    /// The zones of a case, as they go by there.
    fn zones(&self, start: &Start) -> Start {
        start.clone()
    }

    /// A host of its own for one case.
    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>>;
}

/// What a case begins with.
#[derive(Clone, Debug)]
pub struct Start {
    /// Zones: name, identifier.
    pub zones: Vec<(String, String)>,
}

impl Start {
    /// These zones, called by their names.
    #[must_use]
    pub fn zones(zones: &[&str]) -> Self {
        let zones = zones
            .iter()
            .map(|name| ((*name).to_owned(), format!("z-{name}")));
        Self {
            zones: zones.collect(),
        }
    }
}

/// A host with zones.
pub trait World: Send + Sync {
    /// A provider that looks at it, as a process that has just begun.
    fn provider(&self, scope: &Scope) -> Box<dyn DynProvider>;

    /// All that is there, not as the provider reads it.
    fn dump(&self) -> Later<'_, Vec<Held>>;

    /// What somebody else puts there, in a zone of this identifier; a line without values takes away.
    fn plant<'a>(&'a self, zone: &'a str, state: &'a str) -> Later<'a, ()>;

    /// How many requests there were that change something.
    fn writes(&self) -> usize;

    /// The stand-in, if it is one.
    fn sim(&self) -> Option<&Sim>;
}

/// A world that is a stand-in.
pub struct SimWorld<F> {
    sim: Sim,
    connect: F,
}

impl<F> SimWorld<F>
where
    F: Fn(Sim, Scope) -> Box<dyn DynProvider> + Send + Sync + 'static,
{
    /// A world of a host, and how a provider gets there.
    #[must_use]
    pub fn boxed(sim: Sim, connect: F) -> Box<dyn World> {
        Box::new(Self { sim, connect })
    }
}

impl<F> World for SimWorld<F>
where
    F: Fn(Sim, Scope) -> Box<dyn DynProvider> + Send + Sync,
{
    fn provider(&self, scope: &Scope) -> Box<dyn DynProvider> {
        (self.connect)(self.sim.clone(), scope.clone())
    }

    fn dump(&self) -> Later<'_, Vec<Held>> {
        let all = self.sim.store(|store| dump(store));
        Box::pin(async move { all })
    }

    fn plant<'a>(&'a self, zone: &'a str, state: &'a str) -> Later<'a, ()> {
        self.sim.store(|store| plant(store, zone, state));
        Box::pin(async {})
    }

    fn writes(&self) -> usize {
        self.sim.log().iter().filter(|seen| seen.writes).count()
    }

    fn sim(&self) -> Option<&Sim> {
        Some(&self.sim)
    }
}

/// All that the world sees of a store.
#[must_use]
pub fn dump(store: &ZoneStore) -> Vec<Held> {
    let zones = store.zones.iter();
    let live = zones.map(|zone| (&*zone.id, zone.live.as_ref().unwrap_or(&zone.sets)));
    told(live)
}

/// All that is in a store, published or not.
pub(super) fn inner(store: &ZoneStore) -> Vec<Held> {
    told(store.zones.iter().map(|zone| (&*zone.id, &zone.sets)))
}

fn told<'s>(zones: impl Iterator<Item = (&'s str, &'s BTreeMap<SetKey, Set>)>) -> Vec<Held> {
    let mut all = Vec::new();
    for (zone, sets) in zones {
        for (key, set) in sets {
            let rdatas = set.rows.iter().map(|row| row.rdata.as_slice());
            let mut held = Held::new(zone, key.clone(), set.ttl(), rdatas);
            let of_rows = set.rows.iter().filter(|row| !row.extra.is_empty());
            for extra in of_rows.map(|row| &row.extra).chain(Some(&set.extra)) {
                if !extra.is_empty() {
                    held.extra
                        .push_str(&serde_json::Value::from(extra.clone()).to_string());
                }
            }
            all.push(held);
        }
    }
    all
}

fn plant(store: &mut ZoneStore, zone: &str, state: &str) {
    let name = store.zone(zone).map(|zone| zone.name.clone());
    let Ok(name) = name else { return };
    for endpoint in endpoints(&name, state) {
        let mut key = SetKey::new(&endpoint.name, endpoint.rtype);
        key.set = endpoint.set_identifier.to_string();
        let ttl = endpoint.ttl.map_or(600, wire::Ttl::as_secs);
        let extra = endpoint.properties.iter();
        let extra: serde_json::Map<_, _> = extra
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect();
        let targets = endpoint.targets.iter().filter(|target| !target.is_empty());
        let rows = targets.filter_map(|target| {
            let rdata = form::parse(endpoint.rtype, target).ok()?;
            let mut row = Row::new(ttl, rdata);
            row.extra = extra.clone();
            Some(row)
        });
        let rows: Vec<Row> = rows.collect();
        store.plant(zone, |draft| {
            if rows.is_empty() {
                let _gone = draft.take(&key);
            } else {
                draft.put(key, rows, Some(extra));
            }
        });
    }
}
