//! Very many Services in a stand-in for the API server: the first sync, and then nothing.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use benches::{StandIn, pause};
use cluster_peers::Recorder;

use crate::command_line::{CommandLine, Programs};
use crate::contestant::Running;
use crate::poll::{Client, is_ok};
use crate::progress;
use benches::{Row, Table, megabytes, milliseconds};

/// Measures all programs with so many Services.
pub(crate) fn measure(
    options: &CommandLine,
    programs: &Programs,
    count: u32,
) -> anyhow::Result<Table> {
    progress(&format!("a stand-in with {count} Services"));
    let server = StandIn::start(&programs.stand_in, count)?;
    let kubeconfig = server.kubeconfig();
    let mut table = Table::new(
        format!("{count} Services in a stand-in for the API server"),
        &[
            "CPU s, first sync",
            "s to the first name",
            "s to all names",
            "memory MB",
            "peak MB",
            "idle, ms CPU a second",
        ],
    );

    progress("  ours, to the answer");
    let running = Running::embedded(&programs.ours, &kubeconfig)?;
    let synced = all_answer(&running, count);
    let synced = synced.with_context(|| running.said())?;
    table
        .rows
        .push(row("zonewright, with its zone", &running, synced, options));
    drop(running);

    let both = [
        ("zonewright, to a webhook", Some(&programs.ours)),
        (
            "external-dns, to a webhook",
            programs.parts.external_dns.as_ref(),
        ),
    ];
    for (name, program) in both {
        let Some(program) = program.filter(|_| !options.ours_only) else {
            continue;
        };
        progress(&format!("  {name}"));
        let recorder = Recorder::start().context("start a webhook")?;
        let running = Running::webhook(program, &kubeconfig, &recorder.url())?;
        if let Err(error) = all_made(&recorder, count) {
            progress(&format!("    {error}\n{}", running.said()));
            table.rows.push(failed(name, &running));
            continue;
        }
        let synced = Synced {
            cpu: running.cpu(),
            first: None,
            all: running.begin.elapsed(),
        };
        table.rows.push(row(name, &running, synced, options));
    }
    Ok(table)
}

/// What a first sync took.
#[derive(Clone, Copy, Debug)]
struct Synced {
    cpu: Duration,
    /// From the start to the first name that is answered.
    first: Option<Duration>,
    all: Duration,
}

fn row(name: &str, running: &Running, synced: Synced, options: &CommandLine) -> Row {
    // What the first sync left behind is given back meanwhile.
    pause(Duration::from_secs(12));
    let (before, begin) = (running.fine_cpu(), Instant::now());
    pause(Duration::from_secs(options.idle()));
    let used = running.fine_cpu().saturating_sub(before);
    let idle = used.div_f64(begin.elapsed().as_secs_f64());
    let seconds = |time: Duration| format!("{:.2}", time.as_secs_f64());
    Row {
        name: name.to_owned(),
        cells: vec![
            seconds(synced.cpu),
            synced.first.map_or_else(String::new, seconds),
            seconds(synced.all),
            megabytes(running.memory()),
            megabytes(running.peak()),
            milliseconds(idle),
        ],
    }
}

/// The row of a program that has not come to an end.
fn failed(name: &str, running: &Running) -> Row {
    Row {
        name: name.to_owned(),
        cells: vec![
            format!("over {:.2}", running.cpu().as_secs_f64()),
            String::new(),
            format!("over {}", WAIT.as_secs()),
            megabytes(running.memory()),
            megabytes(running.peak()),
            String::new(),
        ],
    }
}

/// Waits until all names are there, with as few questions as will do, and then sees that they are.
fn all_answer(running: &Running, count: u32) -> anyhow::Result<Synced> {
    let client = Client::new(running.dns)?;
    let mut first = None;
    while !is_ok(running.pages, "/readyz") {
        if first.is_none() && (0..3).any(|number| answers(&client, number)) {
            first = Some(running.begin.elapsed());
        }
        if running.begin.elapsed() > WAIT {
            bail!("not ready in {WAIT:?}");
        }
        pause(Duration::from_millis(5));
    }
    let all = running.begin.elapsed();
    let cpu = running.cpu();
    for number in (0..count).step_by(7) {
        ensure!(answers(&client, number), "Service {number} has no answer");
    }
    Ok(Synced {
        cpu,
        first: first.or(Some(all)),
        all,
    })
}

/// Waits until the webhook was asked for so many records.
pub(crate) fn all_made(recorder: &Recorder, count: u32) -> anyhow::Result<()> {
    let begin = Instant::now();
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    let mut made = 0;
    while made < wanted {
        let applied = recorder.take_applied();
        made += applied
            .iter()
            .map(|one| one.changes.create.len())
            .sum::<usize>();
        if begin.elapsed() > WAIT {
            bail!("{made} of {count} records in {WAIT:?}");
        }
        pause(Duration::from_millis(20));
    }
    Ok(())
}

fn answers(client: &Client, number: u32) -> bool {
    let address: Option<Ipv4Addr> = apiserver::sample::address(number).parse().ok();
    client.ask(&apiserver::sample::hostname(number)) == address.map(|address| address.octets())
}

const WAIT: Duration = Duration::from_secs(240);
