//! The tables that go into the README: few, with the machine, the date and what was compared.

use std::process::Command;

use benches::Mix;

use crate::command_line::{CommandLine, MAIN_SIZE};
use crate::contestant::Contestant;
use crate::plan::Scenario;
use crate::samples::{Answered, Loaded, Samples, Spread};
use crate::table::{ratio, show};

/// A cell of a table about answers.
type Cell = (String, usize, Scenario, fn(&Answered) -> f64, usize);

/// A column of a table about loading.
type Column = (fn(&Loaded) -> f64, usize);

/// The whole text.
pub(crate) fn document(options: &CommandLine, samples: &Samples) -> String {
    let mut text = heading(options);
    let (rate, many) = (Some(options.rate), options.clients);
    let one = |mix, clients, rate| Scenario { mix, clients, rate };
    let cpu: fn(&Answered) -> f64 = |sample| sample.cpu;
    let per_second: fn(&Answered) -> f64 = |sample| sample.rate / 1e3;
    text += &headline(options, samples);
    for hosts in options.sizes() {
        let cells: [Cell; 4] = [
            (
                "one forwarder".into(),
                hosts,
                one(Mix::Mixed, 1, rate),
                cpu,
                2,
            ),
            (
                format!("{many} clients"),
                hosts,
                one(Mix::Mixed, many, rate),
                cpu,
                2,
            ),
            (
                "thousand answers/s, one forwarder".into(),
                hosts,
                one(Mix::Mixed, 1, None),
                per_second,
                0,
            ),
            (
                format!("thousand answers/s, {many} clients"),
                hosts,
                one(Mix::Mixed, many, None),
                per_second,
                0,
            ),
        ];
        let title = format!(
            "{hosts} names, mixed questions: µs of CPU an answer at {} queries/s, and saturated",
            options.rate
        );
        text += &answers(samples, &title, &cells);
    }
    for hosts in options.sizes() {
        for (clients, who) in [
            (1, "one forwarder".to_owned()),
            (many, format!("{many} clients")),
        ] {
            let cells = Mix::PURE.map(|mix| {
                (
                    mix.name().to_owned(),
                    hosts,
                    one(mix, clients, rate),
                    cpu,
                    2,
                )
            });
            let title = format!(
                "{hosts} names, {who}: µs of CPU an answer at {} queries/s, by kind of question",
                options.rate
            );
            text += &answers(samples, &title, &cells);
        }
    }
    text += &loads(samples);
    text
}

/// The figures that people ask for first, in one table: the usual size under load, the largest at
/// rest.
fn headline(options: &CommandLine, samples: &Samples) -> String {
    let (rate, many) = (Some(options.rate), options.clients);
    let one = |clients, rate| Scenario {
        mix: Mix::Mixed,
        clients,
        rate,
    };
    let sizes = options.sizes();
    let usual = sizes.iter().find(|size| **size == MAIN_SIZE);
    let (Some(&usual), Some(&largest)) = (usual.or_else(|| sizes.first()), sizes.iter().max())
    else {
        return String::new();
    };
    let loaded = |contestant, value: fn(&Loaded) -> f64| {
        let key = (largest, format!("{largest} names"), contestant);
        Spread::of(samples.loads.get(&key), value)
    };
    let mut rows = String::new();
    for contestant in Contestant::ALL {
        let answer = |scenario, value: fn(&Answered) -> f64, digits| {
            let of = |who| samples.answer((usual, scenario, who), value);
            cell(of(contestant), of(Contestant::Ours), digits)
        };
        let load = |value: fn(&Loaded) -> f64, digits| {
            cell(
                loaded(contestant, value),
                loaded(Contestant::Ours, value),
                digits,
            )
        };
        if samples
            .answer((usual, one(1, rate), contestant), |one| one.cpu)
            .is_none()
        {
            continue;
        }
        rows += &format!(
            "| {} |{}{}{}{}{}\n",
            contestant.name(),
            answer(one(1, rate), |one| one.cpu, 2),
            answer(one(many, rate), |one| one.cpu, 2),
            answer(one(many, None), |one| one.rate / 1e3, 0),
            load(|one| one.bytes, 0),
            load(|one| one.seconds, 2),
        );
    }
    let heads = [
        "µs of CPU an answer, one forwarder",
        &format!("{many} clients"),
        "thousand answers/s, saturated",
        &format!("bytes a record, {largest} names"),
        "seconds from start to answer",
    ];
    let title = format!("{usual} names, mixed questions, {} queries/s", options.rate);
    table(&title, &heads, &rows)
}

/// What was measured, where and when.
fn heading(options: &CommandLine) -> String {
    let say = |program: &str, words: &[&str]| -> String {
        let output = Command::new(program).args(words).output();
        let output = output.map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).trim().to_owned()
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("processor of no name", |(_, model)| model);
    let versions: Vec<String> = Contestant::ALL
        .into_iter()
        .filter_map(|one| Some(format!("{} {}", one.name(), one.version()?)))
        .collect();
    format!(
        "Measured on {} ({model}, {} processors, Linux {}), {} rounds of {} s each: every server alone \
         on processor 0 with one worker, dnsperf on processor 1, over loopback. {}. Median (least–most), \
         then the ratio to ours. The echo only sends packets of the size of our answers back.\n",
        say("date", &["+%F"]),
        say("nproc", &["--all"]),
        say("uname", &["-r"]),
        options.rounds(),
        options.seconds(),
        versions.join(", "),
    )
}

fn answers(samples: &Samples, title: &str, cells: &[Cell]) -> String {
    let mut rows = String::new();
    for contestant in Contestant::ALL {
        let mut row = format!("| {} |", contestant.name());
        let mut any = false;
        for &(_, hosts, scenario, value, digits) in cells {
            let theirs = samples.answer((hosts, scenario, contestant), value);
            let ours = samples.answer((hosts, scenario, Contestant::Ours), value);
            any |= theirs.is_some();
            row += &cell(theirs, ours, digits);
        }
        if any {
            rows += &row;
            rows.push('\n');
        }
    }
    let heads: Vec<&str> = cells.iter().map(|cell| cell.0.as_str()).collect();
    table(title, &heads, &rows)
}

fn loads(samples: &Samples) -> String {
    let mut text = String::new();
    for (records, what) in samples.loaded() {
        let of = |contestant, value: fn(&Loaded) -> f64| {
            Spread::of(
                samples.loads.get(&(records, what.clone(), contestant)),
                value,
            )
        };
        let columns: [Column; 3] = [
            (|one| one.seconds, 2),
            (|one| one.bytes, 0),
            (|one| one.peak, 0),
        ];
        let mut rows = String::new();
        for contestant in Contestant::ALL {
            if of(contestant, columns[0].0).is_none() {
                continue;
            }
            rows += &format!("| {} |", contestant.name());
            for (value, digits) in columns {
                rows += &cell(of(contestant, value), of(Contestant::Ours, value), digits);
            }
            rows.push('\n');
        }
        let heads = ["seconds from start to answer", "bytes a record", "peak MB"];
        text += &table(&format!("Loading {what}"), &heads, &rows);
    }
    text
}

fn cell(theirs: Option<Spread>, ours: Option<Spread>, digits: usize) -> String {
    match theirs {
        Some(_) => format!(" {}, {} |", show(theirs, digits), ratio(theirs, ours)),
        None => " |".to_owned(),
    }
}

/// A table, or nothing if it has no rows.
fn table(title: &str, heads: &[&str], rows: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let lines = "---:|".repeat(heads.len());
    format!(
        "\n{title}:\n\n| | {} |\n|---|{lines}\n{rows}",
        heads.join(" | ")
    )
}
