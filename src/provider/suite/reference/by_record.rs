//! An API of single values, which guards nothing; also one whose edits have to be published.

use http::Method;
use serde_json::{Value, json};
use wire::{Rtype, Ttl};

use super::link::{self, Link};
use crate::client::encode;
use crate::exec::{Answer, Api, ByRecord, Done, Executor, RecordApi};
use crate::record::quirks::{Names, Quirks, Refusal, TtlRule, Txt};
use crate::record::{Handle, Key, Record};
use crate::sim::{
    Asked, Dialect, Form, Limits, Owner, Refused, Request, Response, Row, SetKey, Sim, Text,
    ZoneStore, store, text,
};
use crate::suite::{Family, Later, SimWorld, Start, Subject, World};
use crate::zones::Zone;

/// Edits count at once.
pub(super) const SUBJECT: Records = Records {
    name: "record",
    quirks: &AT_ONCE,
    form: Form {
        owner: Owner::At,
        dots: false,
        text: Text::Raw,
    },
};

/// Edits count when they are published.
pub(super) const PUBLISHED: Records = Records {
    name: "published",
    quirks: &PUBLISHES,
    form: Form {
        owner: Owner::Empty,
        dots: true,
        text: Text::Either,
    },
};

#[derive(Clone, Copy, Debug)]
pub(super) struct Records {
    name: &'static str,
    quirks: &'static Quirks,
    form: Form,
}

const AT_ONCE: Quirks = Quirks {
    names: Names::At,
    dots: false,
    txt: Txt::Raw,
    ttl: TtlRule {
        unset: Some(300),
        least: 60,
        most: 86_400,
        allowed: &[60, 300, 600, 900, 3600, 86_400],
    },
    types: TYPES,
    values: 100,
    text: 512,
    refuses: &[Refusal {
        what: "a TXT with a backslash",
        rtype: Rtype::TXT,
        is: |value| value.contains("\\\\"),
    }],
    ..Quirks::NONE
};

const PUBLISHES: Quirks = Quirks {
    names: Names::Empty,
    txt: Txt::Either,
    ttl: TtlRule {
        unset: None,
        least: 30,
        most: 2_147_483_647,
        allowed: &[],
    },
    wildcard: false,
    publishes: true,
    ..Quirks::NONE
};

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NS,
    Rtype::TXT,
    Rtype::SRV,
    Rtype::CAA,
];

impl Subject for Records {
    fn name(&self) -> &'static str {
        self.name
    }

    fn quirks(&self) -> &Quirks {
        self.quirks
    }

    fn family(&self) -> Family {
        Family::Record
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let limits = match self.quirks.publishes {
            true => Limits {
                ttl: 30,
                wildcard: false,
                ..Limits::default()
            },
            false => Limits {
                ttl: 60,
                ttls: AT_ONCE.ttl.allowed,
                types: TYPES,
                values: 100,
                text: 512,
                ..Limits::default()
            },
        };
        let mut store = store(start, limits);
        if self.quirks.publishes {
            for zone in &mut store.zones {
                zone.live = Some(zone.sets.clone());
            }
        }
        let Self { form, quirks, .. } = *self;
        let world = SimWorld::boxed(Sim::new(store, Host(form)), move |sim, scope| {
            let link = Link {
                sim,
                provider: "record",
            };
            Box::new(Executor::new(ByRecord(Plain { link, quirks }), scope))
        });
        Box::pin(async { world })
    }
}

/// The host's side.
struct Host(Form);

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let page = asked.number("page").unwrap_or(1);
        let (method, parts) = asked.route();
        match (method, parts.as_slice()) {
            ("GET", ["zones"]) => link::zones(store, page),
            ("GET", ["zones", id, "records"]) => match self.records(store, id) {
                Ok(records) => link::page(&records, page, 100),
                Err(refused) => crate::sim::refusal(&refused),
            },
            ("POST", ["zones", id, "publish"]) => {
                link::answer(store.publish(id).map(|()| json!({})))
            }
            (_, ["zones", id, "records", rest @ ..]) => {
                let record = rest.first().and_then(|record| record.parse().ok());
                link::answer(self.change(store, request, id, record))
            }
            _ => link::answer(Err(Refused::Missing("such address".to_owned()))),
        }
    }
}

impl Host {
    fn records(&self, store: &ZoneStore, id: &str) -> Result<Vec<Value>, Refused> {
        let zone = store.zone(id)?;
        let mut records = Vec::new();
        for (key, row) in zone
            .sets
            .iter()
            .flat_map(|(key, set)| set.rows.iter().map(move |row| (key, row)))
        {
            let mut told = row.extra.clone();
            told.insert("id".into(), row.id.into());
            told.insert("name".into(), self.0.owner(&zone.name, &key.name).into());
            told.insert("type".into(), key.rtype.to_string().into());
            told.insert("ttl".into(), row.ttl.into());
            told.insert("data".into(), self.0.print(key.rtype, &row.rdata).into());
            records.push(Value::from(told));
        }
        Ok(records)
    }

