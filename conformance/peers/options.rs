//! What a server is started with, the same for all programs.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::role::{Key, Role};

/// A zone to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its apex in presentation form, without the final dot except for the root.
    pub origin: String,
    /// Its zone file, absolute.
    pub file: PathBuf,
    /// What the server is to it.
    pub role: Role,
}

impl Zone {
    /// A zone; a relative path counts from the current folder.
    #[must_use]
    pub fn new(origin: &str, file: impl AsRef<Path>) -> Self {
        let file = file.as_ref();
        let origin = match origin.trim_end_matches('.') {
            "" => ".",
            origin => origin,
        };
        Self {
            origin: origin.to_owned(),
            file: std::path::absolute(file).unwrap_or_else(|_| file.to_owned()),
            role: Role::Plain,
        }
    }

    /// The same zone with a role. A secondary writes its file, and makes it.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }
}

/// When a server counts as started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ready {
    /// Every zone's SOA is answered with AA.
    AllZones,
    /// Any answer to the first zone's SOA query, REFUSED or SERVFAIL too.
    AnyAnswer,
    /// These zones' SOAs are answered with AA; for runs in which others are meant not to load.
    Zones(Vec<String>),
}

/// How to start a server. Made by [`Options::new`] and changed by the methods.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) zones: Vec<Zone>,
    pub(crate) address: IpAddr,
    pub(crate) port: Option<u16>,
    pub(crate) workers: Option<usize>,
    pub(crate) cpus: Option<String>,
    pub(crate) config: String,
    pub(crate) global: String,
    pub(crate) zone_config: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) wrapper: Vec<String>,
    pub(crate) minimal: Option<bool>,
    pub(crate) identity: Option<Identity>,
    pub(crate) cookie_secret: Option<String>,
    pub(crate) ready: Ready,
    pub(crate) timeout: Duration,
}

/// What a server says of itself when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `version.bind` and `version.server`.
    pub version: String,
    /// `hostname.bind`. Knot and NSD have one text for this and the next.
    pub hostname: String,
    /// `id.server` and NSID (RFC 5001).
    pub id: String,
}

impl Options {
    /// The keys of all zones, each once.
    pub(crate) fn keys(&self) -> Vec<&Key> {
        let mut keys: Vec<&Key> = self
            .zones
            .iter()
            .filter_map(|zone| zone.role.key())
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// These zones on 127.0.0.1 and a free port, everything else as the program does by default.
    #[must_use]
    pub fn new(zones: impl IntoIterator<Item = Zone>) -> Self {
        Self {
            zones: zones.into_iter().collect(),
            address: Ipv4Addr::LOCALHOST.into(),
            port: None,
            workers: None,
            cpus: None,
            config: String::new(),
            global: String::new(),
            zone_config: String::new(),
            arguments: Vec::new(),
            wrapper: Vec::new(),
            minimal: None,
            identity: None,
            cookie_secret: None,
            ready: Ready::AllZones,
            timeout: Duration::from_secs(30),
        }
    }

    /// The loopback address to listen on. BIND takes those that stand on an interface only, so
    /// 127.0.0.1 and `::1` are the ones that serve all programs.
    #[must_use]
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// The port of UDP and TCP; without it a free one is taken.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// How many threads (NSD: processes) answer UDP.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// The processors to stay on, as `taskset --cpu-list` reads them: `0`, `1-3`.
    #[must_use]
    pub fn cpus(mut self, list: &str) -> Self {
        self.cpus = Some(list.to_owned());
        self
    }

    /// More lines of configuration: BIND: inside `options { … }`; Knot: at the end of the file;
    /// NSD: inside `server:`; PowerDNS: `name=value` lines; ours: not used, see
    /// [`Options::arguments`].
    #[must_use]
    pub fn config(mut self, lines: &str) -> Self {
        self.config.push_str(lines);
        self.config.push('\n');
        self
    }

    /// Lines of configuration that stand before all that they are for, such as keys: BIND: beside
    /// `options`; Knot: at the front of the file. The others have one place for all lines.
    #[must_use]
    pub fn global(mut self, lines: &str) -> Self {
        self.global.push_str(lines);
        self.global.push('\n');
        self
    }

    /// Lines of configuration of each zone: BIND: inside `zone { … }`; Knot: under each `domain:`.
    #[must_use]
    pub fn zone_config(mut self, lines: &str) -> Self {
        self.zone_config.push_str(lines);
        self.zone_config.push('\n');
        self
    }

    /// More arguments of the command line.
    #[must_use]
    pub fn arguments<S: Into<String>>(mut self, arguments: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// A command that runs the server, such as `strace -f -c -o FILE`. The server's process is then
    /// a child of [`crate::Server::pid`].
    #[must_use]
    pub fn wrapper<S: Into<String>>(mut self, command: impl IntoIterator<Item = S>) -> Self {
        self.wrapper = command.into_iter().map(Into::into).collect();
        self
    }

    /// Forces minimal answers on or off where the program can be told (BIND, NSD).
    #[must_use]
    pub fn minimal(mut self, minimal: bool) -> Self {
        self.minimal = Some(minimal);
        self
    }

    /// Lets the server say who it is, by CHAOS queries and NSID; without it, it refuses to. BIND,
    /// Knot, NSD and ours.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Switches DNS cookies on, with this secret of 32 hexadecimal digits (RFC 9018). BIND, Knot,
    /// NSD and ours.
    #[must_use]
    pub fn cookie_secret(mut self, secret: &str) -> Self {
        self.cookie_secret = Some(secret.to_owned());
        self
    }

    /// When the server counts as started.
    #[must_use]
    pub fn ready(mut self, ready: Ready) -> Self {
        self.ready = ready;
        self
    }

    /// How long to wait for that (30 s; large zones need more).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}
