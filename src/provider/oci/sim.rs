//! A stand-in for Oracle's DNS: as strict as the API is known to be. It verifies signatures.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode};
use jiff::fmt::rfc2822::DateTimeParser;
use ring::digest;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use wire::Rtype;

use super::api::QUIRKS;
use crate::auth::Clock;
use crate::auth::rsa::RsaKey;
use crate::sim::{
    Asked, Dialect, Draft, Form, Limits, Owner, Refused, Request, Response, Row, SetKey, Sim, Text,
    ZoneStore, json, number, store, text,
};
use crate::suite::{Family, Hosted, Start};

pub(crate) const SUBJECT: Hosted = Hosted::new(super::NAME, (&QUIRKS, Family::Batch), host).set(&[
    ("HOME", env!("CARGO_MANIFEST_DIR")),
    ("OCI_CLI_CONFIG_FILE", CREDENTIALS),
    ("oci-compartment-ocid", "c-1"),
    ("oci-zone-scope", "GLOBAL"),
]);

/// The file of a user whose key is that of the vectors of signatures.
pub(super) const CREDENTIALS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/oci/sim.ini");

/// A host with these zones.
fn host(start: &Start) -> Sim {
    host_of(start, false)
}

/// The same; it gives name servers a TTL of its own if `forces`.
pub(super) fn host_of(start: &Start, forces: bool) -> Sim {
    let limits = Limits {
        types: QUIRKS.types,
        ttl: 1,
        ..Limits::default()
    };
    // It is now there, so that programs beside us are in time too.
    let clock = Clock::beginning(Clock::system().now().as_second());
    let host = Host {
        clock: clock.clone(),
        forces,
    };
    Sim::new(store(start, limits), host).by(clock)
}

struct Host {
    clock: Clock,
    forces: bool,
}

impl Dialect for Host {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let (method, path) = asked.route();
        let result = match (method, &path[..]) {
            ("GET", ["20180115", "zones"]) => zones(store, &asked),
            ("GET", ["20180115", "zones", id, "records"]) => {
                records(store, id).map(|all| page(&asked, &all, |shown| json!({"items": shown})))
            }
            ("PATCH", ["20180115", "zones", id, "records"]) => {
                patch(store, id, &asked.body, self.forces)
            }
            _ => Err(Refused::Missing(String::new())),
        };
        result.unwrap_or_else(|refused| refusal(&refused))
    }

    fn admits(&self, request: &Request) -> bool {
        self.verify(request).is_some()
    }

    fn unauthorized(&self) -> Response {
        let said = "The required information to complete authentication was not provided or was incorrect.";
        error(StatusCode::UNAUTHORIZED, "NotAuthenticated", said)
    }
}

impl Host {
    /// Whether a request is signed as it is, and now.
    fn verify(&self, request: &Request) -> Option<()> {
        let header = |name: &str| request.headers().get(name)?.to_str().ok();
        let given = header("authorization")?.strip_prefix("Signature ")?;
        let part = |name: &str| {
            let mut parts = given.split(',').filter_map(|part| part.split_once('='));
            let part = parts.find(|(key, _)| *key == name);
            part.map(|(_, value)| value.trim_matches('"'))
        };
        let is_ours = part("version") == Some("1")
            && part("algorithm") == Some("rsa-sha256")
            && part("keyId") == Some(KEY_ID);
        let body = request.body();
        let wanted: &[&str] = match request.method().as_str() {
            "GET" => &["date", "(request-target)", "host"],
            _ => &[
                "date",
                "(request-target)",
                "host",
                "content-length",
                "content-type",
                "x-content-sha256",
            ],
        };
        let hash = STANDARD.encode(digest::digest(&digest::SHA256, body));
        let is_body = wanted.len() == 3
            || (header("x-content-sha256") == Some(&*hash)
                && header("content-length") == Some(&*body.len().to_string()));
        let date = DateTimeParser::new()
            .parse_timestamp(header("date")?)
            .ok()?;
        let skew = self.clock.now().duration_since(date).abs();
        if !is_ours || !is_body || part("headers") != Some(&*wanted.join(" ")) || skew.as_mins() > 5
        {
            return None;
        }
        let uri = request.uri();
        let lines = wanted.iter().map(|name| {
            let value = match *name {
                "(request-target)" => {
                    let method = request.method().as_str().to_lowercase();
                    format!("{method} {}", uri.path_and_query()?)
                }
                "host" => uri.authority()?.to_string(),
                name => header(name)?.to_owned(),
            };
            Some(format!("{name}: {value}"))
        });
        let lines: Vec<String> = lines.collect::<Option<_>>()?;
        let key = PUBLIC.as_ref()?.public();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
        let signature = STANDARD.decode(part("signature")?).ok()?;
        key.verify(lines.join("\n").as_bytes(), &signature).ok()
    }
}

