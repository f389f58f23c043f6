//! A stand-in for Cloudflare: zones, records with batches or without, and what hangs on names.

mod form;

use http::{Method, StatusCode, header};
use serde_json::{Map, Value, json};
use wire::Rtype;

use super::api::QUIRKS;
use crate::sim::{
    Asked, Dialect, Draft, Limits, Refused, Request, Response, Row, SECRET, SetKey, Sim, SimZone,
    ZoneStore, json, page, store, text,
};
use crate::suite::{Family, Hosted, Start};
use form::{read, told};

pub(crate) const SUBJECT: Hosted =
    Hosted::new(super::NAME, (&QUIRKS, Family::Batch), host).set(SETTINGS);

/// The same where there are no batches.
pub(crate) const SINGLE: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Record), single)
    .named("cf-single")
    .set(SETTINGS);

pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("CF_API_TOKEN", SECRET),
    ("cloudflare-dns-records-per-page", "100"),
    ("batch-change-size", "200"),
    ("batch-change-interval", "1"),
];

pub(super) fn host(start: &Start) -> Sim {
    Sim::new(zones(start), Host { batches: true })
}

pub(super) fn single(start: &Start) -> Sim {
    Sim::new(zones(start), Host { batches: false })
}

fn zones(start: &Start) -> ZoneStore {
    let limits = Limits {
        types: QUIRKS.types,
        ttl: 1,
        text: 4050,
        apex_cname: true,
        ..Limits::default()
    };
    store(start, limits)
}

struct Host {
    batches: bool,
}

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let (method, path) = asked.route();
        let result = match path[..] {
            ["client", "v4", "zones", ref rest @ ..] => self.zones(store, &asked, (method, rest)),
            _ => Err(unknown()),
        };
        match result {
            Ok(Value::Array(all)) if method == "GET" => list(&asked, &all),
            Ok(result) => envelope(StatusCode::OK, &[], &result),
            Err(refused) => refusal(&refused),
        }
    }

    fn writes(&self, request: &Request) -> bool {
        // Where there are no batches, asking for one does nothing.
        let is_batch = request.uri().path().ends_with("/batch");
        *request.method() != Method::GET && (self.batches || !is_batch)
    }

    fn admits(&self, request: &Request) -> bool {
        let is = |name: &str, value: &str| {
            let header = request.headers().get(name);
            header.is_some_and(|header| header.as_bytes() == value.as_bytes())
        };
        is(header::AUTHORIZATION.as_str(), &format!("Bearer {SECRET}"))
            || is("x-auth-email", EMAIL) && is("x-auth-key", SECRET)
    }

    fn unauthorized(&self) -> Response {
        let error = json!({"code": 10000, "message": "Authentication error"});
        envelope(StatusCode::FORBIDDEN, &[error], &Value::Null)
    }
}

impl Host {
    fn zones(
        &self,
        store: &mut ZoneStore,
        asked: &Asked,
        (method, path): (&str, &[&str]),
    ) -> Result<Value, Refused> {
        match (method, path) {
            ("GET", []) => {
                let named = |zone: &&SimZone| asked.query("name").is_none_or(|it| it == zone.name);
                Ok(store.zones.iter().filter(named).map(zone).collect())
            }
            ("GET", [id]) => store.zone(id).map(zone),
            (_, [id, "dns_records", rest @ ..]) => self.records(store, asked, (method, id, rest)),
            (_, [id, "custom_hostnames", rest @ ..]) => {
                hostnames(kept(store, id, "hostnames")?, (method, rest), &asked.body)
            }
            (_, [id, "addressing", "regional_hostnames", rest @ ..]) => {
                regions(kept(store, id, "regions")?, (method, rest), &asked.body)
            }
            _ => Err(unknown()),
        }
    }

