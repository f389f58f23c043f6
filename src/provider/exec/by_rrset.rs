//! Edits by calls that each put or remove a whole RRset.

use plan::ErrorKind;

use super::edit::{Edit, Group};
use super::ledger::Ledger;
use super::wait::wait;
use super::{Answer, Done, RrsetApi, Writer};
use crate::record::Found;
use crate::zones::Zone;

/// An API of whole RRsets.
#[derive(Debug)]
pub(crate) struct ByRrset<A>(pub(crate) A);

impl<A: RrsetApi> ByRrset<A> {
    async fn group(&self, zone: &Zone, group: &Group, ledger: &mut Ledger) -> Answer<()> {
        let mut gone: Vec<&Found> = Vec::new();
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
                    return Err(error);
                }
                Ok(done) => done,
            };
            if let (Some(old), None) = (&edit.old, &edit.new) {
                gone.push(old);
            }
            if !ledger.note(edit, done) {
                break;
            }
        }
        Ok(())
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
            if let Err(error) = self.group(zone, &group, ledger).await {
                ledger.refuse(group.place, error)?;
            }
        }
        Ok(())
    }
}
