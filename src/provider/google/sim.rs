//! A stand-in for Google Cloud DNS: as strict as the API is known to be.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value, json};
use wire::Rtype;

use super::api::QUIRKS;
use crate::sim::{
    Asked, Dialect, Draft, Form, Limits, Owner, Refused, Request, Response, Row, SECRET, Set,
    SetKey, Sim, Text, ZoneStore, json, number, store, text,
};
use crate::suite::{Family, Hosted, Start};

pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Batch), host).set(&[
    ("GOOGLE_APPLICATION_CREDENTIALS", CREDENTIALS),
    ("google-project", "p-1"),
    ("google-batch-change-size", "100"),
    ("google-batch-change-interval", "1"),
]);

/// Of somebody who has logged in.
pub(super) const CREDENTIALS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/google/sim.json");

/// A host with these zones.
pub(super) fn host(start: &Start) -> Sim {
    let limits = Limits {
        types: QUIRKS.types,
        ..Limits::default()
    };
    Sim::new(store(start, limits), Host)
}

struct Host;

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let (method, path) = asked.route();
        let ["dns", "v1", "projects", "p-1", "managedZones", rest @ ..] = &path[..] else {
            return refusal(&Refused::Missing("such address".to_owned()));
        };
        let result = match (method, rest) {
            ("GET", []) => list(&asked, "managedZones", &zones(store)),
            ("GET", [zone, "rrsets"]) => {
                sets(store, zone).and_then(|sets| list(&asked, "rrsets", &sets))
            }
            ("POST", [zone, "changes"]) => change(store, zone, &asked.body),
            _ => Err(Refused::Missing("such address".to_owned())),
        };
        result.map_or_else(
            |refused| refusal(&refused),
            |body| json(StatusCode::OK, &body),
        )
    }

    fn aside(&mut self, request: &Request) -> Option<Response> {
        let plain = |body: &str| {
            let mut answer = Response::default();
            *answer.body_mut() = Bytes::copy_from_slice(body.as_bytes());
            answer
        };
        match request.uri().host()? {
            "oauth2.googleapis.com" => Some(token(request)),
            "metadata.google.internal" => Some(match request.uri().path() {
                _ if request.headers().get("metadata-flavor")? != "Google" => plain("no flavor"),
                "/computeMetadata/v1/project/project-id" => plain("p-1"),
                _ => json(StatusCode::OK, &good()),
            }),
            _ => None,
        }
    }

    fn unauthorized(&self) -> Response {
        error(StatusCode::UNAUTHORIZED, "authError", "Invalid Credentials")
    }
}

/// A token for who has logged in.
fn token(request: &Request) -> Response {
    let given = String::from_utf8_lossy(request.body());
    let mut given: Vec<&str> = given.split('&').collect();
    given.sort_unstable();
    let wanted = [
        "client_id=client-of-the-suite",
        "client_secret=client-s3cret-of-the-suite",
        "grant_type=refresh_token",
        "refresh_token=refresh-s3cret-of-the-suite",
    ];
    if given != wanted || request.uri().path() != "/token" {
        let said = json!({"error": "invalid_grant", "error_description": "Bad Request"});
        return json(StatusCode::BAD_REQUEST, &said);
    }
    json(StatusCode::OK, &good())
}

fn good() -> Value {
    json!({"access_token": SECRET, "expires_in": 3599, "token_type": "Bearer"})
}

fn zones(store: &ZoneStore) -> Vec<Value> {
    let zones = store.zones.iter().enumerate();
    let zones = zones.map(|(at, zone)| {
        let visibility = if zone.private { "private" } else { "public" };
        let mut told = json!({
            "kind": "dns#managedZone", "id": format!("{}", 7000 + at), "name": zone.id,
            "dnsName": format!("{}.", zone.name), "visibility": visibility,
        });
        if zone.id.starts_with("peered") {
            told["peeringConfig"] = json!({"targetNetwork": {"networkUrl": "n"}});
        }
        told
    });
    zones.collect()
}

/// All sets of a zone, as it tells them.
fn sets(store: &ZoneStore, id: &str) -> Result<Vec<Value>, Refused> {
    let zone = store.zone(id)?;
    let sets = zone.sets.iter().map(|(key, set)| {
        let mut told = json!({
            "kind": "dns#resourceRecordSet", "name": FORM.owner(&zone.name, &key.name),
            "type": key.rtype.to_string(), "ttl": set.ttl(), "signatureRrdatas": [],
        });
        match is_routed(set) {
            true => {
                let item = json!({"weight": 1.0, "rrdatas": data(key, set)});
                told["routingPolicy"] = json!({"wrr": {"items": [item]}});
            }
            false => told["rrdatas"] = data(key, set).into(),
        }
        told
    });
    Ok(sets.collect())
}

/// Whether a set answers by a policy. There is nothing else that can be put on one.
fn is_routed(set: &Set) -> bool {
    set.extra.contains_key("filter")
}

fn data(key: &SetKey, set: &Set) -> Vec<String> {
    let rows = set.rows.iter();
    rows.map(|row| FORM.print(key.rtype, &row.rdata)).collect()
}

