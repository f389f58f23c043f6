//! What a provider knows between two passes.

use tokio::time::Instant;

use super::contents::Contents;
use crate::zones::places;

/// The zones, as far as they are known.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) zones: Vec<Contents>,
    /// When the list of zones was read.
    pub(super) listed: Option<Instant>,
    /// Whether it was read for the filter, and serves for the records that are read next too.
    pub(super) ahead: bool,
}

impl State {
    /// Whether a name is to be looked for in the zone at a place.
    pub(super) fn is_at(&self, name: &str, at: usize) -> bool {
        let zones = self.zones.iter().map(|contents| &contents.zone);
        places(zones, name).contains(&at)
    }
}
