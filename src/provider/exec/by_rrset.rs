//! Edits by calls that each put or remove a whole RRset.

use plan::ErrorKind;

use super::edit::{Edit, Group};
use super::ledger::{Ledger, is_undone};
use super::wait::wait;
use super::{Answer, Done, RrsetApi, Writer};
use crate::record::{Found, Rrset};
use crate::zones::Zone;

/// An API of whole RRsets.
#[derive(Debug)]
pub(crate) struct ByRrset<A>(pub(crate) A);

impl<A: RrsetApi> ByRrset<A> {
    /// Makes the edits of a group. Tells whether it is made whole, or goes on later.
    async fn group(&self, zone: &Zone, group: &Group, ledger: &mut Ledger) -> Answer<bool> {
        let mut gone: Vec<&Found> = Vec::new();
        let mut made: Vec<(&Edit, Done)> = Vec::new();
        for edit in &group.edits {
            let done = match self.edit(zone, edit).await {
                Err(error) if error.kind == ErrorKind::NotFound && edit.new.is_none() => Done::Now,
                Err(error) => {
                    // What made room for this comes back; if even that fails, the next pass sees it.
                    for old in gone
                        .iter()
                        .filter(|old| old.rrset.key.name == edit.key().name)
                    {
                        let _next_pass = self.0.put(zone, &old.rrset, None).await;
                    }
                    if is_undone(error.kind) {
                        self.disown(zone, &made, ledger).await;
                    }
                    return Err(error);
                }
                Ok(done) => done,
            };
            if let (Some(old), None) = (&edit.old, &edit.new) {
                gone.push(old);
            }
            if !ledger.note(edit, done.clone()) {
                return Ok(false);
            }
            made.push((edit, done));
        }
        Ok(true)
    }

    /// Takes ownership records away that were made for records that were not: what stands there
    /// instead would count as ours.
    async fn disown(&self, zone: &Zone, made: &[(&Edit, Done)], ledger: &mut Ledger) {
        for (text, done) in made {
            let has_record = made.iter().any(|(data, _)| text.is_of(data));
            let (Some(new), None) = (&text.new, &text.old) else {
                continue;
            };
            if !text.owns || has_record {
                continue;
            }
            let found = match done {
                Done::As(id) => Some(Found::whole(new.clone(), id, serde_json::Value::Null)),
                Done::Now => Some(Found::whole(new.clone(), "", serde_json::Value::Null)),
                // Only a listing says how it is found.
                _ => self.find(zone, new).await,
            };
            let Some(found) = found else { continue };
            let removed = async { wait(&self.0, zone, self.0.remove(zone, &found).await?).await };
            if !matches!(removed.await, Err(_) | Ok(Done::Pending(_))) {
                ledger.effects.push((text.key().clone(), None));
            }
        }
    }

    async fn find(&self, zone: &Zone, rrset: &Rrset) -> Option<Found> {
        let listed = self.0.list(zone).await.ok()?.into_iter();
        let mut same = listed
            .filter(|found| found.rrset.key == rrset.key && found.rrset.values == rrset.values);
        same.next()
    }

    async fn edit(&self, zone: &Zone, edit: &Edit) -> Answer<Done> {
        let done = match (&edit.new, &edit.old) {
            (Some(new), old) => self.0.put(zone, new, old.as_ref()).await?,
            (None, Some(old)) => self.0.remove(zone, old).await?,
            (None, None) => Done::Now,
        };
        wait(&self.0, zone, done).await
    }
}

impl<A: RrsetApi> Writer for ByRrset<A> {
    type Api = A;
    const ATOMIC: bool = false;

    fn api(&self) -> &A {
        &self.0
    }

    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        self.0.list(zone).await
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
