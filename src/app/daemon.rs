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
use server::{BindError, Server};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wire::Name;
use zone::Store;

use super::admin::{Admin, Live, Pages};
use super::authority;
use super::banner::Banner;
use super::catalog::Catalog;
use super::clock::{self, Moment};
use super::control::{Answerer, Socket, serve as serve_control};
use super::data_dir::DataDir;
use super::follow::{self, Follow, Hub};
use super::metrics::{Numbers, Syncing};
use super::privileges::{self, Identity};
use super::secondaries::{self, Secondaries, Teller};
use super::server_options;
use super::shutdown::{Signals, Wish};
use super::sync::{self, Reread};
use super::systemd::{self, Notifier};
use super::telemetry::{self, Style};
use super::zones::{Handle, Keeper, Loader, Made, Order, Statuses};

/// Runs the daemon to its end.
pub(super) fn run(config: Config, environment: Environment<'_>) -> anyhow::Result<ExitCode> {
    let started = clock::now();
    let inherited = systemd::inherited(environment)?;
    let style = Style::of_stderr(config.log.format, environment);
    style.install(config.log.level);
    telemetry::warn_of(&config);
    privileges::raise_open_files();
    let identity = Identity::find(&config.process)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(1, |n| n.get().min(4)))
        .thread_name("tasks")
        .enable_all()
        .build()
        .context("start the threads for TCP")?;
    let store = Arc::new(Store::new(seed()?));
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
    let server = bind(&config, inherited, &authority, &store)?;
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
    let teller = secondaries::listen(Secondaries::new(&config.peers.notify), &store);
    let data_dir = match &config.data_dir {
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
    let catalog = match &config.peers.catalog {
        Some(settings) => Some(Catalog::open(settings, &config, &store)?),
        None => None,
    };
    let daemon = Daemon {
        catalog,
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
    result
}

/// Opens the sockets of the server. A daemon that was killed a moment ago may still have the port:
/// its memory is freed before its sockets.
fn bind(
    config: &Config,
    inherited: Vec<OwnedFd>,
    authority: &Authority,
    store: &Arc<Store>,
) -> anyhow::Result<Server> {
    let secret = random()?;
    let mut tries = if inherited.is_empty() { BIND_TRIES } else { 1 };
    let mut inherited = Some(inherited);
    loop {
        tries -= 1;
        let options = server_options::options(config, inherited.take().unwrap_or_default(), secret);
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
    admin: Option<Admin>,
    socket: Option<Socket>,
    notifier: Notifier,
}

impl Daemon {
    async fn run(self, mut signals: Signals) -> anyhow::Result<ExitCode> {
        let statuses = Statuses::default();
        let syncing_numbers = Syncing::default();
        let numbers = Numbers {
            started: self.started,
            server: self.server.metrics().clone(),
            statuses: statuses.clone(),
            store: Arc::clone(&self.store),
            syncing: syncing_numbers.clone(),
        };
        let pages = Arc::new(Pages {
            ready: AtomicBool::new(false),
            zones: (statuses.clone(), Arc::clone(&self.store)),
            live: Live::new(self.server.metrics().clone()),
            registry: numbers.into_registry(),
        });
        let mut banner = Banner {
            addresses: self.server.addresses().to_vec(),
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
        if let Some(catalog) = self.catalog {
            syncing.spawn(catalog.run(statuses.clone(), stop.clone()));
        }
        let (mut waits, mut questions, mut reread) = (Vec::new(), None, None);
        if let Some(settings) = &self.config.sync {
            let color = self.style.color();
            let running = sync::start(settings, &self.store, color, stop.clone()).await?;
            syncing_numbers.show(&running);
            (syncing, waits, reread) = (running.tasks, running.ready, running.reread);
            questions = Some((running.model, running.asks));
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
        let signal = serve(
            &mut signals,
            (&handle, reread.as_ref()),
            &self.notifier,
            &mut tasks,
            (&banner, &self.store),
        )
        .await;
        self.notifier.stopping();
        pages.ready.store(false, Relaxed);
        let signal = signal?;
        tracing::info!(signal, "ending, a second signal ends at once");
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

/// Reads all zones and follows their files from then on, in a thread of its own. Done when they
/// have been read; what it gives is done when the thread ends.
async fn keep(mut keeper: Keeper, strict: bool) -> anyhow::Result<oneshot::Receiver<()>> {
    let (loaded, wait) = oneshot::channel();
    let (ended, keeping) = oneshot::channel();
    let thread = std::thread::Builder::new().name("zones".to_owned());
    thread
        .spawn(move || {
            let failed = keeper.load();
            if loaded.send(failed).is_ok() {
                keeper.run();
            }
            // Nobody may be waiting.
            let _unheard = ended.send(()).is_err();
        })
        .context("start the thread for zones")?;
    match wait.await {
        Ok(0) => Ok(keeping),
        Ok(_) if !strict => Ok(keeping),
        Ok(failed) => bail!(
            "--strict: not all zones are as they should be ({failed}, see above)\n  hint: correct \
             them, or leave --strict out to serve the others"
        ),
        Err(_) => bail!("reading the zones ended by a panic"),
    }
}

/// Serves until a signal asks to end, or a part that must not end has.
async fn serve(
    signals: &mut Signals,
    (handle, manifests): (&Handle, Option<&Reread>),
    notifier: &Notifier,
    tasks: &mut JoinSet<anyhow::Result<()>>,
    (banner, store): (&Banner, &Store),
) -> anyhow::Result<&'static str> {
    loop {
        let wish = tokio::select! {
            wish = signals.next() => wish,
            Some(ended) = tasks.join_next() => {
                ended.context("a task ended by a panic")??;
                continue;
            }
        };
        match wish {
            Wish::Stop(signal) => return Ok(signal),
            Wish::Reload => {
                match manifests {
                    None => tracing::info!(
                        "SIGHUP: reading all zone files again; settings are read at the start only"
                    ),
                    Some(manifests) => {
                        tracing::info!(
                            "SIGHUP: reading all zone files and manifests again; settings are read at the start only"
                        );
                        manifests.ask();
                    }
                }
                notifier.reloading();
                reload(handle.clone()).await;
                notifier.ready(&banner.status(store.snapshot().zones().count()));
            }
        }
    }
}

async fn reload(handle: Handle) {
    let (reply, outcomes) = oneshot::channel();
    let given = tokio::task::spawn_blocking(move || handle.give(Order::Reload(Vec::new(), reply)));
    if let (Ok(true), Ok(outcomes)) = (given.await, outcomes.await) {
        let results = || outcomes.iter().map(|outcome| &outcome.result);
        let changed = results().flatten().filter(|served| served.changed).count();
        let wrong = results().filter(|result| result.is_err()).count();
        tracing::info!(
            zones = outcomes.len(),
            changed,
            wrong,
            "zone files were read again"
        );
    }
}

/// Waits until all destinations of our own zones have all names: then "nothing" is an answer there
/// too, and we are ready. False if one of them ended before.
async fn settle(
    waits: Vec<(Vec<Name>, oneshot::Receiver<()>)>,
    store: Arc<Store>,
    pages: Arc<Pages>,
) -> bool {
    for (zones, wait) in waits {
        if wait.await.is_err() {
            return false;
        }
        for zone in zones {
            store.set_incomplete(&zone, false);
        }
    }
    pages.ready.store(true, Relaxed);
    true
}

/// Says what is served, for people. What comes back says that we are ready, to people or machines.
fn announce(style: Style, banner: &Banner) -> impl FnOnce() + Send + use<> {
    if style.is_text() {
        telemetry::say(&banner.text());
    }
    let ready = banner.ready();
    let addresses: Vec<String> = banner.addresses.iter().map(ToString::to_string).collect();
    let metrics = banner.metrics.map(|address| address.to_string());
    let (zones, failed) = (banner.zones.len(), banner.failed);
    move || {
        if style.is_text() {
            telemetry::say(&format!("{ready}\n"));
        } else {
            tracing::info!(
                zones,
                failed,
                addresses = addresses.join(" "),
                metrics,
                "ready"
            );
        }
    }
}

/// Lets the allocator give memory back to the system by itself, also when nothing else happens.
///
/// Not before the first zones are read: without its thread the allocator gives large pieces back at
/// once, and those are what a load leaves behind.
fn return_memory() {
    if let Err(error) = tikv_jemalloc_ctl::background_thread::write(true) {
        tracing::debug!(%error, "memory is given back to the system only now and then");
    }
}

/// Seeds of the store's hashes.
fn seed() -> anyhow::Result<[u64; 2]> {
    let bytes = random()?;
    let (high, low) = bytes.split_at(8);
    let word = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    Ok([word(high), word(low)])
}

fn random() -> anyhow::Result<[u8; 16]> {
    let mut bytes = [0; 16];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => bail!("get random bytes from the system: {error}"),
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
