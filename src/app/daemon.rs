//! The daemon: opens everything, gives up root, reads the zones, serves until a signal.
//!
//! ```text
//! sockets → privileges → zones → ready ─serve→ signal → stop taking in → drain → end
//! ```
//!
//! Sockets come first, so that a port that is taken is said at once and root is needed for nothing
//! else. Zones are read as the user who reads them again later. Nothing that goes wrong later than
//! the start ends the process.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, bail};
use config::{Config, Environment};
use server::pipeline::Authority;
use server::transport::tls::Tls;
use server::{BindError, Server};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use zone::Store;

use super::admin::{Admin, Live, Pages};
use super::audit::Audit;
use super::authority;
use super::banner::Banner;
use super::catalog::Catalog;
use super::certificates::Certificates;
use super::clock::{self, Moment};
use super::cluster::Cluster;
use super::control::{Answerer, Socket, serve as serve_control};
use super::data_dir::{DataDir, count_serials};
use super::follow::{self, Follow, Hub};
use super::metrics::{Numbers, Syncing};
use super::privileges::{self, Identity};
use super::random::{random, seed};
use super::secondaries::{self, Secondaries, Teller};
use super::server_options;
use super::serving::{announce, beat, keep, known, linger, return_memory, serve, settle};
use super::shutdown::Signals;
use super::sync::{self, Model};
use super::systemd::{self, Notifier};
use super::telemetry::{self, Style};
use super::zones::{Keeper, Loader, Made, Order, Statuses};

/// Runs the daemon to its end.
pub(super) fn run(config: Config, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    let started = clock::now();
    let inherited = systemd::inherited(environment)?;
    let style = Style::of_stderr(config.log.format, environment);
    let traces = style.install(config.log.level, environment)?;
    telemetry::warn_of(&config);
    server_options::say_limit(&config);
    privileges::raise_open_files();
    let identity = Identity::find(&config.process)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(1, |n| n.get().min(4)))
        .thread_name("tasks")
        .enable_all()
        .build()
        .context("start the threads for TCP")?;
    let store = Arc::new(Store::new(seed()?));
    count_serials(&store, config.peers.serials);
    // Signals first: one that comes during the start must not be lost.
    let guard = runtime.enter();
    let signals = Signals::listen()?;
    let (mut authority, updating) = authority::authority(&config.peers, &store)?;
    let (mut follow, mut hub) = (None, None);
    if let Some((one, zones)) = follow::prepare(&config.peers, &authority.keys, &store)? {
        authority.following = Some(Arc::clone(&one) as _);
        hub = Some(one);
        follow = Some(zones);
    }
    let mut cluster = Cluster::prepare(&config, &authority.keys, hub.as_ref(), &store)?;
    if let Some(cluster) = &cluster {
        cluster.admit(&mut authority);
    }
    let mut certificates = Certificates::new(&config);
    let tls = certificates.as_ref().map(Certificates::tls);
    let server = bind(
        &config,
        inherited,
        tls.unwrap_or_default(),
        (&authority, &store),
    )?;
    drop(authority);
    let admin = match config.metrics_address {
        Some(address) => Some(runtime.block_on(Admin::bind(address))?),
        None => None,
    };
    let owner = identity.as_ref().map(Identity::owner);
    let socket = Socket::open(&config.control_socket, owner, environment)?;
    drop(guard);
    match &identity {
        Some(identity) => identity.assume()?,
        None if privileges::stays_root(&config.process) => {
            tracing::info!(
                "running as root; --user names a user to become once the sockets are open"
            );
        }
        None => {}
    }
    // As the user who reads them again later.
    if let Some(certificates) = &mut certificates {
        certificates.load()?;
    }
    let whom = Secondaries::new(&config.peers.notify);
    let teller = match &cluster {
        None => secondaries::listen(whom, &store),
        Some(cluster) => cluster.teller(whom),
    };
    let data_dir = match &config.data_dir {
        // What clients change is stored where all copies find it.
        _ if cluster.is_some() => None,
        Some(path) => Some(DataDir::open(path, &store)?),
        None => {
            if updating.is_some() {
                tracing::warn!("updates by clients are lost at the end: no --data-dir is set");
            }
            None
        }
    };
    if let Some(follow) = &mut follow {
        follow.load(&config, config.data_dir.as_deref(), &store)?;
    }
    if let Some(cluster) = &mut cluster {
        cluster.open(config.data_dir.as_deref());
    }
    let catalog = match &config.peers.catalog {
        Some(settings) => Some(Catalog::open(settings, &config, &store)?),
        None => None,
    };
    let daemon = Daemon {
        catalog,
        certificates,
        cluster,
        follow,
        hub,
        data_dir,
        updating,
        teller,
        started,
        style,
        config,
        store,
        server,
        admin,
        socket,
        notifier: Notifier::from_environment(environment),
    };
    let result = runtime.block_on(daemon.run(signals));
    // What still hangs, such as a read of a file that does not answer, ends with the process.
    runtime.shutdown_background();
    traces.end();
    result
}

