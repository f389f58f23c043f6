//! Destinations elsewhere: the leader alone writes to them, whoever that is.

use std::time::Duration;

use cluster_peers::Recorder;
use peers::Program;

use super::copies::{Copies, LONG, Lease, Scene, ZONE, pass};
use crate::process::cluster_objects::service;
use crate::process::site::{Check, check};

pub(super) const TRIALS: &[Check] = &[("only_the_leader_writes_elsewhere", only_the_leader)];

fn only_the_leader(program: &Program) -> Result<(), String> {
    let trial = "only_the_leader_writes_elsewhere";
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    let first = [service("a", "192.0.2.1"), service("b", "192.0.2.1")];
    let lease = Lease::Short;
    let place = Scene::Only(recorder.url());
    let copies = Copies::start_with(trial, program, lease, &first, place)?;
    let Some(mut copies) = copies else {
        return Ok(());
    };
    let wait = |copies: &Copies, name: &str, wanted: Option<&str>| {
        let name = format!("{name}.{ZONE}");
        let came = recorder.wait_for(LONG, |records| {
            let mut records = records.iter();
            let found = records.find(|one| one.dns_name == name && one.record_type == "A");
            match (found, wanted) {
                (Some(found), Some(wanted)) => found.targets == [wanted],
                (found, wanted) => found.is_none() == wanted.is_none(),
            }
        });
        check(came.is_some(), || {
            format!("{name}: {:?}\n{}", recorder.records(), copies.logs())
        })
    };
    for round in 0..3_u8 {
        let (address, next) = (
            format!("192.0.2.{}", 2 * round + 1),
            format!("192.0.2.{}", 2 * round + 2),
        );
        wait(&copies, "a", Some(&address))?;
        let leader = copies.wait_for_leader(None)?;
        // A second writer would have written by now.
        pass(Duration::from_secs(1));
        copies.kill(leader)?;
        copies.patch(&[service("a", &next)])?;
        wait(&copies, "a", Some(&next))?;
        copies.revive(leader)?;
        copies.patch(&[service("a", &format!("192.0.2.{}", 2 * round + 3))])?;
    }
    copies.delete(&[service("b", "192.0.2.1")])?;
    wait(&copies, "b", None)?;
    // Each change was made once, and nothing was taken away in between.
    let applied = recorder.applied();
    let of = |changes: &[cluster_peers::Endpoint], name: &str| {
        let name = format!("{name}.{ZONE}");
        let found = changes.iter();
        let found = found.filter(|one| one.dns_name == name && one.record_type == "A");
        found.count()
    };
    for name in ["a", "b"] {
        let made: usize = applied
            .iter()
            .map(|one| of(&one.changes.create, name))
            .sum();
        let gone: usize = applied
            .iter()
            .map(|one| of(&one.changes.delete, name))
            .sum();
        let wanted = (1, usize::from(name == "b"));
        check((made, gone) == wanted, || {
            format!("{name} was made and taken away {made}, {gone} times: {applied:?}")
        })?;
    }
    Ok(())
}
