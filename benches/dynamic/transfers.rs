//! Transfers: the whole zone, and one change in it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use benches::{Row, Table, quantile};
use client::{Form, Incoming, Sink, Transfer, Unfit};
use wire::update::{Action, Operation, Update};
use wire::{Rcode, Rtype, Serial, Ttl};

use crate::contestant::{Kind, Running};

/// Counts what comes.
#[derive(Debug, Default)]
pub(crate) struct Counter(pub(crate) usize);

impl Sink for Counter {
    fn begin(&mut self, _: Form) {
        self.0 = 0;
    }

    fn add(&mut self, _: Incoming<'_>) -> Result<(), Unfit> {
        self.0 += 1;
        Ok(())
    }

    fn remove(&mut self, _: Incoming<'_>) -> Result<(), Unfit> {
        self.0 += 1;
        Ok(())
    }
}

/// What was measured of one server.
#[derive(Clone, Debug, Default)]
struct Sample {
    whole: Vec<Duration>,
    cpu: Vec<Duration>,
    steps: Vec<Duration>,
    records: usize,
}

/// Measures all servers.
pub(crate) async fn measure(
    ours: &Path,
    kinds: &[Kind],
    names: usize,
    rounds: usize,
) -> anyhow::Result<Table> {
    let folder = tempfile::tempdir().context("make a temporary folder")?;
    let zone = folder.path().join("zone");
    benches::write_zone_file(&zone, "bench.example", names).context("write the zone file")?;
    let mut samples = vec![Sample::default(); kinds.len()];
    for round in 0..rounds {
        for (kind, sample) in kinds.iter().zip(&mut samples) {
            eprintln!("round {round}: {} transferred", kind.name());
            let running = Running::start(*kind, ours, &zone).await?;
            transfer(&running, *kind, sample).await?;
        }
    }
    let columns = [
        "AXFR: million records/s",
        "ns of CPU a record",
        "IXFR of one change: ms",
    ];
    let mut table = Table::new(format!("transfers, zone of {names} names"), &columns);
    for (kind, sample) in kinds.iter().zip(&samples) {
        #[expect(clippy::cast_precision_loss, reason = "some million")]
        let records = sample.records as f64;
        let seconds = quantile(&sample.whole, 0.5).as_secs_f64();
        let cpu = quantile(&sample.cpu, 0.5).as_secs_f64();
        let steps = quantile(&sample.steps, 0.5).as_secs_f64() * 1e3;
        table.rows.push(Row {
            name: kind.name().to_owned(),
            cells: vec![
                format!("{:.2}", records / seconds / 1e6),
                // NSD answers in a process of its own.
                if cpu > 0.0 {
                    format!("{:.0}", cpu / records * 1e9)
                } else {
                    "–".to_owned()
                },
                if kind.is_updated() {
                    format!("{steps:.2}")
                } else {
                    "–".to_owned()
                },
            ],
        });
    }
    Ok(table)
}

async fn transfer(running: &Running, kind: Kind, sample: &mut Sample) -> anyhow::Result<()> {
    let (apex, server) = (benches::apex(), running.client());
    let mut counter = Counter::default();
    // The first one warms the caches of all.
    for warm in [false, true] {
        let (begin, cpu) = (Instant::now(), running.cpu());
        let done = server.transfer(apex.as_ref(), None, &mut counter).await?;
        ensure!(
            matches!(done, Transfer::Whole(_)),
            "{}: {done:?}",
            kind.name()
        );
        if warm {
            sample.whole.push(begin.elapsed());
            sample.cpu.push(running.cpu().saturating_sub(cpu));
        }
    }
    sample.records = counter.0;
    if !kind.is_updated() {
        return Ok(());
    }
    for number in 0..CHANGES {
        let before = serial(&server).await?;
        let owner = apex.child(format!("new-{number}").as_bytes());
        let address = Box::from([192, 0, 2, 7]);
        let update = Update {
            zone: apex.clone(),
            prerequisites: Vec::new(),
            operations: vec![Operation {
                owner: owner.context("a name")?,
                action: Action::Add(Rtype::A, Ttl::from_secs(60), address),
            }],
        };
        let answer = server
            .exchange(client::compose::update(server.id()?, &update)?)
            .await?;
        ensure!(
            answer.rcode() == Rcode::NOERROR,
            "{}: {}",
            kind.name(),
            answer.rcode()
        );
        let begin = Instant::now();
        let done = server
            .transfer(apex.as_ref(), Some(before), &mut counter)
            .await?;
        sample.steps.push(begin.elapsed());
        ensure!(
            matches!(done, Transfer::Steps(_)),
            "{}: {done:?}",
            kind.name()
        );
    }
    Ok(())
}

async fn serial(server: &client::Server) -> anyhow::Result<Serial> {
    let apex = benches::apex();
    let answer = server.query(apex.as_ref(), Rtype::SOA).await?;
    let soa = answer.rrset(apex.as_ref(), Rtype::SOA)?.context("no SOA")?;
    let soa = soa.rdatas.first().context("no SOA")?;
    let at = soa.len() - 20;
    let bytes = soa.get(at..at + 4).context("no SOA")?;
    Ok(Serial(u32::from_be_bytes(bytes.try_into()?)))
}

/// How many changes are transferred one by one.
const CHANGES: usize = 20;
