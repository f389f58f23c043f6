//! The calls, and RRsets as they look in them.

use std::sync::{Arc, Mutex, PoisonError};

use plan::ErrorKind;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use wire::{Rtype, Ttl};

use crate::auth::keystone::Keystone;
use crate::client::{self, Http, Refusal, Web};
use crate::exec::{Answer, Api, Done, RrsetApi};
use crate::record::quirks::{Quirks, TtlRule};
use crate::record::{Found, Key, Rrset};
use crate::zones::Zone;

/// A cloud.
#[derive(Debug)]
pub(super) struct Designate {
    http: Http,
    keystone: Arc<Keystone>,
    /// What is below Designate's address, once that is known.
    web: OnceCell<Web>,
    /// What was told of sets that name servers did not take.
    told: Mutex<String>,
}

impl Designate {
    pub(super) fn new(http: Http, keystone: Arc<Keystone>) -> Self {
        Self {
            http,
            keystone,
            web: OnceCell::new(),
            told: Mutex::default(),
        }
    }

    async fn web(&self) -> Answer<&Web> {
        let find = async || {
            let place = self.keystone.service("dns").await?;
            let place = place.trim_end_matches('/').trim_end_matches("/v2");
            let web = Web::new(self.http.clone(), &format!("{place}/v2"))?;
            let keystone = Arc::clone(&self.keystone);
            Ok(web.sign_shared(keystone).judge(judge))
        };
        self.web.get_or_try_init(find).await
    }

    /// Tells of sets that name servers did not take, once.
    fn warn(&self, zone: &Zone, sets: &[Set]) {
        let failed = || sets.iter().filter(|set| set.status == "ERROR");
        let Some(first) = failed().next() else {
            return;
        };
        let (zone, count) = (&*zone.name, failed().count());
        let text = format!("{zone} {count} {} {}", first.name, first.rtype);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != text {
            let (name, rtype) = (&*first.name, &*first.rtype);
            tracing::warn!(
                provider = super::NAME,
                zone,
                count,
                name,
                rtype,
                "RRsets are in status ERROR: Designate's name servers did not take them"
            );
            *told = text;
        }
    }
}

/// What went wrong; where it is about who we are, what to look at.
fn judge(answer: &client::Answer) -> Option<Refusal> {
    let mut refusal = Refusal::by_status(answer)?;
    if refusal.kind == ErrorKind::Auth {
        refusal
            .message
            .push_str("; the credentials are those of the OS_ variables");
    }
    Some(refusal)
}

impl Api for Designate {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let web = self.web().await?;
        let zones: Vec<HostedZone> = pages(web, "list zones", &["zones"]).await?;
        // A zone whose changes are on their way is PENDING, and there all the same.
        let ours = zones
            .iter()
            .filter(|zone| zone.kind != "SECONDARY" && zone.action != "DELETE");
        Ok(ours.map(|zone| Zone::new(&zone.name, &zone.id)).collect())
    }
}

impl RrsetApi for Designate {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let web = self.web().await?;
        let path = ["zones", &zone.id, "recordsets"];
        let sets: Vec<Set> = pages(web, "list records", &path).await?;
        self.warn(zone, &sets);
        Ok(sets.iter().filter_map(found).collect())
    }

    async fn put(&self, zone: &Zone, new: &Rrset, old: Option<&Found>) -> Answer<Done> {
        let web = self.web().await?;
        let rtype = new.key.rtype;
        let name = &*new.key.name;
        if name.strip_prefix("*.").unwrap_or(name).contains('*') {
            let why = format!(
                "{}: a wildcard is a whole label, and the first one; if it is an ownership record, set \
                 --txt-wildcard-replacement",
                new.key
            );
            return Err(web.error(ErrorKind::Rejected, "make an RRset", why));
        }
        let records = new.values.iter().filter_map(|it| QUIRKS.data(rtype, it));
        let contents = Contents {
            ttl: new.ttl.map(Ttl::as_secs),
            records: records.collect(),
        };
        let sets = ["zones", &*zone.id, "recordsets"];
        let call = match old {
            Some(old) => {
                let [zones, zone, sets] = sets;
                let call = web.put("change an RRset", &[zones, zone, sets, old.id()]);
                call.json(&contents)
            }
            None => web.post("make an RRset", &sets).json(&New {
                name: QUIRKS.owner("", &new.key.name),
                rtype: rtype.to_string(),
                contents,
            }),
        };
        let made: Set = call.read().await?;
        Ok(Done::As(made.id.into()))
    }

    async fn remove(&self, zone: &Zone, old: &Found) -> Answer<Done> {
        let path = ["zones", &*zone.id, "recordsets", old.id()];
        let web = self.web().await?;
        web.delete("remove an RRset", &path).done().await?;
        Ok(Done::Now)
    }
}

