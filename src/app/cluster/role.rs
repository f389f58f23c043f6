//! What we are to the other copies, and the one task that changes it.
//!
//! ```text
//! standing ─┬ we lead ──→ role, then zones go on as ours, then destinations begin
//!           ├ another ──→ role, destinations end, zones show what they show
//!           └ nobody ───→ the same, with nobody to ask
//! ```

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use client::Server;
use cluster::{Candidate, ObjectLog, Standing, Term};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tsig::Key;
use wire::Name;
use zone::Withheld;

use super::alone::Alone;
use super::gate::Replicas;
use super::lead::{self, Knowledge};
use super::shared::Shared;
use crate::app::follow::{Copies, Upstream, forward_server};
use crate::app::zones::Statuses;

/// What we are.
#[derive(Clone, Debug)]
pub(super) enum Role {
    /// Nobody leads whom we could follow.
    Alone,
    /// Another one leads.
    Follow(Arc<Leader>),
    /// We lead.
    Lead(Term),
}

/// The copy that leads.
#[derive(Debug)]
pub(super) struct Leader {
    pub(super) candidate: Candidate,
    /// For transfers.
    pub(super) upstream: Upstream,
    /// For what others have signed.
    pub(super) server: Arc<Server>,
}

impl Role {
    /// Our term, if we lead. It may be over.
    pub(super) fn term(&self) -> Option<&Term> {
        match self {
            Self::Lead(term) => Some(term),
            Self::Alone | Self::Follow(_) => None,
        }
    }
}

impl Leader {
    fn new(candidate: &Candidate, key: &Arc<Key>) -> Self {
        Self {
            candidate: candidate.clone(),
            upstream: Upstream::near(candidate.address, Arc::clone(key)),
            server: forward_server(candidate.address, None, 1),
        }
    }
}

/// Changes the role as the standing says.
pub(super) struct Roles {
    pub(super) replicas: Arc<Replicas>,
    pub(super) standing: watch::Receiver<Standing>,
    pub(super) leading: watch::Sender<Option<Term>>,
    /// Where others reach us.
    pub(super) own: SocketAddr,
    pub(super) knowledge: Knowledge,
    pub(super) copies: Option<Copies>,
    /// What this copy has stored while it was the only one.
    pub(super) alone: Option<Alone>,
    pub(super) statuses: Statuses,
    /// What clients change, where anybody may.
    pub(super) log: Option<Arc<ObjectLog>>,
    /// How long we wait to hear of a leader before what we have is better than nothing.
    pub(super) patience: Duration,
}

