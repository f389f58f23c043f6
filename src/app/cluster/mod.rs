//! One of several copies of the program: the leader writes, the others follow it.
//!
//! ```text
//! Lease → standing → roles ─┬ lead:   zones go on from what they show; destinations begin
//!                           │         └ versions → others (NOTIFY, answered once they have it) → updates acknowledged
//!                           ├ follow: a task a zone ─ transfers ─→ what is shown; updates ─→ the leader
//!                           └ alone:  what is known is served on
//! ```
//!
//! Invariants: nothing is shown of what we write, and nothing is written elsewhere, but in a term of
//! ours that is not over. A zone is answered at every moment of a change of roles, and its serial never
//! goes back. What the API server does never ends an answer.

mod alone;
mod catalog;
mod doubt;
mod fence;
mod figures;
mod files;
mod gate;
mod label;
mod lead;
mod leading;
mod others;
mod outside;
mod role;
mod shared;
mod status;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use cluster::{
    Candidate, LeaseOptions, LogOptions, ObjectLog, Standing, StatusReporter, Term, elect, observe,
};
use config::{Config, Objects};
use server::pipeline::Authority;
use source::watch::{Connection, connect};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tsig::Keys;
use zone::Store;

use self::alone::Alone;
use self::gate::Replicas;
use self::lead::Knowledge;
use self::others::Places;
use self::role::{Role, Roles};
use super::data_dir;
use super::follow::{Copies, Hub};
use super::secondaries::{Secondaries, Teller};
use super::sync::Model;
use super::zones::Statuses;

pub(crate) use self::fence::Fenced;
pub(crate) use self::figures::Figures;
pub(crate) use self::leading::{Leading, leads, term, until_led, until_lost, until_role};

/// One of several copies, which does nothing yet.
#[derive(Debug)]
pub(super) struct Cluster {
    settings: config::Replicas,
    connection: Connection,
    replicas: Arc<Replicas>,
    leading: watch::Sender<Option<Term>>,
    copies: Option<Copies>,
    alone: Option<Alone>,
    /// What clients change, where anybody may.
    log: Option<Arc<ObjectLog>>,
}

/// A running one.
#[derive(Debug)]
pub(super) struct Running {
    /// Ends the term, and is heard once the Lease is free.
    stop: CancellationToken,
    electing: JoinSet<()>,
}

impl Cluster {
    /// Makes room for what is shown in the place of our zones; nothing if there are no other copies. To be
    /// called before the first zone comes, where tasks can be started.
    ///
    /// # Errors
    /// The key of the copies is in no file.
    pub(super) fn prepare(
        config: &Config,
        keys: &Keys,
        hub: Option<&Arc<Hub>>,
        store: &Arc<Store>,
    ) -> anyhow::Result<Option<Self>> {
        let Some(settings) = config.replicas.clone() else {
            return Ok(None);
        };
        let Some(key) = keys.get(&settings.key) else {
            bail!(
                "--replica-key \"{}\" is in no --key-file\n  hint: all copies need the same key; make one with \
                 'zonewright key new {} --file PATH' and name it with --key-file PATH",
                settings.key,
                settings.key
            );
        };
        let role = watch::Sender::new(Role::Alone);
        let fence = role.subscribe();
        store.share(move || fence.borrow().term().is_some_and(Term::may_write));
        let replicas = Replicas::new(role, Arc::clone(key), hub.cloned(), store);
        let connection = match config.sync.as_ref().map(|sync| &sync.objects) {
            Some(Objects::Cluster(kubernetes)) => Connection {
                server: kubernetes.server.clone(),
                kubeconfig: kubernetes.kubeconfig.clone(),
                ..Connection::default()
            },
            Some(Objects::Manifests(_)) | None => Connection::default(),
        };
        let log = match config.peers.updates.is_empty() || !settings.candidate {
            true => None,
            false => {
                let options = LogOptions {
                    namespace: namespace(&settings.lease),
                    name: settings.lease.name.clone(),
                };
                let log = ObjectLog::start(connection.clone(), options);
                let log = Arc::new(log.context("start the thread of the journal in the cluster")?);
                store.keep_in(Arc::clone(&log) as _, BTreeMap::new());
                Some(log)
            }
        };
        Ok(Some(Self {
            log,
            settings,
            connection,
            replicas: Arc::new(replicas),
            leading: watch::Sender::new(None),
            copies: None,
            alone: None,
        }))
    }