    fn records(
        &self,
        store: &mut ZoneStore,
        asked: &Asked,
        (method, id, path): (&str, &str, &[&str]),
    ) -> Result<Value, Refused> {
        let name = store.zone(id)?.name.clone();
        let list = |what: &str| {
            let list = asked.body.get(what).and_then(Value::as_array);
            list.cloned().unwrap_or_default()
        };
        let edit = |kind: &'static str, body: &Value, id: Option<&str>| {
            let mut body = body.clone();
            if let Some(id) = id {
                body["id"] = id.into();
            }
            vec![(kind, body)]
        };
        let edits = match (method, path) {
            ("GET", []) => {
                let all = store.zone(id)?.sets.iter();
                let rows = all.flat_map(|(key, set)| set.rows.iter().map(move |row| (key, row)));
                let shown = rows.filter(|(key, _)| !is_own(&name, key));
                return Ok(shown.map(|(key, row)| told(key, row)).collect());
            }
            ("POST", ["batch"]) if self.batches => {
                let kinds = ["deletes", "patches", "puts", "posts"];
                let all = kinds.iter();
                let all = all.flat_map(|kind| list(kind).into_iter().map(move |it| (*kind, it)));
                all.collect()
            }
            ("POST", []) => edit("posts", &asked.body, None),
            ("PUT", [record]) => edit("puts", &asked.body, Some(record)),
            ("PATCH", [record]) => edit("patches", &asked.body, Some(record)),
            ("DELETE", [record]) => edit("deletes", &json!({}), Some(record)),
            _ => return Err(unknown()),
        };
        if edits.len() > MOST {
            return Err(Refused::Invalid("Batch is too large".to_owned()));
        }
        store.edit(id, |draft| {
            let mut made = Value::Null;
            for (kind, body) in &edits {
                made = change(draft, &name, (kind, body))?;
            }
            Ok(made)
        })
    }
}

/// One change of a batch, or one on its own.
fn change(
    draft: &mut Draft<'_>,
    zone: &str,
    (kind, body): (&str, &Value),
) -> Result<Value, Refused> {
    let missing = || Refused::Missing("Record".to_owned());
    if kind == "posts" {
        let (key, row) = read(zone, body)?;
        let id = draft.add(key.clone(), row.clone())?;
        return Ok(told(&key, &Row { id, ..row }));
    }
    let id = u64::from_str_radix(text(body, "id"), 16).map_err(|_| missing())?;
    let rows = draft.zone().sets.iter();
    let mut rows = rows.flat_map(|(key, set)| set.rows.iter().map(move |row| (key, row)));
    let (key, old) = rows.find(|(_, row)| row.id == id).ok_or_else(missing)?;
    if kind == "deletes" {
        draft.drop_row(id)?;
        return Ok(json!({"id": text(body, "id")}));
    }
    // A patch says what changes, anything else says all there is.
    let mut whole = match kind {
        "patches" => told(key, old),
        _ => json!({}),
    };
    if kind == "patches" && body.get("content").is_none() && body.get("data").is_some() {
        drop(
            whole
                .as_object_mut()
                .and_then(|whole| whole.remove("content")),
        );
    }
    for (name, value) in body.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    let (key, old) = (key.clone(), old.clone());
    let (other, mut row) = read(zone, &whole)?;
    if other != key {
        return Err(Refused::Invalid("name and type stay".to_owned()));
    }
    if kind == "patches" {
        for (name, value) in old.extra {
            row.extra.entry(name).or_insert(value);
        }
    }
    draft.change_row(id, row.clone())?;
    Ok(told(&key, &Row { id, ..row }))
}

/// What is there of a zone itself, which is not shown as records.
fn is_own(zone: &str, key: &SetKey) -> bool {
    key.name == zone && matches!(key.rtype, Rtype::NS | Rtype::SOA)
}

fn zone(zone: &SimZone) -> Value {
    let kind = zone.extra.get("type").and_then(Value::as_str);
    json!({"id": zone.id, "name": zone.name, "type": kind.unwrap_or("full"),
        "status": "active", "paused": false, "plan": {"legacy_id": "free", "is_subscribed": false}})
}

/// What hangs on the names of a zone, by identifier.
fn kept<'s>(
    store: &'s mut ZoneStore,
    id: &str,
    what: &str,
) -> Result<&'s mut Map<String, Value>, Refused> {
    let zone = store.zones.iter_mut().find(|zone| zone.id == id);
    let zone = zone.ok_or_else(unknown)?;
    let all = zone
        .extra
        .entry(what.to_owned())
        .or_insert_with(|| json!({}));
    all.as_object_mut().ok_or_else(unknown)
}

