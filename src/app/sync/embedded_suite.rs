//! Our own server before the suite that every provider passes.
//!
//! What is there is read from the snapshot that answers are made from, all layers merged; others write by
//! updates, so in a layer of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use plan::filter::DomainFilter;
use plan::{
    Applied, Capabilities, ChangeSet, DynProvider, Endpoint, Provider, ProviderError, data,
};
use provider::Scope;
use provider::sim::{SetKey, Sim};
use provider::suite::{
    Family, Held, Later, Quirks, Start, Subject, World, cases, endpoints, run, subjects,
};
use wire::{Name, NameRef, Rtype, Serial, Ttl};
use zone::records::{Place, Records};
use zone::{Change, Layer, Rrset, Store};

use super::embedded::{Embedded, plain};

/// `SUITE_TABLE=1` shows it beside all providers of this build.
#[expect(clippy::print_stdout, reason = "the table is what is asked for")]
#[tokio::test(start_paused = true)]
async fn our_own_server_passes_every_case() {
    let mut table = run(&cases(1), &[&Ours]).await;
    if std::env::var_os("SUITE_TABLE").is_some() {
        for subject in subjects() {
            table = table.beside(run(&cases(1), &[&*subject]).await);
        }
        println!("{table}\n{}", table.skips().join("\n"));
    }
    let failures = table.failures();
    assert!(failures.is_empty(), "{table}\n{}", failures.join("\n"));
}

struct Ours;

const QUIRKS: Quirks = Quirks {
    conditional: true,
    values: 1000,
    ..Quirks::NONE
};

impl Subject for Ours {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    fn family(&self) -> Family {
        Family::Other
    }

    fn owns(&self) -> bool {
        true
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let store = Arc::new(Store::new([1, 2]));
        let zones = start
            .zones
            .iter()
            .map(|(zone, id)| (name(zone), id.clone()));
        let zones: Vec<(Name, String)> = zones.collect();
        for (zone, _) in &zones {
            store.replace_static(&contents(zone)).unwrap();
        }
        let names = zones.iter().map(|(zone, _)| zone.clone()).collect();
        let inner = Inner {
            provider: Embedded::new(Arc::clone(&store), names),
            store,
            zones,
            writes: AtomicUsize::new(0),
        };
        let world: Box<dyn World> = Box::new(Shared(Arc::new(inner)));
        Box::pin(async { world })
    }
}

fn name(text: &str) -> Name {
    Name::from_text(text.as_bytes(), Some(NameRef::ROOT)).unwrap()
}

/// A zone of which nothing is known but who has it.
fn contents(zone: &Name) -> Records {
    let mut records = Records::new(zone.clone());
    let soa = [b"\x01n\x00\x01h\x00".as_slice(), &[0; 20]].concat();
    for (rtype, rdata) in [(Rtype::SOA, &*soa), (Rtype::NS, b"\x01n\x00")] {
        let (ttl, place) = (Ttl::from_secs(60), Place::default());
        records.push(zone.as_ref(), rtype, ttl, rdata, place);
    }
    records
}

#[derive(Clone)]
struct Shared(Arc<Inner>);

struct Inner {
    provider: Embedded,
    store: Arc<Store>,
    zones: Vec<(Name, String)>,
    writes: AtomicUsize,
}

impl Inner {
    /// A zone has another one after whatever is written to it.
    fn serials(&self) -> Vec<Serial> {
        let snapshot = self.store.snapshot();
        let zones = self.zones.iter();
        zones
            .map(|(apex, _)| snapshot.zone(apex.as_ref()).unwrap().serial())
            .collect()
    }
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
        let before = self.0.serials();
        let applied = Provider::apply(&self.0.provider, changes).await;
        if self.0.serials() != before {
            self.0.writes.fetch_add(1, Ordering::Relaxed);
        }
        applied
    }
}

impl World for Shared {
    fn provider(&self, _scope: &Scope) -> Box<dyn DynProvider> {
        Box::new(self.clone())
    }

    fn dump(&self) -> Later<'_, Vec<Held>> {
        let snapshot = self.0.store.snapshot();
        let mut all = Vec::new();
        for (apex, id) in &self.0.zones {
            let zone = snapshot.zone(apex.as_ref()).unwrap();
            // The serial is the server's own to change.
            let sets = zone.rrsets().filter(|(_, set)| set.rtype() != Rtype::SOA);
            all.extend(sets.map(|(owner, set)| {
                let key = SetKey::new(&plain(owner.as_ref()), set.rtype());
                Held::new(id, key, set.ttl().as_secs(), set.rdatas())
            }));
        }
        Box::pin(async { all })
    }

    fn plant<'a>(&'a self, zone: &'a str, state: &'a str) -> Later<'a, ()> {
        let (apex, _) = self.0.zones.iter().find(|(_, id)| *id == *zone).unwrap();
        let endpoints = endpoints(&plain(apex.as_ref()), state).into_iter();
        let changes = endpoints.map(|mut endpoint| {
            endpoint.targets.retain(|target| !target.is_empty());
            let rrset = (!endpoint.targets.is_empty()).then(|| Rrset {
                rtype: endpoint.rtype,
                ttl: endpoint.ttl.unwrap_or_else(|| Ttl::from_secs(600)),
                rdatas: data::rdatas(&endpoint).unwrap(),
            });
            Change {
                owner: name(&endpoint.name),
                rtype: endpoint.rtype,
                layer: Layer::Dynamic,
                rrset,
            }
        });
        let changes = changes.collect();
        self.0.store.commit(apex, changes).unwrap();
        Box::pin(async {})
    }

    fn writes(&self) -> usize {
        self.0.writes.load(Ordering::Relaxed)
    }

    fn sim(&self) -> Option<&Sim> {
        None
    }
}