/// An RRset; none of types that we do not know, nor one that is on its way out.
fn found(set: &Set) -> Option<Found> {
    if set.action == "DELETE" {
        return None;
    }
    let rtype = Rtype::from_text(set.rtype.as_bytes())?;
    let values = set.records.iter().map(|record| QUIRKS.value(rtype, record));
    let key = Key::new(&QUIRKS.name("", &set.name), rtype);
    let rrset = Rrset::new(key, set.ttl.map(Ttl::from_secs), values);
    Some(Found::whole(rrset, &set.id, serde_json::Value::Null))
}

#[derive(Deserialize)]
struct HostedZone {
    id: String,
    name: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    action: String,
}

#[derive(Deserialize)]
struct Set {
    id: String,
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    /// None is that of the zone.
    ttl: Option<u32>,
    records: Vec<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    action: String,
}

#[derive(Serialize)]
struct New {
    name: String,
    #[serde(rename = "type")]
    rtype: String,
    #[serde(flatten)]
    contents: Contents,
}

#[derive(Serialize)]
struct Contents {
    ttl: Option<u32>,
    records: Vec<String>,
}

/// A page of a list.
#[derive(Deserialize)]
struct Page<T> {
    #[serde(alias = "recordsets", alias = "zones")]
    items: Vec<T>,
    #[serde(default)]
    links: Links,
}

#[derive(Default, Deserialize)]
struct Links {
    next: Option<String>,
}

trait Item {
    fn id(&self) -> &str;
}

impl Item for HostedZone {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for Set {
    fn id(&self) -> &str {
        &self.id
    }
}

/// All pages of a list. That there is a next one is told by an address, which may be that of a host
/// that only others reach; so it is asked for by the last item. Pages may be smaller than asked for.
async fn pages<T: Item + DeserializeOwned>(
    web: &Web,
    operation: &'static str,
    path: &[&str],
) -> Answer<Vec<T>> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let mut call = web.get(operation, path).query("limit", PAGE);
        let marker = all.last().map(|item| item.id().to_owned());
        if let Some(marker) = &marker {
            call = call.query("marker", marker);
        }
        let page: Page<T> = call.read().await?;
        let is_last = page.links.next.is_none();
        all.extend(page.items);
        if is_last {
            return Ok(all);
        }
        if all.last().map(Item::id) == marker.as_deref() || all.len() > MOST {
            let what = "the list does not come to its end";
            return Err(web.error(ErrorKind::Protocol, operation, what));
        }
    }
}

/// As many as a page may hold.
const PAGE: usize = 1000;

/// More than any cloud has.
const MOST: usize = 10_000_000;

pub(crate) const QUIRKS: Quirks = Quirks {
    ttl: TtlRule {
        unset: None,
        least: 1,
        most: 2_147_483_647,
        allowed: &[],
    },
    types: &[
        Rtype::A,
        Rtype::AAAA,
        Rtype::CAA,
        Rtype::CNAME,
        Rtype::MX,
        Rtype::NAPTR,
        Rtype::NS,
        Rtype::PTR,
        Rtype::SRV,
        Rtype::SSHFP,
        Rtype::TXT,
    ],
    inner_wildcard: false,
    ..Quirks::NONE
};
