//! The ways between copies, the API server, a destination elsewhere and secondaries.
//!
//! ```text
//! copy n ─ api(n) ────→ API server          outside ─ front ─→ who leads, as a Service with the label has it
//!        ─ upstream(n) → destination elsewhere
//!        ─ between(n, m) → copy m, told of versions
//! others ─ into(n) ────→ copy n, asked for zones, given updates
//! ```

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use super::way::{Mode, Way};

pub(super) struct Ways {
    pub(super) front: Way,
    api: Vec<Way>,
    into: Vec<Way>,
    between: Vec<Vec<Option<Way>>>,
    upstream: Vec<Way>,
}

impl Ways {
    /// All of them, open.
    pub(super) fn new(
        copies: &[u16],
        api: SocketAddr,
        upstream: SocketAddr,
    ) -> Result<Self, String> {
        let local = |port: &u16| SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
        let each = |to: &dyn Fn(&u16) -> Result<Way, String>| {
            copies.iter().map(to).collect::<Result<Vec<_>, String>>()
        };
        let between = |from: &u16| {
            let way = |to: &u16| match to == from {
                true => Ok(None),
                false => Way::to(local(to)).map(Some),
            };
            copies.iter().map(way).collect::<Result<Vec<_>, String>>()
        };
        Ok(Self {
            front: Way::to(local(copies.first().unwrap_or(&0)))?,
            api: each(&|_| Way::to(api))?,
            into: each(&|port| Way::to(local(port)))?,
            between: copies.iter().map(between).collect::<Result<_, _>>()?,
            upstream: each(&|_| Way::noting(upstream, Some(b"POST /records")))?,
        })
    }

    pub(super) fn to_api(&self, copy: usize) -> Result<SocketAddr, String> {
        self.api.get(copy).map(Way::address).ok_or_else(missing)
    }

    /// Where others reach a copy.
    pub(super) fn into(&self, copy: usize) -> Result<SocketAddr, String> {
        self.into.get(copy).map(Way::address).ok_or_else(missing)
    }

    pub(super) fn upstream(&self, copy: usize) -> Result<SocketAddr, String> {
        self.upstream
            .get(copy)
            .map(Way::address)
            .ok_or_else(missing)
    }

    /// Where a copy reaches all others.
    pub(super) fn from(&self, copy: usize) -> Vec<SocketAddr> {
        let ways = self.between.get(copy).into_iter().flatten().flatten();
        ways.map(Way::address).collect()
    }

    /// Between copies and the API server: of one, or of all.
    pub(super) fn set_api(&self, copy: Option<usize>, mode: Mode) {
        for (number, way) in self.api.iter().enumerate() {
            if copy.is_none_or(|copy| copy == number) {
                way.set(mode);
            }
        }
    }

    /// Between a copy and all others, both ways.
    pub(super) fn set_peers(&self, copy: usize, mode: Mode) {
        for (from, ways) in self.between.iter().enumerate() {
            for (to, way) in ways.iter().enumerate() {
                if let Some(way) = way.as_ref().filter(|_| from == copy || to == copy) {
                    way.set(mode);
                }
            }
        }
        if let Some(way) = self.into.get(copy) {
            way.set(mode);
        }
    }

    /// Between a copy and the destination elsewhere.
    pub(super) fn set_upstream(&self, copy: usize, mode: Mode) {
        if let Some(way) = self.upstream.get(copy) {
            way.set(mode);
        }
    }

    /// Opens all.
    pub(super) fn heal(&self) {
        self.set_api(None, Mode::Open);
        for copy in 0..self.into.len() {
            self.set_peers(copy, Mode::Open);
            self.set_upstream(copy, Mode::Open);
        }
    }

    /// When each copy has written elsewhere, and when that was answered.
    pub(super) fn writes(&self) -> Vec<Vec<(Instant, Option<Instant>)>> {
        self.upstream.iter().map(Way::notes).collect()
    }
}

fn missing() -> String {
    "there is no such copy".to_owned()
}
