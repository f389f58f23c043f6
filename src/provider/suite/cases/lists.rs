//! Lists: long ones, those that change while they are read, and answers that are none.
//!
//! What is missing in a list that was not read to its end is not missing: nothing may be written by it.

use crate::sim::{Draft, Fault, Faults, Row, Rule, SetKey, form};
use crate::suite::case::{Case, Group};
use crate::suite::run::{Run, Wrong, ensure};
use crate::suite::steps::words;
use wire::Rtype;

/// Long lists take their time: with more seeds there are longer ones.
pub(super) fn cases(seeds: u64) -> Vec<Case> {
    let mut all = vec![long(1201)];
    if seeds >= MANY {
        all.extend([long(5001), long(10_000)]);
    }
    all.extend(cut());
    all.extend(moving());
    all
}

fn lines(letter: &str, count: usize, address: &str) -> String {
    let lines = (0..count).map(|at| format!("{letter}{at:04} A {address}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn long(count: usize) -> Case {
    let name = format!("{count} records of others, and one of ours");
    Case::script(Group::Paging, &name, |run| {
        Box::pin(async move { run.want("a A 192.0.2.1").await })
    })
    .beside(&lines("n", count, "192.0.2.9"))
}

/// Lists that are not whole, from each of the first requests on.
fn cut() -> Vec<Case> {
    let cut = |what: &str, fault: Fault, requests: u32| {
        let name = format!("by a list that {what} nothing is written");
        Case::script(Group::Paging, &name, move |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                let state = format!("{}\nb A 192.0.2.1", lines("a", 60, "192.0.2.1"));
                run.want(&state).await?;
                for at in 0..requests {
                    run.restart();
                    let rule = Rule::read(fault).after(at).times(u32::MAX);
                    sim.fail(Faults::of([rule]));
                    let asked = sim.log().len();
                    let passed = run.pass(&run.endpoints(&state)).await;
                    sim.fail(Faults::default());
                    let log = sim.log().split_off(asked);
                    let since = log.iter().skip_while(|seen| seen.fault.is_none());
                    let since: Vec<_> = since.collect();
                    let write = since.iter().find(|seen| seen.writes);
                    ensure(write.is_none(), || {
                        format!("read {at} is wrong, and it writes: {write:?}")
                    })?;
                    let is_told = passed.is_err() || passed.is_ok_and(|it| it.changes == 0);
                    ensure(is_told || since.is_empty(), || {
                        format!("read {at} is wrong, and it goes on")
                    })?;
                }
                run.eventually(&state, 3).await.map(drop)
            })
        })
    };
    vec![
        cut("ends in its middle", Fault::Truncated, 4),
        cut("is an error with success", Fault::Said, 4),
        cut("is for people", Fault::Html, 4),
        cut("is 50 MB long", Fault::Long, 2),
        cut("is elsewhere", Fault::Redirect, 2),
    ]
}

/// Lists whose beginning changes after a page of them.
fn moving() -> Vec<Case> {
    let moving = |what: &str, come: bool| {
        let name = format!("a list that {what} between its pages");
        Case::script(Group::Paging, &name, move |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                let state = lines("m", 110, "192.0.2.1");
                run.want(&state).await?;
                for at in 1..3 {
                    let theirs = lines("a", 7, "192.0.2.9");
                    if !come {
                        run.meddle(&theirs).await;
                    }
                    sim.meanwhile(Rule::read(Fault::Html).after(at), move |store| {
                        let id = store.zones.first().map(|zone| zone.id.clone());
                        store.plant(&id.unwrap_or_default(), |draft| change(draft, come));
                    });
                    run.restart();
                    run.pass(&run.endpoints(&state))
                        .await
                        .map(drop)
                        .or_else(|error| bearable(&error))?;
                    sim.meanwhile(Rule::read(Fault::Html).times(0), |_| {});
                    leave(run).await;
                    run.eventually(&state, 4).await?;
                }
                Ok(())
            })
        })
    };
    vec![moving("shrinks", false), moving("grows", true)]
}

/// Seven records come, or go.
fn change(draft: &mut Draft<'_>, come: bool) {
    for at in 0..7 {
        let key = SetKey::new(&format!("a{at:04}.{}", draft.zone().name), Rtype::A);
        if come {
            let rdata = form::parse(Rtype::A, "192.0.2.9").unwrap_or_default();
            draft.put(key, vec![Row::new(600, rdata)], None);
        } else {
            // It may be gone already.
            let _gone = draft.take(&key).is_ok();
        }
    }
}

/// What others had goes, so that what is left is ours.
async fn leave(run: &Run) {
    let lines = (0..7).map(|at| format!("a{at:04} A "));
    run.meddle(&lines.collect::<Vec<_>>().join("\n")).await;
}

/// With so many seeds time does not matter.
const MANY: u64 = 100;

/// A pass may fail by a list that changes; what it says is no defect of ours.
fn bearable(error: &plan::ProviderError) -> Result<(), Wrong> {
    let is_own = matches!(error.kind, plan::ErrorKind::Config | plan::ErrorKind::Auth);
    ensure(!is_own, || words(error))
}
