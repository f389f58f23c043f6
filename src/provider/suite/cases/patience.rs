//! Time: credentials that go out of date, clocks that differ, hosts that say when to come again.

use std::time::Duration;

use plan::ErrorKind;
use tokio::time::sleep;

use super::faults::{CALM, STATES};
use crate::sim::{Fault, Faults, Rule, Seen};
use crate::suite::case::{Case, Group};
use crate::suite::run::{Run, Wrong, ensure};
use crate::suite::steps::words;

pub(super) fn cases() -> Vec<Case> {
    vec![
        expired(),
        day(),
        skewed("ten minutes ahead", 600),
        skewed("ten minutes behind", -600),
        waits("in seconds", Fault::Limited(Some(WAIT))),
        waits("by a date", Fault::LimitedUntil(WAIT)),
        slow(),
    ]
}

const WAIT: Duration = Duration::from_secs(20);

fn expired() -> Case {
    Case::script(
        Group::Errors,
        "credentials that expire at any request",
        |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                for at in 0..4 {
                    for state in STATES {
                        let any = Rule {
                            writes: None,
                            ..Rule::read(Fault::Status(401))
                        };
                        sim.fail(Faults::of([any.after(at)]));
                        let asked = sim.log().len();
                        if let Err(error) = run.pass(&run.endpoints(state)).await {
                            let is_clear = error.kind == ErrorKind::Auth;
                            ensure(is_clear, || words(&error))?;
                            let log = sim.log().split_off(asked);
                            let after = log.iter().skip_while(|seen| seen.fault.is_none());
                            let after = after.count();
                            // One more to renew them by, one with those, and one to publish what was
                            // made before.
                            let most = 3 + usize::from(run.quirks.publishes);
                            ensure(after <= most, || format!("{after} requests after a 401"))?;
                            sleep(CALM).await;
                        }
                        sim.fail(Faults::default());
                        let done = run.eventually(state, 3).await;
                        done.map_err(|Wrong(what)| Wrong(format!("at {at}, {state:?}: {what}")))?;
                    }
                }
                Ok(())
            })
        },
    )
}

/// Whatever was kept for a time, such as tokens, zones and views, is too old then.
fn day() -> Case {
    Case::script(Group::Lifecycle, "a day between two passes", |run| {
        Box::pin(async move {
            for state in STATES {
                run.want(state).await?;
                sleep(Duration::from_hours(24)).await;
            }
            Ok(())
        })
    })
}

/// Signatures are of a moment: a host that sees another time refuses them, or the provider goes by the
/// host's clock.
fn skewed(how: &str, seconds: i64) -> Case {
    let name = format!("a clock of ours that is {how}");
    Case::script(Group::Errors, &name, move |run| {
        Box::pin(async move {
            let Some(sim) = run.sim() else { return Ok(()) };
            run.want(STATES[0]).await?;
            sim.skew(seconds);
            run.restart();
            let asked = sim.log().len();
            match run.pass(&run.endpoints(STATES[1])).await {
                Ok(_) => {
                    let log = sim.log().split_off(asked);
                    let turned_away = log.iter().filter(|seen| !seen.admitted).count();
                    ensure(turned_away <= 1, || {
                        format!("{turned_away} requests are turned away")
                    })?;
                }
                Err(error) => {
                    let log = sim.log().split_off(asked);
                    let (asked, text) = (log.len(), words(&error));
                    let is_clear = error.kind == ErrorKind::Auth && text.contains("clock");
                    ensure(is_clear, || text)?;
                    ensure(asked <= 2, || format!("{asked} requests by a wrong clock"))?;
                }
            }
            sim.skew(0);
            sleep(CALM).await;
            restarted(run, STATES[1]).await
        })
    })
}

/// What a process that begins now makes of it; whatever was said before is no part of it.
async fn restarted(run: &mut Run, state: &str) -> Result<(), Wrong> {
    run.restart();
    run.eventually(state, 4).await.map(drop)
}

fn waits(how: &str, fault: Fault) -> Case {
    let name = format!("a host that says {how} when to come again");
    Case::script(Group::Errors, &name, move |run| {
        Box::pin(async move {
            let Some(sim) = run.sim() else { return Ok(()) };
            for (rule, state) in [Rule::read(fault), Rule::write(fault)]
                .into_iter()
                .zip(STATES)
            {
                let asked = sim.log().len();
                sim.fail(Faults::of([rule]));
                // What comes after a pass that fails is up to who makes passes.
                let _either = run.pass(&run.endpoints(state)).await;
                sim.fail(Faults::default());
                let log = sim.log().split_off(asked);
                // What is published nowhere has no pace.
                let paced = log.iter().filter(|seen| !seen.line.ends_with("/publish"));
                let mut since = paced.skip_while(|seen| seen.fault.is_none());
                let (first, next) = (since.next(), since.next());
                let early = |(first, next): (&Seen, &Seen)| next.at - first.at < WAIT;
                ensure(!first.zip(next).is_some_and(early), || {
                    format!("{next:?} comes early")
                })?;
                sleep(WAIT).await;
                run.eventually(state, 3).await?;
            }
            Ok(())
        })
    })
}

fn slow() -> Case {
    Case::script(
        Group::Lifecycle,
        "a list that does not end is left, and read again",
        |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                for (at, state) in STATES.into_iter().enumerate() {
                    let at = u32::try_from(at).unwrap_or_default();
                    let hour = Fault::Delay(Duration::from_hours(1));
                    sim.fail(Faults::of([Rule::read(hour).after(at)]));
                    let before = run.world.writes();
                    let desired = run.endpoints(state);
                    let pass = run.pass(&desired);
                    let _left = tokio::time::timeout(Duration::from_secs(100), pass).await;
                    let log = sim.log();
                    let is_hit = log.iter().any(|seen| seen.fault == Some(hour));
                    let writes = run.world.writes() - before;
                    ensure(writes == 0 || !is_hit, || {
                        format!("{writes} writes by a list that is not read")
                    })?;
                    sim.fail(Faults::default());
                    run.restart();
                    run.eventually(state, 4).await?;
                }
                Ok(())
            })
        },
    )
}
