//! The calls that read, and what is known from them.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plan::ErrorKind;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::owner::{Acting, owner_of};
use super::quirks::QUIRKS;
use super::service::{Instance, Service};
use crate::amazon::{self, Rpc};
use crate::client::{self, Refusal};
use crate::exec::{Answer, Api};
use crate::record::Found;
use crate::record::quirks::Quirks;
use crate::zones::Zone;

/// Cloud Map, for one account in one region.
#[derive(Debug)]
pub(super) struct CloudMap {
    pub(super) calls: Arc<Calls>,
    /// Only private namespaces, or only public ones.
    pub(super) private: Option<bool>,
    /// The owner whose empty services are deleted.
    pub(super) cleans: Option<Box<str>>,
    /// Tags of services that are made.
    pub(super) tags: Vec<(String, String)>,
    /// On whose behalf changes are made.
    pub(super) acting: Acting,
    pub(super) known: Mutex<Known>,
}

/// Who is asked.
#[derive(Debug)]
pub(super) struct Calls {
    rpc: Rpc,
    /// Where clients look services up.
    data: Rpc,
    /// Whether instances may only be looked up as clients do.
    denied: AtomicBool,
}

/// What is known of all namespaces that were listed.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Services, by the identifier of their namespace and the whole name, normalized.
    pub(super) services: BTreeMap<(Box<str>, Box<str>), Service>,
    /// What was asked for and is not seen yet.
    pub(super) asked: Vec<Asked>,
}

/// A change that was accepted.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// The identifier of the service.
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) what: Wish,
}

/// What an accepted change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// That an instance is gone.
    Gone(String),
    /// That an instance is there.
    There(String),
    /// That the records have this TTL.
    Ttl(u32),
}

impl Asked {
    /// Whether a service shows it.
    fn is_seen(&self, service: &Service) -> bool {
        let has = |id: &String| service.instances.iter().any(|it| it.id == *id);
        match &self.what {
            Wish::Gone(id) => !has(id),
            Wish::There(id) => has(id),
            Wish::Ttl(ttl) => service.records().iter().all(|it| it.ttl == *ttl),
        }
    }
}

impl Calls {
    pub(super) fn new(rpc: Rpc, data: Rpc) -> Self {
        Self {
            rpc,
            data,
            denied: AtomicBool::new(false),
        }
    }

    /// The instances of a service. The policy that external-dns's documentation has lets them only be
    /// looked up as clients do, which may show them a moment late.
    async fn instances(&self, zone: &str, service: &Service) -> Answer<Vec<Instance>> {
        if !self.denied.load(Relaxed) {
            let body = json!({"ServiceId": service.id, "MaxResults": PAGE});
            let pages: Answer<Vec<InstancePage>> = pages(&self.rpc, LIST_INSTANCES, body).await;
            match pages {
                Err(error) if error.kind == ErrorKind::Config => self.denied.store(true, Relaxed),
                pages => return Ok(pages?.into_iter().flat_map(|page| page.instances).collect()),
            }
        }
        let body = json!({
            "NamespaceName": zone,
            "ServiceName": service.name,
            "HealthStatus": "ALL",
            "MaxResults": MOST_INSTANCES,
        });
        let found: Discovered = self.data.ask(DISCOVER_INSTANCES, &body).await?;
        Ok(found.instances)
    }
}

