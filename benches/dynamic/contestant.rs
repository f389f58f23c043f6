//! The servers: how each is told of the zone and the key, started and stopped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use client::{Host, Limits, Server, Settings};
use nix::sys::signal::Signal;
use peers::free_port;
use tempfile::TempDir;
use tsig::{Key, Keys};
use wire::Rtype;

/// The programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Zonewright,
    Bind,
    Knot,
    Nsd,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Zonewright, Self::Bind, Self::Knot, Self::Nsd];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Zonewright => "zonewright",
            Self::Bind => "bind",
            Self::Knot => "knot",
            Self::Nsd => "nsd",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zonewright => "Zonewright",
            Self::Bind => "BIND",
            Self::Knot => "Knot",
            Self::Nsd => "NSD",
        }
    }

    /// NSD takes no updates.
    pub(crate) fn is_updated(self) -> bool {
        self != Self::Nsd
    }
}

/// A running server of one zone. It ends with this value.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    key: Arc<Key>,
    folder: TempDir,
}

/// The key that all know.
pub(crate) const KEY: &str = "key \"bench\" {\n\talgorithm hmac-sha256;\n\tsecret \
                   \"dGhpcyBpcyBhIGtleSBmb3IgYmVuY2htYXJrcyBvbmx5ISE=\";\n};\n";

impl Running {
    /// Starts a server on a zone file, whose zone is that of all benchmarks.
    pub(crate) async fn start(kind: Kind, ours: &Path, zone: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let port = || free_port(Ipv4Addr::LOCALHOST.into()).context("find a free port");
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (address, pages) = (local(port()?), local(port()?));
        // Servers write beside their zone files.
        let own = folder.path().join("zone");
        fs::copy(zone, &own).context("copy the zone file")?;
        let (program, arguments) = match kind {
            Kind::Zonewright => (ours.to_owned(), zonewright(folder.path(), address, pages)?),
            Kind::Bind => ("named".into(), bind(folder.path(), address)?),
            Kind::Knot => ("knotd".into(), knot(folder.path(), address)?),
            Kind::Nsd => ("nsd".into(), nsd(folder.path(), address)?),
        };
        let pages = (kind == Kind::Zonewright).then_some(pages);
        let running = Self::launch(&program, &arguments, (address, pages), "0", folder)?;
        running.wait(kind.name()).await?;
        Ok(running)
    }

    /// Starts a program on these processors, which is not waited for.
    pub(crate) fn launch(
        program: &Path,
        arguments: &[String],
        (address, metrics): (SocketAddr, Option<SocketAddr>),
        processors: &str,
        folder: TempDir,
    ) -> anyhow::Result<Self> {
        let log = File::create(folder.path().join("log")).context("write the log")?;
        let mut command = Command::new("taskset");
        command
            .args(["-c", processors])
            .arg(search(program))
            .args(arguments);
        command.current_dir(folder.path()).stdin(Stdio::null());
        command.stdout(log.try_clone()?).stderr(log);
        die_with_us(&mut command);
        let child = command.spawn();
        let child = child.with_context(|| format!("start {}", program.display()))?;
        let keys = Keys::from_text(KEY)?;
        let key = keys.iter().next().context("the key")?;
        Ok(Self {
            child,
            address,
            metrics,
            key: Arc::clone(key),
            folder,
        })
    }

    /// Waits until it answers for the zone.
    pub(crate) async fn wait(&self, name: &str) -> anyhow::Result<()> {
        let server = self.client();
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let answer = server.query(benches::apex().as_ref(), Rtype::SOA).await;
            if answer.is_ok_and(|answer| answer.is_authoritative()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("{name} does not answer:\n{}", self.log())
    }

    /// What it has said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// A client with connections of its own.
    pub(crate) fn client(&self) -> Server {
        Server::new(Settings {
            host: Host::Address(self.address.ip()),
            port: self.address.port(),
            tls: None,
            key: Some(Arc::clone(&self.key)),
            limits: Limits::default(),
            clock: now,
        })
    }

    /// The processor time that it has taken.
    pub(crate) fn cpu(&self) -> Duration {
        benches::cpu_time(&[self.child.id()])
    }

    /// A number of our own metrics.
    pub(crate) fn metric(&self, name: &str) -> Option<u64> {
        let stream = std::net::TcpStream::connect(self.metrics?).ok()?;
        let mut stream = { stream };
        let request = b"GET /metrics HTTP/1.0\r\n\r\n";
        std::io::Write::write_all(&mut stream, request).ok()?;
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stream, &mut text).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_whitespace().last()?.parse().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _gone = self.child.kill().is_err();
        let _gone = self.child.wait().is_err();
    }
}

