//! Who is at fault when a destination does not take a batch: which parts to try next.

use std::ops::Range;

use plan::{ChangeSet, ProviderError, RowName, group};

/// A batch of which something is refused, by groups.
pub(super) struct Search {
    pub(super) groups: Vec<(RowName, ChangeSet)>,
    /// Which of them are neither made nor found at fault.
    pub(super) open: Vec<bool>,
    /// Parts to be tried, the last one first.
    pub(super) parts: Vec<Range<usize>>,
    /// Requests left.
    requests: usize,
    /// They were refused before, so nothing more is needed to refuse them again.
    pub(super) again: bool,
    /// Something was taken.
    pub(super) alive: bool,
    /// Groups that failed by themselves.
    pub(super) suspects: Vec<(usize, ProviderError)>,
    /// How many of the last ones failed in a row.
    pub(super) in_a_row: usize,
}

impl Search {
    /// `turn`: a number that differs from one search to the next, so that all get their turn.
    pub(super) fn new(batch: ChangeSet, again: bool, turn: usize) -> Self {
        let groups = group::groups(batch).into_iter();
        let mut groups: Vec<_> = groups.map(|(key, group)| (key.name, group)).collect();
        let count = groups.len();
        if again {
            groups.rotate_left(turn % count.max(1));
        }
        Self {
            open: vec![true; count],
            groups,
            parts: halves(0..count),
            requests: if again { REQUESTS_AGAIN } else { REQUESTS },
            again,
            alive: again,
            suspects: Vec::new(),
            in_a_row: 0,
        }
    }

    /// Lets a few groups, far from each other, be tried by themselves first.
    pub(super) fn probe(&mut self, turn: usize) {
        let count = self.groups.len();
        let last = count.saturating_sub(1);
        for at in [last, last / 2, 0] {
            let at = (at + turn) % count.max(1);
            self.parts.push(at..at + 1);
        }
    }

    /// The next part to be tried: the places of its groups.
    pub(super) fn next(&mut self) -> Option<Vec<usize>> {
        while let Some(part) = self.parts.pop() {
            let open: Vec<usize> = part.clone().filter(|at| self.is_open(*at)).collect();
            if open.is_empty() {
                continue;
            }
            if self.requests == 0 || self.in_a_row == MOST_IN_A_ROW {
                return None;
            }
            self.requests -= 1;
            return Some(open);
        }
        None
    }

    pub(super) fn is_open(&self, at: usize) -> bool {
        self.open.get(at).copied().unwrap_or_default()
    }

    pub(super) fn settle(&mut self, places: &[usize]) {
        for at in places {
            if let Some(open) = self.open.get_mut(*at) {
                *open = false;
            }
        }
    }

    /// The whole batch.
    pub(super) fn all(&self) -> ChangeSet {
        let places: Vec<usize> = (0..self.groups.len()).collect();
        self.join(&places)
    }

    pub(super) fn join(&self, places: &[usize]) -> ChangeSet {
        let mut all = ChangeSet::default();
        for (_, group) in places.iter().filter_map(|at| self.groups.get(*at)) {
            all.append(&mut group.clone());
        }
        all
    }
}

/// What is known of a destination that fails at what it is asked for, and does not say at what.
#[derive(Debug, Default)]
pub(in crate::app::sync) struct Doubt {
    /// It has failed so since the last pass that went well.
    pub(super) failed: bool,
    /// That it fails at everything was said.
    pub(super) said: bool,
    /// The changes were too few to tell one at fault from a place that is down.
    pub(super) few: bool,
    /// How many names waited then.
    waiting: usize,
}

impl Doubt {
    /// A pass begins.
    pub(super) fn begin(&mut self) {
        self.few = false;
    }

    /// A pass has failed, and this many names wait for the next one.
    pub(super) fn wait(&mut self, names: usize) {
        self.waiting = names;
    }

    /// Whether more can be told with all the names that wait now.
    pub(super) fn is_settled_by(&self, names: usize) -> bool {
        self.few && names > self.waiting
    }
}

/// The two parts of a range, the first one last.
fn halves(range: Range<usize>) -> Vec<Range<usize>> {
    let middle = range.start.midpoint(range.end);
    vec![middle..range.end, range.start..middle]
}

/// Groups that are tried by themselves to see whether a destination takes anything at all.
pub(super) const PROBES: usize = 3;

/// Requests of one search: enough to find a handful of groups among a hundred thousand.
const REQUESTS: usize = 128;

/// The same among groups that were refused before.
const REQUESTS_AGAIN: usize = 32;

/// When so many single groups fail one after another, the destination is down.
pub(super) const MOST_IN_A_ROW: usize = 16;
