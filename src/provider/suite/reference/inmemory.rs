//! The provider in memory, which is its own host.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plan::filter::DomainFilter;
use plan::{
    Applied, Capabilities, ChangeSet, DynProvider, Endpoint, Provider, ProviderError, Update,
};
use wire::Ttl;

use crate::exec::Scope;
use crate::inmemory::InMemory;
use crate::record::quirks::{Quirks, TtlRule};
use crate::sim::Sim;
use crate::suite::{Family, Held, Later, Start, Subject, World, endpoints};
use crate::zones::{Zone, places};

/// The subject.
pub(super) const SUBJECT: Memory = Memory;

#[derive(Debug)]
pub(super) struct Memory;

const QUIRKS: Quirks = Quirks {
    ttl: TtlRule {
        unset: None,
        ..Quirks::NONE.ttl
    },
    apex_cname: true,
    conditional: true,
    ..Quirks::NONE
};

impl Subject for Memory {
    fn name(&self) -> &'static str {
        "inmemory"
    }

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    fn family(&self) -> Family {
        Family::Other
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let names = start.zones.iter().map(|(name, _)| name);
        let world = Shared(Arc::new(Inner {
            provider: InMemory::new(names),
            zones: start
                .zones
                .iter()
                .map(|(name, id)| Zone::new(name, id))
                .collect(),
            writes: AtomicUsize::new(0),
        }));
        Box::pin(async { Box::new(world) as Box<dyn World> })
    }
}

#[derive(Clone)]
struct Shared(Arc<Inner>);

struct Inner {
    provider: InMemory,
    zones: Vec<Zone>,
    writes: AtomicUsize,
}

impl Provider for Shared {
    fn name(&self) -> &'static str {
        Provider::name(&self.0.provider)
    }

    fn capabilities(&self) -> Capabilities {
        Provider::capabilities(&self.0.provider)
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        Provider::filter(&self.0.provider).await
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Provider::records(&self.0.provider).await
    }

    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        Provider::adjust(&self.0.provider, desired).await
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        let applied = Provider::apply(&self.0.provider, changes).await?;
        self.0.writes.fetch_add(1, Ordering::Relaxed);
        Ok(applied)
    }
}

impl World for Shared {
    fn provider(&self, _scope: &Scope) -> Box<dyn DynProvider> {
        Box::new(self.clone())
    }

    fn dump(&self) -> Later<'_, Vec<Held>> {
        Box::pin(async {
            let all = Provider::records(&self.0.provider)
                .await
                .unwrap_or_default();
            let held = all.iter().filter_map(|endpoint| {
                let name = plan::name::normalize(&endpoint.name);
                let at = places(self.0.zones.iter(), &name).first().copied()?;
                let mut held = Held::of(&self.0.zones.get(at)?.id, endpoint).ok()?;
                held.count = endpoint.targets.len();
                Some(held)
            });
            held.collect()
        })
    }

    fn plant<'a>(&'a self, zone: &'a str, state: &'a str) -> Later<'a, ()> {
        Box::pin(async move {
            let name = self
                .0
                .zones
                .iter()
                .find(|it| *it.id == *zone)
                .map(|it| it.name.clone());
            let all = Provider::records(&self.0.provider)
                .await
                .unwrap_or_default();
            let mut changes = ChangeSet::default();
            for mut endpoint in endpoints(name.as_deref().unwrap_or_default(), state) {
                endpoint.ttl = endpoint.ttl.or_else(|| Some(Ttl::from_secs(600)));
                endpoint.targets.retain(|target| !target.is_empty());
                let is_same =
                    |it: &&Endpoint| it.name == endpoint.name && it.rtype == endpoint.rtype;
                match (
                    all.iter().find(is_same).cloned(),
                    endpoint.targets.is_empty(),
                ) {
                    (Some(old), true) => changes.delete.push(old),
                    (Some(old), false) => changes.update.push(Update { old, new: endpoint }),
                    (None, false) => changes.create.push(endpoint),
                    (None, true) => {}
                }
            }
            let _planted = Provider::apply(&self.0.provider, &changes).await;
        })
    }

    fn writes(&self) -> usize {
        self.0.writes.load(Ordering::Relaxed)
    }

    fn sim(&self) -> Option<&Sim> {
        None
    }
}