impl Roles {
    /// Serves the copies of an earlier run, and starts the tasks. `ready` is told once every zone is there.
    pub(super) async fn start(
        mut self,
        ready: oneshot::Sender<()>,
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) {
        let mut zones = JoinSet::new();
        self.begin_zones(&mut zones, stop).await;
        let replicas = Arc::clone(&self.replicas);
        let stopped = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = whole(&replicas) => {
                    // Nobody waits at the end.
                    let _unheard = ready.send(()).is_err();
                }
                () = stopped.cancelled() => {}
            }
        });
        tasks.spawn(self.run(zones, stop.clone()));
    }

    async fn run(mut self, mut zones: JoinSet<()>, stop: CancellationToken) {
        let alone_until = Instant::now() + self.patience;
        let mut unheard = true;
        loop {
            self.begin_zones(&mut zones, &stop).await;
            self.step().await;
            // Who cannot ask is told of nobody, too.
            unheard &= matches!(
                *self.standing.borrow(),
                Standing::Unknown | Standing::Follower { leader: None }
            );
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                changed = self.standing.changed() => if changed.is_err() {
                    stop.cancelled().await;
                    break;
                },
                () = self.replicas.came.notified() => {}
                // Without the journal in the cluster no update is taken: it is tried again.
                () = sleep(AGAIN), if self.log.is_some() && !self.knowledge.told => {}
                () = sleep(AGAIN), if self.alone.as_ref().is_some_and(Alone::waits) => self.settle(),
                () = sleep_until(alone_until), if unheard => {
                    unheard = false;
                    self.show_own();
                }
            }
        }
        self.leading.send_replace(None);
        while zones.join_next().await.is_some() {}
    }

    /// Starts the tasks of zones that have none.
    async fn begin_zones(&mut self, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        while tasks.try_join_next().is_some() {}
        for apex in self.replicas.new_zones() {
            let (mut zone, gone) =
                Shared::new(apex, &self.replicas, (self.copies.as_ref(), &self.statuses));
            let loaded = tokio::task::spawn_blocking(move || {
                zone.load();
                zone
            });
            let Ok(zone) = loaded.await else { continue };
            let stop = stop.child_token();
            tasks.spawn(async move {
                tokio::select! {
                    () = gone.cancelled() => {}
                    () = zone.run(stop) => {}
                }
            });
        }
    }

    /// Brings the role to what the standing says.
    async fn step(&mut self) {
        let standing = self.standing.borrow_and_update().clone();
        let now = self.replicas.role();
        let next = match (&standing, &now) {
            (Standing::Leader(term), Role::Lead(ours)) if term.number() == ours.number() => {
                if let (Some(log), false) = (&self.log, self.knowledge.told) {
                    let known = lead::recall(&self.replicas, log, term, self.alone.as_mut()).await;
                    self.knowledge.tell(known);
                }
                // A zone may have come.
                lead::promote(&self.replicas, &self.knowledge).await;
                return;
            }
            (Standing::Leader(term), _) => Role::Lead(term.clone()),
            (
                Standing::Follower {
                    leader: Some(other),
                },
                Role::Follow(leader),
            ) if *other == leader.candidate => {
                return;
            }
            (
                Standing::Follower {
                    leader: Some(other),
                },
                _,
            ) if other.address != self.own => {
                Role::Follow(Arc::new(Leader::new(other, &self.replicas.key)))
            }
            (Standing::Follower { .. } | Standing::Unknown, Role::Alone) => return,
            // Nobody is known to lead in the place of the one we follow: it may still be there.
            (Standing::Follower { .. } | Standing::Unknown, Role::Follow(_)) => return,
            (Standing::Follower { .. } | Standing::Unknown, Role::Lead(_)) => Role::Alone,
        };
        if now.term().is_some() {
            self.leading.send_replace(None);
            self.replicas.set_role(Role::Alone);
            if let Some(log) = &self.log {
                log.follow();
            }
            let behind = lead::step_back(&self.replicas).await;
            tracing::info!(
                zones = behind,
                "another copy leads, or none; zones are served on"
            );
        }
        match &next {
            Role::Lead(term) => {
                self.replicas.set_role(next.clone());
                if let Some(log) = &self.log {
                    let known = lead::recall(&self.replicas, log, term, self.alone.as_mut()).await;
                    self.knowledge.tell(known);
                }
                let zones = lead::promote(&self.replicas, &self.knowledge).await;
                tracing::info!(term = term.number(), zones, "this copy leads");
                self.leading.send_replace(Some(term.clone()));
            }
            Role::Follow(leader) => {
                let Candidate { name, address } = &leader.candidate;
                tracing::info!(leader = name, %address, "follows the leader");
                if let Some(alone) = &mut self.alone {
                    alone.pass_over();
                }
                self.replicas.set_role(next);
            }
            Role::Alone => self.replicas.set_role(next),
        }
    }

    /// Looks whether the cluster has what was taken along.
    fn settle(&mut self) {
        if let (Some(alone), Some(log)) = (&self.alone, &self.log)
            && alone.settle(log)
        {
            self.alone = None;
        }
    }

    /// Shows what files give where neither the cluster nor a copy says more.
    fn show_own(&self) {
        let store = &self.replicas.store;
        let shown: Vec<Name> = store.behind().into_iter().collect();
        let shown = shown
            .into_iter()
            .filter(|apex| self.replicas.show_own(apex));
        let shown: Vec<String> = shown.map(|apex| apex.to_string()).collect();
        tracing::warn!(
            "who leads is not known, the API server may be away; zones are served as they were last known"
        );
        if !shown.is_empty() {
            tracing::warn!(
                zones = shown.join(" "),
                "of these zones nothing is known but our own files, which are served meanwhile"
            );
        }
    }
}

/// Waits until every zone of ours is there, and nothing of it may yet come.
async fn whole(replicas: &Replicas) {
    let mut looks = interval(LOOK);
    loop {
        looks.tick().await;
        let store = &replicas.store;
        let zones = store.own_zones();
        let snapshot = Arc::clone(&store.snapshot());
        let is_whole = |apex: &Name| match snapshot.zone(apex.as_ref()) {
            Some(zone) if zone.withheld() == Some(Withheld::Absent) => !store.has(apex),
            Some(zone) => !zone.is_incomplete(),
            None => true,
        };
        if zones.iter().all(is_whole) {
            return;
        }
    }
}

/// How often the journal in the cluster is asked for while it cannot be had.
const AGAIN: Duration = Duration::from_secs(5);

/// How often it is looked whether all zones are there, until they are.
const LOOK: Duration = Duration::from_millis(50);
