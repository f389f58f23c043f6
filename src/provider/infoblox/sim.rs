//! A stand-in for Infoblox: objects by references, in views, in pages.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use serde_json::{Value, json};
use wire::Rtype;

use super::api::QUIRKS;
use crate::sim::{
    Asked, Dialect, Form, Limits, Owner, Refused, Request, Response, Row, SECRET, SetKey, Sim,
    SimZone, Text, ZoneStore, json, number, store, text,
};
use crate::suite::{Family, Hosted, Start};

pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Record), host)
    .set(SETTINGS)
    .ids(id)
    // There are five kinds of objects.
    .lists(|records| records.div_ceil(100) + 5);

pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("infoblox-grid-host", "grid.example"),
    ("infoblox-wapi-port", "443"),
    ("infoblox-wapi-username", USER),
    ("infoblox-wapi-password", SECRET),
    ("infoblox-ssl-verify", "true"),
    ("infoblox-max-results", "100"),
];

/// What a zone goes by: its view and its reference.
fn id(name: &str, id: &str) -> String {
    let view = match id {
        "private" | "public" => id,
        _ => "default",
    };
    format!("{view}\tzone_auth/ZG5z{name}:{name}/{view}")
}

pub(super) fn host(start: &Start) -> Sim {
    let limits = Limits {
        text: 512,
        ..Limits::default()
    };
    Sim::new(store(start, limits), Host)
}

struct Host;

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let (method, path) = asked.route();
        let created = (StatusCode::CREATED, StatusCode::OK);
        let result = match (method, &path[..]) {
            ("GET", ["wapi", "v2.3.1", object]) => {
                let all = match *object {
                    "zone_auth" => zones(store, &asked),
                    _ => objects(store, object, &asked),
                };
                return listed(&asked, &all);
            }
            ("POST", ["wapi", "v2.3.1", object]) => make(store, object, &asked.body),
            ("PUT", ["wapi", "v2.3.1", object, id, ..]) => change(store, (object, id), &asked.body),
            ("DELETE", ["wapi", "v2.3.1", object, id, ..]) => take(store, (object, id)),
            _ => Err(proto("Unknown object type")),
        };
        match result {
            Ok(reference) if method == "POST" => json(created.0, &reference),
            Ok(reference) => json(created.1, &reference),
            Err(refused) => refusal(&refused),
        }
    }

    fn admits(&self, request: &Request) -> bool {
        let header = request.headers().get(header::AUTHORIZATION);
        let basic = format!("Basic {}", STANDARD.encode(format!("{USER}:{SECRET}")));
        header.is_some_and(|header| header.as_bytes() == basic.as_bytes())
    }

    fn unauthorized(&self) -> Response {
        let page = "<!DOCTYPE HTML><title>401 Authorization Required</title>";
        let mut answer = Response::new(page.into());
        *answer.status_mut() = StatusCode::UNAUTHORIZED;
        answer
    }
}

fn view(zone: &SimZone) -> &str {
    zone.id.split('\t').next().unwrap_or_default()
}

/// Zones as they are told: those of addresses by their network.
fn zones(store: &ZoneStore, asked: &Asked) -> Vec<Value> {
    let of_view = |zone: &&SimZone| asked.query("view").is_none_or(|it| it == view(zone));
    let zones = store.zones.iter().filter(of_view).map(|zone| {
        let reference = zone.id.split('\t').nth(1);
        let fqdn = network(&zone.name).unwrap_or_else(|| zone.name.clone());
        json!({"_ref": reference, "fqdn": fqdn, "view": view(zone)})
    });
    zones.collect()
}

/// The network that a zone is of.
fn network(zone: &str) -> Option<String> {
    if let Some(octets) = zone.strip_suffix(".in-addr.arpa") {
        let octets: Result<Vec<u8>, _> = octets.rsplit('.').map(str::parse).collect();
        let octets = octets.ok()?;
        let mut whole = [0; 4];
        whole.get_mut(..octets.len())?.copy_from_slice(&octets);
        return Some(format!("{}/{}", Ipv4Addr::from(whole), octets.len() * 8));
    }
    let nibbles: String = zone.strip_suffix(".ip6.arpa")?.rsplit('.').collect();
    let number = u128::from_str_radix(&nibbles, 16).ok()?;
    let length = nibbles.len() * 4;
    let number = number.checked_shl(u32::try_from(128 - length).ok()?)?;
    Some(format!("{}/{length}", Ipv6Addr::from(number)))
}

