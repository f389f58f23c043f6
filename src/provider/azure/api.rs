//! The calls.

use std::marker::PhantomData;

use http::header::{IF_MATCH, IF_NONE_MATCH};
use plan::{Endpoint, ErrorKind, ProviderError};
use serde::Deserialize;
use serde_json::Value;

use super::form::{self, Service, TAGS};
pub(crate) use super::form::{PRIVATE, PUBLIC};
use crate::client::{self, Call, Pages, Refusal, Web};
use crate::exec::{Answer, Api, Done, RrsetApi};
use crate::record::quirks::Quirks;
use crate::record::{Found, Key, Rrset};
use crate::zones::Zone;

/// A subscription, or a resource group of it.
#[derive(Debug)]
pub(super) struct Azure<S> {
    reads: Web,
    writes: Web,
    subscription: String,
    /// All groups if it is empty.
    group: String,
    service: PhantomData<S>,
}

impl<S: Service> Azure<S> {
    pub(super) fn new(reads: Web, writes: Web, (subscription, group): (String, String)) -> Self {
        Self {
            reads,
            writes,
            subscription,
            group,
            service: PhantomData,
        }
    }

    /// The address of a set: that of its zone, which is an address already, its type and its name.
    fn path<'p>(zone: &'p Zone, rtype: &'p str, name: &'p str) -> Vec<&'p str> {
        let mut path = segments(zone);
        path.extend([rtype, name]);
        path
    }

    /// Why nothing is done to a set that others keep.
    fn left_alone(&self, operation: &'static str, key: &Key, why: &str) -> ProviderError {
        let message = format!("{key}: {why}, so it is left alone");
        self.writes.error(ErrorKind::Rejected, operation, message)
    }
}

fn segments(zone: &Zone) -> Vec<&str> {
    zone.id.split('/').filter(|it| !it.is_empty()).collect()
}

/// What went wrong, in Azure's words; where it is about who we are, what to look at.
pub(super) fn judge<S: Service>(answer: &client::Answer) -> Option<Refusal> {
    let mut refusal = Refusal::by_status(answer)?;
    if let Ok(Told::Within { error: words } | Told::Plain(words)) =
        serde_json::from_slice(&answer.body)
    {
        let (status, Words { code, message }) = (answer.status.as_u16(), words);
        refusal.message = format!("HTTP {status}: {code}: {message}");
    }
    if refusal.kind == ErrorKind::Auth {
        let role = S::ROLE;
        refusal.message = format!(
            "{}; the identity is that of --azure-config-file or of the AZURE_ variables, and needs the \
             role {role}",
            refusal.message
        );
    }
    Some(refusal)
}

impl<S: Service> Api for Azure<S> {
    const NAME: &'static str = S::NAME;

    fn quirks(&self) -> &Quirks {
        S::QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let network = ["providers", "Microsoft.Network", S::ZONES];
        let subscription = ["subscriptions", &self.subscription];
        let group = ["resourceGroups", &self.group];
        let group = if self.group.is_empty() {
            &[][..]
        } else {
            &group
        };
        let path = [&subscription, group, &network].concat();
        let call = versioned::<S>(self.reads.get("list zones", &path));
        let zones: Vec<Resource> = call.pages(&PAGES).await?;
        let zones = zones.into_iter().filter(|zone| zone.is_ours::<S>());
        Ok(zones
            .map(|zone| Zone {
                private: S::PRIVATE,
                ..Zone::new(&zone.name, &zone.id)
            })
            .collect())
    }

    fn adjust(&self, endpoint: &mut Endpoint) {
        let tags = form::asked_tags(&endpoint.properties);
        endpoint.properties.remove(TAGS);
        if let Some(tags) = tags {
            endpoint.properties.set(TAGS, &tags);
        }
    }
}

/// Writes are made once: the condition of a second try would be that of the first, and what that
/// may have made would count as somebody else's.
impl<S: Service> RrsetApi for Azure<S> {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let mut path = segments(zone);
        path.push(S::ALL);
        let call = versioned::<S>(self.reads.get("list records", &path));
        let sets: Vec<Value> = call.pages(&PAGES).await?;
        let found = sets
            .iter()
            .filter_map(|set| form::found::<S>(&zone.name, set));
        Ok(found.collect())
    }

    async fn put(&self, zone: &Zone, new: &Rrset, old: Option<&Found>) -> Answer<Done> {
        const PUT: &str = "put an RRset";
        if let Some(why) = old.and_then(form::keeper) {
            return Err(self.left_alone(PUT, &new.key, why));
        }
        let rtype = new.key.rtype.to_string();
        let name = S::QUIRKS.owner(&zone.name, &new.key.name);
        let call = self.writes.put(PUT, &Self::path(zone, &rtype, &name));
        let call = match old {
            Some(old) => call.header(IF_MATCH, old.id()),
            None => call.header(IF_NONE_MATCH, "*"),
        };
        let made: Made = versioned::<S>(call)
            .json(&form::body::<S>(new, old))
            .once()
            .read()
            .await?;
        Ok(Done::As(made.etag.into()))
    }

    async fn remove(&self, zone: &Zone, old: &Found) -> Answer<Done> {
        const REMOVE: &str = "remove an RRset";
        let key = &old.rrset.key;
        if let Some(why) = form::keeper(old) {
            return Err(self.left_alone(REMOVE, key, why));
        }
        let rtype = key.rtype.to_string();
        let name = S::QUIRKS.owner(&zone.name, &key.name);
        let call = self.writes.delete(REMOVE, &Self::path(zone, &rtype, &name));
        let call = versioned::<S>(call.header(IF_MATCH, old.id())).once();
        let answer = call.send().await?;
        // There is nothing to say; what says something else is a page for people, or of an error.
        let said = serde_json::from_slice::<Value>(&answer.body);
        let is_done = said.is_ok_and(|said| said.get("error").is_none());
        if !answer.body.is_empty() && !is_done {
            let message = "the answer is none of Azure's".to_owned();
            return Err(self.writes.error(ErrorKind::Protocol, REMOVE, message));
        }
        Ok(Done::Now)
    }
}

fn versioned<S: Service>(call: Call<'_>) -> Call<'_> {
    call.query("api-version", S::VERSION)
}

/// A zone.
#[derive(Deserialize)]
struct Resource {
    id: String,
    name: String,
    #[serde(default)]
    properties: About,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct About {
    zone_type: Option<String>,
}

impl Resource {
    /// Private zones were once kept among the public ones; those cannot be written to.
    fn is_ours<S: Service>(&self) -> bool {
        let kind = self.properties.zone_type.as_deref().unwrap_or("Public");
        S::PRIVATE || kind.eq_ignore_ascii_case("Public")
    }
}

#[derive(Deserialize)]
struct Made {
    etag: String,
}

/// What an answer says when something went wrong, within an object or not.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Within { error: Words },
    Plain(Words),
}

#[derive(Deserialize)]
struct Words {
    code: String,
    message: String,
}

/// Pages are as large as the service makes them.
const PAGES: Pages = Pages::link("/nextLink").items("/value");
