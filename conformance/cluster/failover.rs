//! A leader that goes away: killed, stopped for a while, told to end.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{park_timeout, scope};
use std::time::{Duration, Instant};

use cluster_peers::Part;
use peers::{Program, Signal};

use super::copies::{Copies, LONG, Lease, STEP, Scene, ZONE, pass, say};
use super::rollout::is_ready;
use super::watch::always;
use crate::process::cluster_objects::service;
use crate::process::site::{Check, NXDOMAIN, answer, ask, check};

pub(super) const TRIALS: &[Check] = &[
    ("a_leader_that_is_killed_is_followed_by_another", killed),
    ("a_leader_that_ends_hands_over_at_once", ends),
    ("a_leader_that_stood_still_writes_nothing_more", stood_still),
    ("a_copy_that_starts_without_the_api_server_answers", cold),
    ("a_copy_that_is_no_candidate_only_follows", follower),
];

fn killed(program: &Program) -> Result<(), String> {
    let trial = "a_leader_that_is_killed_is_followed_by_another";
    let first = [
        service("always", "192.0.2.1"),
        service("web", "192.0.2.1"),
        service("gone", "192.0.2.1"),
    ];
    let Some(mut copies) = Copies::start(trial, program, Lease::Usual, &first)? else {
        return Ok(());
    };
    for name in ["always", "web", "gone"] {
        copies.wait_for_address(name, "192.0.2.1")?;
    }
    let leader = copies.wait_for_leader(None)?;
    pass(Duration::from_secs(3));
    let said = copies.update(
        leader,
        &format!("update add kept.{ZONE}. 60 A 192.0.2.77\nsend"),
    )?;
    check(said.well, || said.text.clone())?;
    let survivors: Vec<_> = copies
        .running()
        .filter(|(number, _)| *number != leader)
        .map(|(_, server)| server.address())
        .collect();
    let (over, changes) = (AtomicBool::new(false), AtomicU64::new(0));
    let done = scope(|scope| {
        let asking: Vec<_> = survivors
            .iter()
            .map(|server| scope.spawn(|| always(*server, "always", &over)))
            .collect();
        let steps = || {
            copies.patch(&[service("web", "192.0.2.2")])?;
            copies.kill(leader)?;
            let begin = Instant::now();
            // Changes while nobody leads.
            copies.patch(&[service("web", "192.0.2.3")])?;
            copies.delete(&[service("gone", "192.0.2.1")])?;
            changes.fetch_add(3, Relaxed);
            copies.wait_for_address("web", "192.0.2.3")?;
            say(&format!(
                "a change is answered {:.1?} after the leader was killed (a Lease of 5 s)",
                begin.elapsed()
            ));
            let next = copies.wait_for_leader(Some(leader))?;
            for (number, server) in copies.running() {
                let query = format!("gone.{ZONE} A");
                let gone = server.wait_for(LONG, |server| {
                    ask(server.address(), &query).is_ok_and(|reply| reply.rcode == NXDOMAIN)
                });
                check(gone, || {
                    format!(
                        "copy {number}: what was deleted is still there\n{}",
                        copies.logs()
                    )
                })?;
            }
            copies.wait_for_address_of_ttl("kept", "60 A 192.0.2.77")?;
            // The one that was killed comes back as a follower.
            copies.revive(leader)?;
            copies.wait_for_address("web", "192.0.2.3")?;
            let said = copies.update(
                leader,
                &format!("update add back.{ZONE}. 60 A 192.0.2.78\nsend"),
            )?;
            check(said.well, || format!("{}\n{}", said.text, copies.logs()))?;
            copies.wait_for_address_of_ttl("back", "60 A 192.0.2.78")?;
            copies.wait_for_address_of_ttl("kept", "60 A 192.0.2.77")?;
            copies.patch(&[service("web", "192.0.2.4")])?;
            copies.wait_for_address("web", "192.0.2.4")?;
            check(copies.leader() == Some(next), || {
                "the leader changed".to_owned()
            })
        };
        let done = { steps }();
        over.store(true, Relaxed);
        let mut asked = Ok(());
        for one in asking {
            let result = one.join().unwrap_or_else(|_| Err("asking ended".into()));
            asked = asked.and_then(|()| result.map(drop));
        }
        done.and(asked)
    });
    done.map_err(|why| format!("{why}\n{}", copies.logs()))
}