fn change(store: &mut ZoneStore, id: &str, body: &Value) -> Result<Value, Refused> {
    let zone = store.zone(id)?.name.clone();
    let of = |name: &str| body.get(name).and_then(Value::as_array);
    let (deletions, additions) = (of("deletions"), of("additions"));
    let all = || {
        deletions
            .iter()
            .chain(&additions)
            .flat_map(|sets| sets.iter())
    };
    let bytes = all().flat_map(strings).map(str::len).sum::<usize>();
    if all().next().is_none() {
        return Err(Refused::Invalid("the change is empty".to_owned()));
    }
    if [deletions, additions]
        .into_iter()
        .flatten()
        .any(|sets| sets.len() > 1000)
        || bytes > 100_000
    {
        return Err(Refused::Invalid("the change is too large".to_owned()));
    }
    store.edit(id, |draft| {
        let mut gone = BTreeMap::new();
        for told in deletions.into_iter().flatten() {
            let (key, set) = delete(draft, &zone, told)?;
            gone.insert(key, set.extra);
        }
        for told in additions.into_iter().flatten() {
            add(draft, &zone, told, &mut gone)?;
        }
        Ok(json!({"kind": "dns#change", "id": "1", "status": "pending"}))
    })
}

fn delete(draft: &mut Draft<'_>, zone: &str, told: &Value) -> Result<(SetKey, Set), Refused> {
    let key = key(zone, told)?;
    let there = draft.take(&key)?;
    let (mut there_data, mut told_data) = (data(&key, &there), strings(told));
    there_data.sort_unstable();
    told_data.sort_unstable();
    let is_same = there_data == told_data && number(told, "ttl") == Some(there.ttl());
    match is_same && !is_routed(&there) {
        true => Ok((key, there)),
        false => Err(Refused::Stale(key.name)),
    }
}

fn add(
    draft: &mut Draft<'_>,
    zone: &str,
    told: &Value,
    gone: &mut BTreeMap<SetKey, Map<String, Value>>,
) -> Result<(), Refused> {
    let key = key(zone, told)?;
    if draft.get(&key).is_some() {
        return Err(Refused::Exists(key.name));
    }
    let ttl = number(told, "ttl").ok_or_else(|| Refused::Invalid("no ttl".to_owned()))?;
    let rows = strings(told).into_iter().map(|told| {
        let rdata = FORM.read(zone, key.rtype, told).map_err(Refused::Invalid)?;
        Ok(Row::new(ttl, rdata))
    });
    let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
    let extra = gone.remove(&key);
    draft.put(key, rows, extra);
    Ok(())
}

fn key(zone: &str, told: &Value) -> Result<SetKey, Refused> {
    let name = FORM
        .name(zone, text(told, "name"))
        .map_err(Refused::Invalid)?;
    let rtype = Rtype::from_text(text(told, "type").as_bytes());
    let rtype = rtype.ok_or_else(|| Refused::Invalid("no such type".to_owned()))?;
    Ok(SetKey::new(&name, rtype))
}

fn strings(told: &Value) -> Vec<&str> {
    let data = told.get("rrdatas").and_then(Value::as_array);
    data.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A page of a list.
fn list(asked: &Asked, name: &str, items: &[Value]) -> Result<Value, Refused> {
    let first = match asked.query("pageToken") {
        Some(token) => token.strip_prefix("from-").and_then(|at| at.parse().ok()),
        None => Some(0),
    };
    let first: usize = first.ok_or_else(|| Refused::Invalid("pageToken".to_owned()))?;
    let shown: Vec<&Value> = items.iter().skip(first).take(PAGE).collect();
    let mut body = json!({name: shown});
    if first + PAGE < items.len() {
        body["nextPageToken"] = format!("from-{}", first + PAGE).into();
    }
    Ok(body)
}

fn refusal(refused: &Refused) -> Response {
    let (status, reason, message) = match refused {
        Refused::Exists(what) => (
            StatusCode::CONFLICT,
            "alreadyExists",
            format!("The resource '{what}' already exists"),
        ),
        Refused::Invalid(why) => (StatusCode::BAD_REQUEST, "invalid", why.clone()),
        Refused::Missing(what) => (
            StatusCode::NOT_FOUND,
            "notFound",
            format!("The resource '{what}' does not exist."),
        ),
        Refused::Stale(what) => (
            StatusCode::PRECONDITION_FAILED,
            "conditionNotMet",
            format!("Precondition not met for '{what}'"),
        ),
    };
    error(status, reason, &message)
}

fn error(status: StatusCode, reason: &str, message: &str) -> Response {
    let one = json!({"message": message, "domain": "global", "reason": reason});
    json(
        status,
        &json!({"error": {"code": status.as_u16(), "message": message, "errors": [one]}}),
    )
}

/// Items of a page.
const PAGE: usize = 100;

const FORM: Form = Form {
    owner: Owner::Dotted,
    dots: true,
    text: Text::Quoted,
};