    /// Lets requests of the other copies in, and updates through to the leader.
    pub(super) fn admit(&self, authority: &mut Authority) {
        let key = self.settings.key.clone();
        authority.transfers = Arc::new(authority.transfers.with(server::stage::who::Who::Key(key)));
        authority.following = Some(Arc::clone(&self.replicas) as _);
    }

    /// Tells outside secondaries: the leader only does, and after the other copies.
    pub(super) fn teller(&self, whom: Secondaries) -> Option<Teller> {
        let teller = Teller::new(whom, &self.replicas.store)?;
        self.replicas.tell_after(teller.marks());
        Some(teller)
    }

    /// Opens the folder of copies.
    pub(super) fn open(&mut self, data_dir: Option<&Path>) {
        let Some(path) = data_dir else {
            tracing::warn!(
                "what other copies wrote is unknown after a restart: no --data-dir is set"
            );
            return;
        };
        let copies = Copies::new(path);
        copies.prepare();
        self.copies = Some(copies);
        if self.log.is_some() {
            self.alone = Alone::open(path);
        }
    }

    /// Whether we may lead; else nothing is read of objects.
    pub(super) fn is_candidate(&self) -> bool {
        self.settings.candidate
    }

    /// Whether we lead, from now on.
    pub(super) fn leading(&self) -> Leading {
        self.leading.subscribe()
    }

    /// What there is to count.
    pub(super) fn figures(&self) -> Figures {
        Figures {
            replicas: Arc::clone(&self.replicas),
            log: self.log.clone(),
        }
    }