fn zones(store: &ZoneStore, asked: &Asked) -> Result<Response, Refused> {
    if asked.query("compartmentId") != Some("c-1") || asked.query("zoneType") != Some("PRIMARY") {
        return Err(Refused::Missing(String::new()));
    }
    let private = asked.query("scope") == Some("PRIVATE");
    let zones = store.zones.iter().filter(|zone| zone.private == private);
    let zones = zones.map(|zone| {
        json!({
            "name": zone.name, "id": zone.id, "compartmentId": "c-1", "zoneType": "PRIMARY",
            "scope": asked.query("scope"), "lifecycleState": "ACTIVE", "serial": zone.version,
        })
    });
    Ok(page(asked, &zones.collect::<Vec<_>>(), |shown| {
        shown.into()
    }))
}

/// All records of a zone, as it tells them.
fn records(store: &ZoneStore, id: &str) -> Result<Vec<Value>, Refused> {
    let zone = store.zone(id)?;
    let rows = zone.sets.iter();
    let rows = rows.flat_map(|(key, set)| set.rows.iter().map(move |row| (key, set, row)));
    let records = rows.map(|(key, set, row)| {
        let apex = key.name == zone.name && matches!(key.rtype, Rtype::NS | Rtype::SOA);
        json!({
            "domain": key.name, "rtype": key.rtype.to_string(), "ttl": row.ttl,
            "rdata": FORM.print(key.rtype, &row.rdata), "recordHash": row.id.to_string(),
            "rrsetVersion": set.version.to_string(), "isProtected": apex,
        })
    });
    Ok(records.collect())
}

fn patch(store: &mut ZoneStore, id: &str, body: &Value, forces: bool) -> Result<Response, Refused> {
    let zone = store.zone(id)?.name.clone();
    let items = body.get("items").and_then(Value::as_array);
    let items = items.filter(|items| !items.is_empty());
    let items = items.ok_or_else(|| Refused::Invalid("items is empty".to_owned()))?;
    store.edit(id, |draft| {
        let of = |names: &'static [&'static str]| {
            let is_of = |item: &&Value| names.contains(&text(item, "operation"));
            items.iter().filter(is_of)
        };
        for item in of(&["PROHIBIT", "REQUIRE"]) {
            let told = Told::of(&zone, item)?;
            let is_there = told.rows(draft).iter().any(|row| told.is(row));
            if is_there != (text(item, "operation") == "REQUIRE") {
                return Err(Refused::Stale(format!("the precondition {item}")));
            }
        }
        let mut left = Vec::new();
        for item in of(&["REMOVE"]) {
            let told = Told::of(&zone, item)?;
            let mut rows = told.rows(draft);
            rows.retain(|row| !told.is(row));
            draft.put(told.key.clone(), rows, None);
            left.push(told.key);
        }
        for item in of(&["ADD"]) {
            let told = Told::of(&zone, item)?;
            told.add(draft, forces)?;
        }
        for key in left {
            if draft.get(&key).is_some_and(|set| set.rows.is_empty()) {
                draft.take(&key)?;
            }
        }
        let known = of(&["PROHIBIT", "REQUIRE", "REMOVE", "ADD"]).count();
        match known == items.len() {
            true => Ok(()),
            false => Err(Refused::Invalid("operation".to_owned())),
        }
    })?;
    let all = records(store, id)?;
    Ok(json(StatusCode::OK, &json!({"items": all})))
}

