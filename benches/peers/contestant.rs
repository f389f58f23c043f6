//! Who is measured, and how each is started.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use benches::{ask, cpu_time, pause, peak_memory, program, question};
use clap::ValueEnum;
use peers::{Kind, Options, Program, Server, Zone, free_port};

/// A server in the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Contestant {
    /// Ours, without segmentation offload
    Ours,
    /// Ours, with it
    OursGso,
    /// Sends back packets of the size of our answers
    Echo,
    /// Knot DNS
    Knot,
    /// NLnet Labs NSD
    Nsd,
    /// BIND 9
    Bind,
    /// PowerDNS Authoritative Server
    Powerdns,
}

impl Contestant {
    /// All, in the order of tables.
    pub(crate) const ALL: [Self; 7] = [
        Self::Ours,
        Self::OursGso,
        Self::Echo,
        Self::Knot,
        Self::Nsd,
        Self::Bind,
        Self::Powerdns,
    ];

    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "Zonewright",
            Self::OursGso => "Zonewright, GSO",
            Self::Echo => "packet echo",
            Self::Knot => "Knot",
            Self::Nsd => "NSD",
            Self::Bind => "BIND",
            Self::Powerdns => "PowerDNS",
        }
    }

    fn kind(self) -> Option<Kind> {
        Some(match self {
            Self::Ours | Self::OursGso => Kind::Zonewright,
            Self::Echo => return None,
            Self::Knot => Kind::Knot,
            Self::Nsd => Kind::Nsd,
            Self::Bind => Kind::Bind,
            Self::Powerdns => Kind::PowerDns,
        })
    }

    /// The version that its program tells, where it is one of the others.
    pub(crate) fn version(self) -> Option<String> {
        let kind = self.kind().filter(|kind| *kind != Kind::Zonewright)?;
        let program = Program::find(kind)?;
        let flag = match kind {
            Kind::Bind | Kind::Nsd => "-v",
            _ => "--version",
        };
        let output = Command::new(program.path()).arg(flag).output().ok()?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        let is_version = |word: &&str| {
            word.contains('.') && word.chars().all(|c| c.is_ascii_digit() || c == '.')
        };
        let words = || said.split(|c: char| c.is_whitespace() || c == '-');
        words().find(is_version).map(str::to_owned)
    }

    /// Starts it on processor 0 with one worker and waits until it answers for all zones.
    pub(crate) fn start(self, ours: &Path, zones: &[Zone]) -> anyhow::Result<Running> {
        let Some(kind) = self.kind() else {
            bail!("the echo needs no zones");
        };
        let program = match kind {
            Kind::Zonewright => Program::zonewright(ours),
            _ => {
                Program::find(kind).with_context(|| format!("{} is not installed", self.name()))?
            }
        };
        let options = Options::new(zones.iter().cloned())
            .workers(1)
            .cpus("0")
            .timeout(Duration::from_secs(300));
        let options = match self {
            Self::Ours => options.arguments(["--udp-gso", "off"]),
            Self::OursGso => options.arguments(["--udp-gso", "on"]),
            _ => options,
        };
        let server = Server::start(&program, &options)?;
        Ok(Running::Server(server))
    }
}

/// A contestant that answers, until it is dropped.
pub(crate) enum Running {
    Server(Server),
    Echo(Echo),
}

impl Running {
    /// Starts the echo, whose answers are this many bytes longer than the questions.
    pub(crate) fn echo(grow: usize) -> anyhow::Result<Self> {
        let port = free_port(Ipv4Addr::LOCALHOST.into()).context("find a free port")?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let child = Command::new("taskset")
            .args(["--cpu-list", "0"])
            .arg(program("echo")?)
            .args([
                "--listen",
                &address.to_string(),
                "--grow",
                &grow.to_string(),
            ])
            .stdin(Stdio::null())
            .spawn()
            .context("start the echo")?;
        let echo = Echo { child, address };
        let begin = Instant::now();
        let any = question(benches::apex().as_ref(), true);
        while ask(address, &any, Duration::from_millis(50)).is_err() {
            if begin.elapsed() > Duration::from_secs(5) {
                bail!("the echo does not answer");
            }
            pause(Duration::from_millis(5));
        }
        Ok(Self::Echo(echo))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Server(server) => server.address(),
            Self::Echo(echo) => echo.address,
        }
    }

    fn pids(&self) -> Vec<u32> {
        match self {
            Self::Server(server) => server.pids(),
            Self::Echo(echo) => vec![echo.child.id()],
        }
    }

    /// Processor time of all its processes until now.
    pub(crate) fn cpu_time(&self) -> Duration {
        cpu_time(&self.pids())
    }

    /// From start to the first right answer for each zone.
    pub(crate) fn load_time(&self) -> Duration {
        match self {
            Self::Server(server) => server.load_time(),
            Self::Echo(_) => Duration::ZERO,
        }
    }

    /// Resident bytes, what processes share counted once.
    pub(crate) fn memory(&self) -> u64 {
        match self {
            Self::Server(server) => server.memory().unwrap_or(0),
            Self::Echo(_) => 0,
        }
    }

    /// The most resident bytes that one of its processes ever had.
    pub(crate) fn peak(&self) -> u64 {
        let peaks = self.pids().into_iter().filter_map(peak_memory);
        peaks.max().unwrap_or(0)
    }
}

/// The echo's process.
pub(crate) struct Echo {
    child: Child,
    address: SocketAddr,
}

impl Drop for Echo {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
