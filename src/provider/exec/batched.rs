//! Edits by calls that each make many of them, all or none.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use plan::ErrorKind;

use super::edit::{Edit, Group};
use super::ledger::Ledger;
use super::wait::wait;
use super::{Answer, BatchApi, Done, Writer};
use crate::record::Found;
use crate::zones::Zone;

/// An API of batches.
#[derive(Debug)]
pub(crate) struct Batched<A>(pub(crate) A);

/// What edits cost, and what a batch may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Edits.
    pub(crate) changes: usize,
    /// Values.
    pub(crate) values: usize,
    /// Bytes of values, or whatever the provider counts.
    pub(crate) bytes: usize,
}

impl Cost {
    /// So many edits; values and bytes count nothing, or may be any.
    pub(crate) const fn changes(changes: usize) -> Self {
        Self {
            changes,
            values: 0,
            bytes: 0,
        }
    }

    fn and(self, other: Self) -> Self {
        Self {
            changes: self.changes.saturating_add(other.changes),
            values: self.values.saturating_add(other.values),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    fn fits(self, most: Self) -> bool {
        let within = |cost: usize, most: usize| most == 0 || cost <= most;
        within(self.changes, most.changes)
            && within(self.values, most.values)
            && within(self.bytes, most.bytes)
    }
}

impl<A: BatchApi> Batched<A> {
    /// Groups as batches, those of one name in one: what tells its sets apart may be of another kind
    /// only for all of them. A name that is too large by itself goes alone: the provider says so.
    fn pack(&self, groups: Vec<Group>) -> VecDeque<Vec<Group>> {
        let (most, _) = self.0.limits();
        let mut batches = VecDeque::new();
        let (mut batch, mut so_far) = (Vec::new(), Cost::changes(0));
        for kin in by_name(groups) {
            let edits = kin.iter().flat_map(|group| &group.edits);
            let costs = edits.map(|edit| self.0.cost(edit));
            let cost = costs.fold(Cost::changes(0), Cost::and);
            if !batch.is_empty() && !so_far.and(cost).fits(most) {
                batches.push_back(std::mem::take(&mut batch));
                so_far = Cost::changes(0);
            }
            so_far = so_far.and(cost);
            batch.extend(kin);
        }
        if !batch.is_empty() {
            batches.push_back(batch);
        }
        batches
    }

    async fn submit(&self, zone: &Zone, batch: &[Group]) -> Answer<(Vec<Edit>, Done)> {
        let mut edits: Vec<Edit> = batch.iter().flat_map(|it| it.edits.clone()).collect();
        edits.sort_by_key(|edit| edit.new.is_some());
        let done = self.0.submit(zone, &edits).await?;
        let done = wait(&self.0, zone, done).await?;
        Ok((edits, done))
    }
}

impl<A: BatchApi> Writer for Batched<A> {
    type Api = A;
    const ATOMIC: bool = true;

    fn api(&self) -> &A {
        &self.0
    }

    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        self.0.list(zone).await
    }

    async fn write(&self, zone: &Zone, groups: Vec<Group>, ledger: &mut Ledger) -> Answer<()> {
        let (_, pause) = self.0.limits();
        let mut batches = self.pack(groups);
        let mut first = true;
        while let Some(mut batch) = batches.pop_front() {
            if !std::mem::replace(&mut first, false) && pause > Duration::ZERO {
                tokio::time::sleep(pause).await;
            }
            match self.submit(zone, &batch).await {
                Ok((edits, done)) => {
                    for edit in &edits {
                        ledger.note(edit, done.clone());
                    }
                }
                // Who is at fault is found by halves.
                Err(error) if batch.len() > 1 && is_of_some(error.kind) => {
                    let second = batch.split_off(half(&batch));
                    batches.push_front(second);
                    batches.push_front(batch);
                }
                Err(error) => {
                    // Where there are no batches after all, a part of it may be made.
                    batch.iter().for_each(|group| ledger.left(group));
                    let Some(group) = batch.pop().filter(|_| is_of_some(error.kind)) else {
                        return Err(error);
                    };
                    ledger.refuse(group.place, error)?;
                }
            }
        }
        Ok(())
    }
}

/// Groups of one name together, where the first of them was.
fn by_name(groups: Vec<Group>) -> Vec<Vec<Group>> {
    let mut places: HashMap<Box<str>, usize> = HashMap::new();
    let mut all: Vec<Vec<Group>> = Vec::new();
    for group in groups {
        let next = all.len();
        let at = *places.entry(group.name().into()).or_insert(next);
        match all.get_mut(at) {
            Some(kin) => kin.push(group),
            None => all.push(vec![group]),
        }
    }
    all
}

/// Where a batch is cut in two: about its middle, and within a name only if there is but one.
fn half(batch: &[Group]) -> usize {
    let middle = batch.len() / 2;
    let is_border = |at: &usize| {
        let name = |at: usize| batch.get(at).map(Group::name);
        name(*at) != name(at - 1)
    };
    let mut borders = (1..batch.len()).filter(is_border).collect::<Vec<_>>();
    borders.sort_by_key(|at| at.abs_diff(middle));
    borders.first().copied().unwrap_or(middle)
}

/// Whether an error may be that of a part of a batch.
fn is_of_some(kind: ErrorKind) -> bool {
    !super::ledger::is_of_all(kind)
}
