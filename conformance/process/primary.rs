//! Primaries of others, each with ours that follows it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use peers::{Key, Kind, Options, Program, Ready, Role, Server, Signal, Zone};

use super::power;
use super::site::{PATIENCE, Site, check, free, skip, start};
use super::tool;
use super::transfer::{ZONE, converge};

/// A primary and ours that follows it.
pub(super) struct Pair {
    pub(super) site: Site,
    pub(super) key: Key,
    pub(super) primary: Server,
    pub(super) ours: Server,
}

impl Pair {
    /// Starts both.
    pub(super) fn start(kind: &Program, program: &Program, more: &[&str]) -> Result<Self, String> {
        let (site, key) = (Site::new()?, Key::new("xfr"));
        site.write("keys", &key.clause())?;
        site.zone(ZONE, 10, "www A 192.0.2.80")?;
        let port = free()?;
        let primary = start_primary(kind, &site, &key, port, None)?;
        let options = secondary(&site, &key, primary.address(), more).port(port);
        let ours = start(program, &options)?;
        Ok(Self {
            site,
            key,
            primary,
            ours,
        })
    }

    /// Waits until a server has what the primary has.
    pub(super) fn converge(&self, server: &Server) -> Result<Duration, String> {
        converge(&self.primary, server, (Some(&self.key), Some(&self.key)))
    }

    /// Changes the zone at the primary.
    pub(super) fn update(&self, lines: &str) -> Result<(), String> {
        tool::change(&self.key, self.primary.address(), ZONE, lines)
    }
}

/// Starts a primary of the zone, which tells this port on loopback of changes.
pub(super) fn start_primary(
    kind: &Program,
    site: &Site,
    key: &Key,
    told: u16,
    port: Option<u16>,
) -> Result<Server, String> {
    let mut options = match kind.kind {
        Kind::PowerDns => power::primary(site, ZONE, key, told)?,
        _ => {
            let role = Role::Primary {
                key: key.clone(),
                notify: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, told))],
            };
            Options::new([Zone::new(ZONE, site.path(ZONE)).role(role)])
        }
    };
    if let Some(port) = port {
        options = options.port(port);
    }
    start(kind, &options)
}

/// How ours follows a primary.
pub(super) fn secondary(site: &Site, key: &Key, primary: SocketAddr, more: &[&str]) -> Options {
    let path = |name: &str| site.path(name).display().to_string();
    let followed = format!("{ZONE}={primary},key:{}", key.name);
    let own = [
        "--key-file",
        &path("keys"),
        "--data-dir",
        &path("copies"),
        "--secondary",
        &followed,
    ];
    let granted = ["--allow-transfer", "127.0.0.1"];
    Options::new([])
        .arguments(own.into_iter().chain(granted).chain(more.iter().copied()))
        .ready(Ready::Zones(vec![ZONE.to_owned()]))
}

/// A server of this kind, if it is installed and can be a primary.
pub(super) fn installed(kind: Kind) -> Option<Program> {
    let found = Program::find(kind).filter(|_| kind != Kind::PowerDns || power::is_there());
    if found.is_none() {
        skip("follow", &format!("{kind} is not installed"));
    }
    found
}

/// Ends a server in good order.
pub(super) fn stop(server: &mut Server) -> Result<(), String> {
    server
        .signal(Signal::Terminate)
        .map_err(|error| error.to_string())?;
    check(server.wait(PATIENCE).is_some(), || "it does not end".into())
}
