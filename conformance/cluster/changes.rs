//! Changes on their way to all copies: of objects, and of clients.

use std::thread::park_timeout;
use std::time::{Duration, Instant};

use peers::Program;

use super::copies::{Copies, LONG, Lease, ZONE, pass, say};
use crate::process::cluster_objects::service;
use crate::process::site::{Check, answer, check};

pub(super) const TRIALS: &[Check] = &[
    ("a_change_of_an_object_is_answered_by_every_copy", events),
    (
        "an_update_at_any_copy_is_there_when_it_is_acknowledged",
        updates,
    ),
];

fn events(program: &Program) -> Result<(), String> {
    let trial = "a_change_of_an_object_is_answered_by_every_copy";
    let first = [service("web", "192.0.2.1")];
    let Some(copies) = Copies::start(trial, program, Lease::Short, &first)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    let leader = copies.wait_for_leader(None)?;
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); 3];
    for round in 2..30_u8 {
        let address = format!("192.0.2.{round}");
        let wanted = format!("web.{ZONE}. 300 A {address}");
        copies.patch(&[service("web", &address)])?;
        let begin = Instant::now();
        let mut left: Vec<_> = copies.running().collect();
        while !left.is_empty() {
            left.retain(|(number, server)| {
                let lines = answer(server.address(), &format!("web.{ZONE} A"));
                let there = lines.is_ok_and(|lines| lines == [&*wanted]);
                if let (true, Some(times)) = (there, times.get_mut(*number)) {
                    times.push(begin.elapsed());
                }
                !there
            });
            check(begin.elapsed() < LONG, || {
                format!(
                    "{wanted} does not come everywhere; logs:\n{}",
                    copies.logs()
                )
            })?;
            park_timeout(Duration::from_micros(500));
        }
    }
    for (number, mut times) in times.into_iter().enumerate() {
        times.sort();
        let role = if number == leader { "leads" } else { "follows" };
        let middle = times.get(times.len() / 2).copied().unwrap_or_default();
        let last = times.last().copied().unwrap_or_default();
        say(&format!(
            "copy {number} {role}: a change of an object is answered after {middle:.1?}, at most {last:.1?} \
             (from the API server's answer on)"
        ));
    }
    Ok(())
}

fn updates(program: &Program) -> Result<(), String> {
    let trial = "an_update_at_any_copy_is_there_when_it_is_acknowledged";
    let first = [service("web", "192.0.2.1")];
    let Some(copies) = Copies::start(trial, program, Lease::Short, &first)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    let leader = copies.wait_for_leader(None)?;
    // Once the leader has been told by all that they are there, nobody sees less than was acknowledged.
    pass(Duration::from_secs(3));
    let mut quick = 0;
    for round in 0..60 {
        if quick == 12 {
            break;
        }
        let at = round % 3;
        let begin = Instant::now();
        let said = copies.update(
            at,
            &format!("update add u{round}.{ZONE}. 60 A 192.0.2.77\nsend"),
        )?;
        let took = begin.elapsed();
        check(said.well, || {
            format!(
                "update at copy {at}, {leader} leads: {}\n{}",
                said.text,
                copies.logs()
            )
        })?;
        // On a busy machine one may be so slow that the leader has not waited for it to the end.
        if took >= WAITS {
            copies.wait_for_address_of_ttl(&format!("u{round}"), "60 A 192.0.2.77")?;
            continue;
        }
        quick += 1;
        for (number, server) in copies.running() {
            let lines = answer(server.address(), &format!("u{round}.{ZONE} A"))?;
            check(lines.len() == 1, || {
                format!(
                    "update {round} at copy {at} is acknowledged and not at copy {number}, {leader} leads: \
                     {lines:?}\n{}",
                    copies.logs()
                )
            })?;
        }
    }
    check(quick > 0, || {
        format!("every update took {WAITS:?} or longer\n{}", copies.logs())
    })?;
    // Who is not granted anything is refused, wherever he asks.
    for at in 0..3 {
        let address = copies.address(at)?;
        let lines = format!("update add no.{ZONE}. 60 A 192.0.2.77\nsend");
        let said = crate::process::tool::update("nsupdate", &[], address, ZONE, &lines)?;
        check(!said.well, || {
            format!("an unsigned update is taken: {}", said.text)
        })?;
        let lines = answer(address, &format!("no.{ZONE} A"))?;
        check(lines.is_empty(), || format!("{lines:?}"))?;
    }
    Ok(())
}

/// How long the leader waits for the others before it acknowledges an update.
const WAITS: Duration = Duration::from_millis(500);
