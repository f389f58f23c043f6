//! A stand-in for etcd's JSON gateway: what zones hold, told as the keys that name servers answer from.
//!
//! ```text
//! range ─→ rows of the zones ─ each at the key that it was put at, or at one that others chose
//! txn   ─→ compares by revision; then all edits, as what a name server would answer of them
//! ```
//!
//! A key is read here by the rules of the name server alone, not by the provider's own.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use serde_json::{Map, Value, json};
use wire::Rtype;

use super::is_reverse;
use crate::sim::{
    Asked, Dialect, Draft, Form, Owner, Refused, Request, Response, Row, SECRET, SetKey, Text,
    ZoneStore, json, text,
};

/// A name server that answers from keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    SkyDns,
    Rancher,
}

/// The gateway of an etcd that a name server answers from.
#[derive(Debug)]
pub(crate) struct Gateway {
    server: Server,
    /// What its keys begin with.
    prefix: &'static str,
    /// The number of the last token; none where nobody is asked who they are.
    token: Option<u32>,
    /// Lists of which there are more pages, by their revision.
    open: BTreeMap<u64, Keys>,
}

/// All keys.
type Keys = BTreeMap<String, Stored>;

/// A key as it is there.
#[derive(Clone, Debug)]
struct Stored {
    value: String,
    revision: u64,
    /// The zones and the identifiers of the rows that it is.
    rows: Vec<(String, u64)>,
}

impl Gateway {
    /// One that asks for the user `us`.
    pub(crate) fn new(server: Server, prefix: &'static str) -> Self {
        Self {
            server,
            prefix,
            token: Some(0),
            open: BTreeMap::new(),
        }
    }

    /// One that asks nobody.
    pub(crate) fn of_anybody(server: Server, prefix: &'static str) -> Self {
        Self {
            token: None,
            ..Self::new(server, prefix)
        }
    }

    fn keys(&self, store: &ZoneStore) -> Keys {
        let mut keys = Keys::new();
        for zone in &store.zones {
            let sets = zone.sets.iter();
            for (key, set) in sets.filter(|(key, _)| KNOWN.contains(&key.rtype)) {
                for row in &set.rows {
                    let (place, value, revision) = self.told(key, row);
                    let stored = keys.entry(place).or_insert(Stored {
                        value,
                        revision,
                        rows: Vec::new(),
                    });
                    stored.rows.push((zone.id.clone(), row.id));
                }
            }
        }
        keys
    }

    /// The key of a row, its value and its revision.
    fn told(&self, key: &SetKey, row: &Row) -> (String, String, u64) {
        let mut more = row.extra.clone();
        let known = |more: &mut Map<String, Value>, name| match more.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let place = known(&mut more, KEY);
        let raw = known(&mut more, RAW);
        let revision = more.remove(REVISION).and_then(|it| it.as_u64());
        let Some((place, raw)) = place.zip(raw) else {
            return self.of_others(key, row);
        };
        let revision = revision.unwrap_or(row.id);
        if more.is_empty() {
            return (place, raw, revision);
        }
        let mut value: Map<String, Value> = serde_json::from_str(&raw).unwrap_or_default();
        value.extend(more);
        (place, Value::from(value).to_string(), revision)
    }

    /// The same of what somebody else has put there.
    fn of_others(&self, key: &SetKey, row: &Row) -> (String, String, u64) {
        let labels: Vec<&str> = key.name.rsplit('.').collect();
        let base = format!("{}{}", self.prefix, labels.join("/"));
        let data = FORM.print(key.rtype, &row.rdata);
        let mut value = row.extra.clone();
        let place = match (self.server, key.rtype) {
            (Server::SkyDns, Rtype::PTR) | (Server::Rancher, Rtype::TXT) => base,
            (Server::Rancher, _) => format!("{base}/{}", data.replace('.', "_")),
            (Server::SkyDns, _) => {
                value.insert("targetstrip".into(), 1.into());
                format!("{base}/x{}", row.id)
            }
        };
        let what = if key.rtype == Rtype::TXT {
            "text"
        } else {
            "host"
        };
        value.insert(what.into(), data.into());
        value.insert("ttl".into(), row.ttl.into());
        (place, Value::from(value).to_string(), row.id)
    }

    fn range(&mut self, store: &mut ZoneStore, asked: &Asked) -> Result<Value, Fault> {
        let (from, end) = (bytes(&asked.body, "key")?, bytes(&asked.body, "range_end")?);
        let limit: usize = asked.text("limit").parse().unwrap_or(usize::MAX);
        let keys = match asked.text("revision") {
            "" => self.keys(store),
            revision => {
                let open = revision.parse().ok().and_then(|it| self.open.remove(&it));
                open.ok_or((11, "etcdserver: mvcc: required revision has been compacted"))?
            }
        };
        let inside = |key: &String| *key >= from && (*key < end || end == "\0");
        let found = keys.iter().filter(|(key, _)| match end.is_empty() {
            true => **key == from,
            false => inside(key),
        });
        let (count, shown) = (found.clone().count(), found.take(limit));
        let kvs = shown.map(|(key, stored)| {
            json!({"key": STANDARD.encode(key), "value": STANDARD.encode(&stored.value),
                "mod_revision": stored.revision.to_string()})
        });
        let kvs: Vec<Value> = kvs.collect();
        let more = count > kvs.len();
        let revision = match asked.text("revision").parse() {
            Ok(revision) => revision,
            Err(_) => store.number(),
        };
        if more {
            self.open.insert(revision, keys);
        }
        Ok(json!({"header": {"revision": revision.to_string()}, "kvs": kvs, "more": more}))
    }