    /// Begins to follow the Lease, and to lead or to follow. To be called when all zones have been read.
    /// What comes back is told once every zone is there.
    ///
    /// `known` ends once all names of objects are known; it matters to who leads. To the others come whole
    /// zones.
    ///
    /// # Errors
    /// There is no cluster that the settings lead to.
    pub(super) async fn start(
        self,
        config: &Config,
        (model, known): (Option<Model>, impl Future<Output = bool> + Send + 'static),
        (listens, statuses): (&[SocketAddr], &Statuses),
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> anyhow::Result<(oneshot::Receiver<()>, Running)> {
        let link = connect(&self.connection).await;
        let link = link.context("--leader-elect: connect to the cluster")?;
        let candidate = self.candidate(listens)?;
        let lease = self.lease();
        let resign = CancellationToken::new();
        let mut electing = JoinSet::new();
        let standing = match self.settings.candidate {
            true => {
                let (link, lease) = (link.clone(), lease.clone());
                let (task, standing) = elect(link, candidate.clone(), lease, resign.clone());
                electing.spawn(task);
                standing
            }
            false => {
                let (task, standing) = observe(link.clone(), lease.clone(), resign.clone());
                electing.spawn(task);
                standing
            }
        };
        let stopped = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                _all = known => {}
                () = stopped.cancelled() => {}
            }
        });
        tracing::info!(
            name = candidate.name, address = %candidate.address, lease = lease.name,
            namespace = lease.namespace, "one of several copies, the Lease says who leads"
        );
        let roles = self.replicas.subscribe();
        if let Some(settings) = &config.peers.catalog {
            let (apex, store) = (settings.zone.clone(), Arc::clone(&self.replicas.store));
            tasks.spawn(catalog::follow(apex, store, roles.clone(), stop.clone()));
        }
        let files = Arc::clone(&self.replicas.files);
        tasks.spawn(files.run(roles.clone(), stop.clone()));
        if self.settings.candidate {
            let replicas = Arc::clone(&self.replicas);
            tasks.spawn(outside::run(replicas, roles.clone(), stop.clone()));
            let reporter = StatusReporter::new(link.clone(), &lease.namespace, &lease.name);
            let pod = label::Pod::new(link, lease.namespace.clone(), candidate.name.clone());
            tasks.spawn(pod.run(roles.clone(), stop.clone()));
            let speaker = status::Speaker {
                reporter,
                store: Arc::clone(&self.replicas.store),
                leader: candidate.name.clone(),
                files: Arc::clone(&self.replicas.files),
            };
            tasks.spawn(speaker.run(roles, stop.clone()));
        }
        let ready = self
            .follow(standing, candidate, (config, model, statuses), tasks, stop)
            .await;
        let running = Running {
            stop: resign,
            electing,
        };
        Ok((ready, running))
    }

    /// The part that needs no cluster: does what the standing says.
    async fn follow(
        self,
        standing: watch::Receiver<Standing>,
        candidate: Candidate,
        (config, model, statuses): (&Config, Option<Model>, &Statuses),
        tasks: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> oneshot::Receiver<()> {
        let port = candidate.address.port();
        let places = Places::new(&self.settings.peers, port, candidate.address);
        let replicas = self.replicas;
        replicas.begin(candidate.address);
        if self.log.is_some() {
            let (store, stopped) = (Arc::clone(&replicas.store), stop.clone());
            tasks.spawn(async move { data_dir::tidy(&store, &stopped).await });
        }
        if let Some(model) = &model {
            model.remember_names();
        }
        tasks.spawn(others::run(
            Arc::clone(&replicas.others),
            places,
            stop.clone(),
        ));
        let (sender, ready) = oneshot::channel();
        let roles = Roles {
            replicas,
            standing,
            leading: self.leading,
            own: candidate.address,
            knowledge: Knowledge::new(config, model),
            copies: self.copies,
            alone: self.alone,
            statuses: statuses.clone(),
            log: self.log,
            patience: self.settings.lease.duration,
        };
        roles.start(sender, tasks, stop).await;
        ready
    }

    fn candidate(&self, listens: &[SocketAddr]) -> anyhow::Result<Candidate> {
        let name = match &self.settings.name {
            Some(name) => name.clone(),
            None => nix::unistd::gethostname()
                .context("the host's name, for --replica-name")?
                .to_string_lossy()
                .into_owned(),
        };
        let first = listens.first();
        let port = first.map_or(53, SocketAddr::port);
        let address = match self.settings.address {
            Some((address, given)) => SocketAddr::new(address, given.unwrap_or(port)),
            None => match first {
                Some(address) if !address.ip().is_unspecified() => *address,
                _ => bail!(
                    "where other copies reach this one is not known\n  hint: say it with --replica-address ADDR, \
                     in a pod its status.podIP"
                ),
            },
        };
        Ok(Candidate { name, address })
    }

    fn lease(&self) -> LeaseOptions {
        let settings = &self.settings.lease;
        let mut options = LeaseOptions::new(namespace(settings), settings.name.clone());
        options.duration = settings.duration;
        options.renew_deadline = settings.renew_deadline;
        options.retry = settings.retry;
        options.word = Some(Arc::clone(&self.replicas.files) as _);
        options
    }
}

impl Running {
    /// Ends our term, if we have one, so that another copy takes over while we still answer.
    pub(super) async fn resign(mut self) {
        self.stop.cancel();
        let ended = async { while self.electing.join_next().await.is_some() {} };
        if tokio::time::timeout(RESIGNING, ended).await.is_err() {
            tracing::warn!(
                "the Lease could not be given back in {RESIGNING:?}; others wait until it runs out"
            );
        }
    }
}

/// The namespace of the Lease, and of all else that copies keep in the cluster.
fn namespace(lease: &config::Lease) -> String {
    let given = lease.namespace.clone();
    given.unwrap_or_else(namespace_of_pod)
}

/// The namespace of the pod that we run in.
fn namespace_of_pod() -> String {
    let found = std::fs::read_to_string("/var/run/secrets/kubernetes.io/serviceaccount/namespace");
    let found = found.unwrap_or_default().trim().to_owned();
    match found.is_empty() {
        true => "default".to_owned(),
        false => found,
    }
}

/// How long the end waits for the Lease to be given back.
const RESIGNING: Duration = Duration::from_secs(2);
