//! Zones, pages and batches: what is large, what is many, and what is refused among others.

use crate::sim::{Fault, Faults, Rule};
use crate::suite::case::{Case, Group, Named};
use crate::suite::run::{Wrong, ensure};
use crate::suite::steps::words;
use crate::suite::world::{Family, Start};

pub(super) fn cases() -> Vec<Case> {
    let mut all = zones();
    all.extend(paging());
    all.extend(batching());
    all
}

fn zones() -> Vec<Case> {
    let borders = [
        "a.example.com. A 192.0.2.1\nb.sub.example.com. A 192.0.2.2\nc.ple.com. A 192.0.2.3\n\
         d.xple.com. A 192.0.2.4\ne.xsub.example.com. A 192.0.2.5",
        "b.sub.example.com. CNAME t.example",
        "",
    ];
    let many: Vec<String> = (0..101).map(|at| format!("z{at}.example")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let case = |name, states: &[&str]| Case::new(Group::Zones, name, states);
    let mut twice = Case::script(Group::Zones, "two zones of one name get the same", |run| {
        Box::pin(async move {
            if run.family == Family::Other || !run.has_zones || run.mixes_zones() {
                run.skip("zones of one name are one there");
                return Ok(());
            }
            run.want("a A 192.0.2.1\nb CNAME t.example").await?;
            // One of them loses a record.
            run.meddle("a A ").await;
            run.eventually("a A 192.0.2.1\nb CNAME t.example", 3)
                .await?;
            run.want("a A 192.0.2.2").await
        })
    });
    twice.start = Start {
        zones: ["public", "private"]
            .map(|id| ("example.org".to_owned(), id.to_owned()))
            .to_vec(),
    };
    let chosen = Case::script(
        Group::Zones,
        "zones that are not chosen are left alone",
        |run| {
            Box::pin(async move {
                if run.family == Family::Other || !run.has_zones {
                    run.skip("all zones are looked at there");
                    return Ok(());
                }
                let state = "a.one.example. A 192.0.2.1\na.two.example. A 192.0.2.2";
                run.scope.zones.ids = vec![run.id("two.example").to_owned()];
                run.restart();
                run.want(state).await?;
                run.scope.zones.ids.clear();
                run.scope.zones.names = vec!["one.example".to_owned()];
                run.others = run.world.dump().await;
                run.restart();
                run.want(state).await?;
                run.want("").await
            })
        },
    );
    let gone = Case::script(
        Group::Zones,
        "a zone that goes away stops no other",
        |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                if !run.has_zones {
                    run.skip("there are no zones that could go away");
                    return Ok(());
                }
                run.scope.zones_kept = std::time::Duration::from_secs(3600);
                run.restart();
                run.want("a.one.example. A 192.0.2.1\na.two.example. A 192.0.2.2")
                    .await?;
                let state = "a.one.example. A 192.0.2.3\nb.two.example. A 192.0.2.4";
                let taken = sim.store(|store| store.zones.pop());
                let passed = run.pass(&run.endpoints(state)).await;
                let passed = passed.map_err(|error| Wrong(words(&error)))?;
                ensure(passed.changes > 0, || "nothing is done".to_owned())?;
                let made = run.held_at("a.one.example").await;
                ensure(made.contains("192.0.2.3"), || {
                    format!("the other zone has {made}")
                })?;
                sim.store(|store| store.zones.extend(taken));
                run.eventually(state, 3).await.map(drop)
            })
        },
    );
    vec![
        case("borders of zones are borders of labels", &borders).zones(&[
            "example.com",
            "sub.example.com",
            "ple.com",
        ]),
        case(
            "101 zones",
            &["a.z99.example. A 192.0.2.1\na.z7.example. A 192.0.2.1", ""],
        )
        .zones(&many),
        case(
            "a name in no zone",
            &["a.elsewhere.example. A 192.0.2.1\nb A 192.0.2.2", ""],
        ),
        twice,
        chosen.zones(&["one.example", "two.example"]),
        gone.zones(&["one.example", "two.example"]),
    ]
}

fn lines(count: usize, address: &str) -> String {
    let lines = (0..count).map(|at| format!("n{at} A {address}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn paging() -> Vec<Case> {
    let mut all = Vec::new();
    for count in [101, 301] {
        let name = format!("{count} records of others, and one of ours");
        let case = Case::new(
            Group::Paging,
            &name,
            &["a A 192.0.2.1", "a A 192.0.2.2", ""],
        );
        all.push(case.beside(&lines(count, "192.0.2.9")));
    }
    let values = (1..100).map(|at| format!("192.0.2.{at}"));
    let values = values.collect::<Vec<_>>().join(" | ");
    all.push(Case::new(
        Group::Paging,
        "pages end within sets",
        &[
            &format!("a A {values}\nb A {values}"),
            &format!("a A {values}\nb A 192.0.2.1"),
            "",
        ],
    ));
    all.push(Case::script(
        Group::Paging,
        "a host that repeats a page is not asked for ever",
        |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                if run.named == Named::None {
                    run.skip("nothing says whose records are");
                    return Ok(());
                }
                run.others_do(&lines(250, "192.0.2.9")).await;
                run.want("a A 192.0.2.1").await?;
                let asked = sim.log().len();
                // The zones and the first page are as they should be.
                sim.fail(Faults::of([Rule::read(Fault::Repeated)
                    .after(2)
                    .times(u32::MAX)]));
                let _either = run.pass(&run.endpoints("a A 192.0.2.2")).await;
                let asked = sim.log().len() - asked;
                ensure(asked < 100, || format!("{asked} requests were made"))?;
                sim.fail(Faults::default());
                run.eventually("a A 192.0.2.2", 3).await.map(drop)
            })
        },
    ));
    all
}

fn batching() -> Vec<Case> {
    let mut all = Vec::new();
    for count in [1, 49, 50, 51, 101] {
        let (one, other) = (lines(count, "192.0.2.1"), lines(count, "192.0.2.2"));
        let name = format!("{count} records");
        all.push(Case::new(Group::Batching, &name, &[&one, &other, ""]).named(Named::Inside));
    }
    // More than 32 000 bytes, which is what Route 53 takes at once.
    let texts = |letter: &str| {
        let lines = (0..66).map(|at| format!("t{at} TXT \"{at}{}\"", letter.repeat(498)));
        lines.collect::<Vec<_>>().join("\n")
    };
    all.push(Case::new(
        Group::Batching,
        "66 texts of 500 bytes each",
        &[&texts("a"), ""],
    ));
    all.push(Case::script(
        Group::Batching,
        "one of 50 that is not taken stops none of the others",
        |run| {
            Box::pin(async move {
                let Some(sim) = run.sim() else { return Ok(()) };
                sim.store(|store| store.poison = "n31.".to_owned());
                let state = lines(50, "192.0.2.1");
                let passed = run.pass(&run.endpoints(&state)).await;
                let passed = passed.map_err(|error| Wrong(words(&error)))?;
                let names: Vec<&str> = passed.refused.iter().map(|(name, _)| &**name).collect();
                ensure(names == ["n31.example.org"], || {
                    format!("refused are {names:?}")
                })?;
                let made = run.world.dump().await;
                let made = made
                    .iter()
                    .filter(|held| held.values.contains("192.0.2.1"))
                    .count();
                ensure(made == 49, || format!("{made} are made"))?;
                sim.store(|store| store.poison.clear());
                run.eventually(&state, 3).await.map(drop)
            })
        },
    ));
    all
}
