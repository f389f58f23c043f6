//! What clients change, kept in the API server alone.

use std::thread::{park_timeout, scope};
use std::time::{Duration, Instant};

use cluster_peers::Request;
use peers::Program;
use serde_json::Value;

use super::copies::{Copies, LONG, Lease, STEP, Scene, ZONE, say};
use crate::process::cluster_objects::service;
use crate::process::site::{Check, check};

pub(super) const TRIALS: &[Check] = &[
    (
        "what_clients_changed_outlives_all_copies_and_their_folders",
        outlives,
    ),
    ("what_a_single_copy_had_is_taken_along", taken_along),
    (
        "a_cluster_that_was_put_back_is_told_record_by_record",
        put_back,
    ),
];

/// The cluster is put back to a state in which it knows nothing of updates; the copies go on with what
/// they have served, and say what that is.
fn put_back(program: &Program) -> Result<(), String> {
    let trial = "a_cluster_that_was_put_back_is_told_record_by_record";
    let first = [service("web", "192.0.2.1")];
    let Some(mut copies) = Copies::start(trial, program, Lease::Short, &first)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    let mut leader = copies.wait_for_leader(None)?;
    let said = copies.update(
        leader,
        &format!("update add kept.{ZONE}. 60 A 192.0.2.77\nsend"),
    )?;
    check(said.well, || said.text)?;
    copies.wait_for_address_of_ttl("kept", "60 A 192.0.2.77")?;
    for plural in ["zonejournals", "zonecheckpoints"] {
        let path = format!("/apis/zonewright.dev/v1alpha1/namespaces/default/{plural}");
        let list = copies.cluster.api().get(&path);
        let list = list.map_err(|error| error.to_string())?;
        let items = list.pointer("/items").and_then(Value::as_array);
        let names = items
            .into_iter()
            .flatten()
            .filter_map(|item| item.pointer("/metadata/name").and_then(Value::as_str));
        let requests: Vec<Request> = names
            .map(|name| Request::delete(format!("{path}/{name}")))
            .collect();
        let gone = copies.cluster.api().send(&requests);
        gone.map_err(|error| error.to_string())?;
    }
    let told = format!("record=\"kept.{ZONE}. 60 A 192.0.2.77\"");
    for expected in [true, false] {
        copies.kill(leader)?;
        let next = copies.wait_for_leader(Some(leader))?;
        let server = copies.servers.get(next).and_then(Option::as_ref);
        let server = server.ok_or("the leader does not run")?;
        let writes = server.wait_for(LONG, |server| {
            server.log().contains("this copy writes the zone")
        });
        check(writes, || copies.logs())?;
        let said = server.log().contains(&told);
        // The second time the journal is whole again.
        check(said == expected, || copies.logs())?;
        copies.wait_for_address_of_ttl("kept", "60 A 192.0.2.77")?;
        copies.revive(leader)?;
        let address = if expected { 78 } else { 79 };
        let lines = format!("update add more.{ZONE}. 60 A 192.0.2.{address}\nsend");
        let said = copies.update(next, &lines)?;
        check(said.well, || format!("{}\n{}", said.text, copies.logs()))?;
        leader = next;
    }
    copies.wait_for_all(
        &format!("more.{ZONE} A"),
        &[
            &format!("more.{ZONE}. 60 A 192.0.2.78"),
            &format!("more.{ZONE}. 60 A 192.0.2.79"),
        ],
    )
}

fn taken_along(program: &Program) -> Result<(), String> {
    let trial = "what_a_single_copy_had_is_taken_along";
    let first = [service("web", "192.0.2.1")];
    let copies = Copies::start_with(trial, program, Lease::Short, &first, Scene::Single)?;
    let Some(mut copies) = copies else {
        return Ok(());
    };
    let there = |copies: &Copies| {
        copies.wait_for_address("web", "192.0.2.1")?;
        copies.wait_for_address_of_ttl("stays", "60 A 192.0.2.77")?;
        copies.wait_for_all(&format!("goes.{ZONE} A"), &[])
    };
    there(&copies)?;
    let leader = copies.wait_for_leader(None)?;
    check(leader == 0, || format!("copy {leader} leads"))?;
    // The cluster has it now: no copy needs what it has stored.
    let aside = copies.running().any(|(_, server)| {
        server.wait_for(LONG, |server| {
            server.log().contains("journal of before is set aside")
        })
    });
    check(aside, || copies.logs())?;
    for number in 0..3 {
        copies.kill(number)?;
    }
    copies.forget()?;
    for number in 0..3 {
        copies.revive(number)?;
    }
    there(&copies)
}