    fn row(&self, zone: &str, body: &Value) -> Result<(SetKey, Row), Refused> {
        let key = link::key(&self.0, zone, text(body, "name"), text(body, "type"))?;
        let rdata = self
            .0
            .read(zone, key.rtype, text(body, "data"))
            .map_err(Refused::Invalid)?;
        let ttl = body.get("ttl").and_then(Value::as_u64).unwrap_or(3600);
        let ttl = u32::try_from(ttl).map_err(|error| Refused::Invalid(error.to_string()))?;
        Ok((key, Row::new(ttl, rdata)))
    }

    fn change(
        &self,
        store: &mut ZoneStore,
        request: &Request,
        zone: &str,
        record: Option<u64>,
    ) -> Result<Value, Refused> {
        let body = Asked::of(request).body;
        let name = store.zone(zone)?.name.clone();
        let id = store.edit(zone, |draft| match (request.method(), record) {
            (&Method::POST, None) => {
                let (key, row) = self.row(&name, &body)?;
                draft.add(key, row)
            }
            (&Method::PUT, Some(id)) => {
                // What is not told stays.
                let (_, row) = self.row(&name, &body)?;
                let sets = draft.zone().sets.values();
                let mut rows = sets.flat_map(|set| &set.rows);
                let old = rows.find(|row| row.id == id).map(|row| row.extra.clone());
                let extra = old.unwrap_or_default();
                draft.change_row(id, Row { extra, ..row })?;
                Ok(id)
            }
            (&Method::DELETE, Some(id)) => draft.drop_row(id).map(|_| id),
            _ => Err(Refused::Missing("such address".to_owned())),
        })?;
        Ok(json!({"id": id}))
    }
}

/// The provider's side.
#[derive(Debug)]
struct Plain {
    link: Link,
    quirks: &'static Quirks,
}

impl Plain {
    fn body(&self, zone: &Zone, record: &Record) -> Value {
        let rtype = record.key.rtype;
        let mut body = json!({
            "name": self.quirks.owner(&zone.name, &record.key.name),
            "type": rtype.to_string(),
            "data": self.quirks.data(rtype, &record.value),
        });
        if let Some(ttl) = record.ttl {
            body["ttl"] = ttl.as_secs().into();
        }
        body
    }

    fn path(zone: &Zone, record: &str) -> String {
        format!("/zones/{}/records{record}", encode(&zone.id))
    }
}

impl Api for Plain {
    const NAME: &'static str = "record";

    fn quirks(&self) -> &Quirks {
        self.quirks
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        self.link.zones().await
    }

    async fn publish(&self, zone: &Zone) -> Answer<()> {
        let path = format!("/zones/{}/publish", encode(&zone.id));
        let done = self
            .link
            .call("publish zone", (Method::POST, path), None, &Value::Null)
            .await;
        done.map(drop)
    }
}

impl RecordApi for Plain {
    async fn list(&self, zone: &Zone) -> Answer<Vec<(Record, Handle)>> {
        let all = self
            .link
            .pages("list records", &Self::path(zone, ""))
            .await?;
        let found = all.iter().filter_map(|told| {
            let rtype = Rtype::from_text(text(told, "type").as_bytes())?;
            let ttl = told.get("ttl").and_then(Value::as_u64)?;
            let ttl = Some(Ttl::from_secs(u32::try_from(ttl).ok()?));
            let name = self.quirks.name(&zone.name, text(told, "name"));
            let value = self.quirks.value(rtype, text(told, "data"));
            let record = Record {
                key: Key::new(&name, rtype),
                ttl,
                value: value.clone(),
                properties: plan::Properties::default(),
            };
            let id = told.get("id")?.to_string().into();
            let foreign = Value::Null;
            Some((
                record,
                Handle {
                    id,
                    value,
                    ttl,
                    foreign,
                },
            ))
        });
        Ok(found.collect())
    }

    async fn create(&self, zone: &Zone, new: &Record, _beside: Option<&Handle>) -> Answer<Done> {
        let path = Self::path(zone, "");
        let body = self.body(zone, new);
        let answer = self
            .link
            .call("create record", (Method::POST, path), None, &body)
            .await?;
        let id = answer.1.get("id").map(Value::to_string);
        Ok(Done::As(id.unwrap_or_default().into()))
    }

    async fn update(&self, zone: &Zone, old: &Handle, new: &Record) -> Answer<Done> {
        let path = Self::path(zone, &format!("/{}", old.id));
        let body = self.body(zone, new);
        self.link
            .call("update record", (Method::PUT, path), None, &body)
            .await?;
        Ok(Done::Now)
    }

    async fn remove(&self, zone: &Zone, old: &Handle, _record: &Record) -> Answer<Done> {
        let path = Self::path(zone, &format!("/{}", old.id));
        self.link
            .call("remove record", (Method::DELETE, path), None, &Value::Null)
            .await?;
        Ok(Done::Now)
    }
}
