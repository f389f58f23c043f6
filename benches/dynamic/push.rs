//! Names of many Services pushed into BIND, by us and by external-dns: time, messages, bytes.
//!
//! ```text
//! stand-in for the API server ─watch→ ours, then external-dns ─TCP→ a way that counts ─→ BIND
//! ```
//!
//! Both make one pass into an empty zone, with records of ownership, and end. What was pushed is seen
//! by a transfer afterwards.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use apiserver::{ApiServer, sample};
use benches::{Row, Table, quantile};
use client::{Host, Limits, Settings, Transfer};
use peers::{Key, Options, Program, Role, Server, Zone};
use tsig::Keys;
use wire::Name;

use crate::contestant::now;
use crate::proxy::{Counts, Proxy};
use crate::transfers::Counter;

/// A program that pushes.
#[derive(Clone, Debug)]
pub(crate) struct Pusher {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Changes in an update; what the programs do by themselves without it.
    pub(crate) batch: Option<u32>,
}

/// What was measured of one program.
#[derive(Clone, Debug, Default)]
struct Sample {
    times: Vec<Duration>,
    bind: Vec<Duration>,
    connections: u64,
    requests: u64,
    updates: u64,
    sent: u64,
    received: u64,
}

/// Measures all of them.
pub(crate) async fn measure(
    pushers: &[Pusher],
    services: u32,
    rounds: usize,
) -> anyhow::Result<Table> {
    let cluster = ApiServer::start().await.context("start a stand-in")?;
    for number in 0..services {
        cluster.apply(sample::service(number, &sample::address(number)));
    }
    cluster.store().compact();
    let mut samples = vec![Sample::default(); pushers.len()];
    for round in 0..rounds {
        for (pusher, sample) in pushers.iter().zip(&mut samples) {
            eprintln!("round {round}: {} pushes {services} Services", pusher.name);
            push(pusher, &cluster.url(), services, sample).await?;
        }
    }
    let columns = [
        "s to the last record",
        "updates",
        "requests in all",
        "connections",
        "KB sent",
        "KB received",
        "s of BIND's CPU",
    ];
    let title = format!(
        "{services} Services, {} records, into BIND",
        u64::from(services) * PER_SERVICE
    );
    let mut table = Table::new(title, &columns);
    for (pusher, sample) in pushers.iter().zip(&samples) {
        let seconds = |times: &[Duration]| format!("{:.2}", quantile(times, 0.5).as_secs_f64());
        table.rows.push(Row {
            name: pusher.name.clone(),
            cells: vec![
                seconds(&sample.times),
                sample.updates.to_string(),
                sample.requests.to_string(),
                sample.connections.to_string(),
                (sample.sent / 1000).to_string(),
                (sample.received / 1000).to_string(),
                seconds(&sample.bind),
            ],
        });
    }
    Ok(table)
}

async fn push(
    pusher: &Pusher,
    url: &str,
    services: u32,
    sample: &mut Sample,
) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("make a temporary folder")?;
    let (file, key) = (folder.path().join("zone"), Key::new("bench"));
    std::fs::write(&file, EMPTY).context("write the zone file")?;
    let kubeconfig = folder.path().join("kubeconfig");
    std::fs::write(&kubeconfig, apiserver::kubeconfig(url)).context("write the kubeconfig")?;
    let role = Role::Primary {
        key: key.clone(),
        notify: Vec::new(),
    };
    let options = Options::new([Zone::new(ZONE, &file).role(role)]);
    let program = Program::find_bind().context("BIND is not installed")?;
    let bind = Server::start(&program, &options.cpus("0")).context("start BIND")?;
    let proxy = Proxy::start(bind.address()).await?;
    let busy = bind.cpu_time().unwrap_or_default();
    let log = folder.path().join("log");
    let output = std::fs::File::create(&log).context("write the log")?;
    let mut command = Command::new(&pusher.path);
    command
        .args(arguments(&kubeconfig, proxy.port, &key))
        .args(
            pusher
                .batch
                .map(|batch| format!("--rfc2136-batch-change-size={batch}")),
        )
        // Settings of whoever measures are not the program's.
        .env_clear()
        .env("HOME", folder.path())
        .env("XDG_RUNTIME_DIR", folder.path())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(output.try_clone().context("write the log")?)
        .stderr(output);
    let begin = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("start {}", pusher.path.display()))?;
    let ended = tokio::task::spawn_blocking(move || child.wait()).await??;
    let said = || std::fs::read_to_string(&log).unwrap_or_default();
    ensure!(
        ended.success(),
        "{} ends with {ended}:\n{}",
        pusher.name,
        said()
    );
    let records = count(&bind, &key).await?;
    // SOA, NS and an address are there before.
    let expected = u64::from(services) * PER_SERVICE + 3;
    ensure!(
        records == expected,
        "{} has made {records} records of {expected}:\n{}",
        pusher.name,
        said()
    );
    sample.take(&proxy.counts, begin);
    let used = bind.cpu_time().unwrap_or_default();
    sample.bind.push(used.saturating_sub(busy));
    Ok(())
}

