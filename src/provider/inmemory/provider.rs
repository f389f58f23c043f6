//! The provider.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use plan::filter::DomainFilter;
use plan::name::{is_at_or_below, normalize};
use plan::{Applied, ChangeSet, Endpoint, ErrorKind, Provider, ProviderError};
use wire::Rtype;

use crate::record::Rrset;

/// Name in lower case, type, set identifier.
type Key = (Box<str>, Rtype, Box<str>);

/// Zones in memory. A change set is made whole or not at all.
#[derive(Debug, Default)]
pub struct InMemory {
    /// Apexes, normalized.
    zones: Vec<Box<str>>,
    records: Mutex<BTreeMap<Key, Endpoint>>,
}

impl InMemory {
    /// A provider with these zones, all empty.
    #[must_use]
    pub fn new<Z: AsRef<str>>(zones: impl IntoIterator<Item = Z>) -> Self {
        let zones = zones.into_iter();
        Self {
            zones: zones.map(|zone| normalize(zone.as_ref()).into()).collect(),
            records: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, Endpoint>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a name is in one of the zones; without zones, every name is.
    fn serves(&self, name: &str) -> bool {
        let name = normalize(name);
        let mut zones = self.zones.iter();
        self.zones.is_empty() || zones.any(|zone| is_at_or_below(&name, zone))
    }
}

impl Provider for InMemory {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> plan::Capabilities {
        plan::Capabilities {
            atomic: true,
            conditional: true,
            ..plan::Capabilities::default()
        }
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        Ok(DomainFilter::lists(&self.zones, &[]))
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(self.lock().values().cloned().collect())
    }

    async fn adjust(&self, mut desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        for endpoint in &mut desired {
            endpoint.targets = Rrset::of(endpoint).endpoint().targets;
        }
        Ok(desired)
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        let mut records = self.lock();
        let mut next = records.clone();
        let old = changes.update.iter().map(|update| &update.old);
        for gone in changes.delete.iter().chain(old) {
            // An ownership record goes along with its record, also where that has one of the old form
            // and this one was never there.
            let is_needed = gone.rtype != Rtype::TXT && self.serves(&gone.name);
            if next.remove(&key(gone)).is_none() && is_needed {
                return Err(refused(ErrorKind::NotFound, gone, "is not there"));
            }
        }
        let new = changes.update.iter().map(|update| &update.new);
        for made in changes.create.iter().chain(new) {
            if made.rtype == Rtype::CNAME && made.targets.len() > 1 {
                let several = "has several targets, but a CNAME has one";
                return Err(refused(ErrorKind::Rejected, made, several));
            }
            if self.serves(&made.name) && next.insert(key(made), stored(made)).is_some() {
                return Err(refused(ErrorKind::Conflict, made, "is there already"));
            }
        }
        *records = next;
        Ok(Applied::default())
    }
}

fn key(endpoint: &Endpoint) -> Key {
    let name = endpoint.name.to_ascii_lowercase().into();
    (name, endpoint.rtype, endpoint.set_identifier.clone())
}

/// A destination does not know which objects asked.
fn stored(endpoint: &Endpoint) -> Endpoint {
    Endpoint {
        origins: Vec::new(),
        ..endpoint.clone()
    }
}

fn refused(kind: ErrorKind, endpoint: &Endpoint, why: &str) -> ProviderError {
    ProviderError {
        kind,
        provider: NAME,
        operation: "apply changes",
        message: format!("\"{}\" {} {why}", endpoint.name, endpoint.rtype),
        source: None,
    }
}

const NAME: &str = "inmemory";