fn hostnames(
    all: &mut Map<String, Value>,
    (method, path): (&str, &[&str]),
    body: &Value,
) -> Result<Value, Refused> {
    match (method, path) {
        ("GET", []) => Ok(all.values().cloned().collect()),
        ("POST", []) => {
            if body["ssl"]["method"] != "http" || body["ssl"]["type"] != "dv" {
                return Err(Refused::Invalid("SSL attribute is invalid".to_owned()));
            }
            let is_same = |it: &Value| it["hostname"] == body["hostname"];
            if all.values().any(is_same) {
                return Err(Refused::Stale(
                    "Duplicate custom hostname found.".to_owned(),
                ));
            }
            let id = format!("h-{}", text(body, "hostname"));
            let mut made = body.clone();
            made["id"] = id.clone().into();
            all.insert(id, made.clone());
            Ok(made)
        }
        ("DELETE", [id]) => all.remove(*id).ok_or_else(unknown),
        _ => Err(unknown()),
    }
}

fn regions(
    all: &mut Map<String, Value>,
    (method, path): (&str, &[&str]),
    body: &Value,
) -> Result<Value, Refused> {
    match (method, path) {
        ("GET", []) => Ok(all.values().cloned().collect()),
        ("POST", []) => {
            let name = text(body, "hostname").to_owned();
            match all.insert(name, body.clone()) {
                None => Ok(body.clone()),
                Some(_) => Err(Refused::Stale("Hostname already exists".to_owned())),
            }
        }
        ("PATCH", [name]) => {
            let one = all.get_mut(*name).ok_or_else(unknown)?;
            one["region_key"] = body["region_key"].clone();
            Ok(one.clone())
        }
        ("DELETE", [name]) => all.remove(*name).ok_or_else(unknown),
        _ => Err(unknown()),
    }
}

/// A page of a list.
fn list(asked: &Asked, items: &[Value]) -> Response {
    let most = match asked.path.last().map(String::as_str) {
        Some("dns_records") => 5000,
        _ => 50,
    };
    let size = asked.number("per_page").unwrap_or(20);
    if !(1..=most).contains(&size) {
        return refusal(&Refused::Invalid("per_page is out of range".to_owned()));
    }
    let at = asked.number("page").unwrap_or(1);
    let (shown, _) = page(items, at, size);
    let info = json!({"page": at, "per_page": size, "count": shown.len(), "total_count": items.len(),
        "total_pages": items.len().div_ceil(size)});
    let body = json!({"success": true, "errors": [], "messages": [], "result": shown, "result_info": info});
    json(StatusCode::OK, &body)
}

fn unknown() -> Refused {
    Refused::Missing("path".to_owned())
}

fn refusal(refused: &Refused) -> Response {
    let (status, code, said) = match refused {
        Refused::Exists(_) => (400, 81058, "An identical record already exists."),
        Refused::Missing(what) if what == "path" => (404, 7003, "Could not route to this path"),
        Refused::Missing(what) if what.starts_with("zone") => {
            (404, 7003, "Could not route to this zone")
        }
        Refused::Missing(_) => (404, 81044, "Record does not exist."),
        Refused::Stale(said) => (409, 1406, said.as_str()),
        Refused::Invalid(why) if why.contains("CNAME") => (400, 81053, why.as_str()),
        Refused::Invalid(why) if why == "Invalid TTL." => (400, 9021, why.as_str()),
        Refused::Invalid(why) => (400, 9007, why.as_str()),
    };
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let error = json!({"code": code, "message": said});
    envelope(status, &[error], &Value::Null)
}

fn envelope(status: StatusCode, errors: &[Value], result: &Value) -> Response {
    let success = errors.is_empty();
    let body = json!({"success": success, "errors": errors, "messages": [], "result": result});
    json(status, &body)
}

/// Changes of a batch at most, without a paid plan.
const MOST: usize = 200;

/// Whose account it is.
pub(super) const EMAIL: &str = "a@example.org";
