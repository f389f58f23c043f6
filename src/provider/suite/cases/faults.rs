//! What goes wrong: on the way, at the host, within us.

use std::time::Duration;

use plan::ErrorKind;
use tokio::time::sleep;

use crate::sim::{Fault, Faults, Rule};
use crate::suite::case::{Case, Group};
use crate::suite::run::{Wrong, ensure};
use crate::suite::steps::words;

pub(super) fn cases() -> Vec<Case> {
    let mut all = errors();
    all.extend(late());
    all.extend(life());
    all
}

/// After that long, who was refused is asked again whatever was refused.
pub(super) const CALM: Duration = Duration::from_mins(15);

/// Three states with all that can change between them.
pub(super) const STATES: [&str; 3] = [
    "a A 192.0.2.1\nb CNAME t.example\nc TXT \"x\"",
    "a A 192.0.2.2 | 192.0.2.3\nb A 192.0.2.1\nd MX 10 mail.example",
    "",
];

fn errors() -> Vec<Case> {
    let faults = [
        (
            "429 with a time to wait",
            Fault::Limited(Some(Duration::from_secs(5))),
        ),
        ("429", Fault::Limited(None)),
        ("500", Fault::Status(500)),
        ("502", Fault::Status(502)),
        ("503", Fault::Status(503)),
        ("504", Fault::Status(504)),
        ("a page for people", Fault::Html),
        ("the way to another host", Fault::Redirect),
        ("an answer that ends in its middle", Fault::Truncated),
        ("a connection that breaks before", Fault::ResetBefore),
        ("a connection that breaks after", Fault::ResetAfter),
        (
            "an answer that takes its time",
            Fault::Delay(Duration::from_secs(10)),
        ),
    ];
    let mut all = Vec::new();
    for (what, fault) in faults {
        let name = format!("{what}, at any request");
        all.push(Case::script(Group::Errors, &name, move |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                for (rule, at) in (0..2).flat_map(|at| {
                    [
                        (Rule::read(fault), at),
                        (Rule::write(fault), at),
                        (Rule::write(fault), at + 2),
                    ]
                }) {
                    for state in STATES {
                        sim.fail(Faults::of([rule.clone().after(at)]));
                        let step = run.eventually(state, 5).await;
                        step.map_err(|Wrong(why)| {
                            Wrong(format!("{rule:?} after {at}: {state:?}: {why}"))
                        })?;
                        sim.fail(Faults::default());
                    }
                }
                Ok(())
            })
        }));
    }
    for status in [401, 403] {
        let name = format!("{status} at all requests");
        all.push(Case::script(Group::Errors, &name, move |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                run.want(STATES[0]).await?;
                sim.fail(Faults::of([Rule {
                    writes: None,
                    ..Rule::read(Fault::Status(status))
                }
                .times(u32::MAX)]));
                let asked = sim.log().len();
                let error = run.pass(&run.endpoints(STATES[1])).await.err();
                let kind = error.as_ref().map(|error| error.kind);
                ensure(kind == Some(ErrorKind::Auth), || {
                    format!("the error is {error:?}")
                })?;
                let asked = sim.log().len() - asked;
                ensure(asked <= 2, || {
                    format!("{asked} requests with bad credentials")
                })?;
                sim.fail(Faults::default());
                sleep(CALM).await;
                run.want(STATES[1]).await
            })
        }));
        let name = format!("{status} at a write");
        all.push(Case::script(Group::Errors, &name, move |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                run.want(STATES[0]).await?;
                sim.fail(Faults::of([
                    Rule::write(Fault::Status(status)).times(u32::MAX)
                ]));
                let asked = run.world.writes();
                let passed = run.pass(&run.endpoints(STATES[1])).await;
                ensure(passed.is_err(), || "it passes".to_owned())?;
                let asked = run.world.writes() - asked;
                ensure(asked <= 2, || {
                    format!("{asked} writes with bad credentials")
                })?;
                sim.fail(Faults::default());
                sleep(CALM).await;
                run.eventually(STATES[1], 3).await.map(drop)
            })
        }));
    }
    all.push(Case::script(
        Group::Errors,
        "data that is none is refused on its own",
        |run| {
            Box::pin(async move {
                let desired = run.endpoints("a A nonsense\nb A 192.0.2.1\nc MX mail\nd SRV 1 2 x.");
                let passed = run
                    .pass(&desired)
                    .await
                    .map_err(|error| Wrong(words(&error)))?;
                if passed.refused.is_empty() {
                    run.skip("it takes any text as data");
                    return Ok(());
                }
                let names: Vec<&str> = passed.refused.iter().map(|(name, _)| &**name).collect();
                ensure(names.len() == 3, || format!("refused are {names:?}"))?;
                run.eventually("b A 192.0.2.1", 2).await.map(drop)
            })
        },
    ));
    all.push(
        Case::script(
            Group::Errors,
            "a zone that cannot be read is not written to",
            |run| {
                Box::pin(async move {
                    let Some(sim) = run.sim() else { return Ok(()) };
                    if !run.has_zones {
                        run.skip("all names are read at once there");
                        return Ok(());
                    }
                    let state = "a.one.example. A 192.0.2.1\na.two.example. A 192.0.2.1";
                    run.want(state).await?;
                    let other = "b.one.example. A 192.0.2.1\nb.two.example. A 192.0.2.1";
                    run.restart();
                    sim.fail(Faults::of([Rule::read(Fault::Status(500))
                        .with(run.id("two.example"))
                        .times(u32::MAX)]));
                    let before = run.world.writes();
                    let _either = run.pass(&run.endpoints(other)).await;
                    let log = sim.log();
                    let mut writes = log.iter().filter(|seen| seen.writes).skip(before);
                    let there = writes.find(|seen| seen.line.contains(run.id("two.example")));
                    ensure(there.is_none(), || format!("{there:?}"))?;
                    sim.fail(Faults::default());
                    run.eventually(other, 4).await.map(drop)
                })
            },
        )
        .zones(&["one.example", "two.example"]),
    );
    all
}