impl Sample {
    fn take(&mut self, counts: &Counts, begin: Instant) {
        let last = counts.last().unwrap_or(begin);
        self.times.push(last.saturating_duration_since(begin));
        self.connections = counts.connections.load(Relaxed);
        self.requests = counts.requests.load(Relaxed);
        self.updates = counts.updates.load(Relaxed);
        self.sent = counts.sent.load(Relaxed);
        self.received = counts.received.load(Relaxed);
    }
}

/// What both programs are told.
fn arguments(kubeconfig: &Path, port: u16, key: &Key) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--once",
        "--source=service",
        // What our Services have; newer versions read another one unless told.
        "--annotation-prefix=external-dns.alpha.kubernetes.io/",
        "--provider=rfc2136",
        "--rfc2136-host=127.0.0.1",
        "--rfc2136-axfr",
        "--rfc2136-tsig-secret-alg=hmac-sha256",
        "--policy=sync",
        "--registry=txt",
        "--txt-owner-id=bench",
        "--txt-prefix=%{record_type}-owner.",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("--kubeconfig={}", kubeconfig.display()));
    arguments.push(format!("--rfc2136-zone={ZONE}"));
    arguments.push(format!("--rfc2136-port={port}"));
    arguments.push(format!("--rfc2136-tsig-keyname={}", key.name));
    arguments.push(format!("--rfc2136-tsig-secret={}", key.secret));
    arguments
}

/// How many records the zone has.
async fn count(bind: &Server, key: &Key) -> anyhow::Result<u64> {
    let keys = Keys::from_text(&key.clause())?;
    let server = client::Server::new(Settings {
        host: Host::Address(bind.address().ip()),
        port: bind.address().port(),
        tls: None,
        key: keys.iter().next().map(Arc::clone),
        limits: Limits::default(),
        clock: now,
    });
    let apex = Name::from_text(ZONE.as_bytes(), Some(wire::NameRef::ROOT))?;
    let mut counter = Counter::default();
    let done = server.transfer(apex.as_ref(), None, &mut counter).await?;
    ensure!(matches!(done, Transfer::Whole(_)), "{done:?}");
    Ok(counter.0 as u64)
}

/// The external-dns that `.ci/kube` has made, with its version.
pub(crate) fn external_dns(given: Option<&Path>) -> Option<(PathBuf, String)> {
    let path = given.map(Path::to_owned);
    let path = path.or_else(|| cluster_peers::Parts::find().external_dns)?;
    let output = Command::new(&path).arg("--version").output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let version = said.split_whitespace().find(|word| {
        word.trim_start_matches('v')
            .starts_with(|c: char| c.is_ascii_digit())
    });
    Some((
        path,
        version
            .unwrap_or_default()
            .trim_start_matches('v')
            .to_owned(),
    ))
}

/// What the zone has before.
const EMPTY: &str = "$TTL 300\n@ SOA ns h 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.1\n";

/// The zone of all Services.
const ZONE: &str = "example.org";

/// An address, and a record of who has it.
const PER_SERVICE: u64 = 2;
