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
        Ok(failures) if failures.is_empty() => ExitCode::SUCCESS,
        Ok(failures) => {
            say(&failures.join("\n"));
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(only: &str, count: usize, part: &str) -> Result<Vec<String>, String> {
    let ours = std::env::var_os("ZONEWRIGHT_BINARY").map(PathBuf::from);
    let ours = ours.ok_or("ZONEWRIGHT_BINARY does not name our program")?;
    let mut failures = Vec::new();
    let mut expected: BTreeSet<&str> = BTreeSet::new();
    for line in include_str!("../differences.txt").lines() {
        if !line.is_empty() && !line.starts_with('#') && line.starts_with(only) {
            expected.insert(line);
        }
    }
    for host in HOSTS
        .iter()
        .filter(|host| only.is_empty() || host.name == only)
    {
        let Some(theirs) = hosts::external_dns(host) else {
            failures.push(format!("{}: external-dns is not built", host.name));
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
                if !expected.remove(&*line) {
                    failures.push(line);
                }
            }
        }
        if part.is_empty() {
            cost(host, &programs, count).await?;
        }
    }
    if part.is_empty() {
        let more = expected.iter();
        failures.extend(more.map(|line| format!("there is no such difference any more: {line}")));
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
        let (mut their, our) = (theirs.want(state).await?, ours.want(state).await?);
        if host.quotes {
            let plain = |line: &String| match line.contains("heritage=") {
                true => line.replace("\\\"", ""),
                false => line.clone(),
            };
            their.lines = their.lines.iter().map(plain).collect();
        }
        let mut say = |what: String| found.push(format!("{head}, {number}: {what}"));
        if !our.well {
            return Err(format!("{head}, {number}: {}", our.log));
        }
        if !their.well {
            say("- ends with an error".to_owned());
            if std::env::var_os("HOSTS_LOG").is_some() {
                say(their.log.clone());
            }
        }
        let lines = difference(&their.lines, &our.lines);
        lines.into_iter().for_each(&mut say);
        let (their, our) = (theirs.want(state).await?, ours.want(state).await?);
        if their.calls.writes > 0 {
            say("- writes again".to_owned());
        }
        if our.calls.writes > 0 {
            say("+ writes again".to_owned());
        }
        if our.calls.reads > their.calls.reads {
            say(format!(
                "+ reads {} times, not {}",
                our.calls.reads, their.calls.reads
            ));
        }
    }
    Ok(found)
}

/// What changes cost.
async fn cost(host: &Host, programs: &[PathBuf; 2], count: usize) -> Result<(), String> {
    let mut columns = Vec::new();
    for program in programs {
        let mut column = Vec::new();
        for changes in [0, 1, 100, count] {
            let place = Place::start(host, program, &["A".to_owned()]).await?;
            let passed = place.want(&many(changes)).await?;
            column.push((changes.to_string(), passed.calls));
            if changes == count {
                let idle = place.want(&many(changes)).await?;
                column.push((format!("none of {count}"), idle.calls));
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
