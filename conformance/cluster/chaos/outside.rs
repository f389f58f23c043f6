//! Secondaries of others, which transfer from whoever leads and are told of changes.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread::park_timeout;
use std::time::Instant;

use peers::{Kind, Options, Program, Ready, Role, Server, Zone};

use crate::cluster::copies::{Copies, LONG, STEP, ZONE};
use crate::process::site::{check, serial, skip, start};
use crate::process::tool::contents;

pub(super) struct Outside {
    programs: Vec<Program>,
    /// Where they are, or will be.
    pub(super) addresses: Vec<SocketAddr>,
    servers: Vec<Server>,
}

impl Outside {
    /// Those that are installed, which do not run yet.
    pub(super) fn find(trial: &str) -> Result<Self, String> {
        let (mut programs, mut addresses) = (Vec::new(), Vec::new());
        for kind in [Kind::Knot, Kind::Nsd] {
            let Some(program) = Program::find(kind) else {
                skip(trial, &format!("{kind} is not installed"));
                continue;
            };
            let port = peers::free_port(Ipv4Addr::LOCALHOST.into()).ok_or("no free port")?;
            programs.push(program);
            addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        }
        Ok(Self {
            programs,
            addresses,
            servers: Vec::new(),
        })
    }

    /// Starts them.
    pub(super) fn start(&mut self, copies: &Copies) -> Result<(), String> {
        let ways = copies.ways.as_ref().ok_or("no ways")?;
        for (program, address) in self.programs.iter().zip(&self.addresses) {
            let role = Role::Secondary {
                of: ways.front.address(),
                key: copies.key.clone(),
                tls: false,
            };
            let file = copies.site.path(&format!("outside-{}", address.port()));
            let options = Options::new([Zone::new(ZONE, file).role(role)])
                .port(address.port())
                .ready(Ready::AnyAnswer);
            self.servers.push(start(program, &options)?);
        }
        Ok(())
    }

    /// Waits until all have what every copy has.
    pub(super) fn look(&self, copies: &Copies) -> Result<(), String> {
        let begin = Instant::now();
        loop {
            // As the Service does, which goes by the leader's label.
            if let Some(leader) = copies.leader() {
                copies.lead_outside_to(leader);
            }
            let ours: Vec<Option<u32>> = copies
                .running()
                .map(|(_, server)| serial(server.address(), ZONE))
                .collect();
            let theirs: Vec<Option<u32>> = self
                .servers
                .iter()
                .map(|server| serial(server.address(), ZONE))
                .collect();
            let first = ours.first().copied().flatten();
            if first.is_some() && ours.iter().chain(&theirs).all(|one| *one == first) {
                return Ok(());
            }
            check(begin.elapsed() < LONG, || {
                format!("copies have serials {ours:?}, secondaries {theirs:?}")
            })?;
            park_timeout(10 * STEP);
        }
    }

    /// Whether all hold the same records.
    pub(super) fn compare(&self, copies: &Copies) -> Result<usize, String> {
        self.look(copies)?;
        let mut all = Vec::new();
        for (_, server) in copies.running() {
            all.push(contents(server.address(), ZONE, Some(&copies.key))?);
        }
        for server in &self.servers {
            all.push(contents(server.address(), ZONE, None)?);
        }
        let first = all.first().cloned().unwrap_or_default();
        for (at, other) in all.iter().enumerate() {
            check(*other == first, || {
                let lacks = first.iter().filter(|line| !other.contains(line));
                let lacks: Vec<_> = lacks.take(5).collect();
                format!("zone {at} differs: it lacks {lacks:?}")
            })?;
        }
        Ok(first.len())
    }
}
