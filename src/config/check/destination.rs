//! Destinations: one from flags, or those of the settings file.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::time::Duration;

use regex::Regex;

use super::reader::Reader;
use super::{claims, provider, registry, types};
use crate::file::{FileAddressMap, FileDestination};
use crate::flags::{self, Scope};
use crate::problem::{Origin, Quoted};
use crate::settings::{Batch, Destination, DomainFilter, Policy, Provider, RecordType, Registry};
use crate::typed::Typed;
use crate::value::Wrong;

/// All destinations, as far as they are well.
pub(super) fn destinations(reader: &mut Reader) -> Vec<Destination> {
    let maps = std::mem::take(&mut reader.raw.address_maps);
    let Some(list) = reader.raw.destinations.take() else {
        let origin = reader.origin_of("provider");
        return destination(reader, None, &maps, &origin)
            .into_iter()
            .collect();
    };
    let common = common_values(reader);
    let mut destinations: Vec<(Destination, Origin)> = Vec::new();
    for entry in list {
        let own = entry.address_maps.as_ref().unwrap_or(&maps);
        let values = overlaid(&common, &entry);
        let made = reader.with_values(values, |reader| {
            destination(reader, entry.name.as_ref(), own, &entry.origin)
        });
        let Some(made) = made else { continue };
        if let Some((wrong, name)) = conflict(&destinations, &made) {
            reader.problem_at(name, &entry.origin, wrong);
        }
        destinations.push((made, entry.origin));
    }
    destinations.into_iter().map(|(made, _)| made).collect()
}

/// What the top of the file says about destinations. Flags and variables cannot say which one they
/// mean.
fn common_values(reader: &mut Reader) -> BTreeMap<&'static str, Vec<Typed>> {
    let mut common = reader.raw.values.clone();
    common.retain(|name, _| {
        flags::find_with_group(name).is_some_and(|(group, _)| group.scope == Scope::Destination)
    });
    for (name, typed) in &common {
        if typed.iter().any(Typed::is_beside_the_file) {
            let origin = reader.origin_of(name);
            let wrong = Wrong::new("the settings file lists destinations; which one is meant?");
            let wrong = wrong.hint("write it in the file: in a destination, or at the top for all");
            reader.problem_at(name, &origin, wrong);
        }
    }
    common
}

fn overlaid(
    common: &BTreeMap<&'static str, Vec<Typed>>,
    entry: &FileDestination,
) -> BTreeMap<&'static str, Vec<Typed>> {
    let mut values = common.clone();
    values.extend(
        entry
            .values
            .iter()
            .map(|(name, typed)| (*name, typed.clone())),
    );
    values
}

/// Why one destination cannot stand beside the others.
fn conflict(others: &[(Destination, Origin)], made: &Destination) -> Option<(Wrong, &'static str)> {
    others.iter().find_map(|(other, _)| {
        if other.name == made.name {
            let wrong = Wrong::new(format!("there are two destinations {}", Quoted(&made.name)));
            return Some((wrong.hint("give each a name of its own"), "name"));
        }
        if let (Registry::Crd { namespace: one, .. }, Registry::Crd { namespace: two, .. }) =
            (&other.registry, &made.registry)
            && one == two
            && owner(other) == owner(made)
        {
            let wrong = Wrong::new(format!(
                "destination {} keeps the ownership of its records in the same objects",
                Quoted(&other.name)
            ));
            let wrong = wrong.hint("set another crd-registry-namespace or txt-owner-id for one");
            return Some((wrong, "txt-owner-id"));
        }
        if let (Registry::DynamoDb { table: one, .. }, Registry::DynamoDb { table: two, .. }) =
            (&other.registry, &made.registry)
            && one.values.get("dynamodb-table") == two.values.get("dynamodb-table")
            && one.values.get("dynamodb-region") == two.values.get("dynamodb-region")
            && owner(other) == owner(made)
        {
            let wrong = Wrong::new(format!(
                "destination {} keeps the ownership of its records in the same table",
                Quoted(&other.name)
            ));
            let wrong = wrong.hint("set another dynamodb-table or txt-owner-id for one");
            return Some((wrong, "txt-owner-id"));
        }
        match (&other.provider, &made.provider) {
            (Provider::Embedded(one), Provider::Embedded(two)) => {
                let zone = two.zones.iter().find(|zone| one.zones.contains(zone))?;
                let wrong = Wrong::new(format!(
                    "zone {} is one of destination {} too",
                    Quoted(&zone.to_string()),
                    Quoted(&other.name)
                ));
                Some((wrong, "zone"))
            }
            (Provider::Webhook(one), Provider::Webhook(two))
                if one.url == two.url && owner(other) == owner(made) =>
            {
                Some(same_place(other))
            }
            (Provider::Hosted(one), Provider::Hosted(two))
                if one == two
                    && other.domain_filter == made.domain_filter
                    && owner(other) == owner(made) =>
            {
                Some(same_place(other))
            }
            (Provider::Rfc2136(one), Provider::Rfc2136(two))
                if one.port == two.port
                    && one.hosts.iter().any(|host| two.hosts.contains(host))
                    && (one.zones.is_empty()
                        || two.zones.is_empty()
                        || one.zones.iter().any(|zone| two.zones.contains(zone)))
                    && other.domain_filter == made.domain_filter
                    && owner(other) == owner(made) =>
            {
                Some(same_place(other))
            }
            _ => None,
        }
    })
}

