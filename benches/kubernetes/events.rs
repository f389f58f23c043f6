//! A real API server with many Services: how long a change of one takes to get to where it matters.

use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use benches::pause;
use cluster_peers::{Cluster, Recorder};

use crate::api::Api;
use crate::command_line::{CommandLine, Programs};
use crate::contestant::Running;
use crate::first_sync::all_made;
use crate::poll::{Client, STEP, is_ok};
use crate::progress;
use benches::{Row, Table, megabytes, milliseconds, quantile};

/// Measures all programs with so many Services.
pub(crate) fn measure(
    options: &CommandLine,
    programs: &Programs,
    count: u32,
) -> anyhow::Result<Table> {
    progress(&format!("a cluster with {count} Services"));
    let cluster = Cluster::start(&programs.parts).context("start a cluster")?;
    let api = Api::new(&cluster.kubeconfig())?;
    let begin = Instant::now();
    api.create(cluster.store(), count)?;
    progress(&format!("  made in {:.0} s", begin.elapsed().as_secs_f64()));
    let kubeconfig = cluster.kubeconfig();
    let mut table = Table::new(
        format!("{count} Services in a real API server"),
        &[
            "from request",
            "p50 ms",
            "p99 ms",
            "most ms",
            "from reply: p50 ms",
            "p99 ms",
            "memory MB",
            "peak MB",
        ],
    );
    let mut changes = Changes {
        api: &api,
        count,
        step: 0,
    };

    progress("  ours, object to answer");
    let running = Running::embedded(&programs.ours, &kubeconfig)?;
    let timed = to_answer(options, &running, &mut changes);
    let timed = timed.with_context(|| running.said())?;
    table
        .rows
        .push(row("zonewright, to the answer", &timed, &running));
    drop(running);

    let both = [
        (
            "zonewright, to a webhook",
            Some(&programs.ours),
            options.changes().min(100),
        ),
        (
            "external-dns, to a webhook",
            programs.parts.external_dns.as_ref(),
            options.slow_changes(),
        ),
    ];
    for (name, program, times) in both {
        let Some(program) = program.filter(|_| !options.ours_only) else {
            continue;
        };
        progress(&format!("  {name}"));
        let recorder = Recorder::start().context("start a webhook")?;
        let running = Running::webhook(program, &kubeconfig, &recorder.url())?;
        let timed = to_webhook(&recorder, &running, &mut changes, times);
        let timed = timed.with_context(|| running.said())?;
        table.rows.push(row(name, &timed, &running));
    }
    Ok(table)
}

/// Times of one change.
#[derive(Clone, Copy, Debug)]
struct Timed {
    from_request: Duration,
    /// Nothing if the reply came last.
    from_reply: Duration,
}

fn row(name: &str, timed: &[Timed], running: &Running) -> Row {
    let requests: Vec<Duration> = timed.iter().map(|one| one.from_request).collect();
    let replies: Vec<Duration> = timed.iter().map(|one| one.from_reply).collect();
    Row {
        name: name.to_owned(),
        cells: vec![
            format!("{} changes", timed.len()),
            milliseconds(quantile(&requests, 0.5)),
            milliseconds(quantile(&requests, 0.99)),
            milliseconds(quantile(&requests, 1.0)),
            milliseconds(quantile(&replies, 0.5)),
            milliseconds(quantile(&replies, 0.99)),
            megabytes(running.memory()),
            megabytes(running.peak()),
        ],
    }
}

/// Changes of Services, each of another one and to an address that none had before.
struct Changes<'a> {
    api: &'a Api,
    count: u32,
    step: u32,
}

impl Changes<'_> {
    fn next(&mut self) -> (u32, [u8; 4]) {
        self.step += 1;
        let number = self.step.wrapping_mul(7919) % self.count;
        let [.., high, low] = self.step.to_be_bytes();
        (number, [172, 16, high, low])
    }
}

fn to_answer(
    options: &CommandLine,
    running: &Running,
    changes: &mut Changes<'_>,
) -> anyhow::Result<Vec<Timed>> {
    while !is_ok(running.pages, "/readyz") {
        if running.begin.elapsed() > START_WAIT {
            bail!("not ready in {START_WAIT:?}");
        }
        pause(Duration::from_millis(20));
    }
    let client = Client::new(running.dns)?;
    let mut timed = Vec::new();
    for _ in 0..options.changes() {
        let (number, address) = changes.next();
        let name = apiserver::sample::hostname(number);
        let begin = Instant::now();
        let (answered, replied) = std::thread::scope(|scope| {
            let asking = scope.spawn(|| client.wait(&name, address, STEP, CHANGE_WAIT));
            changes.api.change(number, &text(address))?;
            let replied = Instant::now();
            let answered = asking
                .join()
                .map_err(|_| anyhow!("asking ended by a panic"))??;
            anyhow::Ok((answered, replied))
        })?;
        timed.push(Timed {
            from_request: answered - begin,
            from_reply: answered.saturating_duration_since(replied),
        });
        pause(BETWEEN);
    }
    Ok(timed)
}

fn to_webhook(
    recorder: &Recorder,
    running: &Running,
    changes: &mut Changes<'_>,
    times: usize,
) -> anyhow::Result<Vec<Timed>> {
    all_made(recorder, changes.count)?;
    progress(&format!(
        "    all records after {:.1} s",
        running.begin.elapsed().as_secs_f64()
    ));
    // Programs that wait a while between passes are to be met in no special moment of it.
    pause(Duration::from_secs(6));
    let mut timed = Vec::new();
    for _ in 0..times {
        drop(recorder.take_applied());
        let (number, address) = changes.next();
        let name = apiserver::sample::hostname(number);
        let begin = Instant::now();
        changes.api.change(number, &text(address))?;
        let replied = Instant::now();
        let arrived = arrival(recorder, &name, &text(address))?;
        timed.push(Timed {
            from_request: arrived - begin,
            from_reply: arrived.saturating_duration_since(replied),
        });
        pause(BETWEEN);
    }
    Ok(timed)
}

/// When the provider was asked for this record.
fn arrival(recorder: &Recorder, name: &str, address: &str) -> anyhow::Result<Instant> {
    let begin = Instant::now();
    loop {
        for applied in recorder.take_applied() {
            let changes = &applied.changes;
            let mut made = changes.create.iter().chain(&changes.update_new);
            if made.any(|endpoint| endpoint.dns_name == name && endpoint.targets == [address]) {
                return Ok(applied.at);
            }
        }
        if begin.elapsed() > CHANGE_WAIT {
            bail!("\"{name}\" did not get to the webhook in {CHANGE_WAIT:?}");
        }
        pause(Duration::from_millis(1));
    }
}

fn text(address: [u8; 4]) -> String {
    std::net::Ipv4Addr::from(address).to_string()
}

const START_WAIT: Duration = Duration::from_secs(180);
const CHANGE_WAIT: Duration = Duration::from_secs(30);

/// Between changes: not a whole part of any usual tick.
const BETWEEN: Duration = Duration::from_millis(13);
