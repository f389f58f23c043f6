//! The daemon from its first zone to its end.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, bail};
use config::Config;
use server::Server;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use zone::Store;

use super::serving::{announce, beat, keep, known, linger, return_memory, serve, settle};
use crate::app::admin::{Admin, Live, Pages};
use crate::app::audit::Audit;
use crate::app::banner::Banner;
use crate::app::catalog::Catalog;
use crate::app::certificates::Certificates;
use crate::app::clock::Moment;
use crate::app::cluster::Cluster;
use crate::app::control::{Answerer, Socket, serve as serve_control};
use crate::app::data_dir::DataDir;
use crate::app::follow::{Follow, Hub};
use crate::app::metrics::{Numbers, Syncing};
use crate::app::secondaries::Teller;
use crate::app::shutdown::Signals;
use crate::app::sync::{self, Model};
use crate::app::systemd::Notifier;
use crate::app::telemetry::Style;
use crate::app::zones::{Keeper, Loader, Made, Order, Statuses};

/// Everything that is open before the first zone is read.
pub(super) struct Daemon {
    pub(super) started: Moment,
    pub(super) style: Style,
    pub(super) config: Config,
    pub(super) store: Arc<Store>,
    pub(super) server: Server,
    pub(super) data_dir: Option<DataDir>,
    /// The thread that carries out updates.
    pub(super) updating: Option<JoinHandle<()>>,
    pub(super) teller: Option<Teller>,
    pub(super) follow: Option<Follow>,
    pub(super) hub: Option<Arc<Hub>>,
    pub(super) catalog: Option<Catalog>,
    pub(super) certificates: Option<Certificates>,
    /// The other copies of this program, if there are any.
    pub(super) cluster: Option<Cluster>,
    pub(super) admin: Option<Admin>,
    pub(super) socket: Option<Socket>,
    pub(super) notifier: Notifier,
}

impl Daemon {
    /// Runs to its end.
    pub(super) async fn run(self, mut signals: Signals) -> anyhow::Result<ExitCode> {
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

/// How long open connections may take to end.
const DEADLINE: Duration = Duration::from_secs(10);
