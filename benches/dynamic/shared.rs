//! Updates of a zone that copies share: kept as objects of a real API server, and at every copy before
//! they are acknowledged.
//!
//! etcd writes to the disk as it does by itself. All of it, the client too, is on the same processors.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use benches::{Row, Table, milliseconds, quantile};
use cluster_peers::{Cluster, Parts};
use peers::free_port;

use crate::contestant::{KEY, Running};
use crate::updates::{Sample, load, median};

/// How many clients at a time.
const CLIENTS: [usize; 3] = [1, 16, 64];

/// Measures one copy, and three; nothing where there is no API server.
pub(crate) async fn measure(
    ours: &Path,
    names: usize,
    rounds: usize,
    time: Duration,
) -> anyhow::Result<Option<Table>> {
    let parts = Parts::find();
    let missing = parts.missing();
    if !missing.is_empty() {
        eprintln!("no shared zones: {} not found", missing.join(", "));
        return Ok(None);
    }
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    benches::pin_to(0..processors.max(2))?;
    let table = measure_with(&parts, ours, names, rounds, time).await;
    benches::pin(1)?;
    table.map(Some)
}

async fn measure_with(
    parts: &Parts,
    ours: &Path,
    names: usize,
    rounds: usize,
    time: Duration,
) -> anyhow::Result<Table> {
    let folder = tempfile::tempdir().context("make a temporary folder")?;
    let zone = folder.path().join("zone");
    benches::write_zone_file(&zone, "bench.example", names).context("write the zone file")?;
    let mut table = Table::new(
        format!("signed updates kept in the API server, zone of {names} names"),
        &[
            "clients",
            "updates/s",
            "p50 ms",
            "p99 ms",
            "µs of CPU an update",
            "updates an object",
        ],
    );
    for count in COPIES {
        for clients in CLIENTS {
            let mut sample = Sample::default();
            for round in 0..rounds {
                eprintln!("round {round}: {count} copies updated by {clients}");
                let copies = Copies::start(parts, ours, &zone, count).await?;
                let leader = copies.all.first().context("a copy")?;
                load(leader, clients, time, &mut sample)
                    .await
                    .with_context(|| leader.log())?;
            }
            table.rows.push(Row {
                name: match count {
                    1 => "one copy".to_owned(),
                    count => format!("{count} copies"),
                },
                cells: vec![
                    clients.to_string(),
                    format!("{:.0}", median(&sample.rates)),
                    milliseconds(quantile(&sample.times, 0.5)),
                    milliseconds(quantile(&sample.times, 0.99)),
                    format!("{:.0}", quantile(&sample.cpu, 0.5).as_secs_f64() * 1e6),
                    format!("{:.0}", median(&sample.flushes)),
                ],
            });
        }
    }
    Ok(table)
}

/// Copies that share the zone, the first of which leads.
struct Copies {
    // Dropped before the cluster that they use.
    all: Vec<Running>,
    _cluster: Cluster,
}

impl Copies {
    async fn start(parts: &Parts, ours: &Path, zone: &Path, count: usize) -> anyhow::Result<Self> {
        let cluster = Cluster::start_durable(parts)?;
        let crds = tempfile::tempdir().context("make a temporary folder")?;
        define(&cluster, crds.path())?;
        let mut ports = Vec::new();
        while ports.len() < 2 * count {
            let port = free_port(Ipv4Addr::LOCALHOST.into()).context("find a free port")?;
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
        let (ports, pages) = ports.split_at(count);
        let mut copies = Self {
            all: Vec::new(),
            _cluster: cluster,
        };
        for (number, (port, pages)) in ports.iter().zip(pages).enumerate() {
            let folder = tempfile::tempdir().context("make a temporary folder")?;
            fs::write(folder.path().join("key"), KEY)?;
            fs::copy(zone, folder.path().join("zone")).context("copy the zone file")?;
            let local = |port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let (address, pages) = (local(*port), local(*pages));
            let config = copies._cluster.kubeconfig();
            let arguments = arguments(number, (folder.path(), config), (address, pages), ports);
            let places = (address, Some(pages));
            let running = Running::launch(ours, &arguments, places, PROCESSORS, folder)?;
            running.wait("Zonewright").await?;
            if number == 0 {
                wait_for_lead(&running).await?;
            }
            copies.all.push(running);
        }
        // By then the leader has been told by all that they are there.
        tokio::time::sleep(SETTLED).await;
        Ok(copies)
    }
}

fn arguments(
    number: usize,
    (folder, config): (&Path, PathBuf),
    (address, pages): (SocketAddr, SocketAddr),
    ports: &[u16],
) -> Vec<String> {
    let (zone, at) = (benches::apex(), folder.display());
    let mut arguments = vec![
        format!("--zone-file={zone}={at}/zone"),
        format!("--listen={address}"),
        "--udp-workers=1".to_owned(),
        // All clients are one address here.
        "--tcp-connections-per-client=1000".to_owned(),
        format!("--metrics-address={pages}"),
        "--control-socket=off".to_owned(),
        format!("--key-file={at}/key"),
        "--update-policy=grant bench zonesub ANY".to_owned(),
        format!("--data-dir={at}/data"),
        format!("--kubeconfig={}", config.display()),
        "--source=service".to_owned(),
        format!("--domain-filter={zone}"),
        "--policy=sync".to_owned(),
        "--leader-elect".to_owned(),
        format!("--replica-name=copy-{number}"),
        "--replica-address=127.0.0.1".to_owned(),
        "--replica-key=bench".to_owned(),
    ];
    let others = ports.iter();
    arguments.extend(others.map(|port| format!("--replica-peers=127.0.0.1:{port}")));
    arguments
}

async fn wait_for_lead(running: &Running) -> anyhow::Result<()> {
    let begin = Instant::now();
    while running.metric("zonewright_leads ") != Some(1) {
        if begin.elapsed() > PATIENCE {
            bail!("it does not lead:\n{}", running.log());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// The resources that copies keep what they know in, as the chart has them.
fn define(cluster: &Cluster, folder: &Path) -> anyhow::Result<()> {
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/zonewright/files");
    for plural in ["zones", "zonecheckpoints", "zonejournals"] {
        let file = format!("{plural}.yaml");
        let spec = fs::read_to_string(chart.join(&file)).context("read the chart")?;
        let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
        let text = format!(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
             metadata: {{name: {plural}.zonewright.dev}}\nspec:\n{spec}"
        );
        fs::write(folder.join(file), text).context("write a definition")?;
    }
    cluster.define(folder).context("define the resources")
}

/// How many share the zone.
const COPIES: [usize; 2] = [1, 3];

/// On which they are, together with the API server and the client.
const PROCESSORS: &str = "0-1";

const PATIENCE: Duration = Duration::from_secs(20);
const SETTLED: Duration = Duration::from_secs(3);
