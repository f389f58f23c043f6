//! A program at work, and what the system knows about it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use benches::peak_memory;
use nix::unistd::{SysconfVar, sysconf};
use peers::free_port;
use tempfile::TempDir;

/// A running program. It ends with this value.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// When it was started.
    pub(crate) begin: Instant,
    /// Where it answers questions, if it does.
    pub(crate) dns: SocketAddr,
    /// Where `/readyz` and `/healthz` are.
    pub(crate) pages: SocketAddr,
    log: PathBuf,
    _folder: TempDir,
}

impl Running {
    /// Ours, with a zone of its own.
    pub(crate) fn embedded(program: &Path, kubeconfig: &Path) -> anyhow::Result<Self> {
        let more = ["--provider=embedded", "--domain-filter=example.org"];
        Self::start(program, kubeconfig, &more.map(str::to_owned), true)
    }

    /// Either program, with a webhook as its provider and `--events`.
    pub(crate) fn webhook(program: &Path, kubeconfig: &Path, url: &str) -> anyhow::Result<Self> {
        let more = [
            "--provider=webhook",
            &format!("--webhook-provider-url={url}"),
            "--registry=noop",
            "--events",
            // What our Services have; newer versions read another one unless told.
            "--annotation-prefix=external-dns.alpha.kubernetes.io/",
            // Long enough that no regular pass falls into what is measured.
            "--interval=30m",
        ];
        Self::start(program, kubeconfig, &more.map(str::to_owned), false)
    }

    fn start(
        program: &Path,
        kubeconfig: &Path,
        more: &[String],
        listens: bool,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("make a temporary folder")?;
        let port = || free_port(Ipv4Addr::LOCALHOST.into()).context("find a free port");
        let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let (dns, pages) = (address(port()?), address(port()?));
        let log = folder.path().join("log");
        let file = File::create(&log).context("write the log")?;
        let mut command = Command::new(program);
        command
            .arg("--source=service")
            .arg("--policy=sync")
            .arg(format!("--metrics-address={pages}"))
            .arg(format!("--kubeconfig={}", kubeconfig.display()))
            .args(more)
            // Settings of whoever measures are not the program's, nor is another daemon's socket.
            .env_clear()
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(file.try_clone().context("write the log")?)
            .stderr(file);
        if listens {
            command.arg(format!("--listen={dns}"));
        }
        let begin = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        Ok(Self {
            child,
            begin,
            dns,
            pages,
            log,
            _folder: folder,
        })
    }

    /// Processor time of the whole process until now, threads that ended included.
    pub(crate) fn cpu(&self) -> Duration {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let text = text.unwrap_or_default();
        // The name of the program comes second, in parentheses, and may hold anything.
        let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks = fields.split(' ').skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        let rate = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
        Duration::from_secs(ticks) / u32::try_from(rate).unwrap_or(100)
    }

    /// The same of living threads, to the nanosecond.
    pub(crate) fn fine_cpu(&self) -> Duration {
        benches::cpu_time(&[self.child.id()])
    }

    /// The most memory that it ever had resident, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        peak_memory(self.child.id()).unwrap_or(0)
    }

    /// What it has resident now, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let text = text.unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }

    /// The end of what it said.
    pub(crate) fn said(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(10);
        lines.get(from..).unwrap_or_default().join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
