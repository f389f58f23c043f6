//! What is measured: who, at which zone sizes, under which loads.

use benches::Mix;

use crate::command_line::{CommandLine, MAIN_SIZE};
use crate::contestant::Contestant;

/// One kind of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Scenario {
    pub(crate) mix: Mix,
    /// Source ports of the queries.
    pub(crate) clients: usize,
    /// Queries a second; none is as many as are answered.
    pub(crate) rate: Option<u32>,
}

impl Scenario {
    /// How tables call it.
    pub(crate) fn name(&self) -> String {
        let clients = match self.clients {
            1 => "one forwarder".to_owned(),
            many => format!("{many} clients"),
        };
        let rate = match self.rate {
            Some(rate) => format!("{rate}/s"),
            None => "saturated".to_owned(),
        };
        format!("{}, {clients}, {rate}", self.mix.name())
    }
}

/// All loads at one zone size.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) hosts: usize,
    pub(crate) scenarios: Vec<Scenario>,
}

impl Stage {
    /// The loads for a contestant.
    pub(crate) fn scenarios_of(&self, contestant: Contestant) -> Vec<Scenario> {
        let all = self.scenarios.iter().copied();
        match contestant {
            // Its one row needs the mixed loads only.
            Contestant::OursGso => all
                .filter(|scenario| self.hosts == MAIN_SIZE && scenario.mix == Mix::Mixed)
                .collect(),
            _ => all.collect(),
        }
    }
}

/// The stages that were asked for.
pub(crate) fn stages(options: &CommandLine) -> Vec<Stage> {
    let stage = |hosts| Stage {
        hosts,
        scenarios: scenarios(options, hosts),
    };
    options.sizes().into_iter().map(stage).collect()
}

fn scenarios(options: &CommandLine, hosts: usize) -> Vec<Scenario> {
    let (rate, many) = (Some(options.rate), options.clients);
    let one = |mix, clients, rate| Scenario { mix, clients, rate };
    let pure = |clients, rate| Mix::PURE.map(|mix| one(mix, clients, rate)).to_vec();
    let mixed = [
        one(Mix::Mixed, 1, rate),
        one(Mix::Mixed, many, rate),
        one(Mix::Mixed, 1, None),
        one(Mix::Mixed, many, None),
    ];
    // All kinds of questions are compared at one size, and sizes by one mix of questions: all by all
    // would take hours.
    let mut scenarios = mixed.to_vec();
    if options.all {
        scenarios.extend(pure(1, None));
        scenarios.extend(pure(many, None));
    }
    if options.all || hosts == MAIN_SIZE {
        scenarios.extend(pure(1, rate));
        if !options.quick {
            scenarios.extend(pure(many, rate));
        }
    }
    scenarios
}
