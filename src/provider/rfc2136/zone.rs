//! One zone: its name, what is known of it, and from whom.

use tokio::time::{Duration, Instant};
use wire::{Name, NameRef, Rtype, Serial};

use super::contents::Contents;

/// A zone that is written to.
#[derive(Debug)]
pub(super) struct Zone {
    pub(super) apex: Name,
    pub(super) contents: Contents,
    /// What the contents are those of.
    pub(super) known: Option<Known>,
    /// An update did not find records as they were read; they are read anew whatever the serial.
    pub(super) doubtful: bool,
    /// They were read anew for that reason, so that whoever does not find them now is at fault.
    pub(super) reread: bool,
    /// Why the zone could not be listed.
    pub(super) failure: Option<String>,
}

/// Where contents are from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) server: usize,
    pub(super) serial: Serial,
    /// When all of the zone was read.
    pub(super) whole: Instant,
}

impl Known {
    pub(super) fn new(server: usize, serial: Serial) -> Self {
        Self {
            server,
            serial,
            whole: Instant::now(),
        }
    }

    /// Whether steps may still lead on from here.
    pub(super) fn is_fresh(&self) -> bool {
        self.whole.elapsed() < WHOLE_AGAIN
    }
}

impl Zone {
    pub(super) fn new(apex: Name) -> Self {
        Self {
            apex,
            contents: Contents::default(),
            known: None,
            doubtful: false,
            reread: false,
            failure: None,
        }
    }

    /// Whether a name in it is at or below a delegation, as far as is known.
    pub(super) fn delegates(&self, name: NameRef<'_>) -> bool {
        let mut at = Some(name);
        while let Some(name) = at.filter(|name| *name != self.apex.as_ref()) {
            if self.contents.rrset(name, Rtype::NS).is_some() {
                return true;
            }
            at = name.parent();
        }
        false
    }
}

/// The place of the zone that a name is in: the longest one, by whole labels.
pub(super) fn place_of(zones: &[Zone], name: NameRef<'_>) -> Option<usize> {
    let here = zones
        .iter()
        .enumerate()
        .filter(|(_, zone)| name.is_at_or_below(zone.apex.as_ref()));
    here.max_by_key(|(_, zone)| zone.apex.as_ref().label_count())
        .map(|(at, _)| at)
}

/// All of a zone is read at least so often.
const WHOLE_AGAIN: Duration = Duration::from_hours(1);