/// Opens the sockets of the server. A daemon that was killed a moment ago may still have the port:
/// its memory is freed before its sockets.
fn bind(
    config: &Config,
    inherited: Vec<OwnedFd>,
    tls: Tls,
    (authority, store): (&Authority, &Arc<Store>),
) -> anyhow::Result<Server> {
    let secret = random()?;
    let mut tries = if inherited.is_empty() { BIND_TRIES } else { 1 };
    let mut inherited = Some(inherited);
    loop {
        tries -= 1;
        let inherited = inherited.take().unwrap_or_default();
        let options = server_options::options(config, inherited, tls.clone(), secret);
        match Server::bind(options, authority.clone(), Arc::clone(store)) {
            Err(BindError::Taken { .. }) if tries > 0 => std::thread::park_timeout(BIND_PAUSE),
            other => return other.map_err(Into::into),
        }
    }
}

/// Everything that is open before the first zone is read.
struct Daemon {
    started: Moment,
    style: Style,
    config: Config,
    store: Arc<Store>,
    server: Server,
    data_dir: Option<DataDir>,
    /// The thread that carries out updates.
    updating: Option<JoinHandle<()>>,
    teller: Option<Teller>,
    follow: Option<Follow>,
    hub: Option<Arc<Hub>>,
    catalog: Option<Catalog>,
    certificates: Option<Certificates>,
    /// The other copies of this program, if there are any.
    cluster: Option<Cluster>,
    admin: Option<Admin>,
    socket: Option<Socket>,
    notifier: Notifier,
}