/// The objects of a kind.
fn objects(store: &ZoneStore, object: &str, asked: &Asked) -> Vec<Value> {
    let mut all = Vec::new();
    let is = |name: &str, value: &str| asked.query(name).is_none_or(|it| it == value);
    let zones = store.zones.iter();
    for zone in zones.filter(|zone| is("view", view(zone)) && is("zone", &zone.name)) {
        for (key, set) in &zone.sets {
            let Some(field) = field(key.rtype) else {
                continue;
            };
            if !is("name", &key.name) {
                continue;
            }
            for row in &set.rows {
                let kind = row.extra.get(OBJECT).and_then(Value::as_str);
                if kind.unwrap_or(field.0) != object {
                    continue;
                }
                if kind == Some(HOST) {
                    let address = FORM.print(key.rtype, &row.rdata);
                    let reference = format!("{HOST}/ZG5z{}:{}/{}", row.id, key.name, view(zone));
                    all.push(
                        json!({"_ref": reference, "name": key.name, "view": view(zone),
                        "ipv4addrs": [{"ipv4addr": address}]}),
                    );
                    continue;
                }
                let mut told = row.extra.clone();
                let mut set = |name: &str, value: Value| drop(told.insert(name.to_owned(), value));
                let data = FORM.print(key.rtype, &row.rdata);
                // Quotes around a text without blanks go.
                let bare = key.rtype == Rtype::TXT && !data.contains([' ', '\\']);
                let data = if bare {
                    data.trim_matches('"').to_owned()
                } else {
                    data
                };
                set("_ref", reference(zone, key, row.id).into());
                set("name", key.name.clone().into());
                set("view", view(zone).into());
                set(field.1, data.into());
                // What has no TTL of its own shows that of its zone.
                set("use_ttl", (row.ttl > 0).into());
                set("ttl", if row.ttl > 0 { row.ttl } else { 28_800 }.into());
                all.push(Value::Object(told));
            }
        }
    }
    all
}

fn reference(zone: &SimZone, key: &SetKey, id: u64) -> String {
    let (kind, _) = field(key.rtype).unwrap_or(("record:unknown", ""));
    format!("{kind}/ZG5z{id}:{}/{}", key.name, view(zone))
}

/// A page, or, if no pages are asked for, a plain list of what one holds.
fn listed(asked: &Asked, all: &[Value]) -> Response {
    let (is_paged, is_object) = (
        asked.query("_paging") == Some("1"),
        asked.query("_return_as_object") == Some("1"),
    );
    let size = asked.number("_max_results").unwrap_or(1000);
    match (is_paged, is_object) {
        (false, false) => {
            let shown: Vec<&Value> = all.iter().take(size).collect();
            return json(StatusCode::OK, &shown.into_iter().cloned().collect());
        }
        (true, true) => {}
        _ => return refusal(&proto("_paging needs _return_as_object")),
    }
    let from = asked.number("_page_id").unwrap_or(0);
    let shown: Vec<&Value> = all.iter().skip(from).take(size).collect();
    let mut answer = json!({"result": shown});
    if from + size < all.len() {
        answer["next_page_id"] = (from + size).to_string().into();
    }
    json(StatusCode::OK, &answer)
}

fn make(store: &mut ZoneStore, object: &str, body: &Value) -> Result<Value, Refused> {
    let of_view = match text(body, "view") {
        "" => "default",
        view => view,
    };
    let name = text(body, "name");
    let zones = store.zones.iter().filter(|zone| view(zone) == of_view);
    let zones =
        zones.filter(|zone| name == zone.name || name.ends_with(&format!(".{}", zone.name)));
    let zone = zones.max_by_key(|zone| zone.name.len());
    let zone = zone.ok_or_else(|| proto("The zone does not exist"))?;
    let (id, name) = (zone.id.clone(), zone.name.clone());
    let (key, row) = read(&name, object, body)?;
    let made = store.edit(&id, |draft| draft.add(key.clone(), row))?;
    Ok(reference(store.zone(&id)?, &key, made).into())
}

/// The zone and the number of a reference.
fn found(store: &ZoneStore, (object, id): (&str, &str)) -> Result<(String, SetKey, Row), Refused> {
    // What follows is for people.
    let id = id.split(':').next().unwrap_or_default();
    let number: Option<u64> = id.strip_prefix("ZG5z").and_then(|id| id.parse().ok());
    for zone in &store.zones {
        for (key, set) in &zone.sets {
            let mut rows = set.rows.iter();
            let is_kind = field(key.rtype).is_some_and(|(kind, _)| kind == object);
            if let Some(row) = rows.find(|row| is_kind && Some(row.id) == number) {
                return Ok((zone.id.clone(), key.clone(), row.clone()));
            }
        }
    }
    Err(Refused::Missing("Reference".to_owned()))
}