/// What is wrong with two destinations that would take each other's records for their own.
fn same_place(other: &Destination) -> (Wrong, &'static str) {
    let wrong = Wrong::new(format!(
        "destination {} writes to the same place as the same owner",
        Quoted(&other.name)
    ));
    (
        wrong.hint("set another txt-owner-id for one of them"),
        "txt-owner-id",
    )
}

fn owner(destination: &Destination) -> Option<&str> {
    match &destination.registry {
        Registry::AwsSd { owner } | Registry::Layers { owner } => Some(owner),
        Registry::Noop => None,
        Registry::Crd { txt, .. } | Registry::DynamoDb { txt, .. } | Registry::Txt(txt) => {
            Some(&txt.owner)
        }
    }
}

/// One destination from the values at hand.
fn destination(
    reader: &mut Reader,
    name: Option<&Typed>,
    maps: &[FileAddressMap],
    origin: &Origin,
) -> Option<Destination> {
    let domain_filter = domain_filter(reader);
    let kind = provider::kind(reader)?;
    let embedded = kind == provider::Kind::Embedded;
    let (given_types, excluded_types) = types::given(reader);
    let policy = policy(reader, embedded);
    let all_types = given_types.is_none() && embedded;
    let mut managed_types = given_types.unwrap_or_else(|| types::default_types(embedded));
    let registry = registry::registry(reader, kind);
    let provider = provider::provider(reader, kind, &domain_filter, &managed_types, origin);
    let address_maps = claims::address_maps(reader, maps);
    let cache_time = reader.go_duration("provider-cache-time", Duration::ZERO);
    let min_event_sync_interval = reader.go_duration("min-event-sync-interval", Duration::ZERO);
    let size = reader.number("batch-change-size", 200_usize, 1, 1_000_000);
    let batch = Batch {
        size: NonZeroUsize::new(size).unwrap_or(NonZeroUsize::MIN),
        interval: reader.go_duration("batch-change-interval", Duration::from_secs(1)),
    };
    let (zone_names, zone_ids) = (
        reader.texts("zone-name-filter"),
        reader.texts("zone-id-filter"),
    );
    let provider = provider?;
    if all_types && provider.serves_reverse_names() {
        managed_types.push(RecordType::Ptr);
    }
    let name = match name {
        Some(typed) if typed.text.is_empty() => {
            reader.problem("name", typed, Wrong::new("the name is empty"));
            return None;
        }
        Some(typed) => typed.text.to_string(),
        None => provider.as_str().to_owned(),
    };
    Some(Destination {
        name,
        provider,
        domain_filter,
        zone_names,
        zone_ids,
        policy,
        managed_types,
        excluded_types,
        registry: registry?,
        address_maps,
        min_event_sync_interval,
        cache_time,
        batch,
    })
}

fn policy(reader: &mut Reader, embedded: bool) -> Policy {
    if reader.typed("policy").is_some() {
        return reader.word("policy", POLICIES);
    }
    if embedded {
        // Nothing can be deleted there that others have made.
        return Policy::Sync;
    }
    let wrong = Wrong::new("no policy is given; sync is used, which deletes as well");
    let wrong = wrong.hint("say so with --policy=sync, or choose --policy=upsert-only");
    reader.warning_at("policy", &Origin::Flag, wrong);
    Policy::Sync
}

fn domain_filter(reader: &mut Reader) -> DomainFilter {
    let mut pattern = |name: &str| {
        let pattern = reader.filled(name, |text| match Regex::new(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(error) => {
                let error = error.to_string();
                let reason = error
                    .lines()
                    .last()
                    .unwrap_or("")
                    .trim_start_matches("error: ");
                Err(Wrong::new(format!(
                    "{} is not a regular expression: {reason}",
                    Quoted(text)
                )))
            }
        });
        pattern.unwrap_or_default()
    };
    let (include, exclude) = (
        pattern("regex-domain-filter"),
        pattern("regex-domain-exclusion"),
    );
    let (suffixes, exceptions) = (
        reader.texts("domain-filter"),
        reader.texts("exclude-domains"),
    );
    if !include.is_empty() || !exclude.is_empty() {
        return DomainFilter::Regex { include, exclude };
    }
    for (name, list) in [
        ("domain-filter", &suffixes),
        ("exclude-domains", &exceptions),
    ] {
        if let Some(text) = list.iter().find(|text| text.contains(',')) {
            let origin = reader.origin_of(name);
            let wrong = Wrong::new(format!("{} is taken as one domain", Quoted(text)));
            let hint = "repeat the flag for each domain; a variable has a line for each";
            reader.warning_at(name, &origin, wrong.hint(hint));
        }
    }
    DomainFilter::Lists {
        include: suffixes,
        exclude: exceptions,
    }
}

const POLICIES: &[(&str, Policy)] = &[
    ("sync", Policy::Sync),
    ("upsert-only", Policy::UpsertOnly),
    ("create-only", Policy::CreateOnly),
    ("none", Policy::None),
];
