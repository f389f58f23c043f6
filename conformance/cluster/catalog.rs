//! The catalog of zones that copies share: whoever asks any copy gets the same one, and it goes on where
//! another copy leads.

use std::thread::park_timeout;
use std::time::Instant;

use peers::Program;

use super::copies::{CATALOG, Copies, LONG, Lease, STEP, Scene, ZONE};
use crate::process::cluster_objects::service;
use crate::process::site::{Check, check, serial};
use crate::process::tool::contents;

pub(super) const TRIALS: &[Check] = &[("the_catalog_is_the_same_at_every_copy", same)];

fn same(program: &Program) -> Result<(), String> {
    let trial = "the_catalog_is_the_same_at_every_copy";
    let first = [service("web", "192.0.2.1")];
    let copies = Copies::start_with(trial, program, Lease::Short, &first, Scene::Catalog)?;
    let Some(mut copies) = copies else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    let begun = alike(&copies)?;
    let listed = begun
        .iter()
        .any(|line| line.ends_with(&format!(" PTR {ZONE}.")));
    check(listed, || format!("{ZONE} is not listed: {begun:#?}"))?;
    // Who has no key is told nothing of it.
    for (number, _) in copies.running() {
        let stranger = contents(copies.address(number)?, CATALOG, None);
        check(stranger.is_err(), || {
            format!("copy {number} tells anybody: {stranger:?}")
        })?;
    }
    for _ in 0..2 {
        let leader = copies.wait_for_leader(None)?;
        let before = serial(copies.address(leader)?, CATALOG);
        copies.kill(leader)?;
        copies.wait_for_leader(Some(leader))?;
        copies.revive(leader)?;
        copies.wait_for_address("web", "192.0.2.1")?;
        let now = alike(&copies)?;
        let members = |all: &[String]| -> Vec<String> {
            let members = all.iter().filter(|line| !line.contains(" SOA "));
            members.cloned().collect()
        };
        // A member that is another one would be begun anew by whoever follows the catalog.
        check(members(&now) == members(&begun), || {
            format!("{begun:#?} is {now:#?} now\n{}", copies.logs())
        })?;
        for (number, server) in copies.running() {
            let after = serial(server.address(), CATALOG);
            check(after >= before, || {
                format!(
                    "copy {number}: serial {after:?} after {before:?}\n{}",
                    copies.logs()
                )
            })?;
        }
    }
    Ok(())
}

/// What all copies have, once it is the same.
fn alike(copies: &Copies) -> Result<Vec<String>, String> {
    let begin = Instant::now();
    loop {
        let each: Vec<Result<Vec<String>, String>> = copies
            .running()
            .map(|(_, server)| contents(server.address(), CATALOG, Some(&copies.key)))
            .collect();
        let first = each.first().cloned().ok_or("no copy runs")?;
        if first.is_ok() && each.iter().all(|one| *one == first) {
            return first;
        }
        check(begin.elapsed() < LONG, || {
            format!("copies differ: {each:#?}\n{}", copies.logs())
        })?;
        park_timeout(STEP * 10);
    }
}
