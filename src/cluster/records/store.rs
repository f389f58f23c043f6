//! The store: which requests are made for what is to be kept.
//!
//! ```text
//! claim   create, or replace ours that is there         settle  status Programmed; replace; delete
//! refuse  status Failed                                 fail    a message
//! ```
//!
//! Objects are replaced as they were read, so nobody's change is lost; and every object is looked at
//! before it is replaced or deleted, for its owner. What external-dns's own role allows is enough.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use plan::{Endpoint, ErrorKind, KeptChange, KeptRecord, LabelStore, ProviderError, Settled};
use serde_json::{Value, json};
use source::watch::Link;
use tokio::task::{JoinError, JoinSet};

use super::object::{self, Stage};
use crate::api::{Api, ApiError, Fault, Resource};
use crate::clock::wall_time;

/// Objects of the kind DNSRecord in one namespace, of one owner.
#[derive(Clone, Debug)]
pub struct RecordObjects(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    api: Api,
    resource: Resource,
    owner: String,
    provider: &'static str,
    /// What was claimed and is not settled, as the server has it.
    claimed: Mutex<HashMap<String, Value>>,
}

impl RecordObjects {
    /// For a destination of this provider. Nothing is sent yet.
    #[must_use]
    pub fn new(link: Link, namespace: &str, owner: &str, provider: &'static str) -> Self {
        Self(Arc::new(Inner {
            api: Api::new(link),
            resource: Resource {
                group: "externaldns.k8s.io",
                version: "v1alpha1",
                plural: "dnsrecords",
                namespace: namespace.to_owned(),
            },
            owner: owner.to_owned(),
            provider,
            claimed: Mutex::default(),
        }))
    }

    fn wrong(&self, operation: &'static str, error: ApiError) -> ProviderError {
        let kind = match &error.fault {
            Fault::Absent => ErrorKind::Config,
            Fault::Conflict => ErrorKind::Conflict,
            Fault::Forbidden { .. } => ErrorKind::Auth,
            // It is about this object.
            Fault::Refused {
                status: 400 | 413 | 422,
                ..
            } => ErrorKind::Rejected,
            _ => ErrorKind::Unavailable,
        };
        ProviderError {
            kind,
            provider: self.0.provider,
            operation,
            message: "registry \"crd\"".to_owned(),
            source: Some(Box::new(error)),
        }
    }
}

impl LabelStore for RecordObjects {
    fn name(&self) -> &'static str {
        "crd"
    }

    fn stands(&self) -> Duration {
        // Nobody else writes them, but people may take one away.
        STANDS
    }

    async fn load(&self) -> Result<Vec<KeptRecord>, ProviderError> {
        self.0.claimed().clear();
        let listed = self.0.list().await;
        listed.map_err(|error| self.wrong("list ownership", error))
    }

    async fn claim(&self, claims: &[KeptChange]) -> Result<Vec<(usize, Box<str>)>, ProviderError> {
        let mut taken = Vec::new();
        let work = claims.iter().enumerate().map(|(place, claim)| {
            let (inner, claim) = (Arc::clone(&self.0), claim.clone());
            async move {
                Ok((
                    place,
                    inner.claim(&claim.endpoint, claim.kept.is_some()).await?,
                ))
            }
        });
        let done = all(work).await;
        let done = done.map_err(|error| self.wrong("claim records", error))?;
        for (place, owner) in done {
            if let Some(owner) = owner {
                taken.push((place, owner));
            }
        }
        taken.sort_unstable();
        Ok(taken)
    }

    async fn settle(&self, settled: &Settled) -> Result<(), ProviderError> {
        let made = settled.created.iter().chain(&settled.updated);
        let made = made.map(|made| {
            let (inner, record) = (Arc::clone(&self.0), made.endpoint.clone());
            async move { inner.made(&record).await }
        });
        let done = all(made).await;
        done.map_err(|error| self.wrong("keep ownership", error))?;
        let gone = settled.deleted.iter().filter_map(|gone| gone.kept.as_ref());
        let gone = gone.chain(&settled.orphans).map(|kept| {
            let name = object::name(&kept.name, kept.rtype, &kept.set_identifier);
            let inner = Arc::clone(&self.0);
            async move { inner.delete(&name).await }
        });
        let done = all(gone).await;
        done.map_err(|error| self.wrong("drop ownership", error))?;
        Ok(())
    }

    async fn refuse(
        &self,
        claims: &[KeptChange],
        error: &ProviderError,
    ) -> Result<(), ProviderError> {
        let told = self.tell(claims, error, |why| Stage::Failed(why)).await;
        told.map_err(|error| self.wrong("drop claims", error))
    }

    async fn fail(&self, claims: &[KeptChange], error: &ProviderError) {
        // It is for people; the next pass tells more.
        if let Err(error) = self.tell(claims, error, |why| Stage::Unsure(why)).await {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "status of DNSRecord objects is not written");
        }
    }
}

