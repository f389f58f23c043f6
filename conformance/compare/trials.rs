//! One trial per group of zones.

use std::sync::Arc;

use libtest_mimic::Trial;

use super::group::{self, Group};
use super::split::{self, Split};
use super::{queries, run};
use crate::fleet::{self, Cast, Fleet};

/// All trials.
pub(crate) fn trials(cast: &Cast) -> Result<Vec<Trial>, String> {
    let folder = fleet::root().join("conformance/compare");
    let splits = Arc::new(split::read(&folder.join("splits.txt"))?);
    let groups = group::read(&folder.join("groups.txt"), &fleet::root().join("zones"))?;
    Ok(groups
        .into_iter()
        .map(|group| {
            let splits = Arc::clone(&splits);
            cast.trial(format!("compare::{}", group.name), move |cast| {
                check(&group, cast, &splits)
            })
        })
        .collect())
}

fn check(group: &Group, cast: &Cast, splits: &[Split]) -> Result<(), String> {
    let fleet =
        Fleet::start(&cast.programs(), &group.zones, true).map_err(|error| error.to_string())?;
    let lines = match group.name.as_str() {
        "packets" => queries::packets(&fleet::root().join("conformance/compare/packets.txt"))?,
        _ => {
            let lines = group.zones.iter().map(queries::queries);
            lines.collect::<Result<Vec<_>, _>>()?.concat()
        }
    };
    run::run(&group.name, &fleet, &lines, splits)
}
