//! Faults one after the other, under updates, changes of objects and queries: `CHAOS_ROUNDS` of them, each
//! once if nobody says otherwise.
//!
//! ```text
//! fault ─ strike ─→ answers go on, serials only grow ─ heal ─→ what was acknowledged is at every copy,
//!                                                              one history, one writer elsewhere at a
//!                                                              time, secondaries have all of it
//! ```

mod elsewhere;
mod fault;
mod gaps;
mod history;
mod lag;
mod load;
mod outside;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::scope;
use std::time::{Duration, Instant};

use cluster_peers::Recorder;
use peers::Program;

use self::elsewhere::Overlap;
use self::fault::{Fault, Seen};
use self::history::History;
use self::lag::Lag;
use self::load::{CHANGING, Changes, Client, FIRST};
use self::outside::Outside;
use super::copies::{Copies, Lease, Scene, pass, say};
use super::watch::always;
use crate::process::cluster_objects::service;
use crate::process::site::{Check, check};
use crate::random::dice::Dice;

pub(super) const TRIALS: &[Check] = &[
    ("faults_one_after_the_other_lose_nothing", faults),
    ("the_time_without_a_writer_is_measured", gaps::measured),
];

/// All that goes on beside the copies.
struct Story {
    clients: Vec<Client>,
    changes: Changes,
    history: History,
    recorder: Recorder,
    outside: Outside,
    dice: Dice,
    overlap: Overlap,
    /// How long after a fault a change was answered, by fault.
    times: BTreeMap<Fault, Vec<Duration>>,
    queries: u64,
}

fn faults(program: &Program) -> Result<(), String> {
    let trial = "faults_one_after_the_other_lose_nothing";
    let recorder = Recorder::start().map_err(|error| error.to_string())?;
    let upstream = recorder.url();
    let upstream = upstream.trim_start_matches("http://").parse();
    let upstream = upstream.map_err(|_| recorder.url())?;
    let mut outside = Outside::find(trial)?;
    let names: Vec<&str> = KEPT.iter().chain(&CHANGING).copied().collect();
    let first: Vec<_> = names.iter().map(|name| service(name, FIRST)).collect();
    let place = Scene::Also(upstream, outside.addresses.clone());
    let Some(mut copies) = Copies::start_with(trial, program, Lease::Short, &first, place)? else {
        return Ok(());
    };
    for name in &names {
        copies.wait_for_address(name, FIRST)?;
    }
    outside.start(&copies)?;
    let mut story = Story {
        clients: (0..3).map(Client::new).collect(),
        changes: Changes::new(copies.cluster.api(), &names),
        history: History::default(),
        recorder,
        outside,
        dice: Dice::new(7),
        overlap: Overlap::default(),
        times: BTreeMap::new(),
        queries: 0,
    };
    let rounds = std::env::var("CHAOS_ROUNDS").ok();
    let rounds: usize = rounds
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(Fault::ALL.len());
    for round in 0..rounds {
        let fault = Fault::ALL.get(round % Fault::ALL.len());
        let fault = fault.copied().unwrap_or(Fault::Killed);
        one(&mut copies, &mut story, round, fault)
            .map_err(|why| format!("round {round}, {fault:?}: {why}\n{}", copies.logs()))?;
    }
    story.end(&copies, rounds)
}