    fn txn(&self, store: &mut ZoneStore, body: &Value) -> Result<Value, Fault> {
        let (guards, edits) = (list(body, "compare"), list(body, "success"));
        if guards.len() > MOST || edits.len() > MOST {
            return Err((3, "etcdserver: too many operations in txn request"));
        }
        let keys = self.keys(store);
        for guard in guards {
            if !holds(&keys, guard)? {
                let revision = store.number().to_string();
                return Ok(json!({"header": {"revision": revision}}));
            }
        }
        let revision = store.number();
        let mut touched = BTreeSet::new();
        let mut steps: BTreeMap<String, Vec<Step>> = BTreeMap::new();
        for edit in edits {
            let put = edit.get("requestPut");
            let gone = edit.get("requestDeleteRange");
            let edit = put.or(gone).ok_or(ODD)?;
            let key = bytes(edit, "key")?;
            if !touched.insert(key.clone()) {
                return Err((3, "etcdserver: duplicate key given in txn request"));
            }
            let old = keys.get(&key).map_or(&[][..], |stored| &stored.rows);
            let new = match put {
                Some(put) => self.read(&key, &bytes(put, "value")?, revision)?,
                None => Vec::new(),
            };
            let zone = match (old.first(), new.first()) {
                (Some((zone, _)), _) => zone.clone(),
                (None, Some((key, _))) => zone_of(store, &key.name).ok_or(ODD)?,
                (None, None) => continue,
            };
            let old = old.iter().map(|(_, id)| *id).collect();
            steps.entry(zone).or_default().push((old, new));
        }
        // All of it or nothing, in all zones.
        let (zones, history) = (store.zones.clone(), store.history.len());
        for (zone, steps) in steps {
            if store.edit(&zone, |draft| edit(draft, steps)).is_err() {
                store.zones = zones;
                store.history.truncate(history);
                return Err((3, "etcdserver: request is too large"));
            }
        }
        Ok(json!({"header": {"revision": revision.to_string()}, "succeeded": true}))
    }

    /// What a name server makes of a key.
    fn read(&self, place: &str, raw: &str, revision: u64) -> Result<Vec<(SetKey, Row)>, Fault> {
        let value: Value = serde_json::from_str(raw).map_err(|_| ODD)?;
        let path = place.strip_prefix(self.prefix).ok_or(ODD)?;
        let labels: Vec<&str> = path.rsplit('/').collect();
        let strip = match self.server {
            Server::SkyDns => value.get("targetstrip").and_then(Value::as_u64),
            Server::Rancher => labels.first().map(|label| {
                let address = label.replace('_', ".").parse::<IpAddr>();
                u64::from(address.is_ok_and(|it| it.is_ipv4()))
            }),
        };
        let strip = usize::try_from(strip.unwrap_or(0)).map_err(|_| ODD)?;
        let name = labels.get(strip..).ok_or(ODD)?.join(".");
        let ttl = value.get("ttl").and_then(Value::as_u64).unwrap_or(0);
        let ttl = u32::try_from(ttl).map_err(|_| ODD)?;
        let (host, words) = (text(&value, "host"), text(&value, "text"));
        let rtype = match host.parse() {
            Ok(IpAddr::V4(_)) => Rtype::A,
            Ok(IpAddr::V6(_)) => Rtype::AAAA,
            Err(_) if is_reverse(&name) => Rtype::PTR,
            Err(_) => Rtype::CNAME,
        };
        let told = [(rtype, host), (Rtype::TXT, words)].into_iter();
        let rows = told.filter(|(_, data)| !data.is_empty());
        let rows = rows.map(|(rtype, data)| {
            let rdata = FORM.read("", rtype, data).map_err(|_| ODD)?;
            let mut row = Row::new(ttl, rdata);
            row.extra.insert(KEY.into(), place.into());
            row.extra.insert(RAW.into(), raw.into());
            row.extra.insert(REVISION.into(), revision.into());
            Ok((SetKey::new(&name, rtype), row))
        });
        rows.collect()
    }
}

impl Dialect for Gateway {
    fn handle(&mut self, store: &mut ZoneStore, request: &Request) -> Response {
        let asked = Asked::of(request);
        let said = match (asked.method.as_str(), request.uri().path()) {
            ("POST", "/v3/kv/range") => self.range(store, &asked),
            ("POST", "/v3/kv/txn") => self.txn(store, &asked.body),
            _ => return json(StatusCode::NOT_FOUND, &json!({"error": "Not Found"})),
        };
        match said {
            Ok(said) => json(StatusCode::OK, &said),
            Err(fault) => told(StatusCode::BAD_REQUEST, fault),
        }
    }

