//! A stand-in for PowerDNS: zones whole, and changes all or none.

use http::StatusCode;
use serde_json::{Value, json};
use wire::Rtype;

use super::api::QUIRKS;
use crate::sim::{
    Asked, Dialect, Form, Limits, Owner, Refused, Request, Response, Row, SECRET, SetKey, Sim,
    SimZone, Text, ZoneStore, empty, json, number, store, text,
};
use crate::suite::{Family, Hosted, Start};

pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Batch), host)
    .set(&[
        ("pdns-server", "http://pdns.example:8081"),
        ("pdns-api-key", SECRET),
    ])
    .ids(|name, _| format!("{name}."))
    .lists(|_| 1);

fn host(start: &Start) -> Sim {
    let limits = Limits {
        apex_cname: true,
        ..Limits::default()
    };
    Sim::new(store(start, limits), Host)
}

struct Host;

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let (method, path) = asked.route();
        let result = match (method, &path[..]) {
            ("GET", ["api", "v1", "servers", "localhost", "zones"]) => {
                let zones = store.zones.iter().map(|zone| told(zone, false));
                Ok(json(StatusCode::OK, &zones.collect()))
            }
            ("GET", ["api", "v1", "servers", "localhost", "zones", id]) => {
                let zone = store.zone(id);
                zone.map(|zone| json(StatusCode::OK, &told(zone, true)))
            }
            ("PATCH", ["api", "v1", "servers", "localhost", "zones", id]) => {
                let done = change(store, id, &asked.body);
                done.map(|()| empty(StatusCode::NO_CONTENT))
            }
            _ => Err(Refused::Missing("such address".to_owned())),
        };
        result.unwrap_or_else(|refused| {
            let (status, said) = match refused {
                Refused::Missing(what) => (StatusCode::NOT_FOUND, format!("Could not find {what}")),
                Refused::Exists(why) | Refused::Invalid(why) | Refused::Stale(why) => {
                    (StatusCode::UNPROCESSABLE_ENTITY, why)
                }
            };
            json(status, &json!({"error": said}))
        })
    }

    fn admits(&self, request: &Request) -> bool {
        let key = request.headers().get("x-api-key");
        key.is_some_and(|key| key.as_bytes() == SECRET.as_bytes())
    }

    fn unauthorized(&self) -> Response {
        let mut answer = Response::new("Unauthorized".into());
        *answer.status_mut() = StatusCode::UNAUTHORIZED;
        answer
    }
}

fn told(zone: &SimZone, whole: bool) -> Value {
    let name = format!("{}.", zone.name);
    let mut told = json!({"id": name, "name": name, "kind": "Native", "serial": zone.version});
    if !whole {
        return told;
    }
    let sets = zone.sets.iter().map(|(key, set)| {
        let records = set.rows.iter().map(|row| {
            let mut record = row.extra.clone();
            record.insert("content".into(), FORM.print(key.rtype, &row.rdata).into());
            let disabled = row.extra.get("disabled").is_some_and(|it| *it == json!("true") || *it == json!(true));
            record.insert("disabled".into(), disabled.into());
            Value::Object(record)
        });
        let mut told = set.extra.clone();
        let is_alias = told.remove(ALIAS).is_some();
        let rtype = if is_alias { "ALIAS".to_owned() } else { key.rtype.to_string() };
        let comments = set.extra.get("comments").cloned();
        json!({"name": format!("{}.", key.name), "type": rtype, "ttl": set.ttl(),
            "records": records.collect::<Vec<_>>(), "comments": comments.unwrap_or_else(|| json!([]))})
    });
    told["rrsets"] = sets.collect();
    told
}

fn change(store: &mut ZoneStore, id: &str, body: &Value) -> Result<(), Refused> {
    let zone = store.zone(id)?.name.clone();
    let sets = body.get("rrsets").and_then(Value::as_array);
    let sets = sets.ok_or_else(|| Refused::Invalid("rrsets is missing".to_owned()))?;
    store.edit(id, |draft| {
        for told in sets {
            let rtype = text(told, "type");
            let is_alias = rtype == "ALIAS";
            let rtype = if is_alias { "CNAME" } else { rtype };
            let rtype = Rtype::from_text(rtype.as_bytes());
            let rtype = rtype.ok_or_else(|| Refused::Invalid("unknown type".to_owned()))?;
            let name = text(told, "name");
            if name.to_ascii_lowercase() != name {
                return Err(Refused::Invalid(format!("{name} is not canonical")));
            }
            let name = FORM.name(&zone, name).map_err(Refused::Invalid)?;
            let key = SetKey::new(&name, rtype);
            let there = draft.get(&key);
            let was_alias = there.is_some_and(|set| set.extra.contains_key(ALIAS));
            match text(told, "changetype") {
                "DELETE" if there.is_none() || was_alias != is_alias => {}
                "DELETE" => drop(draft.take(&key)?),
                "REPLACE" => {
                    if rtype == Rtype::CNAME && name == zone && !is_alias {
                        let said =
                            format!("RRset {name}. IN CNAME: Conflicts with pre-existing RRset");
                        return Err(Refused::Invalid(said));
                    }
                    let rows = rows(&zone, rtype, told)?;
                    let comments = told.get("comments").cloned();
                    let mut extra = there.map(|set| set.extra.clone()).unwrap_or_default();
                    if let Some(comments) = comments {
                        extra.insert("comments".into(), comments);
                    }
                    extra.remove(ALIAS);
                    if is_alias {
                        extra.insert(ALIAS.into(), true.into());
                    }
                    draft.put(key, rows, Some(extra));
                }
                other => return Err(Refused::Invalid(format!("changetype {other}"))),
            }
        }
        Ok(())
    })
}

fn rows(zone: &str, rtype: Rtype, told: &Value) -> Result<Vec<Row>, Refused> {
    let ttl = number(told, "ttl");
    let ttl = ttl.ok_or_else(|| Refused::Invalid("ttl is missing".to_owned()))?;
    let records = told.get("records").and_then(Value::as_array);
    let records = records.into_iter().flatten().map(|record| {
        let content = text(record, "content");
        let is_relative = matches!(
            rtype,
            Rtype::CNAME | Rtype::MX | Rtype::NS | Rtype::PTR | Rtype::SRV
        ) && !content.ends_with('.');
        if is_relative {
            return Err(Refused::Invalid(format!(
                "{content}: Not in expected format"
            )));
        }
        let rdata = FORM.read(zone, rtype, content).map_err(Refused::Invalid)?;
        let mut row = Row::new(ttl, rdata);
        if record.get("disabled") == Some(&Value::Bool(true)) {
            row.extra.insert("disabled".into(), true.into());
        }
        Ok(row)
    });
    records.collect()
}

/// Marks a set that is an ALIAS there.
const ALIAS: &str = "alias";

const FORM: Form = Form {
    owner: Owner::Dotted,
    dots: true,
    text: Text::Quoted,
};
