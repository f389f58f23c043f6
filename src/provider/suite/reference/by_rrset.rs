//! An API of whole RRsets, guarded by versions; also one that makes them later.

use http::{Method, header};
use serde_json::{Value, json};

use super::link::{self, Link};
use crate::client::encode;
use crate::exec::{Answer, Api, ByRrset, Done, Executor, RrsetApi};
use crate::record::quirks::{Names, Quirks, TtlRule, Txt};
use crate::record::{Found, Key, Rrset};
use crate::sim::{
    Asked, Dialect, Form, Later as PutOff, Limits, Owner, Refused, Request, Response, SetKey, Sim,
    Text, ZoneStore, store, text,
};
use crate::suite::{Family, Later, SimWorld, Start, Subject, World};
use crate::zones::Zone;
use wire::{Rtype, Ttl};

/// At once.
pub(super) const SUBJECT: Rrsets = Rrsets { polls: 0 };

/// Later.
pub(super) const LATER: Rrsets = Rrsets { polls: 3 };

#[derive(Debug)]
pub(super) struct Rrsets {
    polls: u32,
}

const QUIRKS: Quirks = Quirks {
    names: Names::Dotted,
    dots: true,
    txt: Txt::Quoted,
    ttl: TtlRule {
        unset: Some(300),
        least: 60,
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

impl Subject for Rrsets {
    fn name(&self) -> &'static str {
        if self.polls == 0 { "rrset" } else { "later" }
    }

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    fn family(&self) -> Family {
        Family::Rrset
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let limits = Limits {
            ttl: 60,
            ..Limits::default()
        };
        let mut store = store(start, limits);
        store.late = (self.polls > 0).then_some((self.polls, false));
        let sim = Sim::new(store, Host);
        let world = SimWorld::boxed(sim, |sim, scope| {
            let provider = "rrset";
            Box::new(Executor::new(ByRrset(Plain(Link { sim, provider })), scope))
        });
        Box::pin(async { world })
    }
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
            ("GET", ["zones", id, "sets"]) => match listed(store, id) {
                Ok(sets) => link::page(&sets, page, 100),
                Err(refused) => crate::sim::refusal(&refused),
            },
            ("GET", ["changes", id]) => {
                link::answer(store.poll(id).map(|done| json!({"done": done})))
            }
            (_, ["zones", id, "sets", name, rtype]) => {
                link::answer(change(store, request, (id, name, rtype)))
            }
            _ => link::answer(Err(Refused::Missing("such address".to_owned()))),
        }
    }
}

fn change(
    store: &mut ZoneStore,
    request: &Request,
    (id, name, rtype): (&str, &str, &str),
) -> Result<Value, Refused> {
    let zone = store.zone(id)?;
    let key = link::key(&FORM, &zone.name, name, rtype)?;
    let condition = request.headers().get(header::IF_MATCH);
    let expected = condition
        .and_then(|it| it.to_str().ok())
        .and_then(|it| it.parse().ok());
    let version = zone.sets.get(&key).map(|set| set.version);
    let is_busy = store.later.values().any(|later| later.key.name == key.name);
    if expected != version || is_busy {
        return Err(match expected {
            None => Refused::Exists(key.name),
            Some(_) if version.is_none() && !is_busy => Refused::Missing(key.name),
            Some(_) => Refused::Stale(key.name),
        });
    }
    let mut body = Asked::of(request).body;
    let rows = match *request.method() {
        Method::DELETE => None,
        _ => Some(link::rows(&FORM, &zone.name, key.rtype, &body)?),
    };
    let mut extra = body.as_object_mut().map(std::mem::take).unwrap_or_default();
    extra.retain(|name, _| !matches!(&**name, "ttl" | "values"));
    if let Some((polls, fails)) = store.late {
        let zone = id.to_owned();
        let later = PutOff {
            polls,
            fails,
            zone,
            key,
            after: rows,
        };
        return Ok(json!({"pending": store.put_off(later)}));
    }
    let put = |key: SetKey| {
        store.edit(id, |draft| {
            match rows {
                Some(rows) => draft.put(key.clone(), rows, Some(extra)),
                None => drop(draft.take(&key)?),
            }
            Ok(draft.get(&key).map_or(0, |set| set.version))
        })
    };
    Ok(json!({"version": put(key)?.to_string()}))
}

