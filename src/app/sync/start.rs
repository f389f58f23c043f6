//! Everything started: model, feed, destinations.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use config::{Objects, Provider, Sync};
use plan::HttpCalls;
use source::object::{DnsEndpoint, Kind};
use source::watch::{Link, Reporter};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::Name;
use zone::Store;

use crate::app::cluster::Leading;

use super::destination::{Asks, Destination};
use super::feed::{self, Reread};
use super::model::{Model, Touched};
use super::offer;
use super::parts::Parts;
use super::report::{self, Outbox, Reports, Told};
use super::resolve;

/// What runs.
pub(crate) struct Running {
    pub(crate) model: Model,
    /// The way to ask each destination.
    pub(crate) asks: Vec<Asks>,
    /// Destinations of our own zones: told by each once all is as wanted there.
    pub(crate) ready: Vec<(Vec<Name>, oneshot::Receiver<()>)>,
    pub(crate) tasks: JoinSet<()>,
    /// Has manifests read again; none if objects come from elsewhere.
    pub(crate) reread: Option<Reread>,
    /// Requests by HTTP.
    pub(crate) calls: Arc<HttpCalls>,
}

/// All objects known, and destinations that have done nothing yet.
pub(super) struct Settled {
    pub(super) destinations: Vec<Destination>,
    pub(super) stop: CancellationToken,
    /// What follows the objects.
    _tasks: JoinSet<()>,
    told: Arc<Told>,
    /// What is told comes out here; nobody is told if it is dropped.
    writer: Option<(Reporter, Outbox)>,
}

/// Starts everything.
///
/// # Errors
/// The settings lead to no cluster, or a part cannot be made of them. What goes wrong later is
/// tried again.
pub(crate) async fn start(
    sync: &Sync,
    store: &Arc<Store>,
    color: bool,
    stop: CancellationToken,
    leading: Option<Leading>,
) -> anyhow::Result<Running> {
    let parts = Parts::new(sync, store).await?;
    let (mut tasks, mut asks, mut ready) = (JoinSet::new(), Vec::new(), Vec::new());
    if let Some(offer) = &sync.offer {
        let offered = parts.destinations.into_iter().next();
        let offered = offered.context("there is no provider to be offered")?;
        tasks.spawn(offer::bind(offer, offered).await?.run(stop));
        return Ok(Running {
            model: parts.model,
            asks,
            ready,
            tasks,
            reread: None,
            calls: parts.calls,
        });
    }
    for (settings, mut destination) in sync.destinations.iter().zip(parts.destinations) {
        let (sender, receiver) = mpsc::channel(ASKS);
        asks.push(Asks {
            name: destination.name.clone(),
            sender,
            status: Arc::clone(&destination.status),
            pending: Arc::clone(&destination.pending),
            provider: destination.judge.provider,
            owner: destination
                .judge
                .rules
                .owner
                .as_deref()
                .unwrap_or_default()
                .into(),
        });
        if let Provider::Embedded(embedded) = &settings.provider {
            let (told, wait) = oneshot::channel();
            destination.ready = Some(told);
            for zone in &embedded.zones {
                store.set_incomplete(zone, true);
            }
            ready.push((embedded.zones.clone(), wait));
        }
        let destination = match &leading {
            Some(leading) => destination.led_by(leading),
            None => destination,
        };
        tasks.spawn(destination.run(receiver, stop.clone()));
    }
    if let Some((reporter, outbox)) = writer(sync, parts.link.as_ref(), parts.outbox) {
        let stop = stop.clone();
        tasks.spawn(async move {
            tokio::select! {
                () = report::write(reporter, outbox, leading) => {}
                () = stop.cancelled() => {}
            }
        });
    }
    let model = parts.model.clone();
    let reread = spawn_feed(
        &mut tasks,
        sync,
        parts.link,
        (&model, parts.reports),
        color,
        &stop,
    );
    Ok(Running {
        model,
        asks,
        ready,
        tasks,
        reread,
        calls: parts.calls,
    })
}

/// One full pass over every destination, then the end.
///
/// # Errors
/// Objects could not be listed, or a destination could not be read or written.
pub(crate) async fn once(sync: &Sync, store: &Arc<Store>, color: bool) -> anyhow::Result<()> {
    let Settled {
        mut destinations,
        stop,
        _tasks: mut tasks,
        told,
        writer,
    } = settled(sync, store, color).await?;
    let mut writing = JoinSet::new();
    if let Some((reporter, outbox)) = writer {
        writing.spawn(report::write(reporter, outbox, None));
    }
    let result = each_once(&mut destinations).await;
    // Whoever may tell something ends, and so does the writer then.
    drop(destinations);
    stop.cancel();
    if !writing.is_empty() {
        tasks.shutdown().await;
    }
    let written = async { while writing.join_next().await.is_some() {} };
    if timeout(TELLING, written).await.is_err() {
        let statuses = told.waiting();
        tracing::warn!(
            statuses,
            "not all that there is to tell the cluster was written in {TELLING:?}"
        );
    }
    result
}

