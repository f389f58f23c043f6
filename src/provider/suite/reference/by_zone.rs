//! An API of whole zones.

use http::{HeaderValue, Method, header};
use plan::DynProvider;
use serde_json::{Value, json};
use wire::{Rtype, Ttl};

use super::link::{self, Link};
use crate::client::encode;
use crate::exec::{Answer, Api, Batched, Done, Executor, Scope, WholeZone, ZoneApi};
use crate::record::quirks::{Quirks, TtlRule};
use crate::record::{Found, Key, Rrset};
use crate::sim::{
    Asked, Dialect, Form, Limits, Owner, Refused, Request, Response, SetKey, Sim, Text, ZoneStore,
    store, text,
};
use crate::suite::{Family, Later, SimWorld, Start, Subject, World};
use crate::zones::Zone;

/// The subject.
pub(super) const SUBJECT: Zones = Zones;

#[derive(Debug)]
pub(super) struct Zones;

pub(crate) const QUIRKS: Quirks = Quirks {
    ttl: TtlRule {
        unset: Some(3600),
        least: 300,
        most: 604_800,
        allowed: &[],
    },
    conditional: true,
    ..Quirks::NONE
};

const FORM: Form = Form {
    owner: Owner::Dotted,
    dots: true,
    text: Text::Quoted,
};

impl Subject for Zones {
    fn name(&self) -> &'static str {
        "zone"
    }

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    fn family(&self) -> Family {
        Family::Batch
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let (store, host) = host(start);
        let world = SimWorld::boxed(Sim::new(store, host), provider);
        Box::pin(async { world })
    }
}

/// The zones of a start, and the host that has them.
pub(crate) fn host(start: &Start) -> (ZoneStore, impl Dialect + use<>) {
    let limits = Limits {
        ttl: 300,
        ..Limits::default()
    };
    (store(start, limits), Host)
}

/// The provider before such a host.
pub(crate) fn provider(sim: Sim, scope: Scope) -> Box<dyn DynProvider> {
    let provider = "zone";
    let api = WholeZone(Plain(Link { sim, provider }));
    Box::new(Executor::new(Batched(api), scope))
}

/// The host's side.
struct Host;

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let page = asked.number("page").unwrap_or(1);
        let (method, parts) = asked.route();
        match (method, parts.as_slice()) {
            ("GET", ["zones"]) => link::zones(store, page),
            ("GET", ["zones", id, "all"]) => {
                let version = store.zone(id).map(|zone| zone.version.to_string());
                let mut answer = link::answer(all(store, id));
                if let Ok(version) = version.unwrap_or_default().parse::<HeaderValue>() {
                    answer.headers_mut().insert(header::ETAG, version);
                }
                answer
            }
            ("PUT", ["zones", id, "all"]) => link::answer(replace(store, request, id)),
            _ => link::answer(Err(Refused::Missing("such address".to_owned()))),
        }
    }
}

fn all(store: &ZoneStore, id: &str) -> Result<Value, Refused> {
    let zone = store.zone(id)?;
    let sets = zone.sets.iter().map(|(key, set)| {
        let values = set.rows.iter().map(|row| FORM.print(key.rtype, &row.rdata));
        json!({
            "name": FORM.owner(&zone.name, &key.name),
            "type": key.rtype.to_string(),
            "ttl": set.ttl(),
            "values": values.collect::<Vec<_>>(),
            "extra": set.extra,
        })
    });
    Ok(sets.collect())
}

fn replace(store: &mut ZoneStore, request: &Request, id: &str) -> Result<Value, Refused> {
    let zone = store.zone(id)?;
    let expected = request.headers().get(header::IF_MATCH);
    if expected.is_none_or(|expected| expected.as_bytes() != zone.version.to_string().as_bytes()) {
        return Err(Refused::Stale(zone.name.clone()));
    }
    let (name, body) = (zone.name.clone(), Asked::of(request).body);
    store.edit(id, |draft| {
        let mut gone: Vec<SetKey> = draft.zone().sets.keys().cloned().collect();
        for told in body.as_array().into_iter().flatten() {
            let key = link::key(&FORM, &name, text(told, "name"), text(told, "type"))?;
            gone.retain(|other| *other != key);
            let rows = link::rows(&FORM, &name, key.rtype, told)?;
            let extra = told
                .get("extra")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            let is_same = draft.get(&key).is_some_and(|set| {
                let before: Vec<_> = set.rows.iter().map(|row| (row.ttl, &row.rdata)).collect();
                let after: Vec<_> = rows.iter().map(|row| (row.ttl, &row.rdata)).collect();
                before == after && set.extra == extra
            });
            if !is_same {
                draft.put(key, rows, Some(extra));
            }
        }
        for key in gone {
            draft.take(&key)?;
        }
        Ok(json!({}))
    })
}

/// The provider's side.
#[derive(Debug)]
struct Plain(Link);

impl Api for Plain {
    const NAME: &'static str = "zone";

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        self.0.zones().await
    }
}

impl ZoneApi for Plain {
    async fn read(&self, zone: &Zone) -> Answer<(String, Vec<Found>)> {
        let path = format!("/zones/{}/all", encode(&zone.id));
        let answer = self
            .0
            .call("read zone", (Method::GET, path), None, &Value::Null)
            .await?;
        let (headers, Value::Array(sets)) = answer else {
            return Err(self.0.odd("read zone", "there is no list".to_owned()));
        };
        let found = sets.into_iter().filter_map(|mut set| {
            let rtype = Rtype::from_text(text(&set, "type").as_bytes())?;
            let name = QUIRKS.name(&zone.name, text(&set, "name"));
            let ttl = u32::try_from(set.get("ttl").and_then(Value::as_u64)?).ok()?;
            let values = set
                .get("values")?
                .as_array()?
                .iter()
                .filter_map(Value::as_str);
            let values = values.map(|value| QUIRKS.value(rtype, value));
            let rrset = Rrset::new(Key::new(&name, rtype), Some(Ttl::from_secs(ttl)), values);
            Some(Found::whole(rrset, "", set.get_mut("extra")?.take()))
        });
        let version = headers
            .get(header::ETAG)
            .and_then(|version| version.to_str().ok());
        Ok((version.unwrap_or_default().to_owned(), found.collect()))
    }

    async fn replace(&self, zone: &Zone, version: &str, new: &[Found]) -> Answer<Done> {
        let sets = new.iter().map(|found| {
            let Rrset {
                key, ttl, values, ..
            } = &found.rrset;
            let values = values
                .iter()
                .filter_map(|value| QUIRKS.data(key.rtype, value));
            json!({
                "name": QUIRKS.owner(&zone.name, &key.name),
                "type": key.rtype.to_string(),
                "ttl": ttl.map(Ttl::as_secs),
                "values": values.collect::<Vec<_>>(),
                "extra": found.foreign(),
            })
        });
        let body = sets.collect();
        let path = format!("/zones/{}/all", encode(&zone.id));
        let condition = Some((header::IF_MATCH, version));
        self.0
            .call("replace zone", (Method::PUT, path), condition, &body)
            .await?;
        Ok(Done::Now)
    }
}