fn listed(store: &mut ZoneStore, id: &str) -> Result<Vec<Value>, Refused> {
    store.tick();
    sets(store, id)
}

fn sets(store: &ZoneStore, id: &str) -> Result<Vec<Value>, Refused> {
    let zone = store.zone(id)?;
    let sets = zone.sets.iter().map(|(key, set)| {
        let mut told = set.extra.clone();
        let values = set.rows.iter().map(|row| FORM.print(key.rtype, &row.rdata));
        told.insert("name".into(), FORM.owner(&zone.name, &key.name).into());
        told.insert("type".into(), key.rtype.to_string().into());
        told.insert("ttl".into(), set.ttl().into());
        told.insert("version".into(), set.version.to_string().into());
        told.insert("values".into(), values.collect::<Vec<_>>().into());
        Value::from(told)
    });
    Ok(sets.collect())
}

/// The provider's side.
#[derive(Debug)]
struct Plain(Link);

impl Plain {
    fn path(zone: &Zone, key: &Key) -> String {
        let name = encode(&QUIRKS.owner(&zone.name, &key.name));
        format!("/zones/{}/sets/{name}/{}", encode(&zone.id), key.rtype)
    }

    fn done(answer: &Value) -> Done {
        match answer.get("pending").and_then(Value::as_str) {
            Some(pending) => Done::Pending(pending.into()),
            None => Done::As(text(answer, "version").into()),
        }
    }
}

impl Api for Plain {
    const NAME: &'static str = "rrset";

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        self.0.zones().await
    }

    async fn is_done(&self, _zone: &Zone, pending: &str) -> Answer<bool> {
        let answer = self
            .0
            .get("wait for change", format!("/changes/{pending}"))
            .await?;
        Ok(answer.get("done") == Some(&Value::Bool(true)))
    }
}

impl RrsetApi for Plain {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let path = format!("/zones/{}/sets", encode(&zone.id));
        let all = self.0.pages("list records", &path).await?;
        let found = all.into_iter().filter_map(|mut set| {
            let rtype = Rtype::from_text(text(&set, "type").as_bytes())?;
            let name = QUIRKS.name(&zone.name, text(&set, "name"));
            let ttl = set.get("ttl").and_then(Value::as_u64)?;
            let values = set
                .get("values")?
                .as_array()?
                .iter()
                .filter_map(Value::as_str);
            let values = values.map(|value| QUIRKS.value(rtype, value));
            let rrset = Rrset::new(
                Key::new(&name, rtype),
                Some(Ttl::from_secs(u32::try_from(ttl).ok()?)),
                values,
            );
            let version = text(&set, "version").to_owned();
            let members = set.as_object_mut()?;
            members.retain(|name, _| {
                !matches!(&**name, "name" | "type" | "ttl" | "values" | "version")
            });
            Some(Found::whole(rrset, &version, set))
        });
        Ok(found.collect())
    }

    async fn put(&self, zone: &Zone, new: &Rrset, old: Option<&Found>) -> Answer<Done> {
        let mut body = old
            .map(|old| old.foreign().clone())
            .filter(Value::is_object)
            .unwrap_or_else(|| json!({}));
        let values = new
            .values
            .iter()
            .filter_map(|value| QUIRKS.data(new.key.rtype, value));
        body["ttl"] = new.ttl.map(Ttl::as_secs).into();
        body["values"] = values.collect::<Vec<_>>().into();
        let condition = old.map(|old| (header::IF_MATCH, old.id()));
        let path = Self::path(zone, &new.key);
        let answer = self
            .0
            .call("put RRset", (Method::PUT, path), condition, &body)
            .await?;
        Ok(Self::done(&answer.1))
    }

    async fn remove(&self, zone: &Zone, old: &Found) -> Answer<Done> {
        let condition = Some((header::IF_MATCH, old.id()));
        let path = Self::path(zone, &old.rrset.key);
        let answer = self
            .0
            .call(
                "remove RRset",
                (Method::DELETE, path),
                condition,
                &Value::Null,
            )
            .await?;
        Ok(Self::done(&answer.1))
    }
}
