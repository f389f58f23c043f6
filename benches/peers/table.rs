//! All results for the terminal: one line each, with the ratio to ours.

use crate::contestant::Contestant;
use crate::samples::{Samples, Spread};

/// Prints everything that was measured.
pub(crate) fn print(samples: &Samples) {
    for (hosts, scenario) in samples.scenarios() {
        println!("\n{hosts} names, {}", scenario.name());
        println!(
            "  {:<16} {:>22} {:>8} {:>28} {:>8} {:>7} {:>6}",
            "", "µs CPU an answer", "÷ ours", "answers/s", "÷ ours", "lost", "bytes"
        );
        let of = |contestant, value: fn(&crate::samples::Answered) -> f64| {
            samples.answer((hosts, scenario, contestant), value)
        };
        let ours_cpu = of(Contestant::Ours, |one| one.cpu);
        let ours_rate = of(Contestant::Ours, |one| one.rate);
        for contestant in Contestant::ALL {
            let Some(cpu) = of(contestant, |one| one.cpu) else {
                continue;
            };
            let rate = of(contestant, |one| one.rate);
            let lost = of(contestant, |one| one.lost * 100.0);
            let bytes = of(contestant, |one| one.bytes);
            println!(
                "  {:<16} {:>22} {:>8} {:>28} {:>8} {:>6} % {:>6}",
                contestant.name(),
                cpu.show(2),
                ratio(Some(cpu), ours_cpu),
                show(rate, 0),
                ratio(rate, ours_rate),
                lost.map_or_else(String::new, |lost| format!("{:.2}", lost.most)),
                bytes.map_or_else(String::new, |bytes| format!("{:.0}", bytes.median)),
            );
        }
    }
    for (records, what) in samples.loaded() {
        println!("\nloading {what}");
        println!(
            "  {:<16} {:>22} {:>8} {:>22} {:>8} {:>22}",
            "", "seconds to answer", "÷ ours", "bytes a record", "÷ ours", "peak MB"
        );
        let of = |contestant, value: fn(&crate::samples::Loaded) -> f64| {
            Spread::of(
                samples.loads.get(&(records, what.clone(), contestant)),
                value,
            )
        };
        let ours_time = of(Contestant::Ours, |one| one.seconds);
        let ours_bytes = of(Contestant::Ours, |one| one.bytes);
        for contestant in Contestant::ALL {
            let Some(time) = of(contestant, |one| one.seconds) else {
                continue;
            };
            let bytes = of(contestant, |one| one.bytes);
            println!(
                "  {:<16} {:>22} {:>8} {:>22} {:>8} {:>22}",
                contestant.name(),
                time.show(2),
                ratio(Some(time), ours_time),
                show(bytes, 0),
                ratio(bytes, ours_bytes),
                show(of(contestant, |one| one.peak), 0),
            );
        }
    }
}

/// A spread, or nothing.
pub(crate) fn show(spread: Option<Spread>, digits: usize) -> String {
    spread.map_or_else(String::new, |spread| spread.show(digits))
}

/// One median by another.
pub(crate) fn ratio(one: Option<Spread>, ours: Option<Spread>) -> String {
    match (one, ours) {
        (Some(one), Some(ours)) if ours.median > 0.0 => {
            format!("{:.2} ×", one.median / ours.median)
        }
        _ => String::new(),
    }
}