fn ends(program: &Program) -> Result<(), String> {
    let trial = "a_leader_that_ends_hands_over_at_once";
    let first = [service("web", "192.0.2.1")];
    let Some(mut copies) = Copies::start(trial, program, Lease::Usual, &first)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    let leader = copies.wait_for_leader(None)?;
    let server = copies.servers.get_mut(leader).and_then(Option::take);
    let mut server = server.ok_or("the leader does not run")?;
    let begin = Instant::now();
    server
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    copies.wait_for_leader(Some(leader))?;
    let took = begin.elapsed();
    copies.patch(&[service("web", "192.0.2.2")])?;
    copies.wait_for_address("web", "192.0.2.2")?;
    say(&format!(
        "another copy leads {took:.1?} after the leader was told to end"
    ));
    // Much less than the Lease lasts.
    check(took < Duration::from_secs(4), || {
        format!("the Lease is taken after {took:?}\n{}", copies.logs())
    })?;
    let status = server.wait(LONG);
    check(status.is_some_and(|status| status.success()), || {
        server.log()
    })
}

fn stood_still(program: &Program) -> Result<(), String> {
    let trial = "a_leader_that_stood_still_writes_nothing_more";
    let first = [service("always", "192.0.2.1"), service("web", "192.0.2.1")];
    let Some(copies) = Copies::start(trial, program, Lease::Short, &first)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    let leader = copies.wait_for_leader(None)?;
    let server = copies.servers.get(leader).and_then(Option::as_ref);
    let server = server.ok_or("the leader does not run")?;
    let signal = |signal| server.signal(signal).map_err(|error| error.to_string());
    signal(Signal::Stop)?;
    let next = copies.wait_for_leader(Some(leader));
    let changed = next.and_then(|next| {
        copies.patch(&[service("web", "192.0.2.2")])?;
        let wanted = format!("web.{ZONE}. 300 A 192.0.2.2");
        let begin = Instant::now();
        let address = copies.address(next)?;
        while answer(address, &format!("web.{ZONE} A"))? != [&*wanted] {
            check(begin.elapsed() < LONG, || copies.logs())?;
            park_timeout(STEP);
        }
        Ok(next)
    });
    signal(Signal::Continue)?;
    changed?;
    // It finds out that it leads no more, and follows.
    copies.wait_for_address("web", "192.0.2.2")?;
    copies.patch(&[service("web", "192.0.2.3")])?;
    copies.wait_for_address("web", "192.0.2.3")
}

/// The API server may be found by the very names that copies answer for.
fn cold(program: &Program) -> Result<(), String> {
    let trial = "a_copy_that_starts_without_the_api_server_answers";
    let first = [service("web", "192.0.2.1")];
    let Some(mut copies) = Copies::start(trial, program, Lease::Short, &first)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    // Copies are on the disk some seconds after they have changed.
    pass(Duration::from_secs(4));
    copies.cluster.kill(Part::ApiServer);
    for number in 0..3 {
        copies.kill(number)?;
    }
    let begin = Instant::now();
    for number in 0..3 {
        copies.revive(number)?;
    }
    copies.wait_for_address("web", "192.0.2.1")?;
    say(&format!(
        "without the API server all copies answer {:.1?} after their start",
        begin.elapsed()
    ));
    for (_, server) in copies.running() {
        let ready = server.wait_for(LONG, is_ready);
        check(ready, || copies.logs())?;
        let said = server.wait_for(LONG, |server| {
            server.log().contains("who leads is not known")
        });
        check(said, || copies.logs())?;
    }
    let restarted = copies.cluster.restart(Part::ApiServer);
    restarted.map_err(|error| error.to_string())?;
    copies.patch(&[service("web", "192.0.2.2")])?;
    copies.wait_for_address("web", "192.0.2.2")
}

fn follower(program: &Program) -> Result<(), String> {
    let trial = "a_copy_that_is_no_candidate_only_follows";
    let first = [service("web", "192.0.2.1")];
    let copies = Copies::start_with(trial, program, Lease::Short, &first, Scene::Follower)?;
    let Some(mut copies) = copies else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    let follower = copies.servers.len() - 1;
    pass(Duration::from_secs(2));
    let said = copies.update(
        follower,
        &format!("update add u.{ZONE}. 60 A 192.0.2.77\nsend"),
    )?;
    check(said.well, || format!("{}\n{}", said.text, copies.logs()))?;
    copies.wait_for_address_of_ttl("u", "60 A 192.0.2.77")?;
    for number in 0..follower {
        copies.kill(number)?;
    }
    // The Lease runs out, and nobody takes it.
    pass(Duration::from_secs(3));
    copies.patch(&[service("web", "192.0.2.2")])?;
    pass(Duration::from_secs(1));
    copies.wait_for_address("web", "192.0.2.1")?;
    check(copies.leader().is_none(), || "it leads".to_owned())?;
    for number in 0..follower {
        copies.revive(number)?;
    }
    copies.wait_for_address("web", "192.0.2.2")?;
    copies.wait_for_address_of_ttl("u", "60 A 192.0.2.77")
}
