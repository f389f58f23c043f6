//! Zones of other servers that are followed: each with its primaries, and none that is ours too; and
//! the zone that lists those of ours.

use wire::Name;

use super::reader::Reader;
use crate::problem::Quoted;
use crate::settings::{Catalog, Followed, FollowedTls, PrimaryTls, Provider, Sync, Zones};
use crate::value::{self, Wrong};

/// All zones that are followed.
pub(super) fn followed(reader: &mut Reader, zones: &Zones, sync: Option<&Sync>) -> Vec<Followed> {
    let mut all: Vec<Followed> = Vec::new();
    for (flag, is_catalog) in [("secondary", false), ("secondary-catalog", true)] {
        for ((zone, primary), typed) in reader.all_filled(flag, value::primary) {
            if let Some(ours) = ours(&zone, zones, sync) {
                let shown = zone.to_string();
                let wrong = Wrong::new(format!(
                    "zone {} is followed, and it is our own too: {ours}",
                    Quoted(&shown)
                ));
                reader.problem(flag, &typed, wrong.hint(ONE_ORIGIN));
                continue;
            }
            match all.iter_mut().find(|one| one.zone == zone) {
                Some(one) if one.is_catalog != is_catalog => {
                    let shown = zone.to_string();
                    let wrong = Wrong::new(format!(
                        "zone {} is in --secondary and in --secondary-catalog",
                        Quoted(&shown)
                    ));
                    let hint = "a catalog is followed by --secondary-catalog alone";
                    reader.problem(flag, &typed, wrong.hint(hint));
                }
                Some(one)
                    if one
                        .primaries
                        .iter()
                        .any(|other| other.address == primary.address) =>
                {
                    let shown = primary.address.to_string();
                    let wrong = Wrong::new(format!("primary {} is given twice", Quoted(&shown)));
                    reader.problem(flag, &typed, wrong);
                }
                Some(one) => one.primaries.push(primary),
                None => all.push(Followed {
                    zone,
                    primaries: vec![primary],
                    is_catalog,
                }),
            }
        }
    }
    all
}

/// How primaries are trusted.
pub(super) fn tls(reader: &mut Reader, followed: &[Followed]) -> FollowedTls {
    let tls = FollowedTls {
        ca: reader.folder("secondary-tls-ca"),
        certificate: reader.folder("secondary-tls-cert"),
        key: reader.folder("secondary-tls-cert-key"),
        skip_verify: reader.switch("secondary-tls-skip-verify"),
    };
    if tls.certificate.is_some() != tls.key.is_some() {
        let origin = reader.origin_of("secondary-tls-cert");
        let wrong = Wrong::new("a certificate needs its key, and a key its certificate");
        let wrong = wrong.hint("give both --secondary-tls-cert and --secondary-tls-cert-key");
        reader.problem_at("secondary-tls-cert", &origin, wrong);
    }
    let mut primaries = followed.iter().flat_map(|one| &one.primaries);
    if primaries.all(|primary| primary.tls == PrimaryTls::Off) {
        for name in [
            "secondary-tls-ca",
            "secondary-tls-cert",
            "secondary-tls-skip-verify",
        ] {
            if reader.raw.values.contains_key(name) {
                let origin = reader.origin_of(name);
                let wrong = Wrong::new("this has no effect: no primary is asked by TLS");
                let wrong =
                    wrong.hint("say it of a primary: --secondary example.org=192.0.2.1,tls");
                reader.warning_at(name, &origin, wrong);
            }
        }
    }
    tls
}

/// The zone that lists our zones.
pub(super) fn catalog(
    reader: &mut Reader,
    zones: &Zones,
    sync: Option<&Sync>,
    followed: &[Followed],
) -> Option<Catalog> {
    let groups = reader.all_filled("catalog-group", value::catalog_group);
    let typed = reader.typed("catalog");
    let zone = reader.filled("catalog", value::catalog_name);
    let (Some(zone), Some(typed)) = (zone, typed) else {
        if let Some((_, typed)) = groups.first()
            && !reader.raw.values.contains_key("catalog")
        {
            let wrong = Wrong::new("there is no catalog that could have groups".to_owned());
            reader.problem(
                "catalog-group",
                typed,
                wrong.hint("name one: --catalog NAME"),
            );
        }
        return None;
    };
    let other = match ours(&zone, zones, sync) {
        None if followed.iter().any(|one| one.zone == zone) => Some("it is followed".to_owned()),
        other => other,
    };
    if let Some(other) = other {
        let shown = zone.to_string();
        let wrong = Wrong::new(format!(
            "zone {} is the catalog, and another zone too: {other}",
            Quoted(&shown)
        ));
        reader.problem("catalog", &typed, wrong.hint(ONE_ORIGIN));
        return None;
    }
    let groups = groups.into_iter().flat_map(|((group, zones), _)| {
        let pair = move |zone| (group.clone(), zone);
        zones.into_iter().map(pair)
    });
    Some(Catalog {
        zone,
        groups: groups.collect(),
    })
}

/// What makes a zone one of ours.
fn ours(zone: &Name, zones: &Zones, sync: Option<&Sync>) -> Option<String> {
    if let Some(file) = zones.files.iter().find(|file| file.origin == *zone) {
        return Some(format!("file {}", Quoted(&file.path.to_string_lossy())));
    }
    let destinations = sync.iter().flat_map(|sync| &sync.destinations);
    let mut embedded = destinations.filter_map(|one| match &one.provider {
        Provider::Embedded(embedded) => Some(embedded),
        _ => None,
    });
    let is_made = embedded.any(|embedded| embedded.zones.contains(zone));
    is_made.then(|| "it is made for names from objects".to_owned())
}

const ONE_ORIGIN: &str = "a zone has one origin: leave out one of the two";