impl CloudMap {
    pub(super) fn rpc(&self) -> &Rpc {
        &self.calls.rpc
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        // What it holds is whole between any two statements.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All services of a namespace, with their instances.
    async fn services(&self, zone: &Zone) -> Answer<Vec<Service>> {
        let body = json!({
            "Filters": [{"Name": "NAMESPACE_ID", "Values": [&*zone.id]}],
            "MaxResults": PAGE,
        });
        let all: Vec<ServicePage> = pages(self.rpc(), LIST_SERVICES, body).await?;
        let mut left = all.into_iter().flat_map(|page| page.services);
        let (mut under_way, mut services) = (JoinSet::new(), Vec::new());
        loop {
            while under_way.len() < AT_ONCE
                && let Some(service) = left.next()
            {
                if service.instance_count == Some(0) {
                    services.push(service);
                    continue;
                }
                under_way.spawn(whole(Arc::clone(&self.calls), zone.name.clone(), service));
            }
            let Some(read) = under_way.join_next().await else {
                return Ok(services);
            };
            let read = read.map_err(|error| {
                let message = format!("a call was left: {error}");
                self.rpc()
                    .error(ErrorKind::Unavailable, LIST_INSTANCES, message)
            })?;
            services.extend(read?);
        }
    }

    /// Deletes services of ours that have no instances, if users want that.
    async fn clean(&self, services: &mut Vec<Service>) {
        let Some(owner) = self.cleans.as_deref() else {
            return;
        };
        let mut gone = HashSet::new();
        for service in services.iter() {
            let is_ours = owner_of(service.description.as_deref()).as_deref() == Some(owner);
            let is_waiting = || {
                let known = self.known();
                known.asked.iter().any(|it| it.service == service.id)
            };
            if !service.instances.is_empty() || !is_ours || is_waiting() {
                continue;
            }
            let body = json!({"Id": service.id});
            match self.rpc().ask::<Value>(DELETE_SERVICE, &body).await {
                Ok(_) => {
                    gone.insert(service.id.clone());
                }
                Err(error) => {
                    let (service, error) = (&service.name, client::chain(&error));
                    tracing::warn!(service, error, "an empty service is not deleted");
                }
            }
        }
        services.retain(|service| !gone.contains(&service.id));
    }

    /// All records of a namespace.
    pub(super) async fn read(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let mut services = self.services(zone).await?;
        {
            let mut known = self.known();
            for service in &services {
                let is_open = |it: &Asked| it.service != service.id || !it.is_seen(service);
                known.asked.retain(is_open);
            }
        }
        self.clean(&mut services).await;
        let found = services.iter().flat_map(|service| service.found(zone));
        let found = found.collect();
        let mut known = self.known();
        let mut gone = HashSet::new();
        known.services.retain(|(id, _), service| {
            if *id != zone.id {
                return true;
            }
            gone.insert(service.id.clone());
            false
        });
        for service in &services {
            gone.remove(&service.id);
        }
        known.asked.retain(|it| !gone.contains(&it.service));
        for service in services {
            let name = plan::name::normalize(&service.whole(zone)).into();
            known.services.insert((zone.id.clone(), name), service);
        }
        Ok(found)
    }
}

/// A service with its instances; nothing if it has gone meanwhile.
async fn whole(calls: Arc<Calls>, zone: Box<str>, mut service: Service) -> Answer<Option<Service>> {
    match calls.instances(&zone, &service).await {
        Ok(instances) => {
            service.instances = instances;
            Ok(Some(service))
        }
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A list, page by page.
async fn pages<T: DeserializeOwned + Page>(
    rpc: &Rpc,
    operation: &'static str,
    mut body: Value,
) -> Answer<Vec<T>> {
    let (mut all, mut asked) = (Vec::new(), HashSet::new());
    loop {
        let page: T = rpc.ask(operation, &body).await?;
        let next = page.next().filter(|token| !token.is_empty());
        let next = next.map(str::to_owned);
        all.push(page);
        let Some(next) = next else {
            return Ok(all);
        };
        if !asked.insert(next.clone()) || asked.len() > MOST_PAGES {
            let message = "a page points to one that was there before, or there are too many";
            return Err(rpc.error(ErrorKind::Protocol, operation, message));
        }
        if let Value::Object(body) = &mut body {
            body.insert("NextToken".to_owned(), next.into());
        }
    }
}

/// A part of a list.
trait Page {
    /// What the next one is asked for by.
    fn next(&self) -> Option<&str>;
}

impl Api for CloudMap {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let kind = match self.private {
            Some(true) => Some(PRIVATE),
            Some(false) => Some(PUBLIC),
            None => None,
        };
        let body = match kind {
            Some(kind) => json!({"Filters": [{"Name": "TYPE", "Values": [kind]}]}),
            None => json!({}),
        };
        let all: Vec<NamespacePage> = pages(self.rpc(), LIST_NAMESPACES, body).await?;
        let all = all.into_iter().flat_map(|page| page.namespaces);
        // Others are not for DNS.
        let all = all.filter(|it| match kind {
            Some(kind) => it.kind == kind,
            None => [PRIVATE, PUBLIC].contains(&&*it.kind),
        });
        let zones = all.map(|it| Zone {
            private: it.kind == PRIVATE,
            ..Zone::new(&it.name, &it.id)
        });
        Ok(zones.collect())
    }

    async fn is_done(&self, _zone: &Zone, pending: &str) -> Answer<bool> {
        let body = json!({"OperationId": pending});
        let told: Told = self.rpc().ask(GET_OPERATION, &body).await?;
        let operation = told.operation;
        match &*operation.status {
            "SUCCESS" => Ok(true),
            "FAIL" => {
                let code = operation.error_code.unwrap_or_default();
                let said = operation.error_message.unwrap_or_default();
                let message = format!("what was accepted came to nothing: {code}: {said}");
                let kind = amazon::kind(&code).unwrap_or(ErrorKind::Rejected);
                Err(self.rpc().error(kind, GET_OPERATION, message))
            }
            _ => Ok(false),
        }
    }
}

/// What went wrong, in their words.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    let (mut refusal, code) = amazon::judge(answer, NEEDS)?;
    refusal.kind = match &*code {
        "InstanceNotFound" | "NamespaceNotFound" | "OperationNotFound" | "ServiceNotFound" => {
            ErrorKind::NotFound
        }
        "DuplicateRequest" | "ResourceInUse" | "ServiceAlreadyExists" => ErrorKind::Conflict,
        "InvalidInput" | "ResourceLimitExceeded" | "TooManyTagsException" => ErrorKind::Rejected,
        // That one call is not permitted says nothing of all others.
        _ if OPTIONAL.iter().any(|call| refusal.message.contains(call)) => ErrorKind::Config,
        _ => refusal.kind,
    };
    Some(refusal)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NamespacePage {
    namespaces: Vec<Namespace>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Namespace {
    id: String,
    name: String,
    #[serde(rename = "Type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServicePage {
    services: Vec<Service>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InstancePage {
    instances: Vec<Instance>,
    next_token: Option<String>,
}

impl Page for NamespacePage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

impl Page for ServicePage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

impl Page for InstancePage {
    fn next(&self) -> Option<&str> {
        self.next_token.as_deref()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Discovered {
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    operation: Operation,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Operation {
    status: String,
    error_code: Option<String>,
    error_message: Option<String>,
}

const LIST_NAMESPACES: &str = "ListNamespaces";
const LIST_SERVICES: &str = "ListServices";
const LIST_INSTANCES: &str = "ListInstances";
const DISCOVER_INSTANCES: &str = "DiscoverInstances";
const GET_OPERATION: &str = "GetOperation";
pub(super) const DELETE_SERVICE: &str = "DeleteService";

const PRIVATE: &str = "DNS_PRIVATE";
const PUBLIC: &str = "DNS_PUBLIC";

/// What has to be permitted.
const NEEDS: &str = "servicediscovery:ListNamespaces, ListServices, ListInstances, GetOperation, \
    CreateService, UpdateService, DeleteService, TagResource, RegisterInstance and \
    DeregisterInstance, and route53:ChangeResourceRecordSets";

/// What can be done without, as a refusal names it.
const OPTIONAL: [&str; 2] = [
    ": servicediscovery:GetOperation",
    ": servicediscovery:ListInstances",
];

/// Instances of a service at most.
const MOST_INSTANCES: usize = 1000;
/// Items of a page at most.
const PAGE: usize = 100;
/// More than any list has.
const MOST_PAGES: usize = 10_000;
/// Services whose instances are asked for at a time.
const AT_ONCE: usize = 8;
