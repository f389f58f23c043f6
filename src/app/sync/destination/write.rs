//! Changes made at the destination: what is refused is found and set aside, all else goes on.

use std::collections::BTreeSet;

use plan::{ChangeSet, Endpoint, ErrorKind, ProviderError, RowName, group};

use super::task::Destination;
use crate::app::sync::report::Done;
use crate::app::telemetry;

impl Destination {
    /// Makes a batch; if the destination refuses it, its halves, down to who is at fault.
    pub(super) async fn apply(&mut self, batch: ChangeSet) -> Result<(), ProviderError> {
        let mut work = vec![batch];
        while let Some(batch) = work.pop() {
            let applied = match self.provider.apply(&batch).await {
                Ok(applied) => applied,
                Err(error) if error.kind == ErrorKind::Rejected => {
                    let fault = batch.clone();
                    match group::bisect(batch) {
                        Some((first, second)) => work.extend([second, first]),
                        None => self.set_aside(&fault, &error),
                    }
                    continue;
                }
                Err(error) => {
                    // Some of it may have been done.
                    self.stale = true;
                    return Err(error);
                }
            };
            let refused: Vec<RowName> = applied
                .refused
                .iter()
                .map(|(name, _)| RowName::new(name))
                .collect();
            for (name, error) in &applied.refused {
                self.refuse(RowName::new(name), error);
            }
            let _touched = self.shadow.applied(&batch, &refused);
            let judge = &self.judge;
            self.brake.made(
                &batch,
                |endpoint| refused.is_empty() || !refused.contains(&RowName::new(&endpoint.name)),
                |name| judge.zone_of(name.as_str()),
                self.reports.now(),
            );
            self.done(&batch, &refused);
        }
        Ok(())
    }

    /// One group was refused: it waits for the next full pass, the others go on.
    fn set_aside(&mut self, batch: &ChangeSet, error: &ProviderError) {
        let names: BTreeSet<RowName> = endpoints(batch)
            .map(|endpoint| group::GroupKey::of(endpoint).name)
            .collect();
        for name in names {
            self.refuse(name, error);
        }
        self.status.keep_back(&batch.create);
        self.reports.failed(endpoints(batch), error);
    }

    fn refuse(&mut self, name: RowName, error: &ProviderError) {
        let reason = telemetry::chain(error);
        tracing::warn!(destination = self.name, %name, reason, "change is refused, the others are made");
        self.refused.insert(name, reason);
    }

    fn done(&self, batch: &ChangeSet, refused: &[RowName]) {
        let made = |endpoint: &&Endpoint| {
            !self.shadow.registry().is_own(endpoint)
                && (refused.is_empty() || !refused.contains(&RowName::new(&endpoint.name)))
        };
        let created: Vec<&Endpoint> = batch.create.iter().filter(made).collect();
        let updated: Vec<&Endpoint> = batch
            .update
            .iter()
            .map(|update| &update.new)
            .filter(made)
            .collect();
        let deleted: Vec<&Endpoint> = batch.delete.iter().filter(made).collect();
        let (creates, updates, deletes) = (created.len(), updated.len(), deleted.len());
        self.status.made(&created, updates, &deleted);
        if creates + updates + deletes > 0 {
            let destination = &self.name;
            tracing::info!(destination, creates, updates, deletes, "applied changes");
        }
        self.reports.made(&Done {
            created,
            updated,
            deleted,
        });
    }
}

fn endpoints(changes: &ChangeSet) -> impl Iterator<Item = &Endpoint> {
    let updated = changes.update.iter().map(|update| &update.new);
    changes.create.iter().chain(updated).chain(&changes.delete)
}
