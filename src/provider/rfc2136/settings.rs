//! What users say of the servers.

use std::sync::Arc;

use client::Sessions;
use wire::{Name, Ttl};

/// Which server is asked first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Balance {
    /// The one that answered last.
    #[default]
    Disabled,
    /// Any of them.
    Random,
    /// The next one.
    RoundRobin,
}

/// Servers, and what is written to them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The servers; they stand in for each other.
    pub servers: Vec<client::Settings>,
    /// Makes the sessions that updates are signed in, if they are not signed by keys.
    pub sessions: Option<Arc<dyn Sessions>>,
    /// Which of them is first.
    pub balance: Balance,
    /// The zones that are written to; none means that they are found by asking.
    pub zones: Vec<Name>,
    /// Names whose zones are looked for, before any other names are known.
    pub hints: Vec<Name>,
    /// Whether zones may be transferred to see what is in them.
    pub axfr: bool,
    /// The least TTL of records.
    pub min_ttl: Ttl,
    /// The TTL of records that ask for none.
    pub default_ttl: Ttl,
    /// Changes in one update at most, groups kept whole.
    pub batch: usize,
}
