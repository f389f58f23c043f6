//! Any state after any other, whatever goes wrong on the way.

use crate::sim::{Faults, Random};
use crate::suite::case::{Case, Group};
use crate::suite::run::{Run, Wrong, ensure};
use crate::suite::steps::words;

/// Cases of some seeds.
pub(super) fn cases(seeds: u64) -> Vec<Case> {
    let case = |seed| {
        Case::script(Group::Property, &format!("seed {seed}"), move |run| {
            Box::pin(async move {
                let mut random = Random(seed);
                let states: Vec<String> = (0..3).map(|_| state(&mut random)).collect();
                random_walk(run, seed, &states).await
            })
        })
        .beside("f0 A 192.0.2.200 ;; weight=3\nn1 TXT \"theirs\"\nf2 CNAME t.example")
    };
    (0..seeds).map(case).collect()
}

async fn random_walk(run: &mut Run, seed: u64, states: &[String]) -> Result<(), Wrong> {
    let Some(sim) = run.sim() else {
        for state in states {
            run.want(state).await?;
        }
        return Ok(());
    };
    // What is accepted there without an answer may be made at any time.
    let per_mille = sim.store(|store| if store.late.is_some() { 0 } else { 150 });
    for (at, state) in states.iter().enumerate() {
        let desired = run.endpoints(state);
        sim.fail(Faults::random(
            seed.wrapping_mul(31).wrapping_add(at as u64),
            per_mille,
        ));
        for _ in 0..8 {
            let quiet = match run.pass(&desired).await {
                Ok(passed) => passed.changes == 0,
                Err(error) => {
                    let is_of_us = error.message.contains("panic");
                    ensure(!is_of_us, || words(&error))?;
                    false
                }
            };
            run.untouched()
                .await
                .map_err(|Wrong(what)| Wrong(format!("{state:?}: {what}")))?;
            if quiet {
                break;
            }
        }
        sim.fail(Faults::default());
        let done = run.eventually(state, 8).await;
        done.map_err(|Wrong(what)| Wrong(format!("states {states:?}, at {at}: {what}")))?;
    }
    Ok(())
}

/// A zone that can be: nothing stands beside a CNAME.
fn state(random: &mut Random) -> String {
    let mut lines = Vec::new();
    for name in ["@", "n0", "n1", "n2", "n3.sub", "n4", "f0", "n5"] {
        let address = |random: &mut Random| format!("192.0.2.{}", 1 + random.below(4));
        let ttl = ["", "", "300 ", "600 "];
        let ttl = random.pick(&ttl).copied().unwrap_or_default();
        match random.below(if name == "@" { 4 } else { 6 }) {
            0 | 1 => {}
            2 => {
                let values: Vec<String> =
                    (0..1 + random.below(3)).map(|_| address(random)).collect();
                lines.push(format!("{name} {ttl}A {}", values.join(" | ")));
            }
            3 => {
                lines.push(format!("{name} {ttl}A {}", address(random)));
                lines.push(format!("{name} TXT \"t{}\"", random.below(3)));
                lines.push(format!("{name} MX {} mail.example", random.below(2)));
            }
            4 => lines.push(format!("{name} {ttl}CNAME t{}.example", random.below(3))),
            _ => lines.push(format!("{name} AAAA 2001:db8::{}", 1 + random.below(3))),
        }
    }
    lines.join("\n")
}
