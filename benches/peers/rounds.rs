//! The rounds: each starts every contestant at every zone size and loads it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use benches::{Mix, Random, ask, question};
use peers::Zone;

use crate::command_line::CommandLine;
use crate::contestant::{Contestant, Running};
use crate::dnsperf::Load;
use crate::plan::{Scenario, Stage, stages};
use crate::samples::{Answered, Loaded, Samples};
use crate::zone_files::{ORIGIN, questions, zone};

/// Measures all that was asked for.
pub(crate) fn measure(
    options: &CommandLine,
    ours: &Path,
    folder: &Path,
    samples: &mut Samples,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    let stages = stages(options);
    let mut rounds = Rounds {
        seconds: options.seconds(),
        ours,
        empty: BTreeMap::new(),
        grow: BTreeMap::new(),
        samples,
    };
    rounds.prepare(&options.contestants(), folder)?;
    let mut prepared = Vec::new();
    for stage in &stages {
        let mixes = stage.scenarios.iter().map(|scenario| scenario.mix);
        let questions = questions(folder, stage.hosts, mixes)?;
        prepared.push((stage, zone(folder, ORIGIN, stage.hosts)?, questions));
    }
    for round in 0..options.rounds() {
        for (stage, zone, questions) in &prepared {
            for contestant in options.contestants() {
                eprintln!(
                    "{:>4} s  round {}, {} names: {}",
                    begin.elapsed().as_secs(),
                    round + 1,
                    stage.hosts,
                    contestant.name()
                );
                let measured = rounds.visit(contestant, stage, zone, questions);
                if let Err(problem) = measured {
                    let name = contestant.name();
                    let problem = format!("{name}, {} names: {problem:#}", stage.hosts);
                    rounds.samples.problems.push(problem);
                }
            }
        }
    }
    Ok(())
}

struct Rounds<'a> {
    seconds: f64,
    ours: &'a Path,
    /// Memory of each contestant with almost nothing to serve.
    empty: BTreeMap<Contestant, u64>,
    /// How much longer than their questions our answers are.
    grow: BTreeMap<Mix, usize>,
    samples: &'a mut Samples,
}

impl Rounds<'_> {
    /// Finds out what the others are measured against: sizes of answers, memory without zones.
    fn prepare(&mut self, contestants: &[Contestant], folder: &Path) -> anyhow::Result<()> {
        let small = zone(folder, ORIGIN, SMALL)?;
        // The echo takes part with the sizes of our answers, even if we do not.
        let servers = contestants.iter().filter(|one| **one != Contestant::Echo);
        let servers = std::iter::once(&Contestant::Ours).chain(servers);
        for contestant in servers {
            if self.empty.contains_key(contestant) {
                continue;
            }
            let Ok(running) = contestant.start(self.ours, std::slice::from_ref(&small)) else {
                // It will be told when it is measured.
                continue;
            };
            self.empty.insert(*contestant, running.memory());
            if self.grow.is_empty() {
                for mix in Mix::PURE.into_iter().chain([Mix::Mixed]) {
                    self.grow.insert(mix, growth(&running, mix)?);
                }
            }
        }
        Ok(())
    }

    /// Starts a contestant, sees that it is right, and loads it.
    fn visit(
        &mut self,
        contestant: Contestant,
        stage: &Stage,
        zone: &Zone,
        questions: &BTreeMap<Mix, PathBuf>,
    ) -> anyhow::Result<()> {
        let scenarios = stage.scenarios_of(contestant);
        if scenarios.is_empty() {
            return Ok(());
        }
        if contestant == Contestant::Echo {
            for scenario in scenarios {
                let grow = self.grow.get(&scenario.mix).copied().unwrap_or_default();
                let echo = Running::echo(grow)?;
                self.load(contestant, &echo, stage.hosts, scenario, questions)?;
            }
            return Ok(());
        }
        let running = contestant.start(self.ours, std::slice::from_ref(zone))?;
        let empty = self.empty.get(&contestant).copied().unwrap_or_default();
        let at_first = running.memory();
        for mix in Mix::PURE {
            check(&running, mix, stage.hosts)?;
        }
        for scenario in scenarios {
            self.load(contestant, &running, stage.hosts, scenario, questions)?;
        }
        if contestant != Contestant::OursGso {
            // Some keep the answers they gave, which are no records; others give back what only
            // loading needed some seconds later. The smaller number is that of the records.
            let memory = running.memory().min(at_first);
            let loaded = Loaded {
                seconds: running.load_time().as_secs_f64(),
                bytes: memory.saturating_sub(empty) as f64 / stage.hosts as f64,
                peak: running.peak() as f64 / 1e6,
            };
            let key = (stage.hosts, format!("{} names", stage.hosts), contestant);
            self.samples.loads.entry(key).or_default().push(loaded);
        }
        Ok(())
    }

    fn load(
        &mut self,
        contestant: Contestant,
        running: &Running,
        hosts: usize,
        scenario: Scenario,
        questions: &BTreeMap<Mix, PathBuf>,
    ) -> anyhow::Result<()> {
        let file = questions.get(&scenario.mix).context("questions are made")?;
        let load = Load {
            questions: file,
            seconds: self.seconds,
            clients: scenario.clients,
            rate: scenario.rate,
        };
        // Page faults and cold caches of a fresh process are not what is measured.
        let warm_up = Load {
            seconds: 0.1,
            ..load
        };
        warm_up.run(running.address())?;
        let before = running.cpu_time();
        let outcome = load.run(running.address())?;
        let used = running.cpu_time().saturating_sub(before);
        ensure!(outcome.answered > 0.0, "{}: no answers", scenario.name());
        let answered = Answered {
            cpu: used.as_secs_f64() * 1e6 / outcome.answered,
            rate: outcome.rate,
            lost: outcome.lost / (outcome.answered + outcome.lost),
            bytes: outcome.bytes,
        };
        let key = (hosts, scenario, contestant);
        self.samples.answers.entry(key).or_default().push(answered);
        Ok(())
    }
}

/// Sees that questions of a mix get answers of their kind.
fn check(running: &Running, mix: Mix, hosts: usize) -> anyhow::Result<()> {
    let mut random = Random::new(5);
    for _ in 0..20 {
        let name = mix.name_to_ask(&mut random, hosts);
        let reply = ask(running.address(), &question(name.as_ref(), true), WAIT)?;
        ensure!(
            reply.fits(mix),
            "{name} A ({}) is answered by {reply:?}",
            mix.name()
        );
    }
    Ok(())
}

/// How much longer than their questions the answers of a mix are.
fn growth(running: &Running, mix: Mix) -> anyhow::Result<usize> {
    let mut random = Random::new(6);
    let mut sum = 0;
    for _ in 0..GROWTHS {
        let question = question(mix.name_to_ask(&mut random, SMALL).as_ref(), true);
        let reply = ask(running.address(), &question, WAIT)?;
        sum += reply.len.saturating_sub(question.len());
    }
    Ok(sum / GROWTHS)
}

/// Names of a zone that takes next to no memory.
const SMALL: usize = 100;
const GROWTHS: usize = 100;
const WAIT: Duration = Duration::from_secs(1);
