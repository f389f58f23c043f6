//! Model and destinations as the settings say, before anything runs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use cluster::RecordObjects;
use config::{Objects, Provider, Registry, Sync};
use plan::brake::Brake;
use plan::registry::{KeptLabels, Shadow};
use plan::{Desired, DynProvider, HttpCalls};
use provider::inmemory::InMemory;
use provider::layer::{DryRun, Kept, Metered, TimeLimit};
use provider::webhook::{Settings, Webhook};
use source::Engine;
use source::watch::Link;
use zone::Store;

use super::destination::{Destination, Doubt, Leftovers, Pace, Words};
use super::embedded::Embedded;
use super::feed;
use super::hosted;
use super::model::Model;
use super::options;
use super::own_zones::OwnZones;
use super::pass::Judge;
use super::report::{Outbox, Reports, Wishes};
use super::rfc2136;
use super::status::Status;
use super::unclaimed::Unclaimed;

/// The parts before anything runs.
pub(super) struct Parts {
    pub(super) model: Model,
    pub(super) destinations: Vec<Destination>,
    pub(super) link: Option<Link>,
    pub(super) outbox: Option<Outbox>,
    pub(super) reports: Reports,
    pub(super) calls: Arc<HttpCalls>,
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
        let registries = registries(sync, link.as_ref(), &calls).await?;
        let (reports, outbox) = match &link {
            Some(_) if !sync.dry_run => {
                let (reports, outbox) = Reports::new(&sync.events_emit, model.told());
                (reports, Some(outbox))
            }
            _ => (Reports::silent(), None),
        };
        let mut destinations = Vec::new();
        for settings in &sync.destinations {
            let destination = destination(
                settings,
                sync,
                store,
                (&model, registries.as_ref()),
                (&reports, &calls),
            )
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
    (model, registries): (&Model, Option<&Link>),
    (reports, calls): (&Reports, &Arc<HttpCalls>),
) -> anyhow::Result<Destination> {
    let status = Arc::new(Status::default());
    let embedded = match &settings.provider {
        Provider::Embedded(embedded) => Some(embedded),
        _ => None,
    };
    let mut provider = provider(settings, sync, store, calls)?;
    if sync.offer.is_none() {
        provider = kept(provider, settings, (registries, calls))?;
    }
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
                Registry::DynamoDb { txt, .. } | Registry::Txt(txt) => {
                    settings.cache_time.max(txt.cache_interval)
                }
                _ => settings.cache_time,
            },
        },
        model: model.clone(),
        pending: model.listen(),
        status,
        reports: reports.clone(),
        wishes: Wishes::default(),
        own: embedded.map(|embedded| OwnZones::new(Arc::clone(store), embedded.zones.clone())),
        losses: BTreeSet::new(),
        negotiated: false,
        stale: false,
        listed: None,
        took: Duration::ZERO,
        ready: None,
        refused: Words::default(),
        lost: Words::default(),
        nowhere: BTreeSet::new(),
        unclaimed: Unclaimed::default(),
        leading: None,
        term: None,
        doubt: Doubt::default(),
        looked: false,
        leftovers: Leftovers::default(),
        postponed: BTreeSet::new(),
    })
}

/// The way to the cluster for registries that keep ownership there.
async fn registries(
    sync: &Sync,
    link: Option<&Link>,
    calls: &Arc<HttpCalls>,
) -> anyhow::Result<Option<Link>> {
    let is_there =
        |settings: &config::Destination| matches!(settings.registry, Registry::Crd { .. });
    match &sync.objects {
        _ if !sync.destinations.iter().any(is_there) => Ok(None),
        Objects::Cluster(kubernetes) if link.is_none() => {
            Ok(Some(feed::link(kubernetes, calls).await?))
        }
        _ => Ok(link.cloned()),
    }
}

/// A provider whose records have their labels where the settings say.
fn kept(
    provider: Box<dyn DynProvider>,
    settings: &config::Destination,
    (registries, calls): (Option<&Link>, &Arc<HttpCalls>),
) -> anyhow::Result<Box<dyn DynProvider>> {
    Ok(match &settings.registry {
        Registry::Crd { txt, namespace } => {
            let link = registries.context("registry \"crd\" without a cluster")?;
            let namespace = namespace.clone().unwrap_or_else(|| link.namespace());
            let name = provider.name();
            let store = RecordObjects::new(link.clone(), &namespace, &txt.owner, name);
            let texts = options::texts(txt, settings)?;
            let labels = KeptLabels::new(&txt.owner, "crd/needs-migration", Some(texts));
            Box::new(Kept::new(provider, store, labels))
        }
        Registry::DynamoDb { txt, table } => {
            let texts = options::texts(txt, settings)?;
            hosted::keep(table, provider, (&txt.owner, texts), calls)?
        }
        // Whatever keeps them itself, or is in the zones.
        Registry::AwsSd { .. } | Registry::Layers { .. } | Registry::Noop | Registry::Txt(_) => {
            provider
        }
    })
}

fn provider(
    settings: &config::Destination,
    sync: &Sync,
    store: &Arc<Store>,
    calls: &Arc<HttpCalls>,
) -> anyhow::Result<Box<dyn DynProvider>> {
    Ok(match &settings.provider {
        Provider::Embedded(embedded) => {
            Box::new(Embedded::new(Arc::clone(store), embedded.zones.clone()))
        }
        Provider::Hosted(hosted) => {
            let domains = options::domain_filter(&settings.domain_filter)?;
            hosted::provider(hosted, settings, domains, (calls, sync.dry_run))?
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

/// How long the first pass over a destination of others waits for all objects.
const PATIENCE: Duration = Duration::from_secs(30);
