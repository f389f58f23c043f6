//! Loading alone: zones too large or too many to be part of each round.

use std::path::Path;
use std::time::Duration;

use benches::pause;
use peers::Zone;

use crate::command_line::CommandLine;
use crate::contestant::Contestant;
use crate::samples::{Loaded, Samples};
use crate::zone_files::{ORIGIN, zone};

/// Loads a million records, five million, and a thousand zones of a thousand records.
pub(crate) fn measure(
    options: &CommandLine,
    ours: &Path,
    folder: &Path,
    samples: &mut Samples,
) -> anyhow::Result<()> {
    let small = [zone(folder, ORIGIN, 100)?];
    let many: anyhow::Result<Vec<Zone>> = (0..1000)
        .map(|number| zone(folder, &format!("z{number}.example"), 1000))
        .collect();
    let cases = [
        (
            1_000_000,
            "1 zone, 1 M records",
            vec![zone(folder, ORIGIN, 1_000_000)?],
        ),
        (1_000_001, "1000 zones, 1 M records", many?),
        (
            5_000_000,
            "1 zone, 5 M records",
            vec![zone(folder, ORIGIN, 5_000_000)?],
        ),
    ];
    for contestant in options.contestants() {
        if matches!(contestant, Contestant::Echo | Contestant::OursGso) {
            continue;
        }
        let empty = contestant
            .start(ours, &small)
            .map(|running| running.memory());
        for _ in 0..options.rounds() {
            for (records, name, zones) in &cases {
                eprintln!("{name}: {}", contestant.name());
                let running = match contestant.start(ours, zones) {
                    Ok(running) => running,
                    Err(problem) => {
                        let problem = format!("{}, {name}: {problem:#}", contestant.name());
                        samples.problems.push(problem);
                        continue;
                    }
                };
                // Some give back what only loading needed some seconds later.
                pause(Duration::from_secs(11));
                let empty = empty.as_ref().copied().unwrap_or_default();
                let loaded = Loaded {
                    seconds: running.load_time().as_secs_f64(),
                    bytes: running.memory().saturating_sub(empty) as f64 / *records as f64,
                    peak: running.peak() as f64 / 1e6,
                };
                let key = (*records, (*name).to_owned(), contestant);
                samples.loads.entry(key).or_default().push(loaded);
            }
        }
    }
    Ok(())
}
