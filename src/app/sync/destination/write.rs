//! Changes made at the destination: what is refused is found and set aside, all else goes on.
//!
//! ```text
//! batch ─ taken → done
//!       ├ rejected ──────────────────────────→ halves, … → single groups: set aside
//!       └ failed, twice → a few single groups ─ one taken → halves, … → single groups: set aside
//!                                             └ none → the place is down: nothing is set aside
//! ```
//!
//! The same goes for what it is asked to adjust. A destination that fails at a batch does not say
//! whether that is for one group or for all, so one is at fault only if others are taken. What was set aside is tried again by every full pass, after
//! all else. Each search has a bounded number of requests; what is not settled then comes next time.

use plan::{ChangeSet, Endpoint, ErrorKind, ProviderError, RowName, group};
use tracing::Instrument;

use super::search::{MOST_IN_A_ROW, PROBES, Search};
use super::spans;
use super::state::Destination;
use crate::app::sync::report::Done;

/// What a destination is asked to do with a batch.
enum Call<'a> {
    /// To say how it would store what is to be made. What it says goes here.
    Adjust(&'a mut Vec<Endpoint>),
    /// To make it.
    Apply,
}

impl Destination {
    /// What is wanted as the destination would store it. Names of which it does not say so are
    /// refused, and nothing of them is in what comes back.
    pub(super) async fn adjust(
        &mut self,
        wanted: Vec<Endpoint>,
    ) -> Result<Vec<Endpoint>, ProviderError> {
        if self.provider.capabilities().owns {
            return self.provider.adjust(wanted).await;
        }
        let mut adjusted = Vec::new();
        let (again, batch) = self.refused_before(ChangeSet {
            create: wanted,
            ..ChangeSet::default()
        });
        self.ask(batch, &mut Call::Adjust(&mut adjusted), false)
            .await?;
        self.ask(again, &mut Call::Adjust(&mut adjusted), true)
            .await?;
        adjusted.retain(|endpoint| !self.refused.has(&RowName::new(&endpoint.name)));
        Ok(adjusted)
    }

    /// Makes changes that the registry has not written yet. Tells whether there were any.
    pub(super) async fn write(&mut self, changes: ChangeSet) -> Result<bool, ProviderError> {
        if changes.is_empty() {
            return Ok(false);
        }
        let (again, batch) = self.refused_before(self.shadow.write(changes));
        let told = self.reports.tells_errors().then(|| batch.clone());
        let span = spans::apply(&self.name, &batch);
        let mut call = Call::Apply;
        let asked = self.ask(batch, &mut call, false);
        let result = asked.instrument(span.clone()).await;
        spans::end(&span, &result);
        if let Err(error) = result {
            if let Some(batch) = told {
                self.say_failed(&batch, &error);
            }
            return Err(error);
        }
        self.ask(again, &mut Call::Apply, true).await?;
        Ok(true)
    }

    /// Written changes of names that were refused before, and all others.
    fn refused_before(&self, batch: ChangeSet) -> (ChangeSet, ChangeSet) {
        if !self.refused.had_any() {
            return (ChangeSet::default(), batch);
        }
        let (mut again, mut others) = (ChangeSet::default(), ChangeSet::default());
        for (key, mut group) in group::groups(batch) {
            if self.refused.had(&key.name) {
                again.append(&mut group);
            } else {
                others.append(&mut group);
            }
        }
        (again, others)
    }

    /// Asks for something about a batch; if the destination does not take it, finds out who is at
    /// fault. `again`: all of it was refused before.
    async fn ask(
        &mut self,
        batch: ChangeSet,
        call: &mut Call<'_>,
        again: bool,
    ) -> Result<(), ProviderError> {
        if batch.is_empty() {
            return Ok(());
        }
        // The providers of this build take a change set whole, as external-dns gives it to them.
        let Err(error) = self.attempt(&batch, call).await else {
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
        let unread = failed && search.groups.len() > 1 && matches!(call, Call::Apply);
        if unread && !self.provider.capabilities().conditional {
            // Some of it may have been made, and what follows is made whatever is there.
            self.stale = true;
            let left = self.again(&search.all()).await?;
            if left.is_empty() {
                return Ok(());
            }
            search = Search::new(left, again, turn);
        }
        let after_probes = search.parts.len();
        if failed && !again && after_probes > 0 {
            search.probe(turn);
        }
        self.stale |= failed;
        self.search(search, call, after_probes, error).await
    }

    /// Tries the parts of a search. If nothing was taken once `after_probes` parts are left, no
    /// further one is tried.
    async fn search(
        &mut self,
        mut search: Search,
        call: &mut Call<'_>,
        after_probes: usize,
        error: ProviderError,
    ) -> Result<(), ProviderError> {
        while let Some(places) = search.next() {
            let part = search.join(&places);
            match (self.attempt(&part, call).await, places.as_slice()) {
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

    /// Asks the destination once, and remembers what came of it.
    async fn attempt(
        &mut self,
        batch: &ChangeSet,
        call: &mut Call<'_>,
    ) -> Result<(), ProviderError> {
        if let Call::Adjust(adjusted) = call {
            let wanted = batch.create.clone();
            adjusted.append(&mut self.provider.adjust(wanted).await?);
            return Ok(());
        }
        if !self.pace.kept.is_zero() {
            self.status.change(|numbers| numbers.cache_applies += 1);
        }
        let applied = self.provider.apply(batch).await?;
        let mut refused: Vec<RowName> = Vec::new();
        for (name, error) in &applied.refused {
            let name = RowName::new(name);
            self.refuse(&name, batch, error);
            refused.push(name);
        }
        self.shadow.applied(batch, &refused);
        let judge = &self.judge;
        let is_made = |endpoint: &Endpoint| {
            refused.is_empty() || !refused.contains(&group::GroupKey::of(endpoint).name)
        };
        let zone_of = |name: &RowName| judge.zone_of(name.as_str());
        self.brake.made(batch, is_made, zone_of, self.reports.now());
        self.done(batch, is_made);
        Ok(())
    }

    fn done(&mut self, batch: &ChangeSet, is_made: impl Fn(&Endpoint) -> bool) {
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
        self.reports.made(&done, &mut self.wishes);
    }
}

/// Whether an error is about some change of a batch, or may be.
fn is_of_changes(error: &ProviderError) -> bool {
    matches!(error.kind, ErrorKind::Failed | ErrorKind::Rejected)
}
