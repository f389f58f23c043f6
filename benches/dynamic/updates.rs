//! Updates: how many a second are acknowledged on disk, and how long each takes.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use benches::{Row, Table, milliseconds, quantile};
use tokio::task::JoinSet;
use wire::update::{Action, Operation, Update};
use wire::{Rcode, Rtype, Ttl};

use crate::contestant::{Kind, Running};

/// How many clients at a time.
const CLIENTS: [usize; 2] = [1, 64];

/// What was measured of one server with so many clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) rates: Vec<f64>,
    pub(crate) times: Vec<Duration>,
    pub(crate) cpu: Vec<Duration>,
    pub(crate) flushes: Vec<f64>,
}

/// Measures all servers.
pub(crate) async fn measure(
    ours: &Path,
    kinds: &[Kind],
    names: usize,
    rounds: usize,
    time: Duration,
) -> anyhow::Result<Table> {
    let folder = tempfile::tempdir().context("make a temporary folder")?;
    let zone = folder.path().join("zone");
    benches::write_zone_file(&zone, "bench.example", names).context("write the zone file")?;
    let kinds: Vec<Kind> = kinds
        .iter()
        .copied()
        .filter(|kind| kind.is_updated())
        .collect();
    let mut samples = vec![[Sample::default(), Sample::default()]; kinds.len()];
    for round in 0..rounds {
        for (kind, samples) in kinds.iter().zip(&mut samples) {
            for (clients, sample) in CLIENTS.into_iter().zip(samples) {
                eprintln!("round {round}: {} updated by {clients}", kind.name());
                let running = Running::start(*kind, ours, &zone).await?;
                load(&running, clients, time, sample).await?;
            }
        }
    }
    let title = format!("signed updates, zone of {names} names");
    let columns = [
        "1 client: updates/s",
        "p50 ms",
        "64 clients: updates/s",
        "p50 ms",
        "p99 ms",
        "µs of CPU an update",
        "updates a flush",
    ];
    let mut table = Table::new(title, &columns);
    for (kind, [one, many]) in kinds.iter().zip(&samples) {
        let flushes = median(&many.flushes);
        table.rows.push(Row {
            name: kind.name().to_owned(),
            cells: vec![
                format!("{:.0}", median(&one.rates)),
                milliseconds(quantile(&one.times, 0.5)),
                format!("{:.0}", median(&many.rates)),
                milliseconds(quantile(&many.times, 0.5)),
                milliseconds(quantile(&many.times, 0.99)),
                format!("{:.0}", quantile(&many.cpu, 0.5).as_secs_f64() * 1e6),
                if flushes > 0.0 {
                    format!("{flushes:.0}")
                } else {
                    "–".to_owned()
                },
            ],
        });
    }
    Ok(table)
}

/// Sends updates from so many clients for a while.
pub(crate) async fn load(
    running: &Running,
    clients: usize,
    time: Duration,
    sample: &mut Sample,
) -> anyhow::Result<()> {
    let (cpu, flushes) = (running.cpu(), running.metric(FLUSHES));
    let begin = Instant::now();
    let mut tasks = JoinSet::new();
    for number in 0..clients {
        let server = running.client();
        tasks.spawn(async move {
            let mut times = Vec::new();
            while begin.elapsed() < time {
                let sent = Instant::now();
                let update = update(number, times.len());
                let request = client::compose::update(server.id()?, &update)?;
                let answer = server.exchange(request).await?;
                ensure!(answer.rcode() == Rcode::NOERROR, "{}", answer.rcode());
                times.push(sent.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        let times = done??;
        count += times.len();
        sample.times.extend(times);
    }
    let took = begin.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
    let updates = count as f64;
    sample.rates.push(updates / took.as_secs_f64());
    let used = running.cpu().saturating_sub(cpu);
    sample.cpu.push(used.div_f64(updates.max(1.0)));
    if let (Some(before), Some(after)) = (flushes, running.metric(FLUSHES)) {
        #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
        let flushes = (after - before).max(1) as f64;
        sample.flushes.push(updates / flushes);
    }
    Ok(())
}

/// An update that adds a name of its own.
fn update(client: usize, number: usize) -> Update {
    let owner = benches::apex().child(format!("u{client}-{number}").as_bytes());
    let address = Box::from([192, 0, 2, 7]);
    Update {
        zone: benches::apex(),
        prerequisites: Vec::new(),
        operations: vec![Operation {
            owner: owner.unwrap_or_else(benches::apex),
            action: Action::Add(Rtype::A, Ttl::from_secs(60), address),
        }],
    }
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// How often the journal was made durable.
const FLUSHES: &str = "zonewright_journal_flushes_total";
