//! Everything started: model, feed, destinations.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use config::{Objects, Provider, Registry, Sync};
use plan::brake::Brake;
use plan::registry::Shadow;
use plan::{Desired, DynProvider, HttpCalls};
use provider::inmemory::InMemory;
use provider::layer::{DryRun, Metered, TimeLimit};
use provider::webhook::{Settings, Webhook};
use source::Engine;
use source::object::{DnsEndpoint, Kind};
use source::watch::{Link, Reporter};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::Name;
use zone::Store;

use crate::app::cluster::Leading;

use super::destination::{Asks, Destination, Doubt, Pace, Words};
use super::embedded::Embedded;
use super::feed::{self, Reread};
use super::model::{Model, Touched};
use super::options;
use super::own_zones::OwnZones;
use super::pass::Judge;
use super::report::{self, Outbox, Reports, Told, Wishes};
use super::resolve;
use super::rfc2136;
use super::status::Status;
use super::unclaimed::Unclaimed;

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

/// The parts before anything runs.
pub(super) struct Parts {
    pub(super) model: Model,
    pub(super) destinations: Vec<Destination>,
    link: Option<Link>,
    outbox: Option<Outbox>,
    reports: Reports,
    calls: Arc<HttpCalls>,
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

impl Parts {
    pub(super) async fn new(sync: &Sync, store: &Arc<Store>) -> anyhow::Result<Self> {
        let rows = options::rows(sync)?;
        let rules = options::source_rules(&sync.rules)?;
        let engine = Engine::new(Arc::new(rules), rows.iter().copied());
        let desired = Desired::new(options::merge_rules(sync, &rows));
        let model = Model::new(engine, desired);
        let calls = Arc::new(HttpCalls::default());
        let link = match &sync.objects {
            // A source that makes its names up needs no cluster.
            Objects::Cluster(_) if model.wanted().is_empty() => None,
            Objects::Cluster(kubernetes) => Some(feed::link(kubernetes, &calls).await?),
            Objects::Manifests(_) => None,
        };
        let (reports, outbox) = match &link {
            Some(_) if !sync.dry_run => {
                let (reports, outbox) = Reports::new(&sync.events_emit, model.told());
                (reports, Some(outbox))
            }
            _ => (Reports::silent(), None),
        };
        let mut destinations = Vec::new();
        for settings in &sync.destinations {
            let destination = destination(settings, sync, store, &model, (&reports, &calls))
                .with_context(|| format!("destination \"{}\"", settings.name))?;
            destinations.push(destination);
        }
        Ok(Self {
            model,
            destinations,
            link,
            outbox,
            reports,
            calls,
        })
    }
}

fn destination(
    settings: &config::Destination,
    sync: &Sync,
    store: &Arc<Store>,
    model: &Model,
    (reports, calls): (&Reports, &Arc<HttpCalls>),
) -> anyhow::Result<Destination> {
    let status = Arc::new(Status::default());
    let embedded = match &settings.provider {
        Provider::Embedded(embedded) => Some(embedded),
        _ => None,
    };
    let mut provider = provider(&settings.provider, store, calls)?;
    if sync.dry_run {
        provider = Box::new(DryRun(provider));
    }
    let provider = Box::new(Metered::new(provider, Arc::clone(&status.meter)));
    let mut zones: Vec<Box<str>> = Vec::new();
    if let Some(embedded) = embedded {
        zones.extend(
            embedded
                .zones
                .iter()
                .map(|zone| super::embedded::plain(zone.as_ref()).into()),
        );
        zones.sort_by_key(|zone| std::cmp::Reverse(zone.len()));
    }
    Ok(Destination {
        name: settings.name.clone(),
        provider,
        judge: Judge {
            provider: settings.provider.as_str(),
            rules: options::plan_rules(settings)?,
            maps: options::address_maps(&settings.address_maps)?,
            claims: options::claims(sync, embedded.is_some()),
            zones,
            embedded: embedded.is_some(),
        },
        shadow: Shadow::new(options::registry(settings)?),
        brake: Brake::new(options::brake_rules(sync)),
        pace: Pace {
            interval: sync.interval,
            between: settings.min_event_sync_interval,
            patience: if embedded.is_some() {
                Duration::ZERO
            } else {
                PATIENCE
            },
            kept: match &settings.registry {
                Registry::Txt(txt) => settings.cache_time.max(txt.cache_interval),
                _ => settings.cache_time,
            },
        },
        model: model.clone(),
        pending: model.listen(),
        status,
        reports: reports.clone(),
        wishes: Wishes::default(),
        own: embedded.map(|embedded| OwnZones::new(Arc::clone(store), embedded.zones.clone())),
        losses: std::collections::BTreeSet::new(),
        negotiated: false,
        stale: false,
        listed: None,
        ready: None,
        refused: Words::default(),
        lost: Words::default(),
        nowhere: std::collections::BTreeSet::new(),
        unclaimed: Unclaimed::default(),
        leading: None,
        term: None,
        doubt: Doubt::default(),
        looked: false,
        postponed: std::collections::BTreeSet::new(),
    })
}

fn provider(
    settings: &Provider,
    store: &Arc<Store>,
    calls: &Arc<HttpCalls>,
) -> anyhow::Result<Box<dyn DynProvider>> {
    Ok(match settings {
        Provider::Embedded(embedded) => {
            Box::new(Embedded::new(Arc::clone(store), embedded.zones.clone()))
        }
        Provider::InMemory(memory) => Box::new(InMemory::new(&memory.zones)),
        Provider::Rfc2136(servers) => rfc2136::provider(servers)?,
        Provider::Webhook(webhook) => {
            let limit = webhook.read_timeout + webhook.write_timeout;
            let cap = usize::try_from(webhook.max_body_size).unwrap_or(usize::MAX);
            let settings = Settings {
                url: webhook.url.clone(),
                limit,
                cap,
                calls: Arc::clone(calls),
            };
            Box::new(TimeLimit::new(
                Box::new(Webhook::new(&settings)?),
                limit * 2,
            ))
        }
    })
}

/// Objects that are not listed in this time end a single pass.
const LISTING: Duration = Duration::from_secs(60);

/// What is said then.
const WAITED: &str = " in 60 seconds";

/// How long a single pass waits for the cluster to take what it is told.
const TELLING: Duration = Duration::from_secs(10);

/// How long the first pass over a destination of others waits for all objects.
const PATIENCE: Duration = Duration::from_secs(30);

/// Questions waiting for an answer.
const ASKS: usize = 16;
