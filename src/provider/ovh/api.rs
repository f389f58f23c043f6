//! The calls, and records as they look in them.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use plan::ErrorKind;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use wire::{Rtype, Ttl};

use crate::client::{self, Refusal, Web};
use crate::exec::{Answer, Api, Done, RecordApi};
use crate::record::quirks::{Names, Quirks, TtlRule};
use crate::record::{Handle, Key, Record};
use crate::zones::Zone;

/// An account.
#[derive(Debug)]
pub(super) struct OvhCloud {
    pub(super) web: Web,
    /// Whether targets of CNAMEs are within the zone.
    pub(super) relative: bool,
    pub(super) read: Read,
}

/// Zones as they were read, by name: the serial, the records.
#[derive(Debug, Default)]
pub(super) struct Read(Mutex<Zones>);

type Zones = BTreeMap<Box<str>, (u32, Vec<Theirs>)>;

impl Read {
    fn lock(&self) -> MutexGuard<'_, Zones> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What went wrong; at wrong keys, what to look at.
pub(super) fn judge(answer: &client::Answer) -> Option<Refusal> {
    let mut refusal = Refusal::with_hint(
        answer,
        "the keys are those of OVH_APPLICATION_KEY, OVH_APPLICATION_SECRET and OVH_CONSUMER_KEY, of \
         OVH_CLIENT_ID and OVH_CLIENT_SECRET, or of ovh.conf, and need /domain/zone/*",
    )?;
    if answer.body.windows(CLOCK.len()).any(|it| it == CLOCK) {
        refusal.kind = ErrorKind::Auth;
        refusal.renew = true;
    }
    Some(refusal)
}

impl OvhCloud {
    /// Something of a zone is other than it was read.
    fn forget(&self, zone: &Zone) {
        self.read.lock().remove(&zone.id);
    }

    /// All records, each by a call of its own, some at a time.
    async fn read_all(&self, zone: &Zone) -> Answer<Vec<Theirs>> {
        let path = ["domain", "zone", &zone.id, "record"];
        let ids: Vec<u64> = self.web.get_json("list records", &path).await?;
        let mut left = ids.into_iter();
        let (mut under_way, mut all) = (JoinSet::new(), Vec::new());
        loop {
            while under_way.len() < AT_ONCE
                && let Some(id) = left.next()
            {
                let (web, zone) = (self.web.clone(), zone.id.clone());
                under_way.spawn(async move {
                    let id = id.to_string();
                    let path = ["domain", "zone", &zone, "record", &id];
                    // Somebody else may take it away meanwhile.
                    let call = web.get("read record", &path).accept(&[404]);
                    let answer = call.send().await?;
                    match answer.status.as_u16() {
                        404 => Ok(None),
                        _ => web.json_of("read record", &answer).map(Some),
                    }
                });
            }
            let Some(one) = under_way.join_next().await else {
                return Ok(all);
            };
            let one: Answer<Option<Theirs>> = one.unwrap_or(Ok(None));
            all.extend(one?);
        }
    }
}

impl Api for OvhCloud {
    const NAME: &'static str = super::NAME;

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        let zones: Vec<String> = self.web.get_json("list zones", &["domain", "zone"]).await?;
        Ok(zones.iter().map(|name| Zone::new(name, name)).collect())
    }

    async fn publish(&self, zone: &Zone) -> Answer<()> {
        self.forget(zone);
        let path = ["domain", "zone", &zone.id, "refresh"];
        let call = self.web.post("refresh zone", &path).idempotent();
        call.done().await
    }
}

impl RecordApi for OvhCloud {
    async fn list(&self, zone: &Zone) -> Answer<Vec<(Record, Handle)>> {
        let path = ["domain", "zone", &zone.id, "soa"];
        let soa: Soa = self.web.get_json("read SOA", &path).await?;
        let known = self.read.lock().get(&zone.id).cloned();
        let all = match known {
            Some((serial, all)) if serial == soa.serial => all,
            _ => {
                let all = self.read_all(zone).await?;
                let read = (soa.serial, all.clone());
                self.read.lock().insert(zone.id.clone(), read);
                all
            }
        };
        let records = all.iter().filter_map(|one| one.record(zone, self.relative));
        Ok(records.collect())
    }

