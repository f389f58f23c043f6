//! Our own server as a destination: the place where both flows meet.
//!
//! ```text
//! change set → by zone → RRsets of the synced layer → one commit a zone → snapshot
//! ```
//!
//! The layer is ours alone, so no ownership TXT is needed and nothing drifts. A name that cannot be
//! stored is refused by itself; the others are made.

use std::sync::Arc;

use plan::filter::DomainFilter;
use plan::name::normalize;
use plan::{Applied, Capabilities, ChangeSet, Endpoint, ErrorKind, Provider, ProviderError, data};
use wire::{Name, NameRef, Rtype, Ttl};
use zone::{Author, Change, Committed, Credit, Credits, Layer, Rrset, Store};

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

    /// The place of the zone that a name is in: the longest one.
    fn place_of(&self, name: NameRef<'_>) -> Option<usize> {
        self.zones
            .iter()
            .position(|zone| name.is_at_or_below(zone.as_ref()))
    }

    /// What a record should be from now on, and the place of its zone.
    fn change(&self, endpoint: &Endpoint, present: bool) -> Result<(usize, Change), String> {
        let change = if present {
            set(endpoint)?
        } else {
            Change {
                owner: owner_of(&endpoint.name)?,
                rtype: endpoint.rtype,
                layer: Layer::Synced,
                rrset: None,
            }
        };
        let at = self.place_of(change.owner.as_ref());
        let at = at.ok_or_else(|| format!("\"{}\" is in no zone of this server", endpoint.name))?;
        let is_apex = self.zones.get(at) == Some(&change.owner);
        if is_apex && change.rtype == Rtype::CNAME && present {
            // It would stand behind the SOA, and never show.
            let name = &endpoint.name;
            return Err(format!("\"{name}\" CNAME: a zone's own name cannot be one"));
        }
        Ok((at, change))
    }
}

/// The change that makes an endpoint a record of the layer.
///
/// # Errors
/// As [`storable`].
pub(super) fn set(endpoint: &Endpoint) -> Result<Change, String> {
    Ok(Change {
        owner: owner_of(&endpoint.name)?,
        rtype: endpoint.rtype,
        layer: Layer::Synced,
        rrset: Some(rrset(endpoint)?),
    })
}

impl Provider for Embedded {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            atomic: true,
            blind: false,
            conditional: true,
            owns: true,
        }
    }

    async fn filter(&self) -> Result<DomainFilter, ProviderError> {
        let zones: Vec<String> = self.zones.iter().map(|zone| plain(zone.as_ref())).collect();
        Ok(DomainFilter::lists(&zones, &[]))
    }

    /// What has several texts is compared by that of the zone.
    async fn adjust(&self, desired: Vec<Endpoint>) -> Result<Vec<Endpoint>, ProviderError> {
        Ok(desired.into_iter().map(as_in_zone).collect())
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
        for (zone, parts) in self.zones.iter().zip(self.parts(changes, &mut applied)) {
            if parts.is_empty() {
                continue;
            }
            match self.store.commit(zone, parts) {
                Ok(done) => self.credit(zone, done, changes),
                Err(failed @ zone::StoreError::NoZone { .. }) => {
                    return Err(error(ErrorKind::NotFound, failed.to_string()));
                }
                Err(_) => self.commit_singly(zone, changes, &mut applied),
            }
        }
        Ok(applied)
    }
}

fn as_in_zone(mut endpoint: Endpoint) -> Endpoint {
    let rtype = endpoint.rtype;
    // Several may be there twice, and an address of IPv6 has several spellings.
    let plain = [Rtype::A, Rtype::CNAME, Rtype::NS, Rtype::PTR];
    if plain.contains(&rtype) && endpoint.targets.len() == 1 {
        return endpoint;
    }
    // One that cannot be stored is refused later, with the reason.
    if let Ok(rdatas) = data::rdatas(&endpoint) {
        let targets = rdatas.iter().map(|rdata| data::target(rtype, rdata).into());
        endpoint.targets = targets.collect();
    }
    endpoint
}

