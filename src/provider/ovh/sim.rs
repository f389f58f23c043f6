//! A stand-in for OVHcloud: signed requests, records one by one, and zones that count once they are
//! refreshed.

use http::StatusCode;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};
use wire::Rtype;

use super::api::QUIRKS;
use crate::auth::Clock;
use crate::sim::{
    Asked, Dialect, Form, Limits, Owner, Refused, Request, Response, Row, SECRET, SetKey, Sim,
    Text, ZoneStore, json, number, store, text,
};
use crate::suite::{Family, Hosted, Start};

pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Record), host)
    .set(SETTINGS)
    .ids(|name, _| name.to_owned())
    // Each record is read by itself.
    .lists(|records| records + 2);

pub(super) const SETTINGS: &[(&str, &str)] = &[
    ("OVH_APPLICATION_KEY", APPLICATION),
    ("OVH_APPLICATION_SECRET", SECRET),
    ("OVH_CONSUMER_KEY", CONSUMER),
    ("ovh-api-rate-limit", "20"),
    ("ovh-endpoint", "ovh-eu"),
];

/// A host with these zones, which go by their names.
pub(super) fn host(start: &Start) -> Sim {
    let limits = Limits {
        types: QUIRKS.types,
        ..Limits::default()
    };
    let mut zones = store(start, limits);
    for zone in &mut zones.zones {
        zone.live = Some(zone.sets.clone());
    }
    // It is ahead of whoever asks.
    let clock = Clock::beginning(1_787_396_400);
    Sim::new(zones, Host { clock })
}

struct Host {
    clock: Clock,
}

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let (method, path) = asked.route();
        let result = match (method, &path[..]) {
            ("GET", ["1.0", "auth", "time"]) => Ok(self.clock.now().as_second().into()),
            ("GET", ["1.0", "domain", "zone"]) => {
                Ok(store.zones.iter().map(|zone| zone.name.clone()).collect())
            }
            (_, ["1.0", "domain", "zone", zone, rest @ ..]) => {
                change(store, &asked, (method, zone, rest))
            }
            _ => Err(Refused::Missing("such address".to_owned())),
        };
        match result {
            Ok(value) => json(StatusCode::OK, &value),
            Err(refused) => refusal(&refused),
        }
    }

    fn admits(&self, request: &Request) -> bool {
        let header = |name: &str| {
            let header = request.headers().get(name);
            header.and_then(|it| it.to_str().ok()).unwrap_or_default()
        };
        if request.uri().path().ends_with("/auth/time") {
            return true;
        }
        if header("authorization") == format!("Bearer {SECRET}") {
            return true;
        }
        let asked = Asked::of(request);
        let target = request.uri().path_and_query().map_or("", |it| it.as_str());
        let body = String::from_utf8_lossy(request.body());
        let time = header("x-ovh-timestamp");
        let signed = format!(
            "{SECRET}+{CONSUMER}+{}+{}{target}+{body}+{time}",
            asked.method, asked.origin
        );
        let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, signed.as_bytes());
        let sum: String = sum.as_ref().iter().map(|it| format!("{it:02x}")).collect();
        let now = self.clock.now().as_second();
        let in_time = time.parse::<i64>().is_ok_and(|it| it.abs_diff(now) < 60);
        let is_ours =
            header("x-ovh-application") == APPLICATION && header("x-ovh-consumer") == CONSUMER;
        is_ours && in_time && header("x-ovh-signature") == format!("$1${sum}")
    }

    fn turn_away(&self, request: &Request) -> Response {
        let time = request.headers().get("x-ovh-timestamp");
        let time = time.and_then(|it| it.to_str().ok()?.parse::<i64>().ok());
        let now = self.clock.now().as_second();
        if time.is_some_and(|it| it.abs_diff(now) >= 60) {
            let said = "Query out of time";
            return fault(StatusCode::BAD_REQUEST, "QUERY_TIME_OUT", said);
        }
        let said = "Invalid signature";
        fault(StatusCode::FORBIDDEN, "INVALID_SIGNATURE", said)
    }
}