fn outlives(program: &Program) -> Result<(), String> {
    let trial = "what_clients_changed_outlives_all_copies_and_their_folders";
    let first = [service("web", "192.0.2.1")];
    let Some(mut copies) = Copies::start(trial, program, Lease::Usual, &first)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    let leader = copies.wait_for_leader(None)?;
    load(&copies, leader)?;
    let gone = copies.update(leader, &format!("update delete c0-0.{ZONE}.\nsend"))?;
    check(gone.well, || format!("{gone:?}"))?;
    status(&copies, leader)?;

    for number in 0..3 {
        copies.kill(number)?;
    }
    copies.forget()?;
    let kept = objects(&copies, "zonejournals")? + objects(&copies, "zonecheckpoints")?;
    check(kept > 0, || "nothing is kept".into())?;
    for number in 0..3 {
        copies.revive(number)?;
    }
    copies.wait_for_leader(None)?;
    copies.wait_for_address("web", "192.0.2.1")?;
    for client in 0..CLIENTS {
        for number in [1, UPDATES - 1] {
            copies.wait_for_address_of_ttl(&name(client, number), "60 A 192.0.2.77")?;
        }
    }
    copies.wait_for_all(&format!("{}.{ZONE} A", name(0, 0)), &[])
}

/// Many clients, each of which has one update after the other carried out.
fn load(copies: &Copies, leader: usize) -> Result<(), String> {
    let begin = Instant::now();
    let results: Vec<Result<(), String>> = scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn(move || {
                    let lines: String = (0..UPDATES)
                        .map(|number| {
                            let name = name(client, number);
                            format!("update add {name}.{ZONE}. 60 A 192.0.2.77\nsend\n")
                        })
                        .collect();
                    let said = copies.update(leader, &lines)?;
                    check(said.well, || format!("{said:?}"))
                })
            })
            .collect();
        let ended = clients.into_iter().map(|client| client.join());
        ended
            .map(|ended| ended.unwrap_or_else(|_| Err("a client ended".into())))
            .collect()
    });
    results
        .into_iter()
        .collect::<Result<Vec<()>, String>>()
        .map_err(|why| format!("{why}\n{}", copies.logs()))?;
    let (took, count) = (begin.elapsed(), CLIENTS * UPDATES);
    say(&format!(
        "{count} updates by {CLIENTS} clients in {took:.1?}: {:.0} a second, {:.1?} each in the middle; {} objects",
        f64::from(count) / took.as_secs_f64(),
        took / UPDATES,
        objects(copies, "zonejournals")?,
    ));
    Ok(())
}

/// The object that people look at says what is served.
fn status(copies: &Copies, leader: usize) -> Result<(), String> {
    let path = format!("/apis/zonewright.dev/v1alpha1/namespaces/default/zones/{ZONE}");
    let wanted = u64::from(CLIENTS * UPDATES);
    let begin = Instant::now();
    loop {
        let zone = copies.cluster.api().get(&path);
        let zone = zone.unwrap_or_default();
        let text = |path: &str| zone.pointer(path).and_then(Value::as_str);
        let records = zone.pointer("/status/records").and_then(Value::as_u64);
        let known = text("/status/leader") == Some(&format!("copy-{leader}"))
            && text("/status/conditions/0/status") == Some("True")
            && records.is_some_and(|records| records >= wanted);
        if known {
            return Ok(());
        }
        check(begin.elapsed() < LONG, || {
            format!("{zone:#}\n{}", copies.logs())
        })?;
        park_timeout(STEP.max(Duration::from_millis(200)));
    }
}

/// How many objects of a kind there are.
fn objects(copies: &Copies, plural: &str) -> Result<usize, String> {
    let path = format!("/apis/zonewright.dev/v1alpha1/namespaces/default/{plural}");
    let all = copies.cluster.api().get(&path);
    let all = all.map_err(|error| error.to_string())?;
    let items = all.get("items").and_then(Value::as_array);
    Ok(items.map_or(0, Vec::len))
}

fn name(client: u32, number: u32) -> String {
    format!("c{client}-{number}")
}

const CLIENTS: u32 = 16;
const UPDATES: u32 = 40;
