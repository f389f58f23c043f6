//! Zone files that come to each copy at another time, as mounts do.

use std::time::Duration;

use peers::{Program, Signal};

use super::copies::{Copies, LONG, Lease, Scene, ZONE};
use crate::process::cluster_objects::service;
use crate::process::site::{Check, check, text};
use crate::process::telemetry::get;

pub(super) const TRIALS: &[Check] = &[(
    "who_has_older_files_leads_last_and_shows_what_was_there",
    older,
)];

fn older(program: &Program) -> Result<(), String> {
    let trial = "who_has_older_files_leads_last_and_shows_what_was_there";
    let file = |version: u32| {
        let name = match version {
            1 => "gone",
            _ => "new",
        };
        text(
            version,
            &format!("f A 192.0.2.{version}\n{name} A 192.0.2.9"),
        )
    };
    let first = [service("web", "192.0.2.1")];
    let place = Scene::Files(file(1));
    let Some(mut copies) = Copies::start_with(trial, program, Lease::Short, &first, place)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    copies.wait_for_address("f", "192.0.2.1")?;
    let leader = copies.wait_for_leader(None)?;
    let (newer, older) = ((leader + 1) % 3, (leader + 2) % 3);
    let write = |copies: &Copies, number: usize, version: u32| {
        copies.site.write(&format!("zone-{number}"), &file(version))
    };

    // The leader's comes first, then that of another one.
    write(&copies, leader, 2)?;
    copies.wait_for_address("f", "192.0.2.2")?;
    copies.wait_for_address("new", "192.0.2.9")?;
    for number in [newer, older] {
        says(&copies, number, "are older than those of the leader")?;
    }
    write(&copies, newer, 2)?;
    says(&copies, newer, "are those of the leader again")?;
    counts(&copies, newer, 0)?;
    counts(&copies, older, 1)?;

    // Both could lead; the one with the older file waits for the other.
    ends(&mut copies, leader)?;
    let next = copies.wait_for_leader(Some(leader))?;
    check(next == newer, || {
        format!("copy {next} leads\n{}", copies.logs())
    })?;
    copies.wait_for_address("f", "192.0.2.2")?;

    // Nobody else is left. What was there is shown on, and names of objects come and go.
    ends(&mut copies, newer)?;
    copies.wait_for_leader(Some(newer))?;
    says(&copies, older, "leads with older zone files")?;
    copies.patch(&[service("web", "192.0.2.3")])?;
    copies.wait_for_address("web", "192.0.2.3")?;
    copies.wait_for_address("f", "192.0.2.2")?;
    copies.wait_for_address("new", "192.0.2.9")?;
    copies.wait_for_all(&format!("gone.{ZONE} A"), &[])?;
    let said = copies.update(older, &format!("update add u.{ZONE}. 60 A 192.0.2.7\nsend"))?;
    check(said.well, || said.text.clone())?;

    // Its own has come, and the next one too.
    write(&copies, older, 2)?;
    counts(&copies, older, 0)?;
    copies.wait_for_address("f", "192.0.2.2")?;
    write(&copies, older, 3)?;
    copies.wait_for_address("f", "192.0.2.3")?;
    copies.wait_for_address("web", "192.0.2.3")?;
    copies.wait_for_address_of_ttl("u", "60 A 192.0.2.7")
}

fn ends(copies: &mut Copies, number: usize) -> Result<(), String> {
    let server = copies.servers.get_mut(number).and_then(Option::take);
    let mut server = server.ok_or("it does not run")?;
    let sent = server.signal(Signal::Terminate);
    sent.map_err(|error| error.to_string())?;
    check(server.wait(LONG).is_some(), || server.log())
}

fn says(copies: &Copies, number: usize, wanted: &str) -> Result<(), String> {
    let server = copies.servers.get(number).and_then(Option::as_ref);
    let server = server.ok_or("it does not run")?;
    let said = server.wait_for(LONG, |server| server.log().contains(wanted));
    check(said, || {
        format!("copy {number} does not say {wanted:?}\n{}", copies.logs())
    })
}

/// Waits until a copy says so often that files differ.
fn counts(copies: &Copies, number: usize, wanted: u32) -> Result<(), String> {
    let server = copies.servers.get(number).and_then(Option::as_ref);
    let server = server.ok_or("it does not run")?;
    let line = format!("zonewright_other_files {wanted}");
    let there = server.wait_for(Duration::from_secs(10), |server| {
        get(server, "/metrics").is_ok_and(|page| page.lines().any(|one| one == line))
    });
    check(there, || {
        format!("copy {number}: no {line}\n{}", copies.logs())
    })
}