/// What is done with a zone.
fn change(
    store: &mut ZoneStore,
    asked: &Asked,
    (method, zone, path): (&str, &str, &[&str]),
) -> Result<Value, Refused> {
    let record = match path {
        ["record", id] => Some(id.parse::<u64>().unwrap_or_default()),
        _ => None,
    };
    match (method, path, record) {
        ("GET", ["soa"], _) => {
            let serial = serial(store.zone(zone)?);
            Ok(json!({"server": "dns1.example.net.", "serial": serial, "ttl": 3600}))
        }
        ("POST", ["refresh"], _) => store.publish(zone).map(|()| Value::Null),
        ("GET", ["record"], _) => Ok(told(store, zone, None)?
            .iter()
            .map(|it| it["id"].clone())
            .collect()),
        ("GET", _, Some(id)) => one(store, zone, id),
        ("POST", ["record"], _) => {
            let rtype = rtype(&asked.body)?;
            let (key, row) = read(zone, rtype, &asked.body)?;
            let id = store.edit(zone, |draft| draft.add(key, row))?;
            one(store, zone, id)
        }
        ("PUT", _, Some(id)) if asked.body.get("fieldType").is_none() => {
            let there = one(store, zone, id)?;
            let (key, row) = read(zone, rtype(&there)?, &asked.body)?;
            if FORM.owner(zone, &key.name) != text(&there, "subDomain") {
                return Err(Refused::Invalid("subDomain is another".to_owned()));
            }
            store.edit(zone, |draft| {
                let sets = draft.zone().sets.values();
                let mut rows = sets.flat_map(|set| &set.rows);
                let extra = rows.find(|row| row.id == id).map(|row| row.extra.clone());
                let extra = extra.unwrap_or_default();
                draft.change_row(id, Row { extra, ..row })
            })?;
            Ok(Value::Null)
        }
        ("DELETE", _, Some(id)) => store
            .edit(zone, |draft| draft.drop_row(id))
            .map(|_| Value::Null),
        _ => Err(Refused::Invalid(
            "Received not described parameters".to_owned(),
        )),
    }
}

/// A number that is another one when the world sees something else.
fn serial(zone: &crate::sim::SimZone) -> u32 {
    let live = format!("{:?}", zone.live);
    let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, live.as_bytes());
    let sum = sum.as_ref().iter().take(4);
    sum.fold(0, |serial, byte| serial << 8 | u32::from(*byte))
}

/// The records of a zone, all of them or the one of a number.
fn told(store: &ZoneStore, id: &str, only: Option<u64>) -> Result<Vec<Value>, Refused> {
    let zone = store.zone(id)?;
    let rows = zone.sets.iter();
    let rows = rows.flat_map(|(key, set)| set.rows.iter().map(move |row| (key, row)));
    let rows = rows.filter(|(key, _)| key.rtype != Rtype::SOA);
    let rows = rows.filter(|(_, row)| only.is_none_or(|id| row.id == id));
    let records = rows.map(|(key, row)| {
        json!({"id": row.id, "zone": zone.name, "fieldType": key.rtype.to_string(),
            "subDomain": FORM.owner(&zone.name, &key.name), "ttl": row.ttl,
            "target": row.extra.get(TARGET).cloned()
                .unwrap_or_else(|| FORM.print(key.rtype, &row.rdata).into())})
    });
    Ok(records.collect())
}

fn one(store: &ZoneStore, zone: &str, id: u64) -> Result<Value, Refused> {
    let one = told(store, zone, Some(id))?.pop();
    one.ok_or_else(|| Refused::Missing("requested object".to_owned()))
}

fn rtype(body: &Value) -> Result<Rtype, Refused> {
    let rtype = Rtype::from_text(text(body, "fieldType").as_bytes());
    rtype.ok_or_else(|| Refused::Invalid("Invalid fieldType".to_owned()))
}

fn read(zone: &str, rtype: Rtype, body: &Value) -> Result<(SetKey, Row), Refused> {
    let name = FORM
        .name(zone, text(body, "subDomain"))
        .map_err(Refused::Invalid)?;
    let target = text(body, "target");
    // A text is taken with quotes and without.
    let rdata = match rtype == Rtype::TXT && !target.starts_with('"') {
        true => FORM.read(zone, rtype, &format!("\"{target}\"")),
        false => FORM.read(zone, rtype, target),
    };
    let ttl = number(body, "ttl").unwrap_or(0);
    if ttl != 0 && ttl < 60 {
        return Err(Refused::Invalid("Invalid ttl".to_owned()));
    }
    let mut row = Row::new(ttl, rdata.map_err(Refused::Invalid)?);
    if rtype == Rtype::CNAME && !target.ends_with('.') {
        // It stays as it was written.
        row.extra.insert(TARGET.to_owned(), target.into());
    }
    Ok((SetKey::new(&name, rtype), row))
}

fn refusal(refused: &Refused) -> Response {
    match refused {
        Refused::Exists(what) => {
            let said = format!("{what} exists");
            fault(StatusCode::CONFLICT, "Client::Conflict", &said)
        }
        Refused::Missing(what) => {
            let said = format!("The {what} does not exist");
            fault(StatusCode::NOT_FOUND, "NOT_FOUND", &said)
        }
        Refused::Invalid(why) | Refused::Stale(why) => {
            fault(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", why)
        }
    }
}

fn fault(status: StatusCode, code: &str, message: &str) -> Response {
    let http = format!(
        "{} {}",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default()
    );
    json(
        status,
        &json!({"errorCode": code, "httpCode": http, "message": message}),
    )
}

/// What keeps a target that was written within its zone.
const TARGET: &str = "target";

const FORM: Form = Form {
    owner: Owner::Empty,
    dots: true,
    text: Text::Quoted,
};

pub(super) const APPLICATION: &str = "application-of-the-suite";

pub(super) const CONSUMER: &str = "consumer-of-the-suite";
