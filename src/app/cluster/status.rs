//! What the leader says of its zones, for people: `kubectl get zones`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cluster::{StatusReporter, Term, ZoneStatus};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wire::Name;
use zone::Store;

use super::files::Files;
use super::role::Role;
use crate::app::telemetry;

/// Keeps the status of zones as it is while we lead.
pub(super) struct Speaker {
    pub(super) reporter: StatusReporter,
    pub(super) store: Arc<Store>,
    /// Our own name.
    pub(super) leader: String,
    pub(super) files: Arc<Files>,
}

impl Speaker {
    /// Runs until the stop.
    pub(super) async fn run(self, mut roles: watch::Receiver<Role>, stop: CancellationToken) {
        loop {
            let term = roles.borrow_and_update().term().cloned();
            tokio::select! {
                () = stop.cancelled() => return,
                changed = roles.changed() => if changed.is_err() { return },
                () = self.speak(term) => {}
            }
        }
    }

    /// Says what is new, again and again.
    async fn speak(&self, term: Option<Term>) {
        let Some(term) = term else {
            return std::future::pending().await;
        };
        let mut said: HashMap<Name, ZoneStatus> = HashMap::new();
        let mut trouble = false;
        let mut turns = interval(PAUSE);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            for apex in self.store.own_zones() {
                let Some(status) = self.status(&apex) else {
                    continue;
                };
                if !term.may_write() || said.get(&apex) == Some(&status) {
                    continue;
                }
                match self.reporter.report(&term, &status).await {
                    Ok(()) => drop(said.insert(apex, status)),
                    Err(error) => {
                        if !std::mem::replace(&mut trouble, true) {
                            tracing::warn!(
                                error = telemetry::chain(&error),
                                "the status of zones cannot be written to the cluster; nothing else needs it"
                            );
                        }
                        // The next zone would fare no better.
                        break;
                    }
                }
            }
        }
    }

    fn status(&self, apex: &Name) -> Option<ZoneStatus> {
        let snapshot = self.store.snapshot();
        let zone = snapshot.zone(apex.as_ref())?;
        Some(ZoneStatus {
            zone: apex.clone(),
            serial: zone.serial(),
            records: zone.record_count() as u64,
            leader: self.leader.clone(),
            ready: zone.withheld().is_none(),
            complete: !zone.is_incomplete(),
            older_files: self.files.are_older() && self.files.differs(apex),
        })
    }
}

/// How often it is looked what is new. A zone that changes all the time is told of no more often.
const PAUSE: Duration = Duration::from_secs(5);