/// A record that an operation tells of; what it leaves out may be anything.
struct Told {
    key: SetKey,
    rdata: Option<Vec<u8>>,
    ttl: Option<u32>,
}

impl Told {
    fn of(zone: &str, item: &Value) -> Result<Self, Refused> {
        let name = FORM
            .name(zone, text(item, "domain"))
            .map_err(Refused::Invalid)?;
        let rtype = Rtype::from_text(text(item, "rtype").as_bytes());
        let rtype = rtype.ok_or_else(|| Refused::Invalid("no such rtype".to_owned()))?;
        let rdata = item.get("rdata").and_then(Value::as_str);
        let rdata = rdata.map(|told| FORM.read(zone, rtype, told).map_err(Refused::Invalid));
        Ok(Self {
            key: SetKey::new(&name, rtype),
            rdata: rdata.transpose()?,
            ttl: number(item, "ttl"),
        })
    }

    fn is(&self, row: &Row) -> bool {
        self.rdata.as_ref().is_none_or(|rdata| *rdata == row.rdata)
            && self.ttl.is_none_or(|ttl| ttl == row.ttl)
    }

    fn rows(&self, draft: &Draft<'_>) -> Vec<Row> {
        let set = draft.get(&self.key);
        set.map(|set| set.rows.clone()).unwrap_or_default()
    }

    fn add(&self, draft: &mut Draft<'_>, forces: bool) -> Result<(), Refused> {
        let wrong = |what: &str| Refused::Invalid(format!("{what} is missing"));
        let rdata = self.rdata.clone().ok_or_else(|| wrong("rdata"))?;
        let mut ttl = self.ttl.ok_or_else(|| wrong("ttl"))?;
        if forces && self.key.rtype == Rtype::NS {
            ttl = 86_400;
        }
        let mut rows = self.rows(draft);
        if rows.iter().any(|row| row.ttl != ttl) {
            return Err(Refused::Invalid("a set has one ttl".to_owned()));
        }
        if !rows.iter().any(|row| row.rdata == rdata) {
            rows.push(Row::new(ttl, rdata));
        }
        draft.put(self.key.clone(), rows, None);
        Ok(())
    }
}

/// A page of a list, and in a header where the next one begins.
fn page(asked: &Asked, items: &[Value], body: impl Fn(Vec<Value>) -> Value) -> Response {
    let first = match asked.query("page") {
        Some(token) => token.strip_prefix("from-").and_then(|at| at.parse().ok()),
        None => Some(0),
    };
    let Some(first) = first else {
        return refusal(&Refused::Invalid("page".to_owned()));
    };
    let shown = items.iter().skip(first).take(PAGE).cloned().collect();
    let mut answer = json(StatusCode::OK, &body(shown));
    if first + PAGE < items.len() {
        let next = HeaderValue::from_str(&format!("from-{}", first + PAGE));
        if let Ok(next) = next {
            answer.headers_mut().insert("opc-next-page", next);
        }
    }
    answer
}

fn refusal(refused: &Refused) -> Response {
    match refused {
        Refused::Exists(why) | Refused::Invalid(why) => {
            error(StatusCode::BAD_REQUEST, "InvalidParameter", why)
        }
        Refused::Missing(_) => {
            let said = "Authorization failed or requested resource not found.";
            error(StatusCode::NOT_FOUND, "NotAuthorizedOrNotFound", said)
        }
        Refused::Stale(what) => error(
            StatusCode::PRECONDITION_FAILED,
            "PreconditionFailed",
            &format!("{what} is not met"),
        ),
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    json(status, &json!({"code": code, "message": message}))
}

/// Items of a page.
const PAGE: usize = 100;

/// The key of the vectors of signatures, and by what name the host knows it.
static PUBLIC: LazyLock<Option<RsaKey>> =
    LazyLock::new(|| RsaKey::from_pem(include_str!("../auth/vectors.key.pem")).ok());
const KEY_ID: &str = "ocid1.tenancy.oc1..suite/ocid1.user.oc1..suite/\
                      20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34";

const FORM: Form = Form {
    owner: Owner::Whole,
    dots: true,
    text: Text::Quoted,
};