fn change(store: &mut ZoneStore, at: (&str, &str), body: &Value) -> Result<Value, Refused> {
    if body.get("view").is_some() {
        return Err(proto("Field is not writable: view"));
    }
    let (id, key, old) = found(store, at)?;
    let name = store.zone(&id)?.name.clone();
    let mut whole = json!({"name": key.name, "use_ttl": old.ttl > 0, "ttl": old.ttl});
    for (name, value) in body.as_object().into_iter().flatten() {
        whole[name] = value.clone();
    }
    let (_, row) = read(&name, at.0, &whole)?;
    let extra = old.extra;
    store.edit(&id, |draft| draft.change_row(old.id, Row { extra, ..row }))?;
    Ok(reference(store.zone(&id)?, &key, old.id).into())
}

fn take(store: &mut ZoneStore, at: (&str, &str)) -> Result<Value, Refused> {
    let (id, key, old) = found(store, at)?;
    store.edit(&id, |draft| draft.drop_row(old.id))?;
    Ok(reference(store.zone(&id)?, &key, old.id).into())
}

fn read(zone: &str, object: &str, body: &Value) -> Result<(SetKey, Row), Refused> {
    let mut kinds = KINDS.iter();
    let kind = kinds.find(|(_, (kind, _))| *kind == object);
    let (rtype, (_, field)) = kind.ok_or_else(|| proto("Unknown object type"))?;
    let name = FORM
        .name(zone, text(body, "name"))
        .map_err(Refused::Invalid)?;
    let data = text(body, field);
    if data.is_empty() {
        return Err(proto("Required field is missing"));
    }
    // A text without quotes is taken word by word.
    let words: Vec<String> = match *rtype == Rtype::TXT && !data.starts_with('"') {
        true => data.split(' ').map(|word| format!("\"{word}\"")).collect(),
        false => vec![data.to_owned()],
    };
    let rdata = FORM.read(zone, *rtype, &words.join(" "));
    let rdata = rdata.map_err(Refused::Invalid)?;
    let ttl = match (body.get("use_ttl"), number(body, "ttl")) {
        (Some(Value::Bool(true)), Some(ttl)) => ttl,
        (Some(Value::Bool(true)), None) => return Err(proto("ttl is missing")),
        _ => 0,
    };
    Ok((SetKey::new(&name, *rtype), Row::new(ttl, rdata)))
}

fn field(rtype: Rtype) -> Option<(&'static str, &'static str)> {
    let mut kinds = KINDS.iter();
    kinds.find(|(of, _)| *of == rtype).map(|(_, kind)| *kind)
}

fn proto(what: &str) -> Refused {
    Refused::Invalid(what.to_owned())
}

fn refusal(refused: &Refused) -> Response {
    let (status, code, said) = match refused {
        Refused::Exists(what) => (
            StatusCode::BAD_REQUEST,
            "Client.Ibap.Data.Conflict",
            format!("The record '{what}' already exists."),
        ),
        Refused::Invalid(why) if why.contains("CNAME") => (
            StatusCode::BAD_REQUEST,
            "Client.Ibap.Data.Conflict",
            why.clone(),
        ),
        Refused::Invalid(why) | Refused::Stale(why) => {
            (StatusCode::BAD_REQUEST, "Client.Ibap.Proto", why.clone())
        }
        Refused::Missing(what) => (
            StatusCode::NOT_FOUND,
            "Client.Ibap.Data.NotFound",
            format!("{what} not found"),
        ),
    };
    let error = format!("AdmConDataError: None (IBDataError: {said})");
    json(status, &json!({"Error": error, "code": code, "text": said}))
}

/// Types, the objects that they are, and where their data is.
const KINDS: &[(Rtype, (&str, &str))] = &[
    (Rtype::A, ("record:a", "ipv4addr")),
    (Rtype::AAAA, ("record:aaaa", "ipv6addr")),
    (Rtype::CNAME, ("record:cname", "canonical")),
    (Rtype::PTR, ("record:ptr", "ptrdname")),
    (Rtype::TXT, ("record:txt", "text")),
];

/// An address that is of a host object says so here.
const OBJECT: &str = "object";

const HOST: &str = "record:host";

const FORM: Form = Form {
    owner: Owner::Whole,
    dots: false,
    text: Text::Quoted,
};

const USER: &str = "admin";