impl Daemon {
    async fn run(self, mut signals: Signals) -> anyhow::Result<ExitCode> {
        let statuses = Statuses::default();
        let syncing_numbers = Syncing::default();
        let audit = match &self.config.process.audit_log {
            Some(to) => Some(Audit::start(to, &self.store, statuses.clone())?),
            None => None,
        };
        let numbers = Numbers {
            started: self.started,
            server: self.server.metrics().clone(),
            statuses: statuses.clone(),
            store: Arc::clone(&self.store),
            syncing: syncing_numbers.clone(),
            leading: self.cluster.as_ref().map(Cluster::leading),
            figures: self.cluster.as_ref().map(Cluster::figures),
        };
        let pages = Arc::new(Pages {
            ready: AtomicBool::new(false),
            zones: (statuses.clone(), Arc::clone(&self.store)),
            live: Live::new(self.server.metrics().clone()),
            registry: numbers.into_registry(),
        });
        let mut banner = Banner {
            addresses: self.server.addresses().to_vec(),
            tls_addresses: self.server.tls_addresses().to_vec(),
            metrics: self.admin.as_ref().map(Admin::address),
            control: self
                .socket
                .as_ref()
                .map(|socket| PathBuf::from(socket.path())),
            zones: Vec::new(),
            failed: 0,
            waiting: 0,
            example: None,
        };
        let (stop, stop_admin) = (CancellationToken::new(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        if let Some(admin) = self.admin {
            let (pages, stop) = (Arc::clone(&pages), stop_admin.clone());
            tasks.spawn(async move { admin.run(pages, stop).await.context("serve metrics") });
        }
        let stop_storing = CancellationToken::new();
        let mut storing = JoinSet::new();
        if let Some(data_dir) = self.data_dir {
            storing.spawn(data_dir.keep(stop_storing.clone()));
        }
        let loader = Loader::new(Arc::clone(&self.store), self.style.color());
        let (keeper, handle) = Keeper::new(
            self.config.zones.clone(),
            Made::all(&self.config),
            loader,
            statuses.clone(),
        );
        let strict = self.config.zones.strict;
        let keeping = tokio::select! {
            keeping = keep(keeper, strict) => keeping?,
            signal = signals.next_stop() => {
                tracing::info!(signal, "ends before it has begun");
                return Ok(ExitCode::SUCCESS);
            }
        };
        let mut syncing = JoinSet::new();
        let (mut waits, mut questions, mut reread) = (Vec::new(), None, None);
        let only_follows = self
            .cluster
            .as_ref()
            .is_some_and(|cluster| !cluster.is_candidate());
        if let Some(settings) = self.config.sync.as_ref().filter(|_| !only_follows) {
            let color = self.style.color();
            let leading = self.cluster.as_ref().map(Cluster::leading);
            let started = sync::start(settings, &self.store, color, stop.clone(), leading);
            let running = started.await?;
            syncing_numbers.show(&running);
            (syncing, waits, reread) = (running.tasks, running.ready, running.reread);
            questions = Some((running.model, running.asks));
        }
        if let Some(catalog) = self.catalog {
            let leading = self.cluster.as_ref().map(Cluster::leading);
            syncing.spawn(catalog.run(statuses.clone(), leading, stop.clone()));
        }
        if let Some(certificates) = self.certificates {
            syncing.spawn(certificates.run(stop.clone()));
        }
        let mut copies = None;
        if let Some(cluster) = self.cluster {
            let model = questions.as_ref().map(|(model, _)| Model::clone(model));
            let known = known(std::mem::take(&mut waits), Arc::clone(&self.store));
            let sources = (model, known);
            let places = (self.server.addresses(), &statuses);
            let started = cluster.start(&self.config, sources, places, &mut syncing, &stop);
            let (ready, running) = started.await?;
            waits.push((Vec::new(), ready));
            copies = Some(running);
        }
        if let Some(follow) = self.follow {
            waits.extend(follow.start(&statuses, &mut syncing, &stop));
        }
        if let Some(socket) = self.socket {
            let answerer = Answerer {
                keeper: handle.clone(),
                statuses: statuses.clone(),
                store: Arc::clone(&self.store),
                hub: self.hub,
                sync: questions,
            };
            let stop = stop.clone();
            tasks.spawn(async move {
                serve_control(socket, answerer, stop)
                    .await
                    .context("take commands")
            });
        }
        let server = self.server;
        let stop_server = stop.clone();
        if waits.is_empty() {
            // Before the first answer: who sees an answer sees readiness too. The sockets are open,
            // so what comes in between waits in them.
            pages.ready.store(true, Relaxed);
        }
        tasks.spawn(async move { server.run(stop_server).await.context("answer queries") });
        if let Some(teller) = self.teller {
            syncing.spawn(teller.run(stop.clone()));
        }
        let settled = settle(waits, Arc::clone(&self.store), Arc::clone(&pages));
        let mut settled = Box::pin(settled);
        // Names from objects are mostly there in a moment; then the first lines tell of them.
        let at_once = tokio::time::timeout(MOMENT, &mut settled).await;
        return_memory();
        banner.add_zones(&statuses.all(), &self.store.snapshot());
        let zones = banner.zones.len();
        self.notifier.ready(&banner.status(zones));
        let ready = announce(self.style, &banner);
        match at_once {
            Ok(true) => ready(),
            Ok(false) => {}
            Err(_) => {
                tracing::info!("serving what is known, ready once all names are known");
                syncing.spawn(async move {
                    if settled.await {
                        ready();
                    }
                });
            }
        }
        let notifier = Arc::new(self.notifier);
        syncing.spawn(beat(
            Arc::clone(&notifier),
            Arc::clone(&pages),
            stop.clone(),
        ));
        let signal = serve(
            &mut signals,
            (&handle, reread.as_ref()),
            &notifier,
            &mut tasks,
            (&banner, &self.store),
        )
        .await;
        notifier.stopping();
        pages.ready.store(false, Relaxed);
        let signal = signal?;
        linger(signal, &mut signals, self.config.process.shutdown_delay).await;
        tracing::info!(signal, "ending, a second signal ends at once");
        if let Some(copies) = copies {
            tokio::select! {
                () = copies.resign() => {}
                signal = signals.another_stop() => bail!("ended at once by a second signal, {signal}"),
            }
        }
        stop.cancel();
        stop_admin.cancel();
        let updating = self.updating;
        let keeper_told = tokio::task::spawn_blocking(move || handle.give(Order::Stop));
        let drained = async {
            while syncing.join_next().await.is_some() {}
            while tasks.join_next().await.is_some() {}
            let _told = keeper_told.await;
            let _ended = keeping.await;
            // With the server the last way to hand in updates has gone; then nothing is written
            // any more.
            if let Some(thread) = updating {
                let _joined = tokio::task::spawn_blocking(move || thread.join()).await;
            }
            if let Some(audit) = audit {
                let _ended = tokio::task::spawn_blocking(|| audit.end()).await;
            }
            stop_storing.cancel();
            while storing.join_next().await.is_some() {}
        };
        tokio::select! {
            () = drained => {
                tracing::info!("ended");
                Ok(ExitCode::SUCCESS)
            }
            signal = signals.another_stop() => bail!("ended at once by a second signal, {signal}"),
            () = tokio::time::sleep(DEADLINE) => bail!("not all connections ended in {DEADLINE:?}"),
        }
    }
}

/// How long the first lines wait for names from objects.
const MOMENT: Duration = Duration::from_secs(1);

/// How often a taken port is tried.
const BIND_TRIES: u32 = 6;

/// How long between two tries.
const BIND_PAUSE: Duration = Duration::from_millis(100);

/// How long open connections may take to end.
const DEADLINE: Duration = Duration::from_secs(10);
