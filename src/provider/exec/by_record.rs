//! Edits by calls that each create, update or remove one value.

use plan::{ErrorKind, ProviderError};
use wire::Rtype;

use super::edit::{Edit, Group};
use super::ledger::{Ledger, is_undone};
use super::wait::wait;
use super::{Answer, Done, RecordApi, Writer};
use crate::record::{Found, Handle, Record, Rrset, gather};
use crate::zones::Zone;

/// An API of single records.
#[derive(Debug)]
pub(crate) struct ByRecord<A>(pub(crate) A);

/// One call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step<'e> {
    /// Makes a value.
    Create(&'e str),
    /// Puts a value in the place of another, or of itself with another TTL or other settings.
    Update(&'e Handle, &'e str),
    /// Takes a value away.
    Remove(&'e Handle),
}

impl<A: RecordApi> ByRecord<A> {
    /// Makes the edits of a group. Tells whether it is made whole, or goes on later.
    async fn group(&self, zone: &Zone, group: &Group, ledger: &mut Ledger) -> Answer<bool> {
        let mut gone: Vec<&Found> = Vec::new();
        let mut made: Vec<(&Edit, Option<Found>)> = Vec::new();
        for edit in &group.edits {
            let mut begun = Vec::new();
            let after = match self.edit(zone, edit, ledger, &mut begun).await {
                Ok(after) => after,
                Err(error) => {
                    let undone = is_undone(error.kind);
                    // Where a part of it stays, what made room for it has none, and its owner stays.
                    if begun.is_empty() || (undone && self.take_back(zone, edit, &begun).await) {
                        // What made room for this comes back; if even that fails, the next pass sees it.
                        let name = &edit.key().name;
                        for old in gone.iter().filter(|old| old.rrset.key.name == *name) {
                            self.restore(zone, old).await;
                        }
                        if undone {
                            self.disown(zone, &made, ledger).await;
                        }
                    }
                    return Err(error);
                }
            };
            if let (Some(old), None) = (&edit.old, &edit.new) {
                gone.push(old);
            }
            let Some(handles) = after else {
                return Ok(false);
            };
            let found = edit.new.clone().map(|rrset| Found { rrset, handles });
            ledger.effects.push((edit.key().clone(), found.clone()));
            made.push((edit, found));
        }
        Ok(true)
    }

    /// Takes ownership records away that were made for records that were not: what stands there
    /// instead would count as ours.
    async fn disown(&self, zone: &Zone, made: &[(&Edit, Option<Found>)], ledger: &mut Ledger) {
        for (text, found) in made {
            let has_record = made.iter().any(|(data, _)| text.is_of(data));
            let (Some(found), None) = (found, &text.old) else {
                continue;
            };
            if !text.owns || has_record {
                continue;
            }
            let mut handles = found.handles.clone();
            if handles.iter().any(|handle| handle.id.is_empty()) {
                // Only a listing says how it is found.
                let Ok(listed) = self.list(zone).await else {
                    continue;
                };
                let mut same = listed
                    .into_iter()
                    .filter(|it| it.rrset.key == found.rrset.key);
                let there = same.next().map(|it| it.handles).unwrap_or_default();
                let is_ours = |handle: &Handle| found.rrset.values.contains(&handle.value);
                handles = there.into_iter().filter(is_ours).collect();
            }
            for handle in &handles {
                let record = record(&found.rrset, &handle.value);
                let removed = async {
                    let done = self.0.remove(zone, handle, &record).await?;
                    wait(&self.0, zone, done).await
                };
                if !matches!(removed.await, Err(_) | Ok(Done::Pending(_))) {
                    ledger.effects.push((text.key().clone(), None));
                }
            }
        }
    }

    /// Takes the values away again that were made of a new RRset. Tells whether all of them are gone.
    async fn take_back(&self, zone: &Zone, edit: &Edit, begun: &[Handle]) -> bool {
        let Some(new) = &edit.new else { return true };
        let mut all = true;
        for handle in begun {
            let removed = async {
                let record = record(new, &handle.value);
                let done = self.0.remove(zone, handle, &record).await;
                wait(&self.0, zone, done.or_else(gone_is_gone)?).await
            };
            all &= !handle.id.is_empty() && !matches!(removed.await, Err(_) | Ok(Done::Pending(_)));
        }
        all
    }

    /// Makes an edit; gives what stands for its values now, or nothing if that takes longer. What was
    /// made of a new RRset is in `begun`.
    async fn edit(
        &self,
        zone: &Zone,
        edit: &Edit,
        ledger: &mut Ledger,
        begun: &mut Vec<Handle>,
    ) -> Answer<Option<Vec<Handle>>> {
        let (steps, mut handles) = steps(edit);
        let rrset = edit
            .new
            .as_ref()
            .or_else(|| edit.old.as_ref().map(|old| &old.rrset));
        let Some(rrset) = rrset else {
            return Ok(Some(handles));
        };
        let beside = edit.old.as_ref().and_then(|old| old.handles.first());
        for step in steps {
            let done = match step {
                Step::Create(value) => self.0.create(zone, &record(rrset, value), beside).await,
                Step::Update(old, value) => self.0.update(zone, old, &record(rrset, value)).await,
                Step::Remove(old) => {
                    let removed = self.0.remove(zone, old, &record(rrset, &old.value)).await;
                    removed.or_else(gone_is_gone)
                }
            };
            let made = match wait(&self.0, zone, done?).await? {
                Done::As(id) => Some(id),
                Done::Now => None,
                Done::Unseen => {
                    ledger.doubtful = true;
                    None
                }
                Done::Pending(pending) => {
                    ledger.doubtful = true;
                    ledger.pending.push((rrset.key.name.clone(), pending));
                    return Ok(None);
                }
            };
            let (old, value) = match step {
                Step::Create(value) => (beside, value),
                Step::Update(old, value) => (Some(old), value),
                Step::Remove(_) => continue,
            };
            let is_same = matches!(step, Step::Update(..));
            let id = old.filter(|_| is_same).map(|old| old.id.clone());
            let handle = Handle {
                id: made.or(id).unwrap_or_default(),
                value: value.into(),
                ttl: rrset.ttl,
                foreign: old.map(|old| old.foreign.clone()).unwrap_or_default(),
            };
            if edit.old.is_none() {
                begun.push(handle.clone());
            }
            handles.push(handle);
        }
        Ok(Some(handles))
    }

    async fn restore(&self, zone: &Zone, old: &Found) {
        for handle in &old.handles {
            let record = record(&old.rrset, &handle.value);
            let _next_pass = self.0.create(zone, &record, Some(handle)).await;
        }
    }
}

/// The calls of an edit, and what is left as it is. Values take the place of others first, so that
/// identifiers stay; nothing is removed before all that is new is there.
pub(crate) fn steps(edit: &Edit) -> (Vec<Step<'_>>, Vec<Handle>) {
    let mut steps = Vec::new();
    let mut kept: Vec<Handle> = Vec::new();
    let values = edit.new.as_ref().map(|new| new.values.as_slice());
    let values = values.unwrap_or_default();
    let mut spare: Vec<&Handle> = Vec::new();
    for handle in edit.old.iter().flat_map(|old| &old.handles) {
        let twice = kept.iter().any(|other| other.value == handle.value);
        if twice || !values.contains(&handle.value) {
            spare.push(handle);
            continue;
        }
        kept.push(handle.clone());
        if !is_same(edit, handle) {
            steps.push(Step::Update(handle, &handle.value));
        }
    }
    let is_kept = |value: &str| kept.iter().any(|handle| *handle.value == *value);
    let mut spare = spare.into_iter();
    for value in values.iter().filter(|value| !is_kept(value)) {
        steps.push(match spare.next() {
            Some(handle) => Step::Update(handle, value),
            None => Step::Create(value),
        });
    }
    steps.extend(spare.map(Step::Remove));
    kept.retain(|handle| is_same(edit, handle));
    steps.sort_by_key(|step| match step {
        Step::Update(..) => 0,
        Step::Create(_) => 1,
        Step::Remove(_) => 2,
    });
    (steps, kept)
}

/// Whether a value that stays has the TTL and the settings that it is to have.
fn is_same(edit: &Edit, handle: &Handle) -> bool {
    let (Some(old), Some(new)) = (&edit.old, &edit.new) else {
        return true;
    };
    old.rrset.properties == new.properties && new.ttl.is_none_or(|ttl| handle.ttl == Some(ttl))
}

fn record(rrset: &Rrset, value: &str) -> Record {
    Record {
        key: rrset.key.clone(),
        ttl: rrset.ttl,
        value: value.into(),
        properties: rrset.properties.clone(),
    }
}

fn gone_is_gone(error: ProviderError) -> Answer<Done> {
    match error.kind {
        ErrorKind::NotFound => Ok(Done::Now),
        _ => Err(error),
    }
}

impl<A: RecordApi> Writer for ByRecord<A> {
    type Api = A;
    const ATOMIC: bool = false;

    fn api(&self) -> &A {
        &self.0
    }

    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let records = self.0.list(zone).await?;
        let told = |(record, _): &(Record, Handle)| record.key.rtype != Rtype::SOA;
        Ok(gather(records.into_iter().filter(told)))
    }

    async fn write(&self, zone: &Zone, groups: Vec<Group>, ledger: &mut Ledger) -> Answer<()> {
        for group in groups {
            let whole = self.group(zone, &group, ledger).await;
            if !matches!(whole, Ok(true)) {
                ledger.left(&group);
            }
            if let Err(error) = whole {
                ledger.refuse(group.place, error)?;
            }
        }
        Ok(())
    }
}
