//! Servers side by side on the same zones.

use std::net::SocketAddr;
use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};
use peers::{Kind, Options, Program, Server, StartError, Zone, attempt};

use crate::interop;

/// The servers that answers are compared with. PowerDNS is measured by the benches only: it answers
/// from a database schema, which shows at wildcards, cuts and aliases.
pub(crate) const PEERS: [Kind; 3] = [Kind::Bind, Kind::Knot, Kind::Nsd];

/// Servers on the same zones.
pub(crate) struct Fleet {
    servers: Vec<Server>,
}

impl Fleet {
    /// Starts each program on these zones; `minimal` makes those that can leave out what was not
    /// asked for do so.
    pub(crate) fn start(
        programs: &[Program],
        zones: &[Zone],
        minimal: bool,
    ) -> Result<Self, StartError> {
        let options = Options::new(zones.iter().cloned()).workers(1);
        let options = if minimal {
            options.minimal(true)
        } else {
            options
        };
        Self::start_with(programs, &options)
    }

    /// Starts each program with these options.
    pub(crate) fn start_with(programs: &[Program], options: &Options) -> Result<Self, StartError> {
        let servers = programs
            .iter()
            .map(|program| Server::start(program, options))
            .collect::<Result<_, _>>()?;
        Ok(Self { servers })
    }

    /// Which servers run, in the order of all answers.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.servers.iter().map(Server::kind).collect()
    }

    /// Where they answer.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(Server::address).collect()
    }

    /// The servers themselves.
    pub(crate) fn servers(&self) -> &[Server] {
        &self.servers
    }
}

/// Which programs there are to test.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    /// Ours; missing when the cases themselves are on trial.
    pub(crate) ours: Option<Program>,
    /// The peers that are installed.
    pub(crate) peers: Vec<Program>,
    /// The peers that are not.
    pub(crate) missing: Vec<Kind>,
}

impl Cast {
    /// Looks for all programs. Ours is the one that cargo built with these tests, or the one that
    /// the environment names.
    pub(crate) fn find() -> Self {
        let ours = match std::env::var_os("ZONEWRIGHT_BINARY") {
            Some(path) if path.is_empty() => None,
            Some(path) => Some(PathBuf::from(path)),
            None => Some(PathBuf::from(env!("CARGO_BIN_EXE_zonewright"))),
        };
        let found = |kind: &Kind| Program::find(*kind);
        Self {
            ours: ours.map(Program::zonewright),
            peers: PEERS.iter().filter_map(found).collect(),
            missing: PEERS
                .into_iter()
                .filter(|kind| found(kind).is_none())
                .collect(),
        }
    }

    /// All programs, ours last.
    pub(crate) fn programs(&self) -> Vec<Program> {
        self.peers.iter().chain(&self.ours).cloned().collect()
    }

    /// A trial of our program alone: ignored where there is none.
    pub(crate) fn own_trial(
        &self,
        name: &str,
        check: impl Fn(&Program) -> Result<(), String> + Send + 'static,
    ) -> Trial {
        let ours = self.ours.clone();
        let ignored = ours.is_none();
        let called = name.to_owned();
        Trial::test(name, move || {
            let program = ours.as_ref().ok_or("our program is left out")?;
            attempt(&called, || interop::judged(|| check(program))).map_err(Failed::from)
        })
        .with_ignored_flag(ignored)
    }

    /// A trial that needs all peers: ignored where one is missing.
    pub(crate) fn trial(
        &self,
        name: String,
        check: impl FnOnce(&Self) -> Result<(), String> + Send + 'static,
    ) -> Trial {
        let cast = self.clone();
        let ignored = !self.missing.is_empty();
        Trial::test(name, move || check(&cast).map_err(Failed::from)).with_ignored_flag(ignored)
    }
}

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
