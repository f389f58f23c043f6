//! Which server programs exist and where they are installed.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

/// A name server that can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// BIND's `named`.
    Bind,
    /// Knot DNS, `knotd`.
    Knot,
    /// NLnet Labs' `nsd`.
    Nsd,
    /// PowerDNS Authoritative Server with its zone-file backend.
    PowerDns,
    /// Ours.
    Zonewright,
}

impl Kind {
    /// The servers of others.
    pub const OTHERS: [Self; 4] = [Self::Bind, Self::Knot, Self::Nsd, Self::PowerDns];

    /// How the program's people write its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bind => "BIND",
            Self::Knot => "Knot",
            Self::Nsd => "NSD",
            Self::PowerDns => "PowerDNS",
            Self::Zonewright => "Zonewright",
        }
    }

    /// The file that is started.
    #[must_use]
    pub fn executable(self) -> &'static str {
        match self {
            Self::Bind => "named",
            Self::Knot => "knotd",
            Self::Nsd => "nsd",
            Self::PowerDns => "pdns_server",
            Self::Zonewright => "zonewright",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A server program at a place of this machine.
#[derive(Clone, Debug)]
pub struct Program {
    /// Which server it is.
    pub kind: Kind,
    /// The file to run.
    pub path: PathBuf,
}

impl Program {
    /// Our own binary at this path (tests have it in `CARGO_BIN_EXE_zonewright`).
    #[must_use]
    pub fn zonewright(path: impl Into<PathBuf>) -> Self {
        Self {
            kind: Kind::Zonewright,
            path: path.into(),
        }
    }

    /// The installed program of this kind: in `PATH`, or where distributions keep daemons.
    #[must_use]
    pub fn find(kind: Kind) -> Option<Self> {
        let listed = env::var_os("PATH").unwrap_or_default();
        env::split_paths(&listed)
            .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
            .map(|folder| folder.join(kind.executable()))
            .find(|path| path.is_file())
            .map(|path| Self { kind, path })
    }

    /// The installed `named`.
    #[must_use]
    pub fn find_bind() -> Option<Self> {
        Self::find(Kind::Bind)
    }

    /// The installed `knotd`.
    #[must_use]
    pub fn find_knot() -> Option<Self> {
        Self::find(Kind::Knot)
    }

    /// The installed `nsd`.
    #[must_use]
    pub fn find_nsd() -> Option<Self> {
        Self::find(Kind::Nsd)
    }

    /// The installed `pdns_server`.
    #[must_use]
    pub fn find_power_dns() -> Option<Self> {
        Self::find(Kind::PowerDns)
    }

    /// The file to run.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
