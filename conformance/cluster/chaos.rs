//! Faults one after the other, under changes of objects and queries: `CHAOS_ROUNDS` of them, ten if nobody
//! says otherwise.
//!
//! ```text
//! leader killed │ leader stands still │ API server stands still  → survivors answer, serials only grow
//!                                                                → a change made meanwhile comes everywhere
//! ```

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{park_timeout, scope};
use std::time::{Duration, Instant};

use cluster_peers::Part;
use peers::{Program, Signal};

use super::copies::{Copies, Lease, ZONE, say};
use super::watch::always;
use crate::process::cluster_objects::service;
use crate::process::site::{Check, check};

pub(super) const TRIALS: &[Check] = &[("faults_one_after_the_other_stop_no_answer", faults)];

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Killed,
    StandsStill,
    NoApiServer,
}

fn faults(program: &Program) -> Result<(), String> {
    let trial = "faults_one_after_the_other_stop_no_answer";
    let first = [service("always", "192.0.2.1"), service("web", "192.0.2.1")];
    let Some(mut copies) = Copies::start(trial, program, Lease::Short, &first)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    copies.wait_for_address("always", "192.0.2.1")?;
    let rounds = std::env::var("CHAOS_ROUNDS").ok();
    let rounds: usize = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
    let mut without_leader = Vec::new();
    let mut acknowledged = Vec::new();
    for round in 0..rounds {
        let fault = [Fault::Killed, Fault::StandsStill, Fault::NoApiServer];
        let fault = fault.get(round % 3).copied().unwrap_or(Fault::Killed);
        let said = copies.update(
            round % 3,
            &format!("update add u{round}.{ZONE}. 60 A 192.0.2.77\nsend"),
        )?;
        if said.well {
            acknowledged.push(round);
        }
        let took = one(&mut copies, round, fault)
            .map_err(|why| format!("round {round}, {fault:?}: {why}\n{}", copies.logs()))?;
        if fault != Fault::NoApiServer {
            without_leader.push(took);
        }
    }
    for round in &acknowledged {
        copies.wait_for_address_of_ttl(&format!("u{round}"), "60 A 192.0.2.77")?;
    }
    without_leader.sort();
    let at = |place: usize| without_leader.get(place).copied().unwrap_or_default();
    say(&format!(
        "{rounds} faults, {} updates acknowledged and there: with a Lease of 1 s a change is answered again after \
         {:.1?} in the middle, {:.1?} at most",
        acknowledged.len(),
        at(without_leader.len() / 2),
        at(without_leader.len().saturating_sub(1)),
    ));
    Ok(())
}

/// One fault; gives how long it took until a change made after it was answered by the others.
fn one(copies: &mut Copies, round: usize, fault: Fault) -> Result<Duration, String> {
    let leader = copies.wait_for_leader(None)?;
    let asked: Vec<_> = copies
        .running()
        .filter(|(number, _)| fault == Fault::NoApiServer || *number != leader)
        .map(|(number, server)| (number, server.address()))
        .collect();
    let address = format!("198.51.100.{}", round % 200 + 1);
    let over = AtomicBool::new(false);
    let took = scope(|scope| {
        let asking: Vec<_> = asked
            .iter()
            .map(|(_, server)| scope.spawn(|| always(*server, "always", &over)))
            .collect();
        let steps = || {
            let begin = Instant::now();
            match fault {
                Fault::Killed => copies.kill(leader)?,
                Fault::StandsStill => copies.signal(leader, Signal::Stop)?,
                Fault::NoApiServer => {
                    let stopped = copies.cluster.pause(Part::ApiServer);
                    stopped.map_err(|error| error.to_string())?;
                    park_timeout(OUTAGE);
                    let resumed = copies.cluster.resume(Part::ApiServer);
                    resumed.map_err(|error| error.to_string())?;
                }
            }
            copies.patch(&[service("web", &address)])?;
            for (number, server) in &asked {
                copies.wait_at(*number, *server, "web", &address)?;
            }
            Ok(begin.elapsed())
        };
        let took = { steps }();
        over.store(true, Relaxed);
        let mut all = Ok(());
        for one in asking {
            let result = one.join().unwrap_or_else(|_| Err("asking ended".into()));
            all = all.and_then(|()| result.map(drop));
        }
        took.and_then(|took| all.map(|()| took))
    });
    match fault {
        Fault::Killed => copies.revive(leader)?,
        Fault::StandsStill => copies.signal(leader, Signal::Continue)?,
        Fault::NoApiServer => {}
    }
    let took = took?;
    copies.wait_for_address("web", &address)?;
    check(copies.running().count() == 3, || "one has ended".to_owned())?;
    Ok(took)
}

/// Longer than the Lease lasts.
const OUTAGE: Duration = Duration::from_millis(2_500);
