//! Changes made at the destination: what is refused is found and set aside, all else goes on.
//!
//! ```text
//! batch ─ taken → done
//!       ├ rejected ──────────────────────────→ halves, … → single groups: set aside
//!       └ failed, twice → a few single groups ─ one taken → halves, … → single groups: set aside
//!                                             └ none → the place is down: nothing is set aside
//! ```
//!
//! A destination that fails at a batch does not say whether that is for one change or for all, so one
//! is at fault only if others are taken. What was set aside is tried again by every full pass, after
//! all else. Each search has a bounded number of requests; what is not settled then comes next time.

use std::ops::Range;

use plan::{ChangeSet, Endpoint, ErrorKind, ProviderError, RowName, group};

use super::task::Destination;
use crate::app::sync::report::Done;

/// What is known of a destination that fails at what it is asked for, and does not say at what.
#[derive(Debug, Default)]
pub(in crate::app::sync) struct Doubt {
    /// It has failed so since the last pass that went well.
    failed: bool,
    /// That it fails at everything was said.
    said: bool,
    /// The changes were too few to tell one at fault from a place that is down.
    few: bool,
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

/// A batch of which something is refused, by groups.
struct Search {
    groups: Vec<(RowName, ChangeSet)>,
    /// Which of them are neither made nor found at fault.
    open: Vec<bool>,
    /// Parts to be tried, the last one first.
    parts: Vec<Range<usize>>,
    /// Requests left.
    requests: usize,
    /// They were refused before, so nothing more is needed to refuse them again.
    again: bool,
    /// Something was taken.
    alive: bool,
    /// Groups that failed by themselves.
    suspects: Vec<(usize, ProviderError)>,
    /// How many of the last ones failed in a row.
    in_a_row: usize,
}

impl Search {
    /// `turn`: a number that differs from one search to the next, so that all get their turn.
    fn new(batch: ChangeSet, again: bool, turn: usize) -> Self {
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
    fn probe(&mut self, turn: usize) {
        let count = self.groups.len();
        let last = count.saturating_sub(1);
        for at in [last, last / 2, 0] {
            let at = (at + turn) % count.max(1);
            self.parts.push(at..at + 1);
        }
    }

    /// The next part to be tried: the places of its groups.
    fn next(&mut self) -> Option<Vec<usize>> {
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

    fn is_open(&self, at: usize) -> bool {
        self.open.get(at).copied().unwrap_or_default()
    }

    fn settle(&mut self, places: &[usize]) {
        for at in places {
            if let Some(open) = self.open.get_mut(*at) {
                *open = false;
            }
        }
    }

    fn join(&self, places: &[usize]) -> ChangeSet {
        let mut all = ChangeSet::default();
        for (_, group) in places.iter().filter_map(|at| self.groups.get(*at)) {
            all.append(&mut group.clone());
        }
        all
    }
}

impl Destination {
    /// Makes changes that the registry has not written yet. Tells whether there were any.
    pub(super) async fn write(&mut self, changes: ChangeSet) -> Result<bool, ProviderError> {
        if changes.is_empty() {
            return Ok(false);
        }
        let (again, batch) = self.refused_before(self.shadow.write(changes));
        self.make(batch, false).await?;
        self.make(again, true).await?;
        Ok(true)
    }

    /// Written changes of names that were refused before, and all others.
    fn refused_before(&self, batch: ChangeSet) -> (ChangeSet, ChangeSet) {
        if !self.refused.had_any() {
            return (ChangeSet::default(), batch);
        }
        let (mut again, mut others) = (ChangeSet::default(), ChangeSet::default());
        for (key, mut group) in group::groups(batch) {
            match self.refused.before(&key.name) {
                Some(_) => again.append(&mut group),
                None => others.append(&mut group),
            }
        }
        (again, others)
    }

    /// Makes a batch; if the destination does not take it, finds out who is at fault.
    async fn make(&mut self, batch: ChangeSet, again: bool) -> Result<(), ProviderError> {
        if batch.is_empty() {
            return Ok(());
        }
        // The providers of this build take a change set whole, as external-dns gives it to them.
        let Err(error) = self.attempt(&batch).await else {
            return Ok(());
        };
        let failed = error.kind == ErrorKind::Failed;
        let at_fault = error.kind == ErrorKind::Rejected || (failed && again);
        let repeated = failed && std::mem::replace(&mut self.doubt.failed, true);
        if !(at_fault || repeated) {
            // Some of it may have been done.
            self.stale = true;
            return Err(error);
        }
        let numbers = self.status.numbers();
        let turn = usize::try_from(numbers.passes + numbers.failures).unwrap_or_default();
        let mut search = Search::new(batch, again, turn);
        if search.groups.len() == 1 {
            search.parts.clear();
            if at_fault {
                self.set_aside(&search, 0, &error);
                return Ok(());
            }
        }
        let after_probes = search.parts.len();
        if failed && !again && after_probes > 0 {
            search.probe(turn);
        }
        self.stale |= failed;
        self.search(search, after_probes, error).await
    }

    /// Tries the parts of a search. If nothing was taken once `after_probes` parts are left, no
    /// further one is tried.
    async fn search(
        &mut self,
        mut search: Search,
        after_probes: usize,
        error: ProviderError,
    ) -> Result<(), ProviderError> {
        while let Some(places) = search.next() {
            let part = search.join(&places);
            match (self.attempt(&part).await, places.as_slice()) {
                (Ok(()), _) => {
                    (search.alive, search.in_a_row) = (true, 0);
                    search.settle(&places);
                }
                (Err(error), [place]) if error.kind == ErrorKind::Rejected => {
                    search.settle(&places);
                    self.set_aside(&search, *place, &error);
                }
                (Err(error), [place]) if error.kind == ErrorKind::Failed => {
                    search.settle(&places);
                    search.suspects.push((*place, error));
                    search.in_a_row += 1;
                }
                (Err(error), _) if is_of_changes(&error) => {
                    let middle = places.len() / 2;
                    let at = |at: usize| places.get(at).copied();
                    if let (Some(first), Some(middle), Some(last)) =
                        (at(0), at(middle), at(places.len() - 1))
                    {
                        search.parts.push(middle..last + 1);
                        search.parts.push(first..middle);
                    }
                }
                (Err(error), _) => {
                    self.stale = true;
                    return Err(error);
                }
            }
            let probed = error.kind == ErrorKind::Failed && search.parts.len() <= after_probes;
            if probed && !search.alive {
                break;
            }
        }
        self.conclude(search, error)
    }

    /// What a search has found: who is at fault, or that nobody can be.
    fn conclude(&mut self, mut search: Search, error: ProviderError) -> Result<(), ProviderError> {
        if !search.alive && (error.kind == ErrorKind::Failed || !search.suspects.is_empty()) {
            self.doubt.few = search.groups.len() <= PROBES;
            if !self.doubt.few && !std::mem::replace(&mut self.doubt.said, true) {
                tracing::error!(
                    destination = self.name,
                    "the destination fails at every change, so none of them is at fault; all are tried again"
                );
            }
            return Err(error);
        }
        if search.in_a_row == MOST_IN_A_ROW {
            // It may have gone down in the middle.
            let rest = search.suspects.len() - search.in_a_row;
            for (place, _) in search.suspects.drain(rest..) {
                if let Some(open) = search.open.get_mut(place) {
                    *open = true;
                }
            }
        }
        for (place, error) in std::mem::take(&mut search.suspects) {
            self.set_aside(&search, place, &error);
        }
        if !search.open.contains(&true) {
            return Ok(());
        }
        if !search.again {
            return Err(error);
        }
        for (at, (name, _)) in search.groups.iter().enumerate() {
            if search.is_open(at)
                && let Some(reason) = self.refused.before(name).cloned()
            {
                self.refused.say(name, &reason);
            }
        }
        Ok(())
    }

    fn set_aside(&mut self, search: &Search, place: usize, error: &ProviderError) {
        if let Some((name, group)) = search.groups.get(place) {
            self.refuse(name, group, error);
        }
    }

    /// Asks the destination to make a batch, and remembers what was made.
    async fn attempt(&mut self, batch: &ChangeSet) -> Result<(), ProviderError> {
        let applied = self.provider.apply(batch).await?;
        let mut refused: Vec<RowName> = Vec::new();
        for (name, error) in &applied.refused {
            let name = RowName::new(name);
            self.refuse(&name, batch, error);
            refused.push(name);
        }
        let _touched = self.shadow.applied(batch, &refused);
        let judge = &self.judge;
        let is_made = |endpoint: &Endpoint| {
            refused.is_empty() || !refused.contains(&RowName::new(&endpoint.name))
        };
        let zone_of = |name: &RowName| judge.zone_of(name.as_str());
        self.brake.made(batch, is_made, zone_of, self.reports.now());
        self.done(batch, is_made);
        Ok(())
    }

    fn done(&self, batch: &ChangeSet, is_made: impl Fn(&Endpoint) -> bool) {
        let registry = self.shadow.registry();
        let made = |endpoint: &&Endpoint| !registry.is_own(endpoint) && is_made(endpoint);
        let updated = batch.update.iter().map(|update| &update.new);
        let done = Done {
            created: batch.create.iter().filter(made).collect(),
            updated: updated.filter(made).collect(),
            deleted: batch.delete.iter().filter(made).collect(),
        };
        let (creates, updates, deletes) =
            (done.created.len(), done.updated.len(), done.deleted.len());
        self.status.made(&done.created, updates, &done.deleted);
        if creates + updates + deletes > 0 {
            let destination = &self.name;
            tracing::info!(destination, creates, updates, deletes, "applied changes");
        }
        self.reports.made(&done);
    }
}

/// Whether an error is about some change of a batch, or may be.
fn is_of_changes(error: &ProviderError) -> bool {
    matches!(error.kind, ErrorKind::Failed | ErrorKind::Rejected)
}

/// The two parts of a range, the first one last.
fn halves(range: Range<usize>) -> Vec<Range<usize>> {
    let middle = range.start.midpoint(range.end);
    vec![middle..range.end, range.start..middle]
}

/// Groups that are tried by themselves to see whether a destination takes anything at all.
const PROBES: usize = 3;

/// Requests of one search: enough to find a handful of groups among a hundred thousand.
const REQUESTS: usize = 128;

/// The same among groups that were refused before.
const REQUESTS_AGAIN: usize = 32;

/// When so many single groups fail one after another, the destination is down.
const MOST_IN_A_ROW: usize = 16;
