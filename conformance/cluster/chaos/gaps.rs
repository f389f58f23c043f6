//! How long nobody writes: after the leader was killed, and after it was told to end, with the Lease as it
//! is unless somebody says otherwise. `CHAOS_KILLS` of each, two if nobody says otherwise.

use std::time::{Duration, Instant};

use peers::{Program, Signal};

use crate::cluster::copies::{Copies, LONG, Lease, say};
use crate::process::cluster_objects::service;
use crate::process::site::check;

pub(super) fn measured(program: &Program) -> Result<(), String> {
    let trial = "the_time_without_a_writer_is_measured";
    let first = [service("web", "192.0.2.1")];
    let Some(mut copies) = Copies::start(trial, program, Lease::Usual, &first)? else {
        return Ok(());
    };
    copies.wait_for_address("web", "192.0.2.1")?;
    let rounds = std::env::var("CHAOS_KILLS").ok();
    let rounds: usize = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(2);
    let (mut killed, mut ended) = (Vec::new(), Vec::new());
    for round in 0..2 * rounds {
        let address = format!("198.51.100.{}", round % 200 + 1);
        let leader = copies.wait_for_leader(None)?;
        let begin = Instant::now();
        let is_kill = round % 2 == 0;
        let taken = copies.servers.get_mut(leader).and_then(Option::take);
        let mut server = taken.ok_or("the leader does not run")?;
        let signal = if is_kill {
            Signal::Kill
        } else {
            Signal::Terminate
        };
        server.signal(signal).map_err(|error| error.to_string())?;
        copies.patch(&[service("web", &address)])?;
        copies
            .wait_for_address("web", &address)
            .map_err(|why| format!("round {round}: {why}"))?;
        let times = if is_kill { &mut killed } else { &mut ended };
        times.push(begin.elapsed());
        check(server.wait(LONG).is_some(), || server.log())?;
        copies.revive(leader)?;
        copies.wait_for_address("web", &address)?;
    }
    for (what, mut times) in [("was killed", killed), ("was told to end", ended)] {
        times.sort();
        let at = |part: usize| -> Duration {
            let place = (times.len() * part).div_ceil(100).max(1) - 1;
            times.get(place).copied().unwrap_or_default()
        };
        say(&format!(
            "a change is answered by the others after the leader {what}, {rounds} times, a Lease of 5 s: \
             p50 {:.2?}, p99 {:.2?}",
            at(50),
            at(99)
        ));
    }
    Ok(())
}
