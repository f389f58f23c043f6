//! Trials of many seeds at a time.

use std::fs;
use std::ops::Range;
use std::sync::Arc;

use libtest_mimic::Trial;
use peers::Zone;

use super::zone;
use crate::compare::{run, split};
use crate::fleet::{self, Cast, Fleet};

/// One trial for each so many seeds.
pub(crate) fn trials(cast: &Cast) -> Result<Vec<Trial>, String> {
    let file = fleet::root().join("conformance/compare/splits.txt");
    let splits = Arc::new(split::read(&file)?);
    let seeds = seeds()?;
    Ok(seeds
        .clone()
        .step_by(AT_ONCE)
        .map(|first| {
            let splits = Arc::clone(&splits);
            let part = first..seeds.end.min(first + AT_ONCE as u64);
            let name = format!("random::{}..{}", part.start, part.end);
            cast.trial(name, move |cast| check(part, cast, &splits))
        })
        .collect())
}

/// The seeds to run: from the environment, or as many as take a few seconds.
fn seeds() -> Result<Range<u64>, String> {
    let Ok(text) = std::env::var("CONFORMANCE_SEEDS") else {
        return Ok(0..200);
    };
    let parsed = text
        .split_once("..")
        .and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    parsed.ok_or_else(|| format!("CONFORMANCE_SEEDS is {text:?}; expected FROM..TO, as in 0..500"))
}

fn check(seeds: Range<u64>, cast: &Cast, splits: &[split::Split]) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let made: Vec<_> = seeds.map(zone::make).collect();
    let mut zones = Vec::new();
    for (origin, text) in made.iter().flat_map(|made| &made.zones) {
        let file = folder.path().join(origin);
        fs::write(&file, text).map_err(|error| error.to_string())?;
        zones.push(Zone::new(origin, &file));
    }
    let fleet = Fleet::start(&cast.programs(), &zones, true).map_err(|error| error.to_string())?;
    let wrong: Vec<String> = made
        .iter()
        .filter_map(|made| {
            let report = run::run("random", &fleet, &made.queries, splits).err()?;
            let zones = made
                .zones
                .iter()
                .map(|(origin, text)| format!("; {origin}\n{text}\n"));
            Some(zones.collect::<String>() + &report)
        })
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let shown: Vec<&str> = wrong.iter().take(SHOWN).map(String::as_str).collect();
    let all = wrong.len();
    Err(format!(
        "{all} zones; the first of them:\n{}",
        shown.join("\n")
    ))
}

/// How many zones are served at once.
const AT_ONCE: usize = 100;

/// How many zones with findings are printed.
const SHOWN: usize = 5;
