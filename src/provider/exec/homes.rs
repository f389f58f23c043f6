//! Which zones hold a name, where there may be several of one name, and what is told of all of them.

use std::collections::{BTreeMap, BTreeSet};

use plan::{ChangeSet, Endpoint, ErrorKind};
use wire::Rtype;

use super::edit::{Refused, texts};
use super::state::State;
use crate::record::Key;
use crate::zones::{Zone, places};

/// The zones of a group, by place.
pub(super) fn homes(
    state: &State,
    changes: &ChangeSet,
    pin: &str,
) -> Result<BTreeSet<usize>, Refused> {
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
pub(super) fn is_pinned(endpoint: &Endpoint, pin: &str, zone: &Zone) -> bool {
    let asked = endpoint.properties.value(pin);
    asked.is_none_or(|id| id == last_part(&zone.id))
}

/// The last part of the identifier of a zone.
fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Records of some of a group's zones that are none of ours, by the places of these: in another zone of
/// the name our ownership record is beside the record, and there it is not.
pub(super) fn strange(
    state: &State,
    homes: &BTreeSet<usize>,
    changes: &ChangeSet,
) -> BTreeSet<(usize, Key)> {
    let mut all = BTreeSet::new();
    if homes.len() < 2 {
        return all;
    }
    let zones = || {
        homes
            .iter()
            .filter_map(|at| Some((*at, state.zones.get(*at)?)))
    };
    for (data, text) in texts(changes) {
        let has_text = zones().filter(|(_, contents)| contents.get(&text).is_some());
        let ours: BTreeSet<usize> = has_text.map(|(at, _)| at).collect();
        let others = zones().filter(|(at, contents)| {
            !ours.is_empty() && !ours.contains(at) && contents.get(&data).is_some()
        });
        for (at, contents) in others {
            tracing::debug!(zone = &*contents.zone.id, record = %data, "record of somebody else stays");
            all.extend([(at, data.clone()), (at, text.clone())]);
        }
    }
    all
}

pub(super) fn endpoints(changes: &ChangeSet) -> impl Iterator<Item = &Endpoint> {
    let updates = changes.update.iter();
    let updates = updates.flat_map(|update| [&update.old, &update.new]);
    changes.create.iter().chain(updates).chain(&changes.delete)
}

/// All records of the zones, each name in the zones that it is looked for in.
pub(super) fn listed(state: &State, pin: &str) -> Vec<Endpoint> {
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

/// A setting of endpoints that are missing in one of several zones of the same name.
const IN_SOME_ZONES: &str = "zonewright/in-some-zones";
