//! Whose records are whose: ownership, strangers, others who write at the same moment.

use wire::Rtype;

use crate::layer::DryRun;
use crate::sim::{Fault, Faults, Rule};
use crate::suite::case::{Case, Group, Named, What};
use crate::suite::run::{Run, Wrong, ensure};
use crate::suite::steps::words;
use crate::suite::world::Family;

pub(super) fn cases() -> Vec<Case> {
    let mut all = ownership();
    all.extend(foreign());
    all.extend(concurrency());
    all.extend(rules());
    all
}

/// A text as another owner keeps it.
const OTHERS: &str =
    "a A 192.0.2.9\na-own.a TXT \"heritage=external-dns,external-dns/owner=other\"";

fn ownership() -> Vec<Case> {
    let case = |name, states: &[&str]| Case::new(Group::Ownership, name, states);
    let states = ["a A 192.0.2.1\nb CNAME t.example", "a A 192.0.2.2", ""];
    let mut all = vec![
        case("ownership records named as usual", &states).named(Named::Plain),
        case("ownership records with a suffix", &states).named(Named::Suffixed),
        case("ownership records that are encrypted", &states).named(Named::Encrypted),
        case(
            "a wildcard's ownership record named as usual",
            &["*.w A 192.0.2.1", ""],
        )
        .named(Named::Plain),
        case(
            "a stranger's record stays",
            &["a A 192.0.2.1\nb A 192.0.2.1", ""],
        )
        .beside("a A 192.0.2.9"),
        case(
            "a stranger's record of another type stays",
            &["a AAAA 2001:db8::1", ""],
        )
        .beside("a A 192.0.2.9"),
        case(
            "another owner's record stays",
            &["a A 192.0.2.1\nb A 192.0.2.1", ""],
        )
        .beside(OTHERS),
    ];
    all.push(old());
    for at in 0..4 {
        let name = format!("a process that dies after {at} calls leaves nothing without an owner");
        all.push(Case::script(Group::Ownership, &name, move |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                let die = || Rule::write(Fault::ResetBefore).after(at).times(u32::MAX);
                for state in [
                    "a A 192.0.2.1\nb CNAME t.example",
                    "a CNAME t.example\nb A 192.0.2.1",
                    "",
                ] {
                    sim.fail(Faults::of([die()]));
                    let _dies = run.pass(&run.endpoints(state)).await;
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

/// Before ownership records had the type in their name, one stood at the name itself.
fn old() -> Case {
    Case::script(
        Group::Ownership,
        "ownership records of the old form tell whose a record is",
        |run| {
            Box::pin(async move {
                if run.named != Named::Plain {
                    run.skip("there are no ownership records");
                    return Ok(());
                }
                let text =
                    |owner: &str| format!("heritage=external-dns,external-dns/owner={owner}");
                let line = |name: &str, owner: &str| {
                    format!("{name} A 192.0.2.1\n{name} TXT \"{}\"", text(owner))
                };
                run.meddle(&line("a", "suite")).await;
                run.others_do(&line("b", "other")).await;
                let state = "a A 192.0.2.2\nb A 192.0.2.2";
                for _ in 0..2 {
                    let passed = run.pass(&run.endpoints(state)).await;
                    passed.map_err(|error| Wrong(words(&error)))?;
                    run.untouched().await?;
                }
                let held = run.held("a", Rtype::A).await;
                let is_made = held
                    .as_ref()
                    .is_some_and(|it| it.values.contains("192.0.2.2"));
                ensure(is_made, || format!("there is {held:?}"))?;
                let writes = run.world.writes();
                let again = run.pass(&run.endpoints(state)).await;
                let again = again.map_err(|error| Wrong(words(&error)))?;
                let writes = run.world.writes() - writes;
                ensure(again.changes + writes == 0, || format!("{again:?}"))?;
                let passed = run.pass(&[]).await;
                passed.map_err(|error| Wrong(words(&error)))?;
                let held = run.held("a", Rtype::A).await;
                ensure(held.is_none(), || format!("there still is {held:?}"))?;
                run.untouched().await
            })
        },
    )
    .named(Named::Plain)
}

fn foreign() -> Vec<Case> {
    let beside = "geo A 192.0.2.9 ;; filter=geo weight=3\noff A 192.0.2.8 ;; disabled=true\n\
                  odd TYPE65400 \\# 2 0102\n@ MX 5 mail.example ;; comment=mine";
    let states = [
        "a A 192.0.2.1",
        "a A 192.0.2.2\nb CNAME geo.example.org",
        "",
    ];
    vec![
        Case::new(
            Group::Foreign,
            "strange records beside ours stay as they are",
            &states,
        )
        .beside(beside),
        Case::script(
            Group::Foreign,
            "what others put on our record stays when it changes",
            |run| {
                Box::pin(async move {
                    let Some(sim) = run.sim() else { return Ok(()) };
                    run.want("a A 192.0.2.1").await?;
                    sim.store(|store| {
                        for set in store.zones.iter_mut().flat_map(|zone| &mut zone.sets) {
                            if set.0.name == "a.example.org" {
                                set.1.extra.insert("note".into(), "theirs".into());
                                for row in &mut set.1.rows {
                                    row.extra.insert("note".into(), "theirs".into());
                                }
                            }
                        }
                    });
                    run.want("a 600 A 192.0.2.2").await?;
                    let held = run.held("a", Rtype::A).await;
                    let is_kept = held
                        .as_ref()
                        .is_some_and(|held| held.extra.contains("theirs"));
                    ensure(is_kept, || format!("there is {held:?}"))
                })
            },
        ),
    ]
}

fn concurrency() -> Vec<Case> {
    let stale = |name, meddles: &'static str, state: &'static str| {
        Case::script(Group::Concurrency, name, move |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                run.want("a A 192.0.2.1\nb A 192.0.2.1").await?;
                // What is listed next is what was listed before somebody else came.
                run.meddle(meddles).await;
                sim.fail(Faults::of([stale_list(run)]));
                let _first = run.pass(&run.endpoints(state)).await;
                let held = run.held("a", Rtype::A).await;
                let is_lost = meddles.starts_with("a A 192.0.2.1 | 192.0.2.9")
                    && !held
                        .as_ref()
                        .is_some_and(|held| held.values.contains("192.0.2.9"));
                ensure(!run.quirks.conditional || !is_lost, || {
                    format!("lost: there is {held:?}")
                })?;
                sim.fail(Faults::default());
                let all = ["a", "c"].into_iter();
                // Beside a value of ours, one of others is ours too where an owner is told of both.
                let is_kept = run.named == Named::Kept;
                let all = all.filter(|name| !is_kept || *name != "a");
                for name in all.filter(|name| !state.contains(&format!("{name} "))) {
                    // What is left of it is theirs.
                    run.others.extend(run.held(name, Rtype::A).await);
                }
                run.eventually(state, 4).await.map(drop)
            })
        })
    };
    vec![
        stale(
            "somebody takes away what we take away",
            "a A ",
            "b A 192.0.2.1",
        ),
        stale(
            "somebody takes away what we change",
            "a A ",
            "a A 192.0.2.2\nb A 192.0.2.1",
        ),
        stale(
            "somebody changes what we take away",
            "a A 192.0.2.1 | 192.0.2.9",
            "b A 192.0.2.1",
        ),
        stale(
            "somebody changes what we change",
            "a A 192.0.2.1 | 192.0.2.9",
            "a A 192.0.2.2\nb A 192.0.2.1",
        ),
        stale(
            "somebody makes what we make",
            "c A 192.0.2.9",
            "a A 192.0.2.1\nb A 192.0.2.1\nd A 192.0.2.1",
        ),
        Case::script(
            Group::Concurrency,
            "somebody makes another of what we make",
            |run| {
                Box::pin(async move {
                    let Some(sim) = run.sim() else { return Ok(()) };
                    run.want("b A 192.0.2.1").await?;
                    run.others_do("a A 192.0.2.9").await;
                    sim.fail(Faults::of([stale_list(run)]));
                    let state = "a A 192.0.2.1\nb A 192.0.2.1";
                    let _first = run.pass(&run.endpoints(state)).await;
                    sim.fail(Faults::default());
                    if !run.quirks.conditional {
                        run.skip("nothing guards what others make at the same moment");
                        return Ok(());
                    }
                    run.eventually(state, 4).await.map(drop)
                })
            },
        ),
        Case::script(Group::Concurrency, "two owners in one zone", |run| {
            Box::pin(async move {
                run.want("a A 192.0.2.1").await?;
                run.become_owner("other").await;
                run.want("a A 192.0.2.2\nb A 192.0.2.2").await?;
                run.want("b A 192.0.2.3").await?;
                run.want("").await
            })
        }),
    ]
}

/// The zones and their records are those of before; where there are no zones, the records.
fn stale_list(run: &Run) -> Rule {
    let lists = if run.has_zones { 2 } else { 1 };
    Rule::read(Fault::Stale).times(lists)
}

fn rules() -> Vec<Case> {
    vec![
        Case::script(Group::DryRun, "nothing is written in any case", |run| {
            Box::pin(async move {
                run.scope.dry_run = true;
                run.restart();
                let provider = run.world.provider(&run.scope);
                run.provider = Box::new(DryRun(provider));
                let writes = run.world.writes();
                for case in super::plain::cases()
                    .into_iter()
                    .chain(super::shapes::cases())
                {
                    let What::States(states) = case.what else {
                        continue;
                    };
                    for state in &states {
                        let passed = run.pass(&run.endpoints(state)).await;
                        passed.map_err(|error| Wrong(words(&error)))?;
                    }
                }
                let writes = run.world.writes() - writes;
                ensure(writes == 0, || format!("{writes} requests write"))
            })
        }),
        Case::script(
            Group::Policies,
            "records are made and changed, but stay",
            |run| {
                Box::pin(async move {
                    run.want("a A 192.0.2.1\nb A 192.0.2.1").await?;
                    run.rules.policy = plan::diff::Policy::UpsertOnly;
                    let passed = run
                        .pass(&run.endpoints("a A 192.0.2.2\nc A 192.0.2.1"))
                        .await;
                    passed.map_err(|error| Wrong(words(&error)))?;
                    run.want("a A 192.0.2.2\nb A 192.0.2.1\nc A 192.0.2.1")
                        .await
                })
            },
        ),
        Case::script(Group::Policies, "records are made, no more", |run| {
            Box::pin(async move {
                run.want("a A 192.0.2.1\nb A 192.0.2.1").await?;
                run.rules.policy = plan::diff::Policy::CreateOnly;
                let passed = run
                    .pass(&run.endpoints("a A 192.0.2.2\nc A 192.0.2.1"))
                    .await;
                passed.map_err(|error| Wrong(words(&error)))?;
                run.want("a A 192.0.2.1\nb A 192.0.2.1\nc A 192.0.2.1")
                    .await
            })
        }),
        Case::script(
            Group::Load,
            "records that do not change cost their pages only",
            |run| {
                Box::pin(async move {
                    let lines: Vec<String> = (0..400)
                    .map(|at| {
                        format!(
                            "n{at} A 192.0.2.1\na-own.n{at} TXT \"heritage=external-dns,external-dns/owner=suite\""
                        )
                    })
                    .collect();
                    run.meddle(&lines.join("\n")).await;
                    let state: Vec<&str> = lines
                        .iter()
                        .filter_map(|line| line.lines().next())
                        .collect();
                    let desired = run.endpoints(&state.join("\n"));
                    let Some(sim) = run.sim() else { return Ok(()) };
                    for _ in 0..2 {
                        let before = sim.log().len();
                        let passed = run
                            .pass(&desired)
                            .await
                            .map_err(|error| Wrong(words(&error)))?;
                        let asked = sim.log().len() - before;
                        ensure(passed.changes == 0, || {
                            format!("{} changes", passed.changes)
                        })?;
                        // The pages, the zones, and what a process before us may have left.
                        let most = if run.family == Family::Other {
                            usize::MAX
                        } else {
                            run.lists + 2
                        };
                        ensure(asked <= most, || format!("{asked} requests"))?;
                    }
                    Ok(())
                })
            },
        ),
    ]
}
