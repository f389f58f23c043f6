//! Edits by calls that each replace a whole zone: a batch is what is read, edited and put back.

use std::collections::BTreeMap;
use std::time::Duration;

use plan::{ErrorKind, ProviderError};

use super::batched::Cost;
use super::edit::Edit;
use super::{Answer, Api, BatchApi, Done, ZoneApi};
use crate::record::quirks::Quirks;
use crate::record::{Found, Key};
use crate::zones::Zone;

/// An API of whole zones, as one of batches.
#[derive(Debug)]
pub(crate) struct WholeZone<A>(pub(crate) A);

impl<A: ZoneApi> Api for WholeZone<A> {
    const NAME: &'static str = A::NAME;

    fn quirks(&self) -> &Quirks {
        self.0.quirks()
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        self.0.zones().await
    }

    fn adjust(&self, endpoint: &mut plan::Endpoint) {
        self.0.adjust(endpoint);
    }

    async fn is_done(&self, zone: &Zone, pending: &str) -> Answer<bool> {
        self.0.is_done(zone, pending).await
    }

    async fn publish(&self, zone: &Zone) -> Answer<()> {
        self.0.publish(zone).await
    }
}

impl<A: ZoneApi> BatchApi for WholeZone<A> {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        Ok(self.0.read(zone).await?.1)
    }

    fn limits(&self) -> (Cost, Duration) {
        (Cost::changes(usize::MAX), Duration::ZERO)
    }

    async fn submit(&self, zone: &Zone, edits: &[Edit]) -> Answer<Done> {
        let (version, found) = self.0.read(zone).await?;
        let found = found.into_iter();
        let mut sets: BTreeMap<Key, Found> = found.map(|it| (it.rrset.key.clone(), it)).collect();
        for edit in edits {
            let key = edit.key();
            let now = sets.get(key).map(|found| &found.rrset);
            if now != edit.old.as_ref().map(|old| &old.rrset) {
                return Err(ProviderError {
                    kind: ErrorKind::Conflict,
                    provider: A::NAME,
                    operation: "apply changes",
                    message: format!("{key}: somebody else has changed it meanwhile"),
                    source: None,
                });
            }
            match &edit.new {
                Some(new) => {
                    let old = edit.old.as_ref();
                    let foreign = old.map(Found::foreign).cloned().unwrap_or_default();
                    let id = old.map_or("", Found::id);
                    sets.insert(key.clone(), Found::whole(new.clone(), id, foreign));
                }
                None => {
                    sets.remove(key);
                }
            }
        }
        let all: Vec<Found> = sets.into_values().collect();
        self.0.replace(zone, &version, &all).await
    }
}