    fn writes(&self, request: &Request) -> bool {
        request.uri().path() == "/v3/kv/txn"
    }

    fn aside(&mut self, request: &Request) -> Option<Response> {
        if request.uri().path() != "/v3/auth/authenticate" {
            return None;
        }
        let asked = Asked::of(request);
        Some(match &mut self.token {
            None => {
                let why = "etcdserver: authentication is not enabled";
                told(StatusCode::BAD_REQUEST, (9, why))
            }
            Some(token) if asked.text("name") == "us" && asked.text("password") == SECRET => {
                *token += 1;
                json(
                    StatusCode::OK,
                    &json!({"token": format!("{SECRET}.{token}")}),
                )
            }
            Some(_) => {
                let why = "etcdserver: authentication failed, invalid user ID or password";
                told(StatusCode::BAD_REQUEST, (3, why))
            }
        })
    }

    fn admits(&self, request: &Request) -> bool {
        let Some(token) = self.token else { return true };
        let given = request.headers().get(header::AUTHORIZATION);
        let good = format!("{SECRET}.{token}");
        given.is_some_and(|given| given.as_bytes() == good.as_bytes())
    }

    fn turn_away(&self, request: &Request) -> Response {
        match request.headers().get(header::AUTHORIZATION) {
            None => told(
                StatusCode::BAD_REQUEST,
                (3, "etcdserver: user name is empty"),
            ),
            Some(_) => self.unauthorized(),
        }
    }

    fn unauthorized(&self) -> Response {
        told(
            StatusCode::UNAUTHORIZED,
            (16, "etcdserver: invalid auth token"),
        )
    }
}

/// A code of gRPC, and what is said.
type Fault = (u16, &'static str);

/// Rows that go, and rows that come.
type Step = (Vec<u64>, Vec<(SetKey, Row)>);

fn edit(draft: &mut Draft<'_>, steps: Vec<Step>) -> Result<(), Refused> {
    for (old, new) in steps {
        let mut old = old.into_iter();
        for (key, row) in new {
            let same = draft.get(&key).and_then(|set| {
                let mut rows = set.rows.iter().map(|row| row.id);
                old.clone().find(|id| rows.any(|other| other == *id))
            });
            match same {
                Some(id) if old.len() == 1 => {
                    old.next();
                    draft.change_row(id, row)?;
                }
                _ => draft.add(key, row).map(drop)?,
            }
        }
        for id in old {
            draft.drop_row(id)?;
        }
    }
    Ok(())
}

fn holds(keys: &Keys, guard: &Value) -> Result<bool, Fault> {
    let wanted = match (text(guard, "target"), text(guard, "result")) {
        ("MOD", "EQUAL") => text(guard, "modRevision"),
        ("CREATE", "EQUAL") => text(guard, "createRevision"),
        _ => return Err(ODD),
    };
    let wanted: u64 = wanted.parse().map_err(|_| ODD)?;
    let key = bytes(guard, "key")?;
    let end = bytes(guard, "range_end")?;
    let revision = |stored: &Stored| stored.revision;
    Ok(match end.is_empty() {
        true => keys.get(&key).map_or(0, revision) == wanted,
        false => {
            let mut inside = keys.range(key..).take_while(|(key, _)| **key < end);
            inside.all(|(_, stored)| revision(stored) == wanted)
        }
    })
}

/// The zone that a name is in.
fn zone_of(store: &ZoneStore, name: &str) -> Option<String> {
    let holds = |zone: &str| name == zone || name.ends_with(&format!(".{zone}"));
    let zones = store.zones.iter().filter(|zone| holds(&zone.name));
    let zone = zones.max_by_key(|zone| zone.name.len());
    zone.map(|zone| zone.id.clone())
}

/// Bytes in a message, which are text here; none if they are left out.
fn bytes(value: &Value, name: &str) -> Result<String, Fault> {
    let bytes = STANDARD.decode(text(value, name)).map_err(|_| ODD)?;
    String::from_utf8(bytes).map_err(|_| ODD)
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn told(status: StatusCode, (code, message): Fault) -> Response {
    json(
        status,
        &json!({"error": message, "code": code, "message": message}),
    )
}

const ODD: Fault = (3, "etcdserver: this is no request of this trial");

/// Edits and compares of a transaction.
const MOST: usize = 128;

/// What keys can say.
const KNOWN: [Rtype; 5] = [Rtype::A, Rtype::AAAA, Rtype::CNAME, Rtype::PTR, Rtype::TXT];

const KEY: &str = "key";
const RAW: &str = "raw";
const REVISION: &str = "revision";

const FORM: Form = Form {
    owner: Owner::Whole,
    dots: false,
    text: Text::Raw,
};
