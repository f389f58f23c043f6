//! What the brake goes by, what it is told and what it says.

use std::time::Duration;

use crate::RowName;

/// When deletes are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrakeRules {
    /// Whether they are at all.
    pub enabled: bool,
    /// So many deletes in a window are never held.
    pub floor: usize,
    /// Nor are so many of a hundred records that we own.
    pub percent: usize,
    /// How long a delete counts after it was made.
    pub window: Duration,
    /// How long a delete is held.
    pub wait: Duration,
}

impl BrakeRules {
    /// The usual rules, for full passes at this interval.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self {
            enabled: true,
            floor: 20,
            percent: 30,
            window: interval,
            wait: interval.saturating_mul(3),
        }
    }

    /// How many records we must own for so many losses to be allowed.
    pub(super) fn enough(&self, lost: usize) -> usize {
        match self.percent {
            0 => usize::MAX,
            percent => lost.saturating_mul(100).div_ceil(percent),
        }
    }
}

/// One pass over a zone.
#[derive(Clone, Copy, Debug)]
pub struct Pass<'a> {
    /// The time, from any start.
    pub now: Duration,
    /// The names that the pass looked at, sorted; none for all of the zone.
    pub names: Option<&'a [RowName]>,
    /// Whether all sources were complete.
    pub complete: bool,
}

/// What the brake did with a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// How many deletes of the pass were taken out of it.
    pub taken: usize,
    /// How many deletes are held now, of this pass and those before.
    pub held: usize,
    /// Whether the brake was free before and holds now.
    pub tripped: bool,
    /// Whether it held before and is free now.
    pub freed: bool,
}