impl RecordObjects {
    /// Writes how far claimed records are.
    async fn tell(
        &self,
        claims: &[KeptChange],
        error: &ProviderError,
        stage: fn(&str) -> Stage<'_>,
    ) -> Result<(), ApiError> {
        let why = error.to_string();
        let work = claims.iter().map(|claim| {
            let (inner, why) = (Arc::clone(&self.0), why.clone());
            let record = claim.endpoint.clone();
            async move { inner.tell(&record, stage(&why)).await }
        });
        all(work).await.map(drop)
    }
}

impl Inner {
    async fn list(&self) -> Result<Vec<KeptRecord>, ApiError> {
        let selector = format!("{}%3D{}", object::OWNER_LABEL, self.owner);
        let mut next = String::new();
        let mut kept = Vec::new();
        loop {
            let mut behind = format!("?labelSelector={selector}&limit={PAGE}");
            if !next.is_empty() {
                behind.push_str("&continue=");
                behind.push_str(&next);
            }
            let page = self.call(Method::GET, &behind, None).await?;
            let items = page.get("items").and_then(Value::as_array);
            let ours = items.into_iter().flatten();
            // A server that knows nothing of selectors must not make all objects ours.
            let ours = ours.filter(|one| object::owner(one) == self.owner);
            kept.extend(ours.filter_map(object::kept));
            let more = page.pointer("/metadata/continue").and_then(Value::as_str);
            match more {
                Some(more) if !more.is_empty() => next = more.to_owned(),
                _ => return Ok(kept),
            }
        }
    }

    /// Keeps what a record is to be. Tells who has it, if that is somebody else.
    async fn claim(&self, record: &Endpoint, kept: bool) -> Result<Option<Box<str>>, ApiError> {
        let name = name_of(record);
        if !kept {
            match self.create(&name, record).await {
                Err(ApiError {
                    fault: Fault::Conflict,
                    ..
                }) => {}
                made => {
                    self.remember(name, made?);
                    return Ok(None);
                }
            }
        }
        let Some(mut there) = self.read(&name).await? else {
            let made = self.create(&name, record).await?;
            self.remember(name, made);
            return Ok(None);
        };
        let owner = object::owner(&there);
        if owner != self.owner {
            return Ok(Some(owner.into()));
        }
        // Said first: what is there may be somebody else's from now on.
        if object::is_made(&there) {
            there = self.say(&name, there, Stage::Accepted).await?;
        }
        let there = self.replace(&name, there, record).await?;
        self.remember(name, there);
        Ok(None)
    }

    /// Keeps what a record is.
    async fn made(&self, record: &Endpoint) -> Result<(), ApiError> {
        let name = name_of(record);
        let claimed = self.claimed().remove(&name);
        let there = match claimed {
            Some(there) => there,
            None => match self.read(&name).await? {
                Some(there) if object::owner(&there) == self.owner => there,
                // Somebody else's by now: it stays.
                Some(_) => return Ok(()),
                None => self.create(&name, record).await?,
            },
        };
        let there = self.replace(&name, there, record).await?;
        self.say(&name, there, Stage::Programmed).await?;
        Ok(())
    }

