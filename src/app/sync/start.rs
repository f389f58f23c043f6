//! Everything started: model, feed, destinations.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use config::{Objects, Provider, Sync};
use plan::brake::Brake;
use plan::registry::Shadow;
use plan::{Desired, DynProvider};
use provider::inmemory::InMemory;
use provider::layer::{DryRun, Metered, TimeLimit};
use provider::webhook::{Settings, Webhook};
use source::Engine;
use source::object::{DnsEndpoint, Kind};
use source::watch::Reporter;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use wire::Name;
use zone::Store;

use super::destination::{Asks, Destination, Doubt, Pace, Words};
use super::embedded::Embedded;
use super::feed::{self, Reread};
use super::model::{Model, Touched};
use super::options;
use super::own_zones::OwnZones;
use super::pass::Judge;
use super::report::{self, Reports};
use super::resolve;
use super::rfc2136;
use super::status::Status;

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
}

/// The parts before anything runs.
pub(super) struct Parts {
    pub(super) model: Model,
    pub(super) destinations: Vec<Destination>,
    client: Option<kube::Client>,
    items: Option<mpsc::Receiver<report::Item>>,
    reports: Reports,
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
) -> anyhow::Result<Running> {
    let parts = Parts::new(sync, store).await?;
    let (mut tasks, mut asks, mut ready) = (JoinSet::new(), Vec::new(), Vec::new());
    for (settings, mut destination) in sync.destinations.iter().zip(parts.destinations) {
        let (sender, receiver) = mpsc::channel(ASKS);
        asks.push(Asks {
            name: destination.name.clone(),
            sender,
            status: Arc::clone(&destination.status),
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
        tasks.spawn(destination.run(receiver, stop.clone()));
    }
    if let (Some(client), Some(items), Objects::Cluster(kubernetes)) =
        (&parts.client, parts.items, &sync.objects)
    {
        let patience = feed::patience(kubernetes);
        let reporter = Reporter::new(client.clone(), kubernetes.qps, kubernetes.burst, patience);
        tasks.spawn(report::write(reporter, items));
    }
    let model = parts.model.clone();
    let reread = spawn_feed(
        &mut tasks,
        sync,
        parts.client,
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
    })
}

/// One full pass over every destination, then the end.
///
/// # Errors
/// Objects could not be listed, or a destination could not be read or written.
pub(crate) async fn once(sync: &Sync, store: &Arc<Store>, color: bool) -> anyhow::Result<()> {
    let (mut destinations, _tasks, stop) = settled(sync, store, color).await?;
    for destination in &mut destinations {
        let name = destination.name.clone();
        destination
            .once()
            .await
            .with_context(|| format!("destination \"{name}\""))?;
        if let Some((name, reason)) = destination.refused.first() {
            bail!("destination \"{}\": \"{name}\": {reason}", destination.name);
        }
    }
    stop.cancel();
    Ok(())
}

/// All objects known and destinations that have done nothing yet.
pub(super) async fn settled(
    sync: &Sync,
    store: &Arc<Store>,
    color: bool,
) -> anyhow::Result<(Vec<Destination>, JoinSet<()>, CancellationToken)> {
    let parts = Parts::new(sync, store).await?;
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let model = parts.model.clone();
    let _read_once = spawn_feed(
        &mut tasks,
        sync,
        parts.client,
        (&model, parts.reports),
        color,
        &stop,
    );
    let listed = async {
        tokio::select! {
            () = model.complete() => {}
            // Files do not change by waiting.
            () = model.known(), if matches!(sync.objects, Objects::Manifests(_)) => {}
        }
    };
    if timeout(LISTING, listed).await.is_ok() && !model.is_complete() {
        bail!("a manifest cannot be read, see above");
    }
    if !model.is_complete() {
        bail!(
            "not all objects could be listed in {LISTING:?}\n  {}",
            model.ailments().join("\n  ")
        );
    }
    Ok((parts.destinations, tasks, stop))
}

fn spawn_feed(
    tasks: &mut JoinSet<()>,
    sync: &Sync,
    client: Option<kube::Client>,
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
    match (&sync.objects, client) {
        (Objects::Manifests(paths), _) => {
            let paths: Vec<PathBuf> = paths.clone();
            let (reread, reasons) = feed::reasons();
            let reasons = (reread.clone(), reasons);
            tasks.spawn_blocking(move || {
                feed::files(&paths, &model, touched, color, reasons, &stop);
            });
            return Some(reread);
        }
        (Objects::Cluster(kubernetes), Some(client)) => {
            let sources = sync.sources.iter().map(|source| source.as_str()).collect();
            let rules = sync.rules.clone();
            let watches = feed::Watches::new(client, kubernetes, rules, sources);
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
        if let Some(object) = index
            .get::<DnsEndpoint>(key)
            .filter(|_| *kind == Kind::DnsEndpoint)
            && object.observed != object.generation
        {
            reports.observed(key.clone(), object.generation);
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
        let client = match &sync.objects {
            // A source that makes its names up needs no cluster.
            Objects::Cluster(_) if model.wanted().is_empty() => None,
            Objects::Cluster(kubernetes) => Some(feed::client(kubernetes).await?),
            Objects::Manifests(_) => None,
        };
        let (reports, items) = match &client {
            Some(_) if !sync.dry_run => {
                let (reports, items) = Reports::new(&sync.events_emit);
                (reports, Some(items))
            }
            _ => (Reports::silent(), None),
        };
        let mut destinations = Vec::new();
        for settings in &sync.destinations {
            let destination = destination(settings, sync, store, &model, &reports)
                .with_context(|| format!("destination \"{}\"", settings.name))?;
            destinations.push(destination);
        }
        Ok(Self {
            model,
            destinations,
            client,
            items,
            reports,
        })
    }
}

fn destination(
    settings: &config::Destination,
    sync: &Sync,
    store: &Arc<Store>,
    model: &Model,
    reports: &Reports,
) -> anyhow::Result<Destination> {
    let status = Arc::new(Status::default());
    let embedded = match &settings.provider {
        Provider::Embedded(embedded) => Some(embedded),
        _ => None,
    };
    let mut provider = provider(&settings.provider, store)?;
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
        },
        model: model.clone(),
        pending: model.listen(),
        status,
        reports: reports.clone(),
        own: embedded.map(|embedded| OwnZones::new(Arc::clone(store), embedded.zones.clone())),
        losses: std::collections::BTreeSet::new(),
        negotiated: false,
        stale: false,
        ready: None,
        refused: Words::default(),
        lost: Words::default(),
        nowhere: std::collections::BTreeSet::new(),
        doubt: Doubt::default(),
        looked: false,
        postponed: std::collections::BTreeSet::new(),
    })
}

fn provider(settings: &Provider, store: &Arc<Store>) -> anyhow::Result<Box<dyn DynProvider>> {
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

/// How long the first pass over a destination of others waits for all objects.
const PATIENCE: Duration = Duration::from_secs(30);

/// Questions waiting for an answer.
const ASKS: usize = 16;