async fn each_once(destinations: &mut [Destination]) -> anyhow::Result<()> {
    for destination in destinations {
        let name = destination.name.clone();
        destination
            .once()
            .await
            .with_context(|| format!("destination \"{name}\""))?;
        if let Some((name, reason)) = destination.refused.first() {
            bail!("destination \"{}\": \"{name}\": {reason}", destination.name);
        }
    }
    Ok(())
}

/// All objects known and destinations that have done nothing yet.
pub(super) async fn settled(
    sync: &Sync,
    store: &Arc<Store>,
    color: bool,
) -> anyhow::Result<Settled> {
    let parts = Parts::new(sync, store).await?;
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let model = parts.model.clone();
    let writer = writer(sync, parts.link.as_ref(), parts.outbox);
    let _read_once = spawn_feed(
        &mut tasks,
        sync,
        parts.link,
        (&model, parts.reports),
        color,
        &stop,
    );
    // Neither do files change by waiting, nor rights.
    let decided = timeout(LISTING, model.decided()).await.is_ok();
    if decided && !model.is_complete() && matches!(sync.objects, Objects::Manifests(_)) {
        bail!("a manifest cannot be read, see above");
    }
    if !model.is_complete() {
        bail!(
            "not all objects could be listed{}\n  {}",
            if decided { "" } else { WAITED },
            model.ailments().join("\n  ")
        );
    }
    Ok(Settled {
        destinations: parts.destinations,
        stop,
        _tasks: tasks,
        told: Arc::clone(model.told()),
        writer,
    })
}

/// What writes to the cluster, and what.
fn writer(sync: &Sync, link: Option<&Link>, outbox: Option<Outbox>) -> Option<(Reporter, Outbox)> {
    let Objects::Cluster(kubernetes) = &sync.objects else {
        return None;
    };
    let (qps, burst) = (kubernetes.qps, kubernetes.burst);
    let reporter = Reporter::new(link?.clone(), qps, burst, feed::patience(kubernetes));
    Some((reporter, outbox?))
}

fn spawn_feed(
    tasks: &mut JoinSet<()>,
    sync: &Sync,
    link: Option<Link>,
    (model, reports): (&Model, Reports),
    color: bool,
    stop: &CancellationToken,
) -> Option<Reread> {
    let (model, stop) = (model.clone(), stop.clone());
    if sync.rules.resolve_load_balancer_hostname {
        tasks.spawn(resolve::run(model.clone(), stop.clone()));
    }
    let seen = model.clone();
    let touched = move |touched: &[Touched]| observe(&seen, &reports, touched);
    match (&sync.objects, link) {
        (Objects::Manifests(paths), _) => {
            let paths: Vec<PathBuf> = paths.clone();
            let (reread, reasons) = feed::reasons();
            let reasons = (reread.clone(), reasons);
            tasks.spawn_blocking(move || {
                feed::files(&paths, &model, touched, color, reasons, &stop);
            });
            return Some(reread);
        }
        (Objects::Cluster(kubernetes), Some(link)) => {
            let sources = sync.sources.iter().map(|source| source.as_str()).collect();
            let rules = sync.rules.clone();
            let watches = feed::Watches::new(link, kubernetes, rules, sources);
            tasks.spawn(feed::cluster(watches, model, touched, stop));
        }
        // Nothing of it is wanted.
        (Objects::Cluster(_), None) => {}
    }
    None
}

/// Says in the status of DNSEndpoints that they were seen, and on objects what is wrong with them.
fn observe(model: &Model, reports: &Reports, touched: &[Touched]) {
    for Touched {
        kind,
        key,
        problems,
    } in touched
    {
        if *kind != Kind::DnsEndpoint && problems.is_empty() {
            continue;
        }
        let inner = model.read();
        let index = inner.engine.index();
        if *kind == Kind::DnsEndpoint {
            let object = index.get::<DnsEndpoint>(key);
            let unsaid = object.filter(|object| {
                object.observed != object.generation && inner.engine.rules().selects(&object.meta)
            });
            match unsaid {
                Some(object) => reports.observed(key.clone(), object.generation),
                None => reports.unobserved(key),
            }
        }
        if let (Some(meta), false) = (index.meta(*kind, key), problems.is_empty()) {
            reports.wrong(&meta.reference(*kind), problems);
        }
    }
}

/// Objects that are not listed in this time end a single pass.
const LISTING: Duration = Duration::from_secs(60);

/// What is said then.
const WAITED: &str = " in 60 seconds";

/// How long a single pass waits for the cluster to take what it is told.
const TELLING: Duration = Duration::from_secs(10);

/// Questions waiting for an answer.
const ASKS: usize = 16;