fn late() -> Vec<Case> {
    let late = |name, late: (u32, bool), then: u32| {
        Case::script(Group::Async, name, move |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                let Some(usual) = sim.store(|store| store.late) else {
                    run.skip("edits are made at once there");
                    return Ok(());
                };
                run.want(STATES[0]).await?;
                sim.store(|store| store.late = Some(late));
                let _first = run.pass(&run.endpoints(STATES[1])).await;
                let waiting = sim.store(|store| store.later.len());
                let writes = run.world.writes();
                let _second = run.pass(&run.endpoints(STATES[1])).await;
                let writes = run.world.writes() - writes;
                ensure(late.1 || writes == 0 || waiting == 0, || {
                    format!("{writes} writes while {waiting} changes are not made yet")
                })?;
                sim.store(|store| {
                    store.late = Some(usual);
                    for later in store.later.values_mut() {
                        later.polls = then;
                    }
                });
                run.eventually(STATES[1], 8).await.map(drop)
            })
        })
    };
    vec![
        late("edits that come to nothing", (2, true), 0),
        late(
            "edits that take longer than a pass waits",
            (u32::MAX, false),
            1,
        ),
        late(
            "edits that take longer, and come to nothing",
            (u32::MAX, true),
            0,
        ),
    ]
}

fn life() -> Vec<Case> {
    let mut all = Vec::new();
    for at in 0..3 {
        let name = format!("a pass that is left at call {at} is made up for");
        all.push(Case::script(Group::Lifecycle, &name, move |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                for state in STATES {
                    sim.fail(Faults::of([Rule::write(Fault::Delay(
                        Duration::from_secs(3600),
                    ))
                    .after(at)]));
                    let desired = run.endpoints(state);
                    let _left =
                        tokio::time::timeout(Duration::from_secs(100), run.pass(&desired)).await;
                    sim.fail(Faults::default());
                    run.restart();
                    run.eventually(state, 4).await?;
                }
                Ok(())
            })
        }));
    }
    all
}
