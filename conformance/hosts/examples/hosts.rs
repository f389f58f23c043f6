//! external-dns beside us at the stand-ins of DNS hosts: the zones that come of the same objects, and
//! what they cost. `hosts [HOST] [COUNT] [CASE]`
//!
//! `ZONEWRIGHT_BINARY` is our program, with all providers; external-dns is what `.ci/kube live` and
//! `.ci/earlier` have built. A difference that `differences.txt` does not name is a failure, and so is
//! one that it names and that is none.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use hosts::{Case, HOSTS, Host, Place, cases, difference, many};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let only = arguments.next().unwrap_or_default();
    let count = arguments.next().and_then(|count| count.parse().ok());
    let case = arguments.next().unwrap_or_default();
    let result = run(&only, count.unwrap_or(100), &case).await;
    match result {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failures) => {
            say(&format!(
                "{failures} differences are not as they are listed"
            ));
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(only: &str, count: usize, part: &str) -> Result<usize, String> {
    let ours = std::env::var_os("ZONEWRIGHT_BINARY").map(PathBuf::from);
    let ours = ours.ok_or("ZONEWRIGHT_BINARY does not name our program")?;
    let mut failures = 0;
    let mut fail = |what: &str| {
        failures += 1;
        say(what);
    };
    let is_asked = |line: &&str| only.is_empty() || line.starts_with(&format!("{only}: "));
    let all = include_str!("../differences.txt").lines();
    let all = all.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let (by_chance, always): (Vec<&str>, Vec<&str>) = all.partition(|line| line.starts_with("? "));
    let by_chance: BTreeSet<&str> = by_chance.iter().filter_map(|it| it.get(2..)).collect();
    let mut expected: BTreeSet<&str> = always.into_iter().filter(is_asked).collect();
    for host in HOSTS
        .iter()
        .filter(|host| only.is_empty() || host.name == only)
    {
        let Some(theirs) = hosts::external_dns(host) else {
            fail(&format!("{}: external-dns is not built", host.name));
            continue;
        };
        if let Err(why) = hosts::subject(host.name) {
            say(&format!("{}: left out: {why}", host.name));
            continue;
        }
        let programs = [theirs, ours.clone()];
        for case in cases(include_str!("../cases.txt"))? {
            if !case.name.contains(part) {
                continue;
            }
            let found = compare(host, &programs, &case).await?;
            for line in found {
                if !expected.remove(&*line) && !by_chance.contains(&*line) {
                    fail(&line);
                }
            }
        }
        if part.is_empty() {
            cost(host, &programs, count).await?;
        }
    }
    if part.is_empty() {
        for line in expected {
            fail(&format!("there is no such difference any more: {line}"));
        }
    }
    Ok(failures)
}

/// In what the zones differ after each state of a case.
async fn compare(host: &Host, programs: &[PathBuf; 2], case: &Case) -> Result<Vec<String>, String> {
    let [theirs, ours] = programs;
    let theirs = Place::start(host, theirs, &case.types()).await?;
    let ours = Place::start(host, ours, &case.types()).await?;
    let mut found = Vec::new();
    let head = format!("{}: {}", host.name, case.name);
    for (number, state) in (1..).zip(&case.states) {
        let (mut their, mut our) = (theirs.want(state).await?, ours.want(state).await?);
        let is_about = case.name.starts_with("a TTL");
        if host.quotes {
            their.lines = their.lines.iter().map(|line| bare(line)).collect();
        }
        if host.loses_ttls && !is_about {
            for lines in [&mut their.lines, &mut our.lines] {
                *lines = lines.iter().map(|line| without_ttl(line)).collect();
            }
        }
        let mut say = |what: String| found.push(format!("{head}, {number}: {what}"));
        for (passed, mark) in [(&their, '-'), (&our, '+')] {
            if !passed.well {
                say(format!("{mark} ends with an error"));
            }
        }
        let lines = difference(&their.lines, &our.lines);
        if std::env::var_os("HOSTS_LOG").is_some() && (!lines.is_empty() || !their.well) {
            let log = their.log.lines().filter(|line| !line.contains("config: {"));
            log.for_each(|line| say(format!("  {line}")));
        }
        let is_same = lines.is_empty() && their.well;
        lines.into_iter().for_each(&mut say);
        let (their, our) = (theirs.want(state).await?, ours.want(state).await?);
        if their.calls.writes > 0 {
            say("- writes again".to_owned());
        }
        if our.calls.writes > host.begins {
            say("+ writes again".to_owned());
        }
        if is_same && our.calls.reads > their.calls.reads {
            say(format!(
                "+ reads {} times, not {}",
                our.calls.reads, their.calls.reads
            ));
        }
    }
    Ok(found)
}

/// A line without the quotes within its data.
fn bare(line: &str) -> String {
    match line.contains("heritage=") {
        true => line.replace("\\\"", ""),
        false => line.to_owned(),
    }
}

/// A line without its TTL.
fn without_ttl(line: &str) -> String {
    let mut words = line.splitn(3, ' ');
    let (name, _, rest) = (words.next(), words.next(), words.next());
    format!("{} {}", name.unwrap_or_default(), rest.unwrap_or_default())
}

/// What changes cost: reads and writes of each, where there is nothing, one, a hundred and as many as are
/// asked for, and then at an interval in which nothing changes.
async fn cost(host: &Host, programs: &[PathBuf; 2], count: usize) -> Result<(), String> {
    let amounts = BTreeSet::from([0, 1, 100, count.min(host.most)]);
    let mut columns = Vec::new();
    for program in programs {
        let mut column = Vec::new();
        for &changes in &amounts {
            let place = Place::start(host, program, &["A".to_owned()]).await?;
            let passed = place.want(&many(changes)).await?;
            column.push((changes.to_string(), passed.calls));
            if changes > 1 {
                let idle = place.want(&many(changes)).await?;
                column.push((format!("none of {changes}"), idle.calls));
            }
        }
        columns.push(column);
    }
    for (their, our) in columns[0].iter().zip(&columns[1]) {
        let cell = |calls: hosts::Calls| format!("{} + {}", calls.reads, calls.writes);
        let (changes, their, our) = (&their.0, cell(their.1), cell(our.1));
        say(&format!("| {} | {changes} | {their} | {our} |", host.name));
    }
    Ok(())
}

fn say(text: &str) {
    // Whoever closes the other end does not want to know.
    drop(writeln!(std::io::stdout(), "{text}"));
}