impl Embedded {
    /// The changes of each zone, one to an RRset. What cannot be stored is refused.
    fn parts(&self, changes: &ChangeSet, applied: &mut Applied) -> Vec<Vec<Change>> {
        let mut parts: Vec<Vec<Change>> = self.zones.iter().map(|_| Vec::new()).collect();
        let mut each = |endpoint: &Endpoint, present| match self.change(endpoint, present) {
            Ok((at, change)) => {
                if let Some(part) = parts.get_mut(at) {
                    part.push(change);
                }
            }
            Err(reason) => {
                let reason = error(ErrorKind::Rejected, reason);
                applied.refused.push((endpoint.name.clone(), reason));
            }
        };
        let new = changes.update.iter().map(|update| &update.new);
        changes.delete.iter().for_each(|gone| each(gone, false));
        // What cannot become something else stays as it was: only what is of another place goes.
        let moved = changes.update.iter().filter(|update| {
            let key = |it: &Endpoint| (normalize(&it.name).into_owned(), it.rtype);
            key(&update.old) != key(&update.new)
        });
        moved.for_each(|update| each(&update.old, false));
        new.chain(&changes.create).for_each(|made| each(made, true));
        for part in &mut parts {
            // Stable: of several changes to one RRset the last stands.
            part.sort_by(|a, b| place(a).cmp(&place(b)));
            part.dedup_by(|later, earlier| {
                let same = place(later) == place(earlier);
                if same {
                    std::mem::swap(later, earlier);
                }
                same
            });
        }
        parts
    }

    /// Each change to a zone on its own, so that only those are refused that cannot be stored.
    fn commit_singly(&self, zone: &Name, changes: &ChangeSet, applied: &mut Applied) {
        let parts = self.parts(changes, &mut Applied::default());
        let mut parts = self.zones.iter().zip(parts);
        let part = parts.find_map(|(of, part)| (of == zone).then_some(part));
        for change in part.unwrap_or_default() {
            let owner = plain(change.owner.as_ref());
            match self.store.commit(zone, vec![change]) {
                Ok(done) => self.credit(zone, done, changes),
                Err(failed) => {
                    let reason = error(ErrorKind::Rejected, failed.to_string());
                    applied.refused.push((owner.into(), reason));
                }
            }
        }
    }

    /// Says which objects wanted it.
    fn credit(&self, zone: &Name, done: Committed, changes: &ChangeSet) {
        if !done.changed {
            return;
        }
        self.store.credit(|| {
            let updated = changes.update.iter().map(|update| &update.new);
            let all = changes.delete.iter().chain(&changes.create).chain(updated);
            let credit = |endpoint: &Endpoint| {
                let authors = endpoint.origins.iter().map(|object| Author::Object {
                    object: object.to_string().into(),
                    uid: object.uid.clone(),
                });
                Some(Credit {
                    owner: owner_of(&endpoint.name).ok()?,
                    rtype: Some(endpoint.rtype),
                    authors: authors.collect(),
                })
            };
            Credits {
                zone: zone.clone(),
                serial: done.serial,
                each: all.filter_map(credit).collect(),
            }
        });
    }
}

/// Which RRset a change is of. In the order of a zone, which the writer of the zone needs anyway.
fn place(change: &Change) -> (&Name, Rtype) {
    (&change.owner, change.rtype)
}

/// Whether a zone can hold an endpoint.
///
/// # Errors
/// Its name is none of DNS, or a target is not what its type asks for.
pub(super) fn storable(endpoint: &Endpoint) -> Result<(), String> {
    owner_of(&endpoint.name)?;
    data::check(endpoint).map_err(|error| telemetry::chain(&error))
}

/// Takes targets from an endpoint that a zone can hold until they are few enough. Gives those that
/// were too many, with the reason.
pub(super) fn cut(endpoint: &mut Endpoint) -> Option<(Endpoint, String)> {
    if endpoint.targets.len() <= MOST_RECORDS {
        return None;
    }
    let all = data::rdatas(endpoint).map_or(0, |all| all.len());
    if all <= MOST_RECORDS {
        return None;
    }
    let mut loser = endpoint.clone();
    loser.targets = endpoint.targets.split_off(MOST_RECORDS);
    let reason = format!(
        "{all} records of one type are more than the {MOST_RECORDS} that a name can have, {} are left out",
        all - MOST_RECORDS
    );
    Some((loser, reason))
}

fn rrset(endpoint: &Endpoint) -> Result<Rrset, String> {
    let rdatas = data::rdatas(endpoint).map_err(|error| {
        let error = telemetry::chain(&error);
        format!("\"{}\" {}: {error}", endpoint.name, endpoint.rtype)
    })?;
    if endpoint.rtype == Rtype::CNAME && rdatas.len() > 1 {
        // RFC 2181 §10.1.
        let (name, targets) = (&endpoint.name, rdatas.len());
        return Err(format!(
            "\"{name}\" CNAME: one has a single target, not {targets}"
        ));
    }
    // external-dns takes 0 for a TTL that nobody has set.
    let ttl = endpoint.ttl.filter(|ttl| ttl.as_secs() > 0);
    Ok(Rrset {
        rtype: endpoint.rtype,
        ttl: ttl.unwrap_or_else(|| Ttl::from_secs(DEFAULT)),
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