/// A server must not outlive a benchmark that is killed.
#[expect(
    unsafe_code,
    reason = "asking for a signal takes a call between fork and exec"
)]
fn die_with_us(command: &mut Command) {
    let ask = || nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).map_err(Into::into);
    // SAFETY: the call is one system call; it neither allocates nor takes locks.
    unsafe { command.pre_exec(ask) };
}

#[expect(
    clippy::disallowed_methods,
    reason = "signatures carry the time of the day"
)]
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

/// Servers lie where users' paths do not lead.
fn search(program: &Path) -> PathBuf {
    let known = Path::new("/usr/sbin").join(program);
    if known.is_file() {
        known
    } else {
        program.to_owned()
    }
}

fn zonewright(
    folder: &Path,
    address: SocketAddr,
    pages: SocketAddr,
) -> anyhow::Result<Vec<String>> {
    fs::write(folder.join("key"), KEY)?;
    let zone = benches::apex();
    Ok(vec![
        format!("--zone-file={zone}={}", folder.join("zone").display()),
        format!("--listen={address}"),
        "--udp-workers=1".to_owned(),
        // All clients are one address here.
        "--tcp-connections-per-client=1000".to_owned(),
        format!("--metrics-address={pages}"),
        "--control-socket=off".to_owned(),
        format!("--key-file={}", folder.join("key").display()),
        "--update-policy=grant bench zonesub ANY".to_owned(),
        "--allow-transfer=key:bench".to_owned(),
        format!("--data-dir={}", folder.join("data").display()),
    ])
}

fn bind(folder: &Path, address: SocketAddr) -> anyhow::Result<Vec<String>> {
    let (file, ip, port) = (folder.join("named.conf"), address.ip(), address.port());
    let (zone, at) = (benches::apex(), folder.display());
    let text = format!(
        "{KEY}options {{\n directory \"{at}\"; pid-file none; session-keyfile none; lock-file none;\n \
         listen-on port {port} {{ {ip}; }}; listen-on-v6 {{ none; }}; recursion no;\n \
         dnssec-validation no; empty-zones-enable no; notify no;\n}};\ncontrols {{}};\n\
         zone \"{zone}\" {{ type primary; file \"{at}/zone\"; allow-update {{ key bench; }}; \
         allow-transfer {{ key bench; }}; }};\n"
    );
    fs::write(&file, text)?;
    let words = ["-g", "-n", "1", "-c"].map(str::to_owned);
    Ok(words
        .into_iter()
        .chain([file.display().to_string()])
        .collect())
}

fn knot(folder: &Path, address: SocketAddr) -> anyhow::Result<Vec<String>> {
    let (file, ip, port) = (folder.join("knot.conf"), address.ip(), address.port());
    let (zone, at) = (benches::apex(), folder.display());
    let secret = KEY.split('"').nth(3).unwrap_or_default();
    // What its documentation asks for where zones are updated: the journal holds the zone.
    let text = format!(
        "server:\n    rundir: \"{at}\"\n    listen: {ip}@{port}\n    udp-workers: 1\n    tcp-workers: 1\n\
         log:\n  - target: stderr\n    any: warning\ndatabase:\n    storage: \"{at}\"\n\
         key:\n  - id: bench\n    algorithm: hmac-sha256\n    secret: \"{secret}\"\n\
         acl:\n  - id: all\n    key: bench\n    action: [transfer, update]\n\
         zone:\n  - domain: \"{zone}\"\n    storage: \"{at}\"\n    file: zone\n    acl: all\n    \
         zonefile-sync: -1\n    zonefile-load: difference-no-serial\n    journal-content: all\n"
    );
    fs::write(&file, text)?;
    Ok(vec!["-c".to_owned(), file.display().to_string()])
}

fn nsd(folder: &Path, address: SocketAddr) -> anyhow::Result<Vec<String>> {
    let (file, ip, port) = (folder.join("nsd.conf"), address.ip(), address.port());
    let (zone, at) = (benches::apex(), folder.display());
    let secret = KEY.split('"').nth(3).unwrap_or_default();
    let text = format!(
        "server:\n    ip-address: {ip}@{port}\n    port: {port}\n    server-count: 1\n    username: \"\"\n    \
         zonesdir: \"{at}\"\n    database: \"\"\n    zonelistfile: \"{at}/list\"\n    \
         xfrdfile: \"{at}/state\"\n    xfrdir: \"{at}\"\n    pidfile: \"\"\n\
         remote-control:\n    control-enable: no\n\
         key:\n    name: bench\n    algorithm: hmac-sha256\n    secret: \"{secret}\"\n\
         zone:\n    name: \"{zone}\"\n    zonefile: \"{at}/zone\"\n    provide-xfr: {ip} bench\n"
    );
    fs::write(&file, text)?;
    Ok(vec![
        "-d".to_owned(),
        "-c".to_owned(),
        file.display().to_string(),
    ])
}

/// How long a server may take to load its zone.
const PATIENCE: Duration = Duration::from_secs(120);
