//! An API of batches, where what is taken away has to be told exactly.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use wire::{Rtype, Ttl};

use super::link::{self, Link};
use crate::client::encode;
use crate::exec::{Answer, Api, BatchApi, Batched, Cost, Done, Edit, Executor};
use crate::record::quirks::{Names, Quirks, TtlRule};
use crate::record::{Found, Key, Rrset};
use crate::sim::{
    Asked, Dialect, Draft, Form, Limits, Owner, Refused, Request, Response, Sim, Text, ZoneStore,
    store, text,
};
use crate::suite::{Family, Later, SimWorld, Start, Subject, World};
use crate::zones::Zone;

/// The subject.
pub(super) const SUBJECT: Batches = Batches;

#[derive(Debug)]
pub(super) struct Batches;

const QUIRKS: Quirks = Quirks {
    names: Names::Whole,
    ttl: TtlRule {
        unset: Some(300),
        ..Quirks::NONE.ttl
    },
    values: 400,
    text: 4000,
    apex_cname: true,
    conditional: true,
    ..Quirks::NONE
};

const FORM: Form = Form {
    owner: Owner::Whole,
    dots: true,
    text: Text::Quoted,
};

impl Subject for Batches {
    fn name(&self) -> &'static str {
        "batch"
    }

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    fn family(&self) -> Family {
        Family::Batch
    }

    fn start<'a>(&'a self, start: &'a Start) -> Later<'a, Box<dyn World>> {
        let limits = Limits {
            values: 400,
            text: 4000,
            apex_cname: true,
            ..Limits::default()
        };
        let sim = Sim::new(store(start, limits), Host);
        let world = SimWorld::boxed(sim, |sim, scope| {
            let provider = "batch";
            Box::new(Executor::new(Batched(Plain(Link { sim, provider })), scope))
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
            ("GET", ["zones", id, "sets"]) => match sets(store, id) {
                Ok(sets) => link::page(&sets, page, 100),
                Err(refused) => crate::sim::refusal(&refused),
            },
            ("POST", ["zones", id, "changes"]) => {
                link::answer(change(store, &Asked::of(request).body, id))
            }
            _ => link::answer(Err(Refused::Missing("such address".to_owned()))),
        }
    }
}

fn change(store: &mut ZoneStore, body: &Value, id: &str) -> Result<Value, Refused> {
    let zone = store.zone(id)?.name.clone();
    let of = |name: &str| {
        body.get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let (deletions, additions) = (of("deletions"), of("additions"));
    if deletions.len() + additions.len() > MOST {
        return Err(Refused::Invalid(format!("more than {MOST} changes")));
    }
    store.edit(id, |draft: &mut Draft<'_>| {
        let mut extras = std::collections::BTreeMap::new();
        for told in &deletions {
            let key = link::key(&FORM, &zone, text(told, "name"), text(told, "type"))?;
            let rows = link::rows(&FORM, &zone, key.rtype, told)?;
            let there = draft.take(&key)?;
            let mut expected: Vec<_> = rows.into_iter().map(|row| (row.ttl, row.rdata)).collect();
            let mut found: Vec<_> = there
                .rows
                .iter()
                .map(|row| (row.ttl, row.rdata.clone()))
                .collect();
            expected.sort();
            found.sort();
            if expected != found {
                return Err(Refused::Stale(key.name));
            }
            extras.insert(key, there.extra);
        }
        for told in &additions {
            let key = link::key(&FORM, &zone, text(told, "name"), text(told, "type"))?;
            if draft.get(&key).is_some() {
                return Err(Refused::Exists(key.name));
            }
            let rows = link::rows(&FORM, &zone, key.rtype, told)?;
            let extra = told.get("extra").and_then(Value::as_object).cloned();
            draft.put(key, rows, Some(extra.unwrap_or_default()));
        }
        Ok(json!({}))
    })
}

fn sets(store: &ZoneStore, id: &str) -> Result<Vec<Value>, Refused> {
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

/// Changes of a batch at most.
const MOST: usize = 100;

/// The provider's side.
#[derive(Debug)]
struct Plain(Link);

fn told(rrset: &Rrset, foreign: Option<&Value>) -> Value {
    let values = rrset
        .values
        .iter()
        .filter_map(|value| QUIRKS.data(rrset.key.rtype, value));
    json!({
        "name": rrset.key.name,
        "type": rrset.key.rtype.to_string(),
        "ttl": rrset.ttl.map(Ttl::as_secs),
        "values": values.collect::<Vec<_>>(),
        "extra": foreign,
    })
}

impl Api for Plain {
    const NAME: &'static str = "batch";

    fn quirks(&self) -> &Quirks {
        &QUIRKS
    }

    async fn zones(&self) -> Answer<Vec<Zone>> {
        self.0.zones().await
    }
}

impl BatchApi for Plain {
    async fn list(&self, zone: &Zone) -> Answer<Vec<Found>> {
        let path = format!("/zones/{}/sets", encode(&zone.id));
        let all = self.0.pages("list records", &path).await?;
        let found = all.into_iter().filter_map(|mut set| {
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
        Ok(found.collect())
    }

    fn limits(&self) -> (Cost, Duration) {
        (Cost::changes(MOST), Duration::from_secs(1))
    }

    fn cost(&self, edit: &Edit) -> Cost {
        Cost::changes(usize::from(edit.old.is_some()) + usize::from(edit.new.is_some()))
    }

    async fn submit(&self, zone: &Zone, edits: &[Edit]) -> Answer<Done> {
        let old = |edit: &Edit| edit.old.as_ref().map(|old| told(&old.rrset, None));
        let new = |edit: &Edit| {
            let foreign = edit.old.as_ref().map(Found::foreign);
            edit.new.as_ref().map(|new| told(new, foreign))
        };
        let body = json!({
            "deletions": edits.iter().filter_map(old).collect::<Vec<_>>(),
            "additions": edits.iter().filter_map(new).collect::<Vec<_>>(),
        });
        let path = format!("/zones/{}/changes", encode(&zone.id));
        self.0
            .call("change records", (Method::POST, path), None, &body)
            .await?;
        Ok(Done::Now)
    }
}
