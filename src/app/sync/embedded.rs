//! Our own server as a destination: the place where both flows meet.
//!
//! ```text
//! change set → by zone → RRsets of the synced layer → one commit a zone → snapshot
//! ```
//!
//! The layer is ours alone, so no ownership TXT is needed and nothing drifts. A name that cannot be
//! stored is refused by itself; the others are made.

use std::collections::HashMap;
use std::sync::Arc;

use plan::filter::DomainFilter;
use plan::name::normalize;
use plan::{Applied, Capabilities, ChangeSet, Endpoint, ErrorKind, Provider, ProviderError};
use wire::{Name, NameRef, Rtype, Ttl};
use zone::{Change, Layer, Rrset, Store};

use super::data;
use crate::app::telemetry;

/// Zones of the store, and the synced layer in them.
#[derive(Debug)]
pub(crate) struct Embedded {
    store: Arc<Store>,
    /// Apexes in lower case, the longest first.
    zones: Vec<Name>,
}

impl Embedded {
    /// The destination of these zones. They must be in the store before the first change.
    pub(crate) fn new(store: Arc<Store>, mut zones: Vec<Name>) -> Self {
        zones.sort_by_key(|zone| std::cmp::Reverse(zone.as_ref().label_count()));
        Self { store, zones }
    }

    /// The zone that a name is in: the longest one.
    pub(crate) fn zone_of(&self, name: NameRef<'_>) -> Option<&Name> {
        self.zones
            .iter()
            .find(|zone| name.is_at_or_below(zone.as_ref()))
    }

    /// What a record should be from now on; none takes it away.
    fn change(&self, endpoint: &Endpoint, present: bool) -> Result<(&Name, Change), String> {
        let owner = owner_of(&endpoint.name)?;
        let zone = self
            .zone_of(owner.as_ref())
            .ok_or_else(|| format!("\"{}\" is in no zone of this server", endpoint.name))?;
        let rrset = if present {
            Some(rrset(endpoint)?)
        } else {
            None
        };
        let change = Change {
            owner,
            rtype: endpoint.rtype,
            layer: Layer::Synced,
            rrset,
        };
        Ok((zone, change))
    }
}

impl Provider for Embedded {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            atomic: true,
            conditional: true,
            owns: true,
        }
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        let zones: Vec<String> = self.zones.iter().map(|zone| plain(zone.as_ref())).collect();
        Ok(DomainFilter::lists(&zones, &[]))
    }

    async fn records(&self) -> Result<Vec<Endpoint>, ProviderError> {
        let mut records = Vec::new();
        for zone in &self.zones {
            for change in self.store.layer(zone, Layer::Synced) {
                let Some(rrset) = change.rrset else { continue };
                let targets = rrset
                    .rdatas
                    .iter()
                    .map(|rdata| data::target(change.rtype, rdata));
                let name = plain(change.owner.as_ref());
                let mut endpoint = Endpoint::new(&name, change.rtype, targets);
                endpoint.ttl = Some(rrset.ttl);
                records.push(endpoint);
            }
        }
        Ok(records)
    }

    async fn apply(&self, changes: &ChangeSet) -> Result<Applied, ProviderError> {
        let mut applied = Applied::default();
        // By zone; of several changes to one RRset the last stands.
        let mut by_zone: HashMap<&Name, HashMap<(Name, Rtype), Change>> = HashMap::new();
        let gone = changes.delete.iter().map(|endpoint| (endpoint, false));
        let old = changes.update.iter().map(|update| (&update.old, false));
        let new = changes.update.iter().map(|update| (&update.new, true));
        let made = changes.create.iter().map(|endpoint| (endpoint, true));
        for (endpoint, present) in gone.chain(old).chain(new).chain(made) {
            match self.change(endpoint, present) {
                Ok((zone, change)) => {
                    let key = (change.owner.clone(), change.rtype);
                    by_zone.entry(zone).or_default().insert(key, change);
                }
                Err(reason) => applied
                    .refused
                    .push((endpoint.name.clone(), error(ErrorKind::Rejected, reason))),
            }
        }
        for (zone, changes) in by_zone {
            self.commit(zone, changes.into_values().collect(), &mut applied)?;
        }
        Ok(applied)
    }
}

impl Embedded {
    /// One commit for all changes; if one of them cannot be stored, each on its own.
    fn commit(
        &self,
        zone: &Name,
        changes: Vec<Change>,
        applied: &mut Applied,
    ) -> Result<(), ProviderError> {
        let Err(failed) = self.store.commit(zone, changes.clone()) else {
            return Ok(());
        };
        if matches!(failed, zone::StoreError::NoZone { .. }) {
            return Err(error(ErrorKind::NotFound, failed.to_string()));
        }
        for change in changes {
            let owner = plain(change.owner.as_ref());
            if let Err(failed) = self.store.commit(zone, vec![change]) {
                let reason = error(ErrorKind::Rejected, failed.to_string());
                applied.refused.push((owner.into(), reason));
            }
        }
        Ok(())
    }
}

/// Whether a zone can hold an endpoint.
///
/// # Errors
/// Its name is none of DNS, or a target is not what its type asks for.
pub(super) fn storable(endpoint: &Endpoint) -> Result<(), String> {
    owner_of(&endpoint.name)?;
    match data::rdatas(endpoint) {
        Ok(_) => Ok(()),
        Err(error) => Err(telemetry::chain(&error)),
    }
}

fn rrset(endpoint: &Endpoint) -> Result<Rrset, String> {
    let mut rdatas = data::rdatas(endpoint).map_err(|error| {
        let error = telemetry::chain(&error);
        format!("\"{}\" {}: {error}", endpoint.name, endpoint.rtype)
    })?;
    rdatas.truncate(MOST_RECORDS);
    Ok(Rrset {
        rtype: endpoint.rtype,
        ttl: endpoint.ttl.unwrap_or_else(|| Ttl::from_secs(DEFAULT)),
        rdatas,
    })
}

fn owner_of(name: &str) -> Result<Name, String> {
    let text = normalize(name);
    let owner = Name::from_text(text.as_bytes(), Some(NameRef::ROOT));
    owner.map_err(|error| format!("\"{name}\" is no DNS name: {error}"))
}

/// A name as external-dns writes it: without a final dot.
pub(super) fn plain(name: NameRef<'_>) -> String {
    let mut text = name.to_string();
    if text.ends_with('.') {
        text.pop();
    }
    text
}

fn error(kind: ErrorKind, message: String) -> ProviderError {
    ProviderError {
        kind,
        provider: NAME,
        operation: "apply changes",
        message,
        source: None,
    }
}

const NAME: &str = "embedded";

/// The TTL of records that do not say one.
const DEFAULT: u32 = 300;

/// Answers with more records of one type help nobody and fit no packet.
const MOST_RECORDS: usize = 1000;