/// One fault, and all that is to be seen of it.
fn one(copies: &mut Copies, story: &mut Story, round: usize, fault: Fault) -> Result<(), String> {
    let (since, leader) = (Instant::now(), copies.wait_for_leader(None)?);
    let lag = Lag::start();
    copies.lead_outside_to(leader);
    let victim = fault.victim(leader, copies.servers.len());
    let answering: Vec<_> = copies
        .running()
        .filter(|(number, _)| *number != victim || fault.answers())
        .map(|(number, server)| (number, server.address()))
        .collect();
    let key = copies.key.argument();
    let (address, over) = (
        format!("198.51.100.{}", round % 200 + 1),
        AtomicBool::new(false),
    );
    let wait = Duration::from_millis(300 + story.dice.below(600) as u64);
    let (clients, changes) = (&mut story.clients, &mut story.changes);
    let (took, queries) = scope(|scope| {
        let asking: Vec<_> = answering
            .iter()
            .flat_map(|(_, server)| [(*server, "always"), (*server, "keep")])
            .map(|(server, name)| {
                let over = &over;
                scope.spawn(move || always(server, name, over))
            })
            .collect();
        let loading: Vec<_> = clients
            .iter_mut()
            .zip(answering.iter().cycle())
            .map(|(client, (_, server))| {
                let (over, key) = (&over, &*key);
                scope.spawn(move || client.run(*server, key, over))
            })
            .collect();
        let changing = scope.spawn(|| changes.run(&over));
        let steps = || {
            pass(wait);
            let begin = Instant::now();
            fault.strike(copies, victim)?;
            copies.patch(&[service("web", &address)])?;
            for (number, server) in &answering {
                if *number != victim || fault.seen() != Seen::AnotherLeads && victim == leader {
                    copies.wait_at(*number, *server, "web", &address)?;
                }
            }
            Ok(begin.elapsed())
        };
        let took: Result<Duration, String> = { steps }();
        over.store(true, Relaxed);
        let mut all = Ok(0);
        for one in asking {
            let result = one.join().unwrap_or_else(|_| Err("asking ended".into()));
            all = all.and_then(|all| result.map(|count| all + count));
        }
        for one in loading.into_iter().chain([changing]) {
            let result = one.join().unwrap_or_else(|_| Err("the load ended".into()));
            all = all.and_then(|all| result.map(|()| all));
        }
        (took, all)
    });
    let healed = fault.heal(copies, victim);
    story.queries += queries?;
    let took = took?;
    healed?;
    story.times.entry(fault).or_default().push(took);
    story.changes.set("web", &address)?;
    let next = copies.wait_for_leader(None)?;
    copies.lead_outside_to(next);
    story.look(copies, round)?;
    check(copies.running().count() == 3, || "one has ended".to_owned())?;
    let late = lag.end();
    if next != leader && fault.seen() == Seen::AnotherLeads {
        let writes = copies.ways.as_ref().map(|ways| ways.writes());
        let found = elsewhere::overlap(&writes.unwrap_or_default(), since, leader, next);
        story.judge(fault, found, late)?;
    }
    Ok(())
}

impl Story {
    /// Waits until everything is everywhere.
    fn look(&mut self, copies: &Copies, round: usize) -> Result<(), String> {
        self.changes.settle(round)?;
        self.changes.look(copies)?;
        for client in &mut self.clients {
            client.look(copies)?;
        }
        self.outside.look(copies)?;
        self.history.look(copies.cluster.api())?;
        self.history.judge()?;
        elsewhere::look(&self.recorder, self.changes.wanted())?;
        elsewhere::judge(&self.recorder, &self.changes.gone).map(drop)
    }

    /// One request deadline: how long a leader writes after its last renewal. By how `late` threads go on here, what it
    /// writes is seen later.
    fn judge(&mut self, fault: Fault, found: Overlap, late: Duration) -> Result<(), String> {
        // One that stood still in the midst of a request sends the rest of it when it goes on.
        let is_late =
            found.begun > DEADLINE + late && (fault != Fault::StandsStill || found.count > 1);
        check(!is_late, || {
            format!("two writers elsewhere: {found:?}, seen {late:?} late at most")
        })?;
        self.overlap.begun = self.overlap.begun.max(found.begun);
        self.overlap.answered = self.overlap.answered.max(found.answered);
        self.overlap.count += found.count;
        Ok(())
    }

    fn end(&mut self, copies: &Copies, rounds: usize) -> Result<(), String> {
        for client in &mut self.clients {
            client.touch_all();
            client.look(copies)?;
        }
        let records = self.outside.compare(copies)?;
        let (entries, terms) = self.history.judge()?;
        let writes = elsewhere::judge(&self.recorder, &self.changes.gone)?;
        let count = |of: fn(&Client) -> usize| self.clients.iter().map(of).sum::<usize>();
        let (acknowledged, refused) = (count(|one| one.acknowledged), count(|one| one.refused));
        check(acknowledged > 0 && writes > 0, || {
            format!("nothing has happened: {acknowledged} updates, {writes} writes elsewhere")
        })?;
        let Overlap {
            begun,
            count: late,
            answered,
        } = self.overlap;
        say(&format!(
            "{rounds} faults, a Lease of 1 s: {} queries answered, {acknowledged} updates acknowledged and \
             there, {refused} not acknowledged, {records} records alike at all copies and secondaries; \
             {entries} entries of the journal seen in {terms} terms, none stale; {writes} writes elsewhere, \
             {late} begun after the next writer's first, at most {begun:.1?} late, one on its way at most \
             {answered:.1?} longer; no wrong delete",
            self.queries
        ));
        for (fault, times) in &mut self.times {
            times.sort();
            let middle = times.get(times.len() / 2).copied().unwrap_or_default();
            let last = times.last().copied().unwrap_or_default();
            say(&format!(
                "  {fault:?}: a change is answered {middle:.1?} after it in the middle, {last:.1?} at most"
            ));
        }
        Ok(())
    }
}

/// Names that stay as they are, but for one.
const KEPT: [&str; 4] = ["always", "keep", "stays", "web"];

/// As the copies have it in these trials.
const DEADLINE: Duration = Duration::from_millis(600);
