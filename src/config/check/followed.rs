//! Zones of other servers that are followed: each with its primaries, and none that is ours too.

use wire::Name;

use super::reader::Reader;
use crate::problem::Quoted;
use crate::settings::{Followed, Provider, Sync, Zones};
use crate::value::{self, Wrong};

/// All zones that are followed.
pub(super) fn followed(reader: &mut Reader, zones: &Zones, sync: Option<&Sync>) -> Vec<Followed> {
    let mut all: Vec<Followed> = Vec::new();
    for ((zone, primary), typed) in reader.all_filled("secondary", value::primary) {
        if let Some(ours) = ours(&zone, zones, sync) {
            let shown = zone.to_string();
            let wrong = Wrong::new(format!(
                "zone {} is followed, and it is our own too: {ours}",
                Quoted(&shown)
            ));
            let hint = "a zone has one origin: leave out one of the two";
            reader.problem("secondary", &typed, wrong.hint(hint));
            continue;
        }
        match all.iter_mut().find(|one| one.zone == zone) {
            Some(one)
                if one
                    .primaries
                    .iter()
                    .any(|other| other.address == primary.address) =>
            {
                let shown = primary.address.to_string();
                let wrong = Wrong::new(format!("primary {} is given twice", Quoted(&shown)));
                reader.problem("secondary", &typed, wrong);
            }
            Some(one) => one.primaries.push(primary),
            None => all.push(Followed {
                zone,
                primaries: vec![primary],
            }),
        }
    }
    all
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