    async fn create(&self, zone: &Zone, new: &Record, _: Option<&Handle>) -> Answer<Done> {
        self.forget(zone);
        let path = ["domain", "zone", &zone.id, "record"];
        let call = self.web.post("create record", &path);
        let made: Theirs = call.json(&self.told(zone, new)).read().await?;
        Ok(Done::As(made.id.to_string().into()))
    }

    async fn update(&self, zone: &Zone, old: &Handle, new: &Record) -> Answer<Done> {
        self.forget(zone);
        let path = ["domain", "zone", &zone.id, "record", &old.id];
        let told = Theirs {
            rtype: None,
            ..self.told(zone, new)
        };
        let call = self.web.put("update record", &path);
        call.json(&told).done().await?;
        Ok(Done::Now)
    }

    async fn remove(&self, zone: &Zone, old: &Handle, _: &Record) -> Answer<Done> {
        self.forget(zone);
        let path = ["domain", "zone", &zone.id, "record", &old.id];
        self.web.delete("delete record", &path).done().await?;
        Ok(Done::Now)
    }
}

#[derive(Deserialize)]
struct Soa {
    serial: u32,
}

/// A record as it is there.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Theirs {
    #[serde(default, skip_serializing)]
    id: u64,
    /// A record keeps it for good.
    #[serde(rename = "fieldType", skip_serializing_if = "Option::is_none")]
    rtype: Option<String>,
    sub_domain: Option<String>,
    target: String,
    #[serde(default)]
    ttl: u32,
}

impl OvhCloud {
    fn told(&self, zone: &Zone, record: &Record) -> Theirs {
        let rtype = record.key.rtype;
        let mut target = QUIRKS.data(rtype, &record.value).unwrap_or_default();
        if self.relative && rtype == Rtype::CNAME && target.ends_with('.') {
            target.pop();
        }
        Theirs {
            id: 0,
            rtype: Some(rtype.to_string()),
            sub_domain: Some(QUIRKS.owner(&zone.name, &record.key.name)),
            target,
            ttl: record.ttl.map_or(0, Ttl::as_secs),
        }
    }
}

impl Theirs {
    /// The record in our form; none of a type that only they know.
    fn record(&self, zone: &Zone, relative: bool) -> Option<(Record, Handle)> {
        let rtype = Rtype::from_text(self.rtype.as_ref()?.as_bytes())?;
        let owner = self.sub_domain.as_deref().unwrap_or_default();
        let key = Key::new(&QUIRKS.name(&zone.name, owner), rtype);
        let is_within = NAMED.contains(&rtype) && !self.target.ends_with('.');
        let value = match is_within && !(relative && rtype == Rtype::CNAME) {
            true => QUIRKS.value(rtype, &format!("{}.{}.", self.target, zone.name)),
            false => QUIRKS.value(rtype, &self.target),
        };
        let ttl = Some(Ttl::from_secs(self.ttl));
        Some(Record::found(key, ttl, value, &self.id.to_string()))
    }
}

/// Records that are read at once; the rate holds for all of them.
const AT_ONCE: usize = 16;

/// What a signature of another time is answered.
const CLOCK: &[u8] = b"QUERY_TIME_OUT";

/// Types whose data ends in a name, which is in the zone unless it ends in a dot.
const NAMED: &[Rtype] = &[Rtype::CNAME, Rtype::MX, Rtype::NS, Rtype::PTR, Rtype::SRV];

pub(crate) const QUIRKS: Quirks = Quirks {
    names: Names::Empty,
    ttl: TtlRule::from(60, Some(0)),
    types: &[
        Rtype::A,
        Rtype::AAAA,
        Rtype::CAA,
        Rtype::CNAME,
        Rtype::LOC,
        Rtype::MX,
        Rtype::NAPTR,
        Rtype::NS,
        Rtype::PTR,
        Rtype::SRV,
        Rtype::SSHFP,
        Rtype::TLSA,
        Rtype::TXT,
    ],
    publishes: true,
    ..Quirks::NONE
};