    async fn tell(&self, record: &Endpoint, stage: Stage<'_>) -> Result<(), ApiError> {
        let name = name_of(record);
        let claimed = self.claimed().get(&name).cloned();
        if let Some(there) = claimed {
            let there = self.say(&name, there, stage).await?;
            self.remember(name, there);
        }
        Ok(())
    }

    async fn delete(&self, name: &str) -> Result<(), ApiError> {
        self.claimed().remove(name);
        let Some(there) = self.read(name).await? else {
            return Ok(());
        };
        if object::owner(&there) != self.owner {
            return Ok(());
        }
        let metadata = |key: &str| there.pointer(&format!("/metadata/{key}")).cloned();
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": {
                "uid": metadata("uid"),
                "resourceVersion": metadata("resourceVersion"),
            },
        });
        let behind = format!("/{name}");
        match self.call(Method::DELETE, &behind, Some(&options)).await {
            Err(ApiError {
                fault: Fault::Absent,
                ..
            }) => Ok(()),
            done => done.map(drop),
        }
    }

    /// Replaces what an object says of its record, if that is something else.
    async fn replace(
        &self,
        name: &str,
        mut there: Value,
        record: &Endpoint,
    ) -> Result<Value, ApiError> {
        let wanted = object::endpoint(record);
        if there.pointer("/spec/endpoint") == Some(&wanted) {
            return Ok(there);
        }
        if let Value::Object(fields) = &mut there {
            fields.insert("spec".to_owned(), json!({ "endpoint": wanted }));
        }
        self.call(Method::PUT, &format!("/{name}"), Some(&there))
            .await
    }

    /// Writes how far a record is, if that is something else.
    async fn say(&self, name: &str, mut there: Value, stage: Stage<'_>) -> Result<Value, ApiError> {
        if !object::set_stage(&mut there, stage, wall_time()) {
            return Ok(there);
        }
        let behind = format!("/{name}/status");
        self.call(Method::PUT, &behind, Some(&there)).await
    }

    async fn create(&self, name: &str, record: &Endpoint) -> Result<Value, ApiError> {
        let new = object::object(name, &self.resource.namespace, &self.owner, record);
        self.call(Method::POST, "", Some(&new)).await
    }

    async fn read(&self, name: &str) -> Result<Option<Value>, ApiError> {
        match self.call(Method::GET, &format!("/{name}"), None).await {
            Err(ApiError {
                fault: Fault::Absent,
                ..
            }) => Ok(None),
            read => read.map(Some),
        }
    }

    async fn call(
        &self,
        method: Method,
        behind: &str,
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        self.api
            .call(method, &self.resource, behind, body, PATIENCE)
            .await
    }

    fn remember(&self, name: String, there: Value) {
        self.claimed().insert(name, there);
    }

    fn claimed(&self) -> MutexGuard<'_, HashMap<String, Value>> {
        let claimed = self.claimed.lock();
        claimed.unwrap_or_else(PoisonError::into_inner)
    }
}

fn name_of(record: &Endpoint) -> String {
    object::name(&record.name, record.rtype, &record.set_identifier)
}

/// Does work, some of it at the same time, until something goes wrong.
async fn all<T: Send + 'static>(
    work: impl Iterator<Item = impl Future<Output = Result<T, ApiError>> + Send + 'static>,
) -> Result<Vec<T>, ApiError> {
    let mut running = JoinSet::new();
    let mut done = Vec::new();
    for one in work {
        if running.len() >= AT_ONCE
            && let Some(result) = running.join_next().await
        {
            done.push(whole(result)?);
        }
        running.spawn(one);
    }
    while let Some(result) = running.join_next().await {
        done.push(whole(result)?);
    }
    Ok(done)
}

fn whole<T>(result: Result<Result<T, ApiError>, JoinError>) -> Result<T, ApiError> {
    result.unwrap_or_else(|error| {
        Err(ApiError {
            action: "do several requests".to_owned(),
            fault: Fault::Lost(Box::new(error)),
        })
    })
}

/// Requests at the same time.
const AT_ONCE: usize = 16;

/// Objects of a page of the list.
const PAGE: usize = 500;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often the objects are listed again while nothing goes wrong.
const STANDS: Duration = Duration::from_secs(600);
